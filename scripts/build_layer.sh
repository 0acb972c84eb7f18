#!/usr/bin/env bash
# Builds a layer into DEST/python: pinned packages, our package, bytecode. Does only what changed.
# The client (pilotfish/client) is for programs elsewhere and stays out.
#   build_layer.sh core|venue local|lambda DEST
# local is for this machine's Python; lambda for arm64 and Python 3.13.
set -euo pipefail
layer=$1 target=$2 dest=$3
. "$(dirname "$0")/uv.sh"
case $layer in
    core) package=pilotfish ;;
    venue) package=pilotfish_venues ;;
    *) echo "no layer is called $layer" >&2; exit 64 ;;
esac
own_python=$root/.venv/bin/python
[ -x "$own_python" ] || own_python=$(command -v python3)
requirements=$root/requirements/$layer.txt

find_python_313() {
    local candidate
    for candidate in python3.13 "${PYENV_ROOT:-${HOME:-/root}/.pyenv}"/versions/3.13.*/bin/python3.13 \
        "$("$uv" python find --offline 3.13 2>/dev/null || true)"; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null &&
            echo "$candidate" && return
    done
    return 0
}

case $target in
    local) python=$own_python platform=(--python "$own_python") ;;
    lambda)
        python=$(find_python_313)
        platform=(--python "$own_python" --python-version 3.13 --python-platform aarch64-manylinux2014)
        [ -n "$python" ] || echo "layers/$layer: NO BYTECODE, as there is no python3.13 here: it works, and starts slower" >&2
        ;;
    *) echo "a layer is built for local or lambda, not for $target" >&2; exit 64 ;;
esac

# unchecked-hash: Lambda unpacks layers with times of its own, and nothing there ever changes.
compile() { # FOLDER BASE
    [ -z "$python" ] || "$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -s "$2" -p /opt "$1"
}

fingerprint() {
    { echo "$target" && "${python:-true}" -VV && cat "$@"; } | sha256sum | cut -d' ' -f1
}

install_packages() {
    rm -rf "$dest.new"
    "$uv" pip install --quiet --no-deps --require-hashes --only-binary :all: --link-mode copy \
        "${platform[@]}" --target "$dest.new/python" --requirement "$requirements"
    if [ "$layer" = venue ]; then
        "$own_python" "$root/layers/venue/trim/trim_ccxt.py" "$dest.new/python/ccxt"
    fi
    rm -rf "$dest.new/python/bin" "$dest.new/python/.lock"
    compile "$dest.new/python" "$dest.new"
    rm -rf "$dest/python" && mv "$dest.new/python" "$dest/python" && rmdir "$dest.new"
}

put_own_package() {
    rm -rf "$dest/python/$package"
    tar -C "$root/layers/$layer" --exclude '*.pyc' --exclude __pycache__ \
        --exclude "$package/client" -cf - "$package" |
        tar -C "$dest/python" -xf -
    compile "$dest/python/$package" "$dest"
}

mkdir -p "$dest" "$root/.build"
dest=$(cd "$dest" && pwd)
exec 9>"$root/.build/$layer-$target.lock"
! command -v flock >/dev/null || flock 9

packages=$(fingerprint "$requirements" "$root"/layers/venue/trim/* "$0")
if [ "$packages" != "$(cat "$dest/.packages" 2>/dev/null)" ]; then
    install_packages
    echo "$packages" >"$dest/.packages"
fi
sources=$(find "$root/layers/$layer/$package" -type f ! -name '*.pyc' -print0 | sort -z |
    xargs -0 sha256sum | fingerprint - | cut -d' ' -f1)
if [ "$sources" != "$(cat "$dest/.sources" 2>/dev/null)" ] || [ ! -d "$dest/python/$package" ]; then
    put_own_package
    echo "$sources" >"$dest/.sources"
fi
