# Sourced: finds uv, and a cache it can write, where the home folder is read-only or absent.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
uv=${UV:-$root/.venv/bin/uv}
[ -x "$uv" ] || uv=$(command -v uv) || {
    echo "uv is missing: run 'make setup' first" >&2
    exit 69
}
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
if [ -z "${UV_CACHE_DIR:-}" ] && ! "$uv" cache dir >/dev/null 2>&1 ||
    ! mkdir -p "$("$uv" cache dir)" 2>/dev/null || [ ! -w "$("$uv" cache dir)" ]; then
    export UV_CACHE_DIR=$root/.build/uv-cache
fi
