"""The supervisor of one connection: connect, set up, serve until a fault, close, and again.

Start and recovery are the same code. The driver's own "robust" connection is not used: it
restores channels behind our back, and a restore that fails leaves one that looks alive.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aiormq.abc import AbstractChannel as BareChannel
from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable

from worker import errors
from worker.broker import faults, wire
from worker.broker.address import Address, Locate
from worker.broker.events import Event
from worker.broker.port import Observer
from worker.broker.sieve import Sieve, Take
from worker.broker.transport import Sifted
from worker.clock import Clock

#: Seconds to connect and log in, and to declare everything.
CONNECT_WITHIN = 10.0
SET_UP_WITHIN = 30.0
#: Seconds to say goodbye; after that the socket is left to the system.
CLOSE_WITHIN = 5.0
#: Seconds between heartbeats: the driver gives up on a silent broker after 3 x (10 + 1) s.
HEARTBEAT = 10
#: Seconds that a connection must have lasted before the next fault is met with a short wait.
STEADY_AFTER = 30.0


class Backoff:
    """Waits that double from 0.5 to 10 s, each shortened by up to half by chance."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._next = 0.5

    def next(self) -> float:
        """Seconds to wait now."""
        wait = self._next * (1 - self._jitter() / 2)
        self._next = min(self._next * 2, 10.0)
        return wait

    def reset(self) -> None:
        """Begin with short waits again."""
        self._next = 0.5


class Session:
    """One connection while it lasts. The first fault ends it; whoever serves it is woken."""

    def __init__(self, connection: AbstractConnection, sieve: Sieve) -> None:
        self.is_closed = False
        """whether connection or channel are closed, beyond any doubt of ours"""
        self._connection = connection
        self._sieve = sieve
        self._changed = asyncio.Event()
        self._fault: errors.BrokerUnavailable | None = None
        connection.close_callbacks.add(self._closed)

    async def open_channel(self, *, confirms: bool) -> BareChannel:
        """A channel whose closing ends the session.

        With `confirms`, a publication that comes back unroutable raises.
        """
        channel = self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        await channel.initialize()
        channel.close_callbacks.add(self._closed)
        return await channel.get_underlay_channel()

    async def consume(
        self, channel: BareChannel, queue: str, take: Take, tag: str | None = None
    ) -> str:
        """Have messages brought on a channel; the consumer's tag, which may be given.

        `take` gets each at once, in order, from all consumers that the channel ever had: the
        broker may bring some before it has told that it consumes, and before it ceases.
        """
        self._sieve.takers[channel.number] = take
        reply = await channel.basic_consume(queue, self._past_the_sieve, consumer_tag=tag)
        return reply.consumer_tag or ""

    def fail(self, fault: errors.BrokerUnavailable) -> None:
        """End the session; whoever serves it raises this fault, unless another came first."""
        if self._fault is None:
            self._fault = fault
        self._changed.set()

    def nudge(self) -> None:
        """Wake whoever serves: something has changed."""
        self._changed.set()

    def check(self) -> None:
        """Raise the fault that ended the session, if one has."""
        if self._fault is not None:
            raise self._fault

    async def wait(self, seconds: float) -> None:
        """Sleep until nudged or ended, but not longer than this."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    async def is_blocked(self) -> bool:
        """Whether the broker has said that it takes nothing more (memory or disk alarm)."""
        transport = self._connection.transport
        if transport is None:
            return False
        try:
            # Returns without waiting unless blocked.
            async with asyncio.timeout(0):
                await transport.ready()
        except TimeoutError:
            return True
        return False

    async def _past_the_sieve(self, _: DeliveredMessage) -> None:
        """The driver was left a message, which nobody would ever finish: it must come again."""
        self.fail(errors.BrokerUnavailable("a message came past the sieve"))

    def _closed(
        self, _: AbstractConnection | AbstractChannel | None, error: BaseException | None
    ) -> None:
        self.is_closed = True
        self.fail(faults.unavailable(error or asyncio.CancelledError()))


class SelfClosing(aio_pika.Connection):
    """Closes itself where it cannot connect.

    The driver leaves such a one open until it is collected, and then wants to close it: in
    whatever thread that happens, with a warning amid the log if it is another.
    """

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


@asynccontextmanager
async def opened(name: str, address: Address) -> AsyncIterator[Session]:
    """One connection while the block lasts; raises BrokerUnavailable if there is none to be had."""
    sieve = Sieve()
    with faults.translated():
        async with asyncio.timeout(CONNECT_WITHIN):
            connection = await _connect(name, address, sieve)
    try:
        yield Session(connection, sieve)
    finally:
        await _close(connection)


async def _connect(name: str, address: Address, sieve: Sieve) -> AbstractConnection:
    wire.read_tolerantly()
    url = make_url(
        host=address.host,
        port=address.port,
        virtualhost=address.vhost,
        login=address.login,
        password=address.password,
        ssl=address.ssl_context is not None,
        heartbeat=HEARTBEAT,
    )
    named: FieldTable = {"connection_name": f"respondby {name}"}
    connection = SelfClosing(url, ssl_context=address.ssl_context, client_properties=named)
    connection.kwargs["transport_factory"] = Sifted(sieve)
    await connection.connect()
    return connection


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(CLOSE_WITHIN):
            await connection.close()
    except faults.DRIVER_ERRORS:
        # It is being thrown away; the fault that mattered is already known.
        return


def now() -> float:
    """Seconds on the loop's clock, which nobody sets."""
    return asyncio.get_running_loop().time()


class Service(Protocol):
    """What lives on a link."""

    async def set_up(self, session: Session) -> None:
        """Declare, open channels, consume. May raise the driver's errors."""
        ...

    async def serve(self, session: Session) -> None:
        """Work until the session fails, and raise its fault."""
        ...

    def torn_down(self) -> None:
        """The session is over; its channels are useless."""
        ...


class Link:
    """Keeps one connection to the broker up, for one service."""

    def __init__(
        self, name: str, locate: Locate, service: Service, observer: Observer, clock: Clock
    ) -> None:
        self._name = name
        self._locate = locate
        self._address = locate()
        self._service = service
        self._observer = observer
        self._clock = clock
        self._backoff = Backoff()
        self._was_up = False

    async def run(self) -> None:
        """Loop for ever; ends only by cancellation.

        Raises TopologyMismatch if the first set-up finds one. Later it is told and waited out,
        like every other fault: an operator is at work on the broker.
        """
        while True:
            try:
                await self._once()
            except faults.AccessRefused as fault:
                await self._pause(Event.ACCESS_REFUSED, fault)
            except (errors.BrokerUnavailable, errors.BadSetting) as fault:
                # A secret's file may be half-written now, and whole at the next try.
                await self._pause(Event.LINK_LOST, fault)
            except errors.TopologyMismatch as fault:
                if not self._was_up:
                    raise
                await self._pause(Event.TOPOLOGY_MISMATCH, fault)

    async def _pause(self, event: Event, fault: errors.RespondbyError) -> None:
        wait = self._backoff.next()
        self._observer.event(
            event,
            link=self._name,
            broker=str(self._address),
            fault=str(fault),
            retry_in=round(wait, 1),
        )
        await self._clock.sleep(wait)

    async def _once(self) -> None:
        self._address = self._locate()
        with faults.translated():
            async with opened(self._name, self._address) as session:
                await self._use(session)

    async def _use(self, session: Session) -> None:
        try:
            async with asyncio.timeout(SET_UP_WITHIN):
                await self._service.set_up(session)
            self._note_up()
            since = now()
            try:
                await self._service.serve(session)
            finally:
                if now() - since >= STEADY_AFTER:
                    self._backoff.reset()
        finally:
            self._service.torn_down()
            self._observer.connected(self._name, up=False)

    def _note_up(self) -> None:
        self._was_up = True
        self._observer.connected(self._name, up=True)
        self._observer.event(Event.LINK_UP, link=self._name, broker=str(self._address))
