"""`respondby migrate`: the database as this version wants it, before a worker starts."""

import asyncio

import typer

from worker import bootstrap, settings
from worker.store.port import Store

app = typer.Typer(add_completion=False)


@app.command()
def migrate() -> None:
    """Bring the database up to date, and end.

    A worker does so at its start, unless its login may not change tables: then it waits for this.
    """
    configured = settings.load()
    asyncio.run(_opened(bootstrap.store(configured)))
    typer.echo("The database is up to date.")


async def _opened(store: Store) -> None:
    await store.open()
    await store.close()
