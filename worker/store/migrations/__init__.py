"""The schema's history. `upgrade` brings a database to the newest version."""

import sqlalchemy as sa
from alembic import command, config, util
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from worker import errors


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Apply what is missing up to this version, in the transaction of this connection.

    Alembic keeps the migration at work in a global, so a process opens its stores one by one.
    """
    settings = _settings()
    settings.attributes["connection"] = connection
    try:
        command.upgrade(settings, to)
    except util.CommandError as error:
        raise errors.StoreForeign(_FOREIGN) from error


def require_current(connection: sa.Connection) -> None:
    """Raise `StoreForeign` unless the database has the version that this program reads."""
    newest = ScriptDirectory.from_config(_settings()).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != newest:
        raise errors.StoreForeign(_FOREIGN)


_FOREIGN = "the database was not written by this version of respondby"


def _settings() -> config.Config:
    settings = config.Config()
    settings.set_main_option("script_location", "worker.store:migrations")
    settings.set_main_option("path_separator", "os")
    return settings
