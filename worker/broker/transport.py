"""The way to the broker, as the driver opens it, with a sieve in what comes from there."""

import asyncio
from typing import Any, cast

from aiormq import TransportFactory
from aiormq.connection import TCPTransportFactory, TLSTransportFactory
from yarl import URL

from worker.broker.sieve import Sieve

#: Bytes that are read at once: about all that a stream gathers before it has the broker wait.
_CHUNK = 256 * 1024


class Reader:
    """Of a stream, what its sieve leaves. The driver asks a reader for no more than this."""

    def __init__(self, source: asyncio.StreamReader, sieve: Sieve) -> None:
        self._source = source
        self._sieve = sieve
        self._left = bytearray()

    def at_eof(self) -> bool:
        return not self._left and self._source.at_eof()

    async def read(self) -> bytes:
        """All there is to come, which is nothing but to be shown in an error."""
        return bytes(self._left) + await self._source.read()

    async def readexactly(self, count: int) -> bytes:
        while len(self._left) < count:
            data = await self._source.read(_CHUNK)
            if not data:
                raise asyncio.IncompleteReadError(bytes(self._left), count)
            self._left += self._sieve.sift(data)
        piece = bytes(self._left[:count])
        del self._left[:count]
        return piece


class Sifted(TransportFactory):
    """Opens a connection as the driver does."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve

    async def create(
        self, url: URL, **kwargs: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        own = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await own.create(url, **kwargs)
        return cast(asyncio.StreamReader, Reader(reader, self._sieve)), writer
