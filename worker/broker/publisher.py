"""The publisher on RabbitMQ: a connection of its own, so that a blocked one stops no consumer."""

from collections.abc import Sequence
from functools import lru_cache

from pamqp import commands

from worker import errors
from worker.broker import letters, topology
from worker.broker.address import Locate
from worker.broker.connection import Link, Session
from worker.broker.events import Event
from worker.broker.lane import Ceiling, Lane
from worker.broker.port import DeadLetter, Message, Observer
from worker.broker.volley import Stamp, Stamped
from worker.clock import Clock

#: Seconds between two looks at whether the broker blocks us.
_LOOK_EVERY = 1.0


class AmqpPublisher:
    """The port Publisher. Events and dead letters have a channel each."""

    def __init__(
        self,
        locate: Locate,
        observer: Observer,
        clock: Clock,
        *,
        declare: bool = True,
        confirm_within: float = 30.0,
    ) -> None:
        """`confirm_within`: seconds for the confirms of one call's events, or of one window of
        dead letters."""
        self._observer = observer
        self._confirm_within = confirm_within
        self._prepare = topology.declare if declare else topology.check
        self._link = Link("publish", locate, self, observer, clock)
        self._blocked = False
        self._ceiling = Ceiling()
        self._events: Lane | None = None
        self._letters: Lane | None = None

    async def run(self) -> None:
        await self._link.run()

    async def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        lane = self._open(self._events)
        # The same id is the same event: once is enough.
        once = list({message.id: message for message in messages}.values())
        # All of them: whoever has the turn to publish has it for a time.
        publications = [_publication(message) for message in once]
        taken = await lane.send(publications, within=self._confirm_within)
        return frozenset(
            message.id for message, confirmed in zip(once, taken, strict=True) if confirmed
        )

    async def bury(self, dead: Sequence[DeadLetter]) -> list[bool]:
        lane = self._open(self._letters)
        for letter in dead:
            if names := letters.dropped(letter):
                message_id = letter.delivery.message_id
                self._observer.event(Event.HEADERS_DROPPED, message_id=message_id, names=names)
        return await lane.send([letters.publication(letter) for letter in dead])

    async def set_up(self, session: Session) -> None:
        """Of the link's Service."""
        side = await session.open_channel(confirms=False)
        await self._prepare(side)
        self._ceiling.connected()
        self._events = await self._open_lane(session)
        self._letters = await self._open_lane(session)

    async def serve(self, session: Session) -> None:
        """Of the link's Service: notice a block.

        While blocked, a session that has failed is kept: closing it would leave its publications
        in the broker's ear, to be published once more for every session so lost.
        """
        while True:
            await self._note_block(session)
            if session.is_closed or not self._blocked:
                session.check()
            await session.wait(_LOOK_EVERY)

    def torn_down(self) -> None:
        """Of the link's Service."""
        self._events = self._letters = None
        self._blocked = False

    async def _open_lane(self, session: Session) -> Lane:
        channel = await session.open_channel(confirms=True)
        return Lane(channel, session, self._observer, self._confirm_within, self._ceiling)

    def _open(self, lane: Lane | None) -> Lane:
        if lane is None:
            raise errors.BrokerUnavailable("there is no connection to publish on")
        if self._blocked:
            raise errors.BrokerUnavailable("the broker takes nothing: memory or disk alarm")
        return lane

    async def _note_block(self, session: Session) -> None:
        blocked = await session.is_blocked()
        if blocked and not self._blocked:
            self._observer.event(Event.PUBLISHER_BLOCKED, link="publish")
        self._blocked = blocked


def _publication(message: Message) -> Stamped:
    stamp = _stamp(message.type, message.content_type, message.priority)
    return Stamped(topology.OUT, message.routing_key, message.body, message.id, stamp)


@lru_cache(maxsize=256)
def _stamp(type_: str, content_type: str, priority: int) -> Stamp:
    return Stamp(
        commands.Basic.Properties(
            message_type=type_,
            content_type=content_type,
            priority=priority,
            delivery_mode=2,
            app_id="respondby",
        )
    )
