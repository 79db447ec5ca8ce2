"""Run by Alembic with the connection that `migrations.upgrade` hands over."""

from alembic import context

from worker.store import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables.metadata
)
context.run_migrations()
