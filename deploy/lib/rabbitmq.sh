# shellcheck shell=bash
# A real RabbitMQ, in this order: the one that is named, a container, a private Debian node.

broker_url=
broker_kind=
image=     # of the container
container= # its name, once it may be there
node=      # the program of the private node

# A short name of this folder, for what does not go along when it is moved or copied.
place() {
    pwd | sha256sum | head --bytes=8
}

# choose_broker: which it will be; asks for the package where that is missing.
choose_broker() {
    if [[ -n ${RESPONDBY_BROKER_URL:-}${RESPONDBY_BROKER_URL_FILE:-} ]]; then
        broker_kind=named
    elif find_image; then
        broker_kind=container
    else
        broker_kind=node
        need_node
    fi
}

# start_broker: leaves its address in broker_url.
start_broker() {
    [[ $broker_kind == named ]] || : >.run/rabbitmq.log
    "use_$broker_kind"
}

use_named() {
    if [[ -n ${RESPONDBY_BROKER_URL:-} ]]; then
        broker_url=$RESPONDBY_BROKER_URL
        say "broker: the one that RESPONDBY_BROKER_URL names"
    else
        [[ -r $RESPONDBY_BROKER_URL_FILE ]] || die "RESPONDBY_BROKER_URL_FILE cannot be read"
        broker_url=$(<"$RESPONDBY_BROKER_URL_FILE")
        say "broker: the one that RESPONDBY_BROKER_URL_FILE names"
    fi
}

docker_runs() {
    command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1
}

has_image() {
    docker image inspect "$1" >/dev/null 2>&1
}

# find_image: leaves it in image; false if there is no engine, or no image to be had in a minute.
find_image() {
    local candidate candidates=(rabbitmq:4-management rabbitmq:4)
    [[ -z ${RESPONDBY_RABBITMQ_IMAGE:-} ]] || candidates=("$RESPONDBY_RABBITMQ_IMAGE")
    docker_runs || return
    for candidate in "${candidates[@]}"; do
        image=$candidate
        ! has_image "$image" || return 0
    done
    pull_image "$image" && return
    say "no $image to be had: taking Debian's rabbitmq-server"
    return 1
}

pull_image() {
    say "pulling $1 with Docker (a minute at most)"
    timeout 60 docker pull --quiet "$1" >>"$install_log" 2>&1
}

use_container() {
    local port
    container=respondby-$(place)
    # A run that was killed could not remove it.
    docker rm --force --volumes "$container" >/dev/null 2>&1 || true
    port=$(free_ports 5672)
    docker run --detach --rm --name "$container" --publish "127.0.0.1:$port:5672" "$image" \
        >>.run/rabbitmq.log 2>&1 || docker_failed
    start broker .run/rabbitmq.log docker logs --follow "$container"
    wait_until 90 "$!" container_is_up "$port" || part_failed "$!" "did not start"
    broker_url=amqp://guest:guest@127.0.0.1:$port/
    say "broker: $broker_url ($image in the container $container)"
}

docker_failed() {
    tail --lines=12 .run/rabbitmq.log >&2
    die "Docker could not start $image (RESPONDBY_BROKER_URL names another broker)"
}

# Docker's own proxy answers before the broker does, so its log has to say that it is up.
container_is_up() {
    grep --quiet 'Server startup complete' .run/rabbitmq.log && port_answers "$1"
}

remove_container() {
    [[ -z $container ]] || docker rm --force --volumes "$container" >/dev/null 2>&1 || true
}

need_node() {
    find_node || need RabbitMQ rabbitmq-server
}

# Debian's own command insists on the user rabbitmq; what it calls works for any user.
find_node() {
    local sbin
    for sbin in /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin; do
        [[ ! -x $sbin/rabbitmq-server ]] || node=$sbin/rabbitmq-server
    done
    [[ -n $node ]] && command -v erl >/dev/null
}

# A node that shares nothing with another on this machine: its files, ports, cookie and epmd.
use_node() {
    local home port epmd_port dist_port
    # Its quorum queues remember where their files are.
    home=$PWD/.run/rabbitmq-$(place)
    find_node || die "the package rabbitmq-server has no rabbitmq-server where it should be"
    read -r port epmd_port dist_port < <(free_ports 5672 0 0)
    mkdir -p "$home"
    printf 'listeners.tcp.local = 127.0.0.1:%s\n' "$port" >"$home/rabbitmq.conf"
    printf '[].\n' >"$home/enabled_plugins"
    start "broker's epmd" .run/rabbitmq.log epmd -port "$epmd_port" -address 127.0.0.1
    wait_until 10 "$!" port_answers "$epmd_port" || part_failed "$!" "did not start"
    set_node_environment "$home" "$epmd_port" "$dist_port"
    start broker .run/rabbitmq.log env --ignore-environment "${node_environment[@]}" "$node"
    wait_until 90 "$!" port_answers "$port" || part_failed "$!" "did not start"
    broker_url=amqp://guest:guest@127.0.0.1:$port/
    say "broker: $broker_url (a private RabbitMQ node, its data is in .run)"
}

# All of it: what the user has set for a RabbitMQ of their own must not reach this one.
set_node_environment() {
    local home=$1 epmd_port=$2 dist_port=$3
    node_environment=(
        PATH="$PATH"
        LANG=C.UTF-8
        HOME="$home" # the Erlang cookie
        # Makes the start script become the broker, so that its process id is the broker's.
        RUNNING_UNDER_SYSTEMD=true
        ERL_EPMD_PORT="$epmd_port"
        RABBITMQ_NODENAME=respondby@localhost
        RABBITMQ_DIST_PORT="$dist_port"
        RABBITMQ_CONF_ENV_FILE=/dev/null
        RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf"
        RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced.config"
        RABBITMQ_GENERATED_CONFIG_DIR="$home/config"
        RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins"
        RABBITMQ_MNESIA_BASE="$home/data"
        RABBITMQ_LOG_BASE="$home/log"
        RABBITMQ_LOGS=-
        # Erlang would leave an epmd behind that outlives us.
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
    )
}
