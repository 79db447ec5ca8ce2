"""Work on a connection, which every database has done in a way of its own."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")

Work = Callable[[sa.Connection], T]
"""All that is to be done on a connection before somebody else decides again."""


class Run(Protocol):
    """Has work done, in one go, on the connection of one transaction.

    For SQLite that is another thread, and to go there costs more than a statement does.
    """

    async def __call__(self, work: Work[T], /) -> T: ...
