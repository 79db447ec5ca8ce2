"""The one place where a driver's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from worker import errors

_OUR_OWN_FAULT = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)
"""Waiting does not mend these, so they must not pass for a store that is away."""


@contextmanager
def translated(store: str) -> Iterator[None]:
    """Raise `StoreUnavailable`, naming the store, for whatever the driver says of its state."""
    try:
        yield
    except exc.DBAPIError as error:
        if isinstance(error, _OUR_OWN_FAULT):
            raise
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_NOTADB":
            raise errors.StoreForeign(f"{store} is not a database") from error
        message = f"{store} cannot be used now: {_reason(error.orig)}"
        raise errors.StoreUnavailable(message) from error


def _reason(error: BaseException | None) -> str:
    """The driver's words on one line; what may follow below could quote rows."""
    first = (str(error).splitlines() or ["no reason given"])[0]
    name = getattr(error, "sqlite_errorname", None)
    return f"{first} ({name})" if name else first
