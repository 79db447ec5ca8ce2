import asyncio
import gc

import aio_pika
import pytest

from worker import errors
from worker.broker import connection
from worker.broker.address import Address


async def test_a_connection_that_does_not_come_about_is_not_left_to_be_closed_later() -> None:
    server = await asyncio.start_server(
        lambda _, writer: writer.transport.abort(), "127.0.0.1", port=0
    )
    port = server.sockets[0].getsockname()[1]
    gc.disable()
    try:
        async with server:
            with pytest.raises(errors.BrokerUnavailable):
                async with connection.opened("test", Address(host="127.0.0.1", port=port)):
                    pass
        assert [one for one in _alive() if one.url.port == port and not one.is_closed] == []
    finally:
        gc.enable()


def _alive() -> list[aio_pika.Connection]:
    return [one for one in gc.get_objects() if isinstance(one, aio_pika.Connection)]
