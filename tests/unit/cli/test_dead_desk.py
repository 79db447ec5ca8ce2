"""What a command on dead letters tells of its work when it is ended before its end."""

import logging
from collections.abc import Iterator

import pytest

from worker import errors
from worker.cli.dead_desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield Desk()
    logging.disable(logging.NOTSET)


def test_what_the_broker_did_not_say_any_more_is_not_claimed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cut_off() -> None:
        desk.tally.reasons["not_json"] = 16
        desk.tally.unsure = 64
        raise errors.BrokerUnavailable("the broker is away")

    with pytest.raises(errors.BrokerUnavailable):
        desk.run(cut_off(), "Dropped")
    told = capsys.readouterr()
    assert told.out == "Dropped: 16 dead letters (16 not_json)\n"
    assert told.err == "respondby: whether 64 dead letters more left, the broker did not say\n"


def test_where_nothing_is_known_for_sure_that_is_told(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cut_off() -> None:
        desk.tally.unsure = 1
        raise errors.BrokerUnavailable("the broker is away")

    with pytest.raises(errors.BrokerUnavailable):
        desk.run(cut_off(), "Dropped")
    told = capsys.readouterr()
    assert told.out == "Dropped: 0 dead letters\n"
    assert told.err == "respondby: whether 1 dead letter more left, the broker did not say\n"
