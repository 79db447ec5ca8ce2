"""Messages that are malformed, oversized, or come again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.faults.row import row
from tests.faults.scene import Scene
from tests.support import malformed
from tests.support.malformed import Malformed
from tests.support.upstream import Sending

#: Below the most that 4.x takes from a publisher by default.
_SIZES = (262_145, 1_048_577, 1_048_577, 1_048_577, 15_000_000)


def _many() -> Sequence[Malformed]:
    return [*copies(malformed.twenty(), 20), *_hostile()]


def copies(kinds: Sequence[Malformed], times: int) -> Iterator[Malformed]:
    """The same so many times, each with an id of its own."""
    for number in range(times):
        for kind in kinds:
            id_ = f"{kind.message_id}-{number}"
            yield replace(kind, sending=replace(kind.sending, message_id=id_))


def _hostile() -> Sequence[Malformed]:
    """What a parser could choke on."""
    bodies = {
        "deep": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        "wide": b"[" + b"[]," * 80_000 + b"[]]",
        "nan": b'{"specversion": NaN}',
        "huge": b'{"specversion": ' + b"9" * 100_000 + b"}",
        "nul": b"\x00" * 1000,
    }
    reasons = {"wide": "not_cloudevents"}
    return [
        Malformed(Sending(body, message_id=f"hostile-{kind}"), reasons.get(kind, "not_json"), "")
        for kind, body in bodies.items()
    ]


def _oversized() -> Sequence[Malformed]:
    return [
        Malformed(Sending(b" " * size, message_id=f"oversized-{n}"), "too_large", f"{size} bytes")
        for n, size in enumerate(_SIZES * 4)
    ]


@row("F24", "hundreds of malformed messages", garbage=_many, copies=False, burials=False)
async def malformed_messages(here: Scene) -> None:
    here.is_over()


@row("F25", "messages of up to 15 MB", garbage=_oversized, copies=False, burials=False)
async def oversized_messages(here: Scene) -> None:
    here.is_over()


@row("F26", "everything comes five times more, in other orders", copies=False, burials=False)
async def repeated(here: Scene) -> None:
    events = here.trial.stream.sendings()
    for _ in range(5):
        here.random.shuffle(events)
        await here.site.pour(*events)
