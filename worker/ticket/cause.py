"""What makes a ticket be decided anew."""

from datetime import datetime
from typing import Protocol

from schemas.values import dataclass


class Cause(Protocol):
    """An inbound event is one, and so is a person who applies another policy."""

    @property
    def id(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def time(self) -> datetime:
        """When it happened: what is decided became true then."""
        ...

    @property
    def traceparent(self) -> str | None: ...

    @property
    def tracestate(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class PolicyApplied:
    """A person applies the policy in force to the tickets that are open."""

    id: str
    """the policy's digest"""
    time: datetime
    type: str = "policy.applied"
    traceparent: str | None = None
    tracestate: str | None = None
