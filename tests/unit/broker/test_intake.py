"""What an intake asks of its channel, and in which order."""

from typing import Any, cast

from aiormq.abc import AbstractChannel
from pamqp import commands

from worker.broker.connection import Session
from worker.broker.intake import Channels, Intake
from worker.clock import SystemClock


class _Channel:
    """The driver's channel to a broker that has brought all, and says yes to everything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.on_consumer_cancel_callbacks: set[object] = set()

    async def basic_qos(self, *, prefetch_count: int, global_: bool) -> None:
        assert not global_
        self.asked.append(("consume", prefetch_count))

    async def basic_cancel(self, _: str) -> None:
        self.asked.append(("cancel", 0))

    async def basic_ack(self, tag: int, multiple: bool = False) -> None:
        self.asked.append(("ack", tag))

    async def queue_declare(self, *_: Any, passive: bool) -> commands.Queue.DeclareOk:
        assert passive
        return commands.Queue.DeclareOk("queue", message_count=0, consumer_count=1)


class _Session:
    async def consume(self, *_: Any) -> str:
        return "consumer"


async def test_the_broker_is_told_of_what_is_finished_when_a_narrow_consumer_is_gone() -> None:
    channel = _Channel()
    both = cast(AbstractChannel, channel)
    channels = Channels(cast(Session, _Session()), both, both)
    intake = Intake(channels, 8, lambda *_: None, SystemClock())
    await intake.begin()
    intake.ledger.deliver(1)
    intake.window.hand_out({1: False})
    intake.window.note_survived()
    channel.asked.clear()
    await intake.settle([1])
    # It would bring as much again, and leave the next one no more room.
    assert channel.asked == []
    await intake.adjust()
    assert channel.asked == [("cancel", 0), ("ack", 1), ("consume", 8)]
    intake.ledger.deliver(2)
    await intake.settle([2])
    assert channel.asked[3:] == [("ack", 2)]
