"""The worker's command, with a fault in it: python tests/support/undecidable.py run

It cannot decide on one ticket, and what it raises quotes the event.
"""

from collections.abc import Sequence
from pathlib import Path

from worker.cli.main import main
from worker.policy.policy import Policy
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger

SCRIPT = Path(__file__)
TICKET = "T-undecidable"

_sound = decide.on_event


def _on_event(
    announcer: Announcer, ledger: Ledger, earlier: Sequence[Entry], entry: Entry, policy: Policy
) -> Decision:
    if entry.event.data.ticket_id == TICKET:
        raise ValueError(f"cannot decide on {entry.body.decode()}")
    return _sound(announcer, ledger, earlier, entry, policy)


if __name__ == "__main__":
    decide.on_event = _on_event
    main()
