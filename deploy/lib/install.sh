# shellcheck shell=bash
# What a machine with only Python and apt still lacks. Nothing is done twice.

install_log=.run/install.log

# install_packages WHY PACKAGE…
install_packages() {
    local why=$1 root=()
    shift
    command -v apt-get >/dev/null || die "$why is missing, and there is no apt-get to install $*"
    if ((EUID != 0)); then
        sudo_works || die "$why is missing: as root, run  apt-get install $*"
        root=(sudo)
    fi
    say "installing $* with apt"
    said_in "$install_log" "${root[@]}" bash deploy/lib/apt-install "$@"
}

# sudo may ask for a password only where somebody is there to type it.
sudo_works() {
    command -v sudo >/dev/null || return
    if [[ -t 0 ]]; then sudo --validate; else sudo --non-interactive true 2>/dev/null; fi
}

is_python_311() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if is_python_311 "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    die "needs Python 3.11 or newer (set PYTHON to it if it is not on the PATH)"
}

# use_venv LOCK: .venv holds what the lock names, and respondby itself.
use_venv() {
    mkdir -p .run
    exec {turn}>.run/install.turn
    flock "$turn"
    fill_venv "$1" {turn}>&-
    exec {turn}>&-
}

fill_venv() {
    local lock=$1 stamp=.venv/$1.installed package=.venv/package.installed
    if [[ -e .venv && -e $stamp ]] && ! holds "$stamp" "$lock"; then
        say "$lock has changed: making .venv anew"
        rm -rf .venv
    fi
    is_python_311 .venv/bin/python || make_venv
    if ! holds "$stamp" "$lock"; then
        say "installing what $lock names into .venv"
        pip install --require-hashes --requirement "$lock"
        fingerprint "$lock" >"$stamp"
    fi
    if ! holds "$package" pyproject.toml; then
        # With the locked setuptools: an isolated build would download an unlocked one.
        pip install --no-deps --no-build-isolation --editable .
        fingerprint pyproject.toml >"$package"
    fi
}

make_venv() {
    local python
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        install_packages "Python's venv module" python3-venv
    rm -rf .venv
    said_in "$install_log" "$python" -m venv .venv
}

pip() {
    said_in "$install_log" .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

holds() {
    [[ -f $1 && $(<"$1") == "$(fingerprint "$2")" ]]
}

# The place counts too: a virtual environment does not survive being moved.
fingerprint() {
    { pwd && cat "$1"; } | sha256sum
}
