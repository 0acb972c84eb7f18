#!/usr/bin/env bash
# Lays .venv (development) and .build/emulator (the embedded AWS), each exactly as pinned, with bytecode.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

"$python" - <<'PY' || exit 69
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"Python 3.11 to 3.13 is needed, {sys.version.split()[0]} found: PYTHON=python3.11 make setup")
try:
    import ensurepip, venv
except ImportError:
    v = "%d.%d" % sys.version_info[:2]
    sys.exit(f"python3 has no venv: sudo apt-get install python{v}-venv (or python3-venv)")
PY

# What is imported often and is slow to compile; the rest is compiled when it is first imported.
compile() {
    local site names=()
    site=$(echo "$1"/lib/python3.*/site-packages)
    for name in "${@:2}"; do
        [ -e "$site/$name" ] && names+=("$site/$name")
    done
    "$1/bin/python" -m compileall -q -j 0 "${names[@]}" || true
}

if [ ! -x .venv/bin/uv ]; then
    echo "setup: .venv" >&2
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check \
        --require-hashes --no-deps -r requirements/uv.txt
fi
. scripts/uv.sh
echo "setup: packages of requirements/dev.txt" >&2
"$uv" pip sync --quiet --require-hashes --python .venv/bin/python requirements/dev.txt
"$uv" pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .

echo "setup: packages of requirements/emulator.txt" >&2
[ -x .build/emulator/bin/python ] || "$python" -m venv --clear --without-pip .build/emulator
"$uv" pip sync --quiet --require-hashes --python .build/emulator/bin/python requirements/emulator.txt

echo "setup: bytecode" >&2
compile .venv ccxt botocore boto3 s3transfer urllib3 requests aiohttp yarl multidict pydantic \
    aws_lambda_powertools cryptography nacl typer click rich pygments markdown_it yaml samtranslator \
    jsonschema _pytest pytest_asyncio xdist hypothesis moto cfnlint mypy_boto3_dynamodb
compile .build/emulator ministack botocore boto3 s3transfer urllib3 hypercorn h2 h11 hpack graphql \
    jsonata yaml samtranslator pydantic jsonschema referencing attr attrs
