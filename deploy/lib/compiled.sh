# shellcheck shell=bash
# A copy of this checkout in which what decides on tickets is compiled. Nothing is done twice.

compiled=.run/compiled

need_compiler() {
    local python_=$python version
    ! has_venv || python_=.venv/bin/python
    command -v cc >/dev/null || need "a C compiler" gcc
    # Beside a Python that was not installed by apt they are already.
    version=$("$python_" -c 'import pathlib, sys, sysconfig
if not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists():
    print(*sys.version_info[:2], sep=".")')
    [[ -z $version ]] || need "Python's headers" "python$version-dev"
}

compile_copy() {
    local state same=()
    # Until the command ends that is run there.
    exec {compiled_turn}>.run/compiled.turn
    flock --nonblock "$compiled_turn" || { say "waiting for what else runs compiled" && flock "$compiled_turn"; }
    state=$(compiled_from | sha256sum)
    mkdir -p "$compiled"
    [[ ! -f $compiled/made || $(<"$compiled/made") != "$state" ]] || same=(! -name '*.so' ! -name made)
    find "$compiled" -path "$compiled/build" -prune -o -type f "${same[@]}" -exec rm {} +
    tar --create --exclude=./.git --exclude=./.venv --exclude=./.run --exclude=__pycache__ \
        --exclude='./.*_cache' --exclude=./.hypothesis . |
        tar --extract --directory="$compiled"
    [[ ! -f $compiled/made ]] || return 0
    say "compiling what decides on tickets (a minute)"
    RESPONDBY_COMPILE=1 quietly "$install_log" "it could not be compiled" \
        env --chdir="$compiled" "$PWD/.venv/bin/python" setup.py --quiet build_ext --inplace
    printf '%s\n' "$state" >"$compiled/made"
}

compiled_from() {
    .venv/bin/python -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))'
    find setup.py pyproject.toml requirements-dev.lock worker schemas -type f -name '*[!c]' -print0 |
        sort --zero-terminated | xargs --null sha256sum
}
