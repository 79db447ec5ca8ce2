"""A TCP proxy in front of a real broker, by which a test breaks the network between."""

import asyncio
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Passes bytes both ways, until it is told otherwise."""

    def __init__(self, url: str, port: int = 0) -> None:
        """`port`: where to listen; 0 is a free one."""
        self._target = urlsplit(url)
        self._port = port
        self._server: asyncio.Server
        self._writers: set[asyncio.StreamWriter] = set()
        self._mute: set[asyncio.StreamWriter] = set()

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
        self._mute |= self._writers

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def close(self) -> None:
        """Reset every connection and refuse new ones, for good."""
        self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname, self._target.port
        from_broker, to_broker = await asyncio.open_connection(host, port)
        pair = {writer, to_broker}
        self._writers |= pair
        try:
            await asyncio.gather(
                self._pass(reader, to_broker), self._pass(from_broker, writer, self._mute)
            )
        finally:
            self._writers -= pair
            self._mute -= pair

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        muted: set[asyncio.StreamWriter] | None = None,
    ) -> None:
        try:
            while data := await source.read(65_536):
                if muted is None or target not in muted:
                    target.write(data)
                    await target.drain()
        except ConnectionError:
            target.transport.abort()
        target.close()
