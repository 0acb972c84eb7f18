#!/usr/bin/env bash
# Lays .venv (development) and .build/emulator (the embedded AWS), each exactly as pinned.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
command -v "$python" >/dev/null || {
    echo "setup: $python is missing; Debian, Ubuntu: sudo apt-get install python3 python3-venv" >&2
    exit 69
}
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    echo "setup: Python 3.11 to 3.13 is needed; $python is $("$python" -V). PYTHON=python3.11 make setup" >&2
    exit 69
}

# A pip that is there already saves the seconds in which ensurepip installs another.
install_uv() {
    local pip
    if "$python" -m pip --python "$python" --version >/dev/null 2>&1; then
        "$python" -m venv --clear --without-pip .venv
        pip=("$python" -m pip --python .venv/bin/python)
    elif "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear .venv
        pip=(.venv/bin/python -m pip)
    else
        echo "setup: $python has neither pip nor ensurepip; Debian, Ubuntu: sudo apt-get install python3-venv" >&2
        exit 69
    fi
    "${pip[@]}" install -qq --no-input --disable-pip-version-check --no-deps \
        --require-hashes -r requirements/uv.txt
}

if [ ! -x .venv/bin/uv ]; then
    echo "setup: .venv" >&2
    install_uv
fi
. scripts/uv.sh
echo "setup: packages for development" >&2
"$uv" pip sync --quiet --require-hashes --python .venv/bin/python requirements/dev.txt
"$uv" pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .

echo "setup: packages for the embedded AWS" >&2
[ -x .build/emulator/bin/python ] || "$python" -m venv --clear --without-pip .build/emulator
"$uv" pip sync --quiet --require-hashes --python .build/emulator/bin/python requirements/emulator.txt

echo "setup: bytecode" >&2
scripts/compile.sh .venv botocore boto3 s3transfer urllib3 dateutil aiohttp yarl multidict pydantic \
    nacl cryptography typer click rich pygments markdown_it yaml websockets
scripts/compile.sh .build/emulator ministack botocore boto3 s3transfer urllib3 dateutil hypercorn \
    h2 h11 hpack graphql jsonata yaml samtranslator pydantic jsonschema referencing attr
