# shellcheck shell=bash
# Processes that this script started, and their end.

started=()             # process ids, in the order of their start
declare -A part=() log_of=() # the name and the log of each

# start NAME LOG COMMAND…: in the background; its id is in $! afterwards. The log - is our output.
# A session of its own keeps the terminal's Ctrl-C away from it, so that we stop things in order;
# the death signal stops it even where we were killed and could not.
start() {
    local name=$1 log=$2 out
    shift 2
    # Not /dev/stdout: it cannot be opened where the output is a socket or another user's terminal.
    if [[ $log == - ]]; then exec {out}>&1; else exec {out}>>"$log"; fi
    setsid setpriv --pdeathsig TERM "$@" >&"$out" 2>&1 {out}>&- </dev/null &
    exec {out}>&-
    started+=("$!")
    part[$!]=$name log_of[$!]=$log
}

# The last started goes first: the worker gives its messages back before its broker goes.
stop_all() {
    local i
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        stop "${started[i]}"
    done
    started=()
}

# stop PID: asks, waits 30 seconds, and then insists. Its session is ours as well.
stop() {
    local pid=$1 tries=300
    kill -TERM "$pid" 2>/dev/null || return 0
    while is_alive "$pid" && ((tries-- > 0)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
}

is_alive() {
    kill -0 "$1" 2>/dev/null
}

# stay: returns when the first process has ended, with its id in ended.
stay() {
    ended=
    # bash would tell of a process that was killed, in words that help nobody.
    while wait -n 2>/dev/null || true; do
        for ended in "${started[@]}"; do
            is_alive "$ended" || return 0
        done
    done
}

# part_failed PID WHAT: ends with the last words of the part's log.
part_failed() {
    local log=${log_of[$1]}
    if [[ $log != - ]]; then
        tail --lines=12 "$log" >&2
        die "the ${part[$1]} $2 (all of its log is in $log)"
    fi
    die "the ${part[$1]} $2"
}

# wait_until SECONDS PID COMMAND…: false as soon as the process is gone or the time is up.
wait_until() {
    local end=$((SECONDS + $1)) pid=$2
    shift 2
    until "$@"; do
        is_alive "$pid" || return
        ((SECONDS < end)) || return
        sleep 0.2
    done
}

port_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# is_ready HOST PORT: does /readyz say 200?
is_ready() (
    exec 3<>"/dev/tcp/$1/$2" || exit
    printf 'GET /readyz HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" >&3
    read -r -t 5 status <&3 && [[ $status == *' 200 '* ]]
) 2>/dev/null

# free_ports FIRST…: for each the first free port of this host at or above it; 0 is any.
free_ports() {
    .venv/bin/python - "$@" <<'PYTHON'
import socket, sys

def bound(first: int) -> socket.socket:
    for port in range(first, first + 100 if first else 1):
        listener = socket.socket()
        # What a former run has just left is free for its successor.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
            return listener
        except OSError:
            listener.close()
    sys.exit(f"no port is free from {first} to {first + 99}")

listeners = [bound(int(first)) for first in sys.argv[1:]]
ports = [listener.getsockname()[1] for listener in listeners]
# Before anybody hears of them: who reads this line does not wait for our end.
for listener in listeners:
    listener.close()
print(*ports)
PYTHON
}
