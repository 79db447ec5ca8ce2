# shellcheck shell=bash
# PostgreSQL's programs, with which the tests start a server of their own.

need_postgres() {
    has_postgres || need PostgreSQL postgresql
}

# Debian keeps them off the PATH.
has_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null
}
