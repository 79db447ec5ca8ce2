"""The parts of a run. What is compared is measured by turns: a,b,c,a,b,c…

The machine may be shared, and slow for a minute: then it is so for all.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import asdict
from typing import Any

from tests.benchmarks import deadlines, latency, open_tickets, replays, throughput
from tests.benchmarks.bench import Bench
from tests.benchmarks.contenders import ALL, THREE, Contender
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.figures import Figures

Part = Callable[[Bench, Figures, int], Coroutine[Any, Any, None]]
"""Measures so many rounds."""

#: Of whom the latency is measured.
_ANSWERING = ("aio-pika", "sqlite", "postgresql")
#: How much smaller the work is that the second engine gets: it would take minutes.
_FEWER = 20


async def of_throughput(bench: Bench, figures: Figures, rounds: int) -> None:
    for _ in range(rounds):
        for contender in _able(bench, figures):
            measured = await throughput.measured(contender, bench)
            figures.add("throughput", contender.name, **asdict(measured))


async def of_latency(bench: Bench, figures: Figures, rounds: int) -> None:
    for _ in range(rounds):
        for contender in _able(bench, figures):
            if contender.name in _ANSWERING:
                measured = await latency.measured(contender, bench)
                figures.add("latency", contender.name, **measured._asdict())


async def of_workers(bench: Bench, figures: Figures, rounds: int) -> None:
    for _ in range(rounds):
        for name, contender in (("one", ALL["postgresql"]), ("three", THREE)):
            measured = await throughput.measured(contender, bench)
            figures.add("workers", name, **asdict(measured))


async def of_replay(bench: Bench, figures: Figures, rounds: int) -> None:
    count = bench.sizes.replayed
    folder = bench.new_folder()
    streams = {
        who: [replays.recorded(folder, n, with_text=who == "text") for n in (count, 10 * count)]
        for who in ("facts", "text")
    }
    for _ in range(rounds):
        for who, (small, large) in streams.items():
            less, more = replays.seconds(small), replays.seconds(large)
            figures.add("replay", who, rate=large.events / more, growth=more / less)


async def of_deadlines(bench: Bench, figures: Figures, rounds: int) -> None:
    count = bench.sizes.deadlines
    small, large = deadlines.starts(count), deadlines.starts(10 * count)
    few = deadlines.starts(count // _FEWER)
    deadlines.check(few)
    for _ in range(rounds):
        less, more = (deadlines.seconds(deadlines.ours(), given) for given in (small, large))
        figures.add("deadlines", "respondby", rate=len(large) / more, growth=more / less)
        rate = len(few) / deadlines.seconds(deadlines.theirs(), few)
        figures.add("deadlines", "businesstimedelta", rate=rate)


async def of_open(bench: Bench, figures: Figures, rounds: int) -> None:
    crowds = [crowd async for crowd in _crowds(bench)]
    for _ in range(rounds):
        for crowd in crowds:
            start = await crowd.start()
            measured = await crowd.throughput()
            lag = await crowd.alert_lag(ready_within=5 + 2 * start)
            values = {**asdict(measured), "start": start, **lag._asdict()}
            figures.add("open", f"{crowd.count:,}", **values)


ALL_PARTS: Mapping[str, Part] = {
    "throughput": of_throughput,
    "latency": of_latency,
    "workers": of_workers,
    "replay": of_replay,
    "deadlines": of_deadlines,
    "open": of_open,
}
NEED_POSTGRES = ("throughput", "latency", "workers")


def _able(bench: Bench, figures: Figures) -> list[Contender]:
    """Those who can take part; of the others it is noted why not."""
    able = []
    for name in bench.of:
        if lacking := ALL[name].missing():
            figures.left_out[name] = lacking
        else:
            able.append(ALL[name])
    return able


async def _crowds(bench: Bench) -> AsyncIterator[Crowd]:
    for count in bench.sizes.open_tickets:
        file = bench.new_folder() / "open.db"
        await open_tickets.filled(file, count)
        yield Crowd(bench, count, file)
