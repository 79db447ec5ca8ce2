"""A channel on which every publication is confirmed or known not to be."""

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from aiormq import Channel
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed, DeliveryError
from pamqp import commands

from worker import errors
from worker.broker import connection, faults, volley
from worker.broker.connection import Session
from worker.broker.events import Event
from worker.broker.port import Observer
from worker.broker.volley import Answer, Shot, Unwritable

#: Publications on their way at one time.
WINDOW = 500
#: Bytes of these: all of a window is in memory twice, and must be written in time. A larger
#: publication goes alone.
WINDOW_BYTES = 1_000_000
#: How the broker says that a body is too large for it.
_TOO_LARGE = re.compile(r"larger than configured max size (\d+)")


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
        self._channel = cast(Channel, channel)  # what it is, wherever it was opened
        self._session = session
        self._observer = observer
        self._confirm_within = confirm_within
        self._ceiling = ceiling or Ceiling()
        self._turn = asyncio.Lock()

    async def send(self, publications: Sequence[Shot], within: float = math.inf) -> list[bool]:
        """For each, whether the broker has taken it.

        `within`: seconds for all of them. When half of it is gone, what is left is not sent: so
        the other half is there for the confirms of what is on its way, and the session lasts.

        Raises BrokerUnavailable if the session fails before any is confirmed. The session is
        failed when answers do not come in time: the channel may not be used again.
        """
        confirmed: set[int] = set()
        began = connection.now()
        async with self._turn:
            try:
                for window in windows(publications):
                    if connection.now() - began > within / 2:
                        break
                    self._session.check()
                    until = min(began + within, connection.now() + self._confirm_within)
                    await self._send_window(publications, window, confirmed, until)
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
        self,
        publications: Sequence[Shot],
        window: Sequence[int],
        confirmed: set[int],
        until: float,
    ) -> None:
        fitting = [index for index in window if self._fits(publications[index])]
        chosen = [publications[index] for index in fitting]
        with faults.translated():
            try:
                async with (
                    asyncio.timeout_at(until),
                    volley.fired(self._channel, chosen) as answers,
                ):
                    try:
                        await _all_done(answers)
                    finally:
                        confirmed.update(
                            i for i, a in zip(fitting, answers, strict=True) if _is_confirm(a)
                        )
                    self._check(chosen, answers)
            except ChannelPreconditionFailed as error:
                self._ceiling.learn(error)
                raise

    def _fits(self, publication: Shot) -> bool:
        fits = len(publication.body) <= self._ceiling.size
        if not fits:
            self._refuse(publication, f"larger than the broker takes: {self._ceiling.size} bytes")
        return fits

    def _check(self, publications: Sequence[Shot], answers: Sequence[Answer]) -> None:
        """Tell of what was refused; raise what else went wrong, the first of all."""
        for publication, answer in zip(publications, answers, strict=True):
            match answer.exception():
                case None:
                    pass
                case DeliveryError() as error:
                    self._refuse(publication, _refusal(error))
                case Unwritable() as error:
                    self._refuse(publication, str(error))
                case error:
                    raise error

    def _refuse(self, publication: Shot, fault: str) -> None:
        self._observer.event(
            Event.MESSAGE_REFUSED,
            message_id=publication.message_id,
            exchange=publication.exchange,
            fault=fault,
        )


def windows(publications: Sequence[Shot]) -> Iterator[list[int]]:
    """Indexes in order, of so few as may be on their way together, no message_id twice."""
    window: list[int] = []
    ids: set[str] = set()
    size = 0
    for index, publication in enumerate(publications):
        more = publication.size
        size += more
        if len(window) == WINDOW or size > WINDOW_BYTES or publication.message_id in ids:
            if window:
                yield window
            window, ids, size = [], set(), more
        window.append(index)
        ids.add(publication.message_id)
    if window:
        yield window


async def _all_done(answers: Sequence[Answer]) -> None:
    # They come many at once: to wait for the first and find the others there is cheaper than to
    # be told of each.
    for answer in answers:
        if not answer.done():
            with suppress(Exception):  # which are looked at when all are there
                await answer


def _is_confirm(answer: Answer) -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None


def _refusal(error: DeliveryError) -> str:
    if isinstance(error.frame, commands.Basic.Return):
        return f"no queue takes it ({error.frame.reply_text})"
    return "the broker refused it"
