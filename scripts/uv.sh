# Sourced: finds uv, and a cache that it can write where the home folder is read-only or absent.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
uv=${UV:-$root/.venv/bin/uv}
[ -x "$uv" ] || uv=$(command -v uv) || {
    echo "uv is missing: run 'make setup' first" >&2
    exit 69
}
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
if ! { cache=$("$uv" cache dir) && mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then
    export UV_CACHE_DIR=$root/.build/uv-cache
fi
