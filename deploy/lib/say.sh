# shellcheck shell=bash
# What the scripts say to the person in front of them.

say() {
    printf '%s\n' "· $*"
}

die() {
    printf '%s\n' "${0#"$PWD"/}: $*" >&2
    exit 1
}

# quietly LOG COMPLAINT COMMAND…: keeps a talkative command in the log. If it fails, shows its
# last words, and ends with the complaint.
quietly() {
    local log=$1 complaint=$2 before
    shift 2
    printf '\n$ %s\n' "$*" >>"$log"
    before=$(wc -l <"$log")
    "$@" >>"$log" 2>&1 </dev/null && return
    tail --lines="+$((before + 1))" "$log" | tail --lines=12 | cut --characters=-200 >&2
    die "$complaint (all of it is in $log)"
}

# have_run_folder: where all that the scripts make goes, but for .venv.
have_run_folder() {
    mkdir -p .run 2>/dev/null && [[ -w . && -w .run ]] || die "cannot write into $PWD: whose is it?"
}

# needs_commands NAME…: what no Debian or Ubuntu lacks, but other systems may.
needs_commands() {
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || die "needs the command $name, which is not here"
    done
}
