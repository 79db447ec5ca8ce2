# shellcheck shell=bash
# Processes that this script started, and their end.

started=() # process ids, in the order of their start

# start LOG COMMAND…: in the background; its id is in $! afterwards.
# A session of its own keeps the terminal's Ctrl-C away from it, so that we stop things in order;
# the death signal stops it even where we were killed and could not.
start() {
    local log=$1
    shift
    setsid setpriv --pdeathsig TERM "$@" >>"$log" 2>&1 </dev/null &
    started+=("$!")
}

# The last started goes first: the worker gives its messages back before its broker goes.
stop_all() {
    local i
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        stop "${started[i]}"
    done
    started=()
}

# stop PID: asks, waits 20 seconds, and then insists. Its session is ours as well.
stop() {
    local pid=$1 tries=200
    kill -TERM "$pid" 2>/dev/null || return 0
    while is_alive "$pid" && ((tries-- > 0)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
}

is_alive() {
    kill -0 "$1" 2>/dev/null
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
print(*(listener.getsockname()[1] for listener in listeners))
PYTHON
}
