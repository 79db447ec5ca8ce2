"""Pytest's fixtures around a real RabbitMQ, for integration and acceptance tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support import broker
from tests.support.operator import Operator


def pytest_report_header() -> str:
    """Which broker the figures at the end are about."""
    return f"rabbitmq: {broker.given_image() or 'of the Debian package'}"


@pytest.fixture(scope="session")
def own_broker() -> Iterator[broker.Broker]:
    """A broker that a test may restart, cut off and reconfigure; one for the session."""
    with broker.machine() as machine:
        yield machine


@pytest.fixture
def own_vhost(own_broker: broker.Broker) -> str:
    """An empty virtual host on `own_broker`."""
    return own_broker.new_vhost()


@pytest.fixture
async def broker_url(request: pytest.FixtureRequest) -> str:
    """Where a test finds an empty virtual host: on the broker that is given, else on ours."""
    given = broker.given_url()
    if given is None:
        own: broker.Broker = request.getfixturevalue("own_broker")
        return own.url(own.new_vhost())
    async with Operator(given) as operator:
        await operator.delete_topology()
    return given


@pytest.fixture
async def operator(broker_url: str) -> AsyncIterator[Operator]:
    """A client beside the worker, on `broker_url`."""
    async with Operator(broker_url) as beside:
        yield beside
