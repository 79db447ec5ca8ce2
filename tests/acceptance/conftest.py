"""Sites for the tests that start the real command."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import site as sites
from tests.support.broker import Broker
from tests.support.databases import ServerDatabase
from tests.support.postgres_server import PrivateServer
from tests.support.site import Site


@pytest.fixture
async def site(broker_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A worker, not started yet, between an upstream and a downstream."""
    async with sites.built(broker_url, tmp_path) as built:
        yield built


@pytest.fixture
async def own_site(own_broker: Broker, own_vhost: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The same on a broker that the test may stop and start."""
    async with sites.built(own_broker.url(own_vhost), tmp_path) as built:
        yield built


@pytest.fixture
async def team(broker_url: str, postgres: PrivateServer, tmp_path: Path) -> AsyncIterator[Site]:
    """Three workers on one PostgreSQL, whose database is empty: they make its tables."""
    database = ServerDatabase(postgres, postgres.new_database())
    async with sites.built(broker_url, tmp_path, database, workers=3) as built:
        yield built
