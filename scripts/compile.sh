#!/usr/bin/env bash
# Compiles packages of an environment, those that are slow to compile and imported by many processes.
# Where PYTHONDONTWRITEBYTECODE is set, each process would else compile them again.
#   compile.sh ENVIRONMENT PACKAGE...
set -euo pipefail
environment=$1
shift
site=$(echo "$environment"/lib/python3.*/site-packages)
found=()
for name in "$@"; do
    [ ! -e "$site/$name" ] || found+=("$site/$name")
done
"$environment/bin/python" -m compileall -q -j 0 "${found[@]}" >/dev/null || true
