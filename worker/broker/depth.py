"""How many messages a queue has, and how many consumers."""

from dataclasses import dataclass

from aiormq.abc import AbstractChannel


@dataclass(frozen=True, slots=True)
class Depth:
    """Of one queue, as the broker says. One that is busy, or has no leader, is said to be empty:
    it takes two in a row to believe it."""

    waiting: int
    """messages that nobody holds"""
    consumers: int


async def of(channel: AbstractChannel, queue: str) -> Depth:
    """Ask the broker; if the queue is missing, the channel is closed."""
    reply = await channel.queue_declare(queue, passive=True)
    return Depth(reply.message_count or 0, reply.consumer_count or 0)
