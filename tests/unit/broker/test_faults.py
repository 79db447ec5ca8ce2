import asyncio

import aiormq.exceptions as amqp
import pytest
from pamqp.exceptions import UnmarshalingException

from worker import errors
from worker.broker import faults


@pytest.mark.parametrize(
    "error",
    [
        amqp.ChannelClosed(320, "CONNECTION_FORCED"),
        amqp.AMQPConnectionError("reset"),
        amqp.ChannelInvalidStateError("closed"),
        amqp.InvalidFrameError("odd"),
        UnmarshalingException("header", "odd"),
        ConnectionResetError(104, "reset"),
        TimeoutError(),
        StopAsyncIteration(),
        Exception(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_the_driver_raises_means_that_the_broker_is_unavailable(error: Exception) -> None:
    with pytest.raises(errors.BrokerUnavailable) as told, faults.translated():
        raise error
    assert told.value.__cause__ is error
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        amqp.ProbableAuthenticationError("ACCESS_REFUSED"),
        amqp.AuthenticationError("PLAIN", []),
        amqp.ChannelAccessRefused("ACCESS_REFUSED"),
        amqp.ConnectionNotAllowed("NOT_ALLOWED"),
        amqp.InvalidFrameError("Expected ['Connection.OpenOk'], got <Connection.Close object>"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broker_that_knows_us_and_says_no_is_told_apart(error: Exception) -> None:
    with pytest.raises(faults.AccessRefused), faults.translated():
        raise error


@pytest.mark.parametrize("error", [ValueError("ours"), KeyError("ours"), errors.BadPolicy("ours")])
def test_a_mistake_of_our_own_is_not_hidden(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, faults.translated():
        raise error
    assert raised.value is error


async def test_being_cancelled_is_no_fault_of_the_broker() -> None:
    async def wait_for_broker() -> None:
        with faults.translated():
            await asyncio.Event().wait()

    waiting = asyncio.create_task(wait_for_broker())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_a_call_that_the_driver_cancelled_means_that_the_broker_is_unavailable() -> None:
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    answer.cancel()
    with pytest.raises(errors.BrokerUnavailable, match="silent or was closed"), faults.translated():
        await answer


def test_no_description_holds_the_url_that_the_driver_puts_into_its_errors() -> None:
    error = amqp.ChannelInvalidStateError('<Connection: "amqp://ann:hidden@host/"> closed')
    assert faults.describe(error) == "the channel or connection is closed"


def test_an_error_without_a_text_is_described_by_its_name() -> None:
    assert faults.describe(amqp.ConnectionClosed()) == "ConnectionClosed"
    assert faults.describe(amqp.ChannelClosed(404, "NOT_FOUND")) == "ChannelClosed: 404 NOT_FOUND"
    assert faults.describe(None) == "the connection went silent or was closed"
