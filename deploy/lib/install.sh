# shellcheck shell=bash
# What a machine with only Python and apt still lacks. Nothing is done twice.

install_log=.run/install.log
python=       # the Python to make .venv with
missing=()    # Debian packages
missing_for=() # and what each is needed for

# need WHAT PACKAGE: something that install_missing shall install.
need() {
    missing_for+=("$1")
    missing+=("$2")
}

# All in one go: it is said once what is missing, and a password is asked for once.
install_missing() {
    local what root=()
    ((${#missing[@]})) || return 0
    what=$(printf ', %s' "${missing_for[@]}")
    command -v apt-get >/dev/null || die "missing here: ${what:2} (and no apt-get to install it with)"
    say "installing ${missing[*]} with apt"
    if ((EUID != 0)); then
        sudo_works || die "missing here: ${what:2}. As root, run  apt-get install ${missing[*]}"
        root=(sudo)
    fi
    quietly "$install_log" "apt could not install ${missing[*]}: does it reach its package servers?" \
        "${root[@]}" bash deploy/lib/apt-install "${missing[@]}"
}

# sudo may ask for a password only where somebody is there to type it.
sudo_works() {
    command -v sudo >/dev/null || return
    if [[ -t 0 ]]; then sudo --validate; else sudo --non-interactive true 2>/dev/null; fi
}

# need_python: finds one, and what it takes to make .venv with it.
need_python() {
    if has_venv; then return; fi
    find_python
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        need "Python's venv module" "$(basename "$python")-venv"
    fi
}

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        python=$name
        ! "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || return 0
    done
    die "needs Python 3.11 or newer (if it is not on the PATH, set PYTHON to it)"
}

# use_venv LOCK: .venv holds what the lock names, and respondby itself.
use_venv() {
    exec {turn}>.run/install.turn
    flock --nonblock "$turn" || { say "waiting for another installation here" && flock "$turn"; }
    fill_venv "$1" {turn}>&-
    exec {turn}>&-
}

fill_venv() {
    local lock=$1 filled=.venv/$1 package=.venv/pyproject.toml
    has_venv || make_venv
    if ! cmp --silent "$lock" "$filled"; then
        say "installing what $lock names into .venv"
        # Most of it is never imported, and what is gets compiled then.
        pip install --no-compile --require-hashes --requirement "$lock"
        cp "$lock" "$filled"
    fi
    if ! cmp --silent pyproject.toml "$package"; then
        # With the locked setuptools: an isolated build would download an unlocked one.
        pip install --no-deps --no-build-isolation --editable .
        cp pyproject.toml "$package"
    fi
}

make_venv() {
    [[ -n $python ]] || find_python
    rm -rf .venv
    quietly "$install_log" "$python could not make .venv" "$python" -m venv .venv
    venv_identity >.venv/made
}

# Whether .venv was made to its end, here, and for the Python that it finds today.
has_venv() {
    [[ -f .venv/made && $(<.venv/made) == "$(venv_identity)" ]]
}

# It survives neither being moved nor another Python below it.
venv_identity() {
    pwd
    .venv/bin/python -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || echo none
}

pip() {
    quietly "$install_log" "pip could not install: does it reach its package index?" \
        .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}
