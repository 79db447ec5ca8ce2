"""The quick rows of the matrix; tests/faults/run plays them all."""

from dataclasses import replace

import pytest

from tests.faults import broker_faults, crashes, network_faults
from tests.faults.outcome import played
from tests.faults.row import Row
from tests.faults.scene import Ground
from tests.support.broker import Broker

_ROWS = (
    crashes.crash("C2", times=1),
    crashes.crash("C4", times=1),
    crashes.crash("C8", times=1),
    crashes.crash("C9", times=1),
    network_faults.half_closed,
    broker_faults.nowhere_to_go,
)


_SHORT = [replace(row, count=400, lasts=2, soon_for=6) for row in _ROWS]


@pytest.mark.parametrize("row", _SHORT, ids=lambda row: row.name)
async def test_nothing_is_lost_and_nothing_is_doubled_when(own_broker: Broker, row: Row) -> None:
    outcome = await played(Ground(own_broker), row, seed=1)
    assert outcome.complaints == ()
