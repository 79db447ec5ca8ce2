"""The one place where the driver's errors become ours."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiormq.exceptions as amqp
from pamqp.exceptions import PAMQPException

from worker import errors

#: All that the driver raises when a connection or channel is not what it was. RuntimeError is
#: how it says "closed"; StopAsyncIteration is how its reader says "end of stream".
DRIVER_ERRORS = (
    amqp.AMQPError,
    OSError,
    TimeoutError,
    RuntimeError,
    StopAsyncIteration,
    PAMQPException,
)

_REFUSALS = (amqp.ProbableAuthenticationError, amqp.AuthenticationError, amqp.ChannelAccessRefused)


class AccessRefused(errors.BrokerUnavailable):
    """The broker refuses our login, or something that this login wants to do."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise BrokerUnavailable, or its AccessRefused, for any error of the driver."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise unavailable(error) from error
    except asyncio.CancelledError as error:
        if _cancelled_by_us():
            raise
        # The driver ends waiting calls with a cancellation of its own when it closes.
        raise unavailable(error) from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        # How the driver rejects what still waits when its connection ended in good order.
        raise unavailable(error) from error


def unavailable(error: BaseException) -> errors.BrokerUnavailable:
    """The same fault in our words, for one line of a log."""
    if isinstance(error, _REFUSALS) or _is_closed_door(error):
        return AccessRefused(describe(error))
    return errors.BrokerUnavailable(describe(error))


def describe(error: BaseException | None) -> str:
    """One line for a person; never holds a URL or a password."""
    if error is not None and _is_refused_open(error):
        return "the virtual host is unknown, not ours to enter, or takes no more connections"
    if error is None or isinstance(error, asyncio.CancelledError):
        return "the connection went silent or was closed"
    if isinstance(error, TimeoutError):
        return "the broker did not answer in time"
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not good: {error.__cause__.verify_message}"
    if isinstance(error, RuntimeError) or type(error) is Exception:
        # The driver's text for this holds the URL.
        return "the channel or connection is closed"
    return f"{type(error).__name__}: {_text(error)}".removesuffix(": ")


def _text(error: BaseException) -> str:
    return " ".join(str(part) for part in error.args if part is not None) or str(error)


def _is_closed_door(error: BaseException) -> bool:
    return isinstance(error, amqp.ConnectionNotAllowed) or _is_refused_open(error)


def _is_refused_open(error: BaseException) -> bool:
    # The driver takes the broker's "close" to an "open" for a frame out of place, and keeps
    # neither its code nor its text.
    return isinstance(error, amqp.InvalidFrameError) and "Connection.Close" in str(error)


def _cancelled_by_us() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
