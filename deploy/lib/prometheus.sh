# shellcheck shell=bash
# Prometheus and promtool, with which the tests try rules and dashboards.

need_prometheus() {
    has_prometheus || need Prometheus prometheus
}

has_prometheus() {
    command -v prometheus >/dev/null && command -v promtool >/dev/null
}
