"""The one place where a driver's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event, exc

from worker import errors

_OUR_OWN_FAULT = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)
"""SQLite: waiting does not mend these, so they must not pass for a store that is away."""

# PostgreSQL tells by a code (SQLSTATE) what SQLAlchemy's classes do not.
_CONFLICTS = (
    "40001",  # serialization failure
    "40P01",  # deadlock
    "0A000",  # a statement that was prepared before another worker changed the tables
)
_OUR_OWN_CLASSES = ("22", "23", "42")
"""data, constraints, syntax and access: the same again would fail again"""
_MAY_BE_GRANTED, _READ_ONLY, _LOCK_TIMEOUT = "42501", "25006", "55P03"


@contextmanager
def translated(store: str) -> Iterator[None]:
    """Raise `StoreUnavailable`, naming the store, for whatever the driver says of its state.

    Of that, `StoreConflict` where another transaction got in the way.
    """
    try:
        yield
    except exc.DBAPIError as error:
        state = _state(error)
        message = f"{store} cannot be used now: {_reason(error.orig)}"
        if state in _CONFLICTS:
            raise errors.StoreConflict(message) from error
        if _is_our_own(error, state):
            raise
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_NOTADB":
            raise errors.StoreForeign(f"{store} is not a database") from error
        raise errors.StoreUnavailable(message) from error
    except exc.TimeoutError as error:
        raise errors.StoreUnavailable(f"{store}: every connection is in use") from error


def tells_of_lock(error: exc.DBAPIError) -> bool:
    """Whether somebody else held the lock for as long as we waited."""
    return _state(error) == _LOCK_TIMEOUT


def give_up_servers(engine: sa.Engine, store: str) -> None:
    """Leave a server that is of no use any more, so that the next try finds a better one."""

    def look(context: sa.ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, TimeoutError):
            raise errors.StoreUnavailable(f"{store} does not answer")
        if getattr(error.__cause__, "sqlstate", None) == _READ_ONLY:
            # It follows another one by now.
            context.is_disconnect = True

    event.listen(engine, "handle_error", look)


def _is_our_own(error: exc.DBAPIError, state: str | None) -> bool:
    if state is not None:
        return state[:2] in _OUR_OWN_CLASSES and state != _MAY_BE_GRANTED
    # asyncpg refuses a value that it cannot send with a kind of InterfaceError.
    return isinstance(error, _OUR_OWN_FAULT) or isinstance(_cause(error), ValueError)


def _reason(error: BaseException | None) -> str:
    """The driver's words on one line; what may follow below could quote rows."""
    first = (str(error).splitlines() or ["no reason given"])[0]
    name = getattr(error, "sqlite_errorname", None)
    return f"{first} ({name})" if name else first


def _state(error: exc.DBAPIError) -> str | None:
    """PostgreSQL's code."""
    state: str | None = getattr(_cause(error), "sqlstate", None)
    return state


def _cause(error: exc.DBAPIError) -> BaseException | None:
    """What asyncpg raised, which SQLAlchemy puts behind an error of its own."""
    return error.orig.__cause__ if error.orig else None
