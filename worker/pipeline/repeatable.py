"""A transaction whose way another one crossed is done again."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from worker import errors

#: How often it is done at most; after that the store counts as unavailable for now.
TIMES = 5

P = ParamSpec("P")
T = TypeVar("T")


def repeatable(
    work: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """For what does nothing but one transaction, and reads all that it decides on inside it.

    It is repeated at once: whoever got in the way has what this one waited for, and the next try
    waits for its end.
    """

    @wraps(work)
    async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TIMES - 1):
            try:
                return await work(*args, **kwargs)
            except errors.StoreConflict:
                continue
        return await work(*args, **kwargs)

    return repeated
