# shellcheck shell=bash
# What the scripts say to the person in front of them.

say() {
    printf '%s\n' "· $*"
}

die() {
    printf '%s\n' "${0#"$PWD"/}: $*" >&2
    exit 1
}

# said_in LOG COMMAND…: keeps a talkative command quiet, and shows its last words if it fails.
said_in() {
    local log=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null && return
    tail --lines=20 "$log" >&2
    die "failed: $* (all of it is in $log)"
}
