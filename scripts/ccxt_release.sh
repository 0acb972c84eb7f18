#!/usr/bin/env bash
# Tries a release of ccxt in a copy of what is committed: pins it, rebuilds the trimmed layer, and
# proves that the layer does what the whole package does and what was recorded of every venue.
# The pins come back here only then; exit 1 and nothing changed where a test is red.
#   ccxt_release.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-}
[[ $version =~ ^[0-9]+(\.[0-9]+)+$ ]] || { echo "usage: scripts/ccxt_release.sh VERSION, say 4.5.91" >&2; exit 64; }
. scripts/uv.sh
copy=$root/.build/ccxt-$version
trap 'echo "ccxt $version is not proven, and nothing has changed here: see $copy" >&2; exit 1' ERR
rm -rf "$copy"
mkdir -p "$copy"
git archive HEAD | tar -C "$copy" -xf -
cd "$copy"
sed -i.before "s/^ccxt==.*/ccxt==$version/" requirements/venue.in
rm requirements/venue.in.before
UV=$uv scripts/lock.sh
make --no-print-directory layers-local .build/bytecode.stamp
.venv/bin/python -c 'import ccxt, sys; sys.exit(ccxt.__version__ != sys.argv[1])' "$version"
.venv/bin/python -m pytest -q tests/build/test_trimmed_ccxt.py tests/contract/venues
cp requirements/venue.in requirements/*.txt "$root/requirements/"
cd "$root"
rm -rf "$copy"
echo "ccxt $version is pinned: read 'git diff requirements', then make setup build test"
