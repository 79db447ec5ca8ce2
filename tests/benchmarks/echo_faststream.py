"""The usual handler of FastStream: a message in, the same one out.

    .run/benchmarks/venv/bin/python tests/benchmarks/echo_faststream.py URL INBOX EXCHANGE

It runs in an environment of its own, without respondby. Its neighbour `terms` is beside it.
"""

import sys

import uvloop
from faststream import FastStream  # type: ignore[import-not-found]
from faststream.rabbit import (  # type: ignore[import-not-found]
    Channel,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)
from terms import KEY, PREFETCH  # type: ignore[import-not-found]


def main(url: str, inbox: str, exchange: str) -> None:
    broker = RabbitBroker(url, default_channel=Channel(prefetch_count=PREFETCH), logger=None)
    out = RabbitExchange(exchange, declare=False)

    @broker.subscriber(RabbitQueue(inbox, declare=False))  # type: ignore[untyped-decorator]
    @broker.publisher(exchange=out, routing_key=KEY, persist=True)  # type: ignore[untyped-decorator]
    async def echo(body: bytes) -> bytes:
        return body

    uvloop.run(FastStream(broker, logger=None).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
