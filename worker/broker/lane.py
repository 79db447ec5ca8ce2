"""A channel on which every publication is confirmed or known not to be."""

import asyncio
import math
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed, DeliveryError
from pamqp import commands

from worker import errors
from worker.broker import faults
from worker.broker.connection import Session
from worker.broker.events import Event
from worker.broker.port import Observer

#: Publications on their way at one time.
WINDOW = 500
#: What the driver raises for a publication that cannot be put into frames.
_UNWRITABLE = (ValueError, TypeError, OverflowError, struct.error)
#: How the broker says that a body is too large for it.
_TOO_LARGE = re.compile(r"larger than configured max size (\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A message, ready for the wire. Its properties hold a `message_id`."""

    exchange: str
    routing_key: str
    body: bytes
    properties: commands.Basic.Properties

    @property
    def message_id(self) -> str:
        return self.properties.message_id or ""


@dataclass(slots=True)
class Ceiling:
    """The largest body that the broker takes: by default 128 MiB before 4.0, and 16 MiB since.

    It tells only by closing the channel, with all that is on its way there. What it told is kept
    for one more connection, for which that was the price; it may be configured anew after that.
    """

    size: float = math.inf
    """in bytes"""
    _is_news: bool = False

    def learn(self, error: Exception) -> None:
        if found := _TOO_LARGE.search(str(error)):
            self.size, self._is_news = int(found[1]), True

    def connected(self) -> None:
        if not self._is_news:
            self.size = math.inf
        self._is_news = False


class Lane:
    """Publishes in order, many on their way at once; one caller at a time.

    Never is one message_id twice on its way: the driver finds a returned message by its id, and
    would take the other one for confirmed.
    """

    def __init__(
        self,
        channel: AbstractChannel,
        session: Session,
        observer: Observer,
        confirm_within: float,
        ceiling: Ceiling | None = None,
    ) -> None:
        self._channel = channel
        self._session = session
        self._observer = observer
        self._confirm_within = confirm_within
        self._ceiling = ceiling or Ceiling()
        self._turn = asyncio.Lock()

    async def send(self, publications: Sequence[Publication]) -> list[bool]:
        """For each, whether the broker has taken it.

        Raises BrokerUnavailable if the session fails before any is confirmed. The session is
        failed when answers do not come in time: the channel may not be used again.
        """
        confirmed: set[int] = set()
        async with self._turn:
            try:
                for window in windows(publications):
                    self._session.check()
                    await self._send_window(publications, window, confirmed)
            except errors.BrokerUnavailable as fault:
                self._session.fail(fault)
                if not confirmed:
                    raise
            except asyncio.CancelledError:
                # What is on its way stays there, and its answers would be taken for those of a
                # later publication of the same id; some of that one's would then never come.
                cancelled = "a publisher was cancelled before its confirms came"
                self._session.fail(errors.BrokerUnavailable(cancelled))
                raise
        return [index in confirmed for index in range(len(publications))]

    async def _send_window(
        self, publications: Sequence[Publication], window: Sequence[int], confirmed: set[int]
    ) -> None:
        with faults.translated():
            async with asyncio.timeout(self._confirm_within):
                outcomes = await asyncio.gather(
                    *(self._send_one(publications[index], index, confirmed) for index in window),
                    return_exceptions=True,
                )
            # Each was waited for; the first fault stands for all.
            for outcome in outcomes:
                if outcome is not None:
                    raise outcome

    async def _send_one(self, publication: Publication, index: int, confirmed: set[int]) -> None:
        if len(publication.body) > self._ceiling.size:
            self._refuse(publication, f"larger than the broker takes: {self._ceiling.size} bytes")
            return
        try:
            # Leaves `wait` on: without it the driver's queue of writes fills up, and who waits
            # for room there is never told that the connection is gone.
            answer = await self._channel.basic_publish(
                publication.body,
                exchange=publication.exchange,
                routing_key=publication.routing_key,
                properties=publication.properties,
                mandatory=True,
            )
        except DeliveryError as error:
            self._refuse(publication, _refusal(error))
        except _UNWRITABLE as error:
            self._refuse(publication, faults.describe(error))
        except ChannelPreconditionFailed as error:
            self._ceiling.learn(error)
            raise
        else:
            if isinstance(answer, commands.Basic.Ack):
                confirmed.add(index)

    def _refuse(self, publication: Publication, fault: str) -> None:
        self._observer.event(
            Event.MESSAGE_REFUSED,
            message_id=publication.message_id,
            exchange=publication.exchange,
            fault=fault,
        )


def windows(publications: Sequence[Publication]) -> Iterator[list[int]]:
    """Indexes in order, at most WINDOW together, no message_id twice in one window."""
    window: list[int] = []
    ids: set[str] = set()
    for index, publication in enumerate(publications):
        if len(window) == WINDOW or publication.message_id in ids:
            yield window
            window, ids = [], set()
        window.append(index)
        ids.add(publication.message_id)
    if window:
        yield window


def _refusal(error: DeliveryError) -> str:
    if isinstance(error.frame, commands.Basic.Return):
        return f"no queue takes it ({error.frame.reply_text})"
    return "the broker refused it"
