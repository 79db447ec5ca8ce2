# shellcheck shell=bash
# A real RabbitMQ, in this order: the one that is named, a container, a private Debian node.
# shellcheck disable=SC2034 # broker_url is for the script that sources this

container=

# start_broker: leaves its address in broker_url.
start_broker() {
    if [[ -n ${RESPONDBY_BROKER_URL_FILE:-} ]]; then
        broker_url=$(<"$RESPONDBY_BROKER_URL_FILE")
        say "broker: the one that RESPONDBY_BROKER_URL_FILE names"
    elif [[ -n ${RESPONDBY_BROKER_URL:-} ]]; then
        broker_url=$RESPONDBY_BROKER_URL
        say "broker: the one that RESPONDBY_BROKER_URL names"
    elif find_image pull; then
        : >.run/rabbitmq.log
        start_container
    else
        install_rabbitmq
        : >.run/rabbitmq.log
        start_node
    fi
}

# find_image [pull]: leaves the image in image; false if there is no engine or no image.
find_image() {
    local candidate candidates=(rabbitmq:4-management rabbitmq:4)
    [[ -z ${RESPONDBY_RABBITMQ_IMAGE:-} ]] || candidates=("$RESPONDBY_RABBITMQ_IMAGE")
    command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 || return
    for candidate in "${candidates[@]}"; do
        image=$candidate
        ! docker image inspect "$image" >/dev/null 2>&1 || return 0
    done
    [[ ${1:-} == pull ]] || return
    say "pulling $image (60 seconds at most)"
    timeout 60 docker pull --quiet "$image" >>.run/install.log 2>&1
}

start_container() {
    local name port
    name=respondby-$(pwd | sha256sum | head -c 12)
    # A run that was killed could not remove it.
    docker rm --force "$name" >/dev/null 2>&1 || true
    port=$(free_ports 5672)
    container=$name
    docker run --detach --rm --name "$name" --publish "127.0.0.1:$port:5672" "$image" \
        >>.run/rabbitmq.log || die "Docker could not start $image"
    start .run/rabbitmq.log docker logs --follow "$name"
    wait_until 90 "$!" broker_is_up "$port" || broker_failed
    broker_url=amqp://guest:guest@127.0.0.1:$port/
    say "broker: $image in the container $name, port $port"
}

# Docker's own proxy answers before the broker does, so its log has to say that it is up.
broker_is_up() {
    grep --quiet 'Server startup complete' .run/rabbitmq.log && port_answers "$1"
}

stop_container() {
    [[ -z $container ]] || docker rm --force "$container" >/dev/null 2>&1 || true
}

# Debian's own command insists on the user rabbitmq; what it calls works for any user.
find_node() {
    local sbin
    for sbin in /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin; do
        [[ ! -x $sbin/rabbitmq-server ]] || node=$sbin/rabbitmq-server
    done
    [[ -n ${node:-} ]] && command -v erl >/dev/null
}

install_rabbitmq() {
    find_node && return
    install_packages RabbitMQ rabbitmq-server
    find_node || die "the package rabbitmq-server has no rabbitmq-server where it should be"
}

# A node that shares nothing with another on this machine: its files, ports, cookie and epmd.
start_node() {
    local home=$PWD/.run/rabbitmq port epmd_port dist_port
    read -r port epmd_port dist_port < <(free_ports 5672 0 0)
    mkdir -p "$home"
    printf 'listeners.tcp.local = 127.0.0.1:%s\n' "$port" >"$home/rabbitmq.conf"
    printf '[].\n' >"$home/enabled_plugins"
    start .run/rabbitmq.log epmd -port "$epmd_port" -address 127.0.0.1
    wait_until 10 "$!" port_answers "$epmd_port" || broker_failed
    set_node_environment "$home" "$epmd_port" "$dist_port"
    start .run/rabbitmq.log env "${node_environment[@]}" "$node"
    wait_until 90 "$!" port_answers "$port" || broker_failed
    broker_url=amqp://guest:guest@127.0.0.1:$port/
    say "broker: a private RabbitMQ node under .run/rabbitmq, port $port"
}

set_node_environment() {
    local home=$1 epmd_port=$2 dist_port=$3
    node_environment=(
        # Makes the start script become the broker, so that its process id is the broker's.
        RUNNING_UNDER_SYSTEMD=true
        HOME="$home" # the Erlang cookie
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

broker_failed() {
    tail --lines=20 .run/rabbitmq.log >&2
    die "RabbitMQ did not start (all of it is in .run/rabbitmq.log)"
}
