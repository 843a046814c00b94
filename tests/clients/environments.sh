# Makes environments of Python and Node under the user's cache folder; for bash to source in this folder.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/auditlake"
python="${PYTHON:-python3}"
fresh=""
trap '[ -z "$fresh" ] || rm -rf "$fresh"' EXIT

# cached NAME MAKE INGREDIENT...: sets `made` to the folder that `MAKE FOLDER INGREDIENT...` makes. A folder is
# complete, or it is not there; there is one for each state of the ingredients and of Python and Node.
cached() {
    local name=$1 make=$2
    shift 2
    made="$cache/$name-$({ cat "$@"; "$python" -VV; node --version 2>/dev/null || true; } | cksum | tr ' ' -)"
    [ ! -d "$made" ] || return 0
    fresh="$made.$$"
    mkdir -p "$cache"
    if ! "$make" "$fresh" "$@" >&2; then
        rm -rf "$fresh"
        return 1
    fi
    # Another run may have been faster. Its folder is as good.
    mv -T "$fresh" "$made" 2>/dev/null || [ -d "$made" ]
}

python_environment() {
    "$python" -m venv "$1" &&
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"
}

# `npm ci` would refuse: the Flight SQL client names a package for FreeBSD that was never published.
node_environment() {
    command -v node >/dev/null && command -v npm >/dev/null && mkdir "$1" && cp "${@:2}" "$1" &&
        npm --prefix "$1" install --silent --no-audit --no-fund
}
