"""A TCP proxy in front of a real broker, by which a test breaks the network between."""

import asyncio
import math
import random
import socket
import struct
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit, urlunsplit

#: Makes closing a socket a reset: what is on its way is thrown away.
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """What befalls each piece of data on its way, in either direction."""

    delay: float = 0.0
    """seconds, give or take half of them by chance"""
    rate: float = math.inf
    """bytes a second on each connection and way"""
    left: float = math.inf
    """bytes until every connection is reset, amid a frame or not"""

    async def let_through(self, size: int) -> int:
        """Wait as long as it takes; how many bytes get through."""
        seconds = self.delay * random.uniform(0.5, 1.5) + size / self.rate
        if seconds:
            await asyncio.sleep(seconds)
        passed = int(min(size, self.left))
        self.left -= passed
        return passed


@dataclass(eq=False)
class _Road:
    """One way of one connection."""

    source: asyncio.StreamReader
    target: asyncio.StreamWriter
    from_broker: bool
    mute: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def lose_what_is_on_its_way(self) -> None:
        taken: socket.socket = self.target.get_extra_info("socket")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


class Proxy:
    """Passes bytes both ways, until it is told otherwise."""

    def __init__(self, url: str, port: int = 0) -> None:
        """`port`: where to listen; 0 is a free one."""
        self.weather = Weather()
        self._target = urlsplit(url)
        self._port = port
        self._server: asyncio.Server
        self._roads: set[_Road] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where a client connects; same login and virtual host."""
        login, at, _ = self._target.netloc.rpartition("@")
        port = self._server.sockets[0].getsockname()[1]
        return urlunsplit(self._target._replace(netloc=f"{login}{at}127.0.0.1:{port}"))

    def mute(self) -> None:
        """Throw away what the broker says on the connections of now; later ones are sound."""
        for road in self._roads:
            road.mute |= road.from_broker

    def freeze(self) -> None:
        """Pass nothing more, either way, on the connections of now; later ones are sound."""
        for road in self._roads:
            road.open.clear()

    def end_for_clients(self) -> None:
        """Tell clients that the broker has no more to say, and go on listening to them."""
        for road in self._roads:
            if road.from_broker and road.target.can_write_eof():
                road.mute = True
                road.target.write_eof()

    def cut(self) -> None:
        """Close every connection; what was passed on arrives."""
        for road in self._roads:
            road.open.set()
            road.target.transport.abort()

    def reset(self) -> None:
        """Close every connection, and throw away what is on its way."""
        for road in self._roads:
            road.lose_what_is_on_its_way()
        self.cut()

    def close(self) -> None:
        """Close every connection and refuse new ones, for good."""
        self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname, self._target.port
        from_broker, to_broker = await asyncio.open_connection(host, port)
        roads = {_Road(reader, to_broker, False), _Road(from_broker, writer, True)}
        self._roads |= roads
        try:
            await asyncio.gather(*(self._pass(road) for road in roads))
        finally:
            self._roads -= roads

    async def _pass(self, road: _Road) -> None:
        try:
            while data := await road.source.read(65_536):
                passed = await self.weather.let_through(len(data))
                await road.open.wait()
                if not road.mute:
                    road.target.write(data[:passed])
                    await road.target.drain()
                if passed < len(data):
                    self.reset()
        except ConnectionError:
            road.target.transport.abort()
        road.target.close()
