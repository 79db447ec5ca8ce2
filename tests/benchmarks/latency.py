"""How long after its publication a ticket's answer is there, at a quiet rate."""

from itertools import islice

from tests.benchmarks import pace, quantiles, queues, tickets, watcher
from tests.benchmarks.bench import Bench
from tests.benchmarks.contenders import Contender
from tests.benchmarks.quantiles import Quantiles
from tests.support.waiting import until

PER_SECOND = 200
#: Seconds that are not counted: the first messages find everything cold.
_WARM = 1
_READY_WITHIN = 60.0
_LAST_WITHIN = 30.0


async def measured(contender: Contender, bench: Bench) -> Quantiles:
    """In milliseconds, from just before the publication to the arrival of its answer."""
    count = (_WARM + bench.sizes.latency_seconds) * PER_SECOND
    async with queues.made(bench.broker) as made:
        running = contender.start(bench, made.url)
        try:
            await until(made.has_consumer, "the contender consumes", _READY_WITHIN)
            async with watcher.watching(made.url) as watched:
                sendings = tickets.created(range(count), with_text=bench.with_text)
                left = await pace.sent(made.url, sendings, PER_SECOND)
                await until(lambda: watched.count >= count, "all answers came", _LAST_WITHIN)
            await running.stop()
        finally:
            running.end()
    # An echo sends what it got, and respondby what it made of it: both name the ticket.
    arrived = {event["data"]["ticket_id"]: at for at, event in watched.events("ticket.")}
    counted = islice(left.items(), _WARM * PER_SECOND, None)
    return quantiles.of((arrived[tickets.ticket_of(id_)] - at) * 1000 for id_, at in counted)
