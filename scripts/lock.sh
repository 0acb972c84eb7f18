#!/usr/bin/env bash
# Pins requirements/*.in to requirements/*.txt, with hashes and without any registry's address.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/uv.sh
pin() {
    local name=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        "$@" --output-file "requirements/$name.txt" "requirements/$name.in"
}
pin dev
pin venue --constraint requirements/dev.txt --excludes requirements/venue.excludes
for name in uv core client emulator metrics; do
    pin "$name" --constraint requirements/dev.txt
done
