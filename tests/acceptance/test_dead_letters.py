"""`respondby dead`, by the real command: why a message is there, back after a mend, or away."""

import asyncio
import json
import math
import signal
import subprocess
from datetime import UTC, datetime

import pytest

from tests.support import stream
from tests.support.burial import bury, letter
from tests.support.command import PROGRAM, Done, program
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.site import Document, Site
from tests.support.upstream import Sending
from tests.support.waiting import until
from worker.broker import topology

NOW = datetime.now(UTC)
#: Bytes a second: two thousand letters take a quarter of a minute.
_SLOWLY = 100_000


async def dead(site: Site, *arguments: object) -> Done:
    return await asyncio.to_thread(
        program, "dead", *arguments, RESPONDBY_BROKER_URL=site.url, COLUMNS="200"
    )


async def test_a_person_finds_out_why_mends_it_and_gives_it_back(site: Site) -> None:
    event = _created("T-long", summary="The shop is down. " * 100)
    site.worker.settings["MAX_MESSAGE_BYTES"] = "1024"
    await site.worker.up()
    await site.pour(
        Sending(stream.body(event), message_id="long"), Sending(b'{"cut', message_id="cut")
    )
    await until(lambda: _are_dead(site, 2), "both are dead letters")

    listed = await dead(site, "list")
    assert listed.status == 0
    heading, *rows, summary = listed.out.splitlines()
    assert heading.split("  ")[0] == "ID"
    (long,) = (row for row in rows if row.startswith("long"))
    assert "too_large  ticket.created" in long
    assert f"{len(stream.body(event))} bytes; at most 1024 are read" in long
    assert summary == "2 dead letters (1 too_large, 1 not_json)"

    shown = await dead(site, "show", "long")
    assert shown.status == 0
    assert "reason        too_large\n" in shown.out
    assert '    "ticket_id": "T-long",\n' in shown.out

    assert await site.worker.stop() == 0
    del site.worker.settings["MAX_MESSAGE_BYTES"]
    await site.worker.up()
    tried = await dead(site, "requeue", "--dry-run", "--reason", "too_large")
    assert tried.out == ("Would be given back to respondby.tickets: 1 dead letter (1 too_large)\n")
    assert await _are_dead(site, 2)
    given = await dead(site, "requeue", "long", "long")
    assert (given.status, given.err) == (0, "")
    assert given.out == "Given back to respondby.tickets: 1 dead letter (1 too_large)\n"

    await until(lambda: _has_told(site, "T-long"), "the worker has applied it")
    assert await _are_dead(site, 1)
    dropped = await dead(site, "drop", "cut")
    assert (dropped.status, dropped.out) == (0, "Dropped: 1 dead letter (1 not_json)\n")
    assert (await dead(site, "list")).out == "There are no dead letters.\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_requeue_that_is_broken_off_and_repeated_loses_nothing_and_counts_once(
    site: Site, how: signal.Signals
) -> None:
    events = [_created(f"T-{number:04}") for number in range(2000)]
    await bury(site.url, [letter(e["id"], body=stream.body(e)) for e in events])

    async with Proxy(site.url) as proxy:
        # All of it takes so long that it is still at work, however late we see that it began.
        proxy.weather.rate = _SLOWLY
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "dead", "requeue"),
            env={"RESPONDBY_BROKER_URL": proxy.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await until(lambda: _is_on_its_way(site), "some went back", 30)
        process.send_signal(how)
        proxy.weather.rate = math.inf
        out, err = (said.decode() for said in await process.communicate())
    if how == signal.SIGKILL:
        assert process.returncode == -how
    else:
        assert process.returncode == 130
        assert "Given back to respondby.tickets: " in out
        assert err == (
            "respondby: interrupted; "
            "nothing is lost, and what was on its way just then counts once\n"
        )

    again = await dead(site, "requeue")
    assert (again.status, again.err) == (0, "")
    assert await _are_dead(site, 0)
    await site.worker.up()
    await until(lambda: site.stored("inbox") == len(events), "all are known", 60)
    await until(lambda: _have_been_told(site, len(events)), "all are told", 60)
    assert await site.worker.stop() == 0
    assert await site.waiting() == 0
    assert len(site.downstream.messages) == len(await site.events("ticket.prioritized"))
    assert await _are_dead(site, 0)


async def test_a_list_can_be_paged_filtered_and_read_by_programs(site: Site) -> None:
    await bury(
        site.url, [letter(f"id-{n}", "not_json" if n % 2 else "too_large") for n in range(9)]
    )

    page = await dead(site, "list", "--skip", 2, "--limit", 3)
    assert [line.split()[0] for line in page.out.splitlines()[1:]] == ["id-2", "id-3", "id-4", "9"]
    assert page.out.endswith("9 dead letters (5 too_large, 4 not_json); more: --skip 5\n")

    odd = await dead(site, "list", "--json", "--reason", "not_json", "--skip", 1)
    assert [json.loads(line)["id"] for line in odd.out.splitlines()] == ["id-3", "id-5", "id-7"]
    assert json.loads(odd.out.splitlines()[0]) == {
        "id": "id-3",
        "reason": "not_json",
        "error": "line 1",
        "routing_key": "ticket.created",
        "since": "2026-03-02T00:00:00Z",
        "size": 4,
    }
    both = await dead(site, "list", "--json", "--reason", "not_json", "--reason", "too_large")
    assert len(both.out.splitlines()) == 9

    shown = json.loads((await dead(site, "show", "--json", "id-3")).out)
    assert (shown["body"], shown["headers"]) == ("id-3", {"traceparent": "00-id-3"})


async def test_an_id_that_is_not_there_is_named_and_the_others_are_done(site: Site) -> None:
    await bury(site.url, [letter("there"), letter("there"), letter("other")])
    for command in (("show",), ("requeue", "--dry-run"), ("drop", "--dry-run")):
        missing = await dead(site, *command, "missing")
        assert missing.status == 1
        assert missing.err == "respondby: not among the dead letters: missing\n"

    done = await dead(site, "drop", "there", "missing")
    assert (done.status, done.err) == (1, "respondby: not among the dead letters: missing\n")
    assert done.out == "Dropped: 2 dead letters (2 not_json)\n2 have the id there\n"
    assert await _are_dead(site, 1)


async def test_nothing_is_dropped_unless_it_is_named(site: Site) -> None:
    await bury(site.url, [letter("one"), letter("two", "too_large")])
    for unclear in ((), ("--reason", "not_json"), ("--all", "one")):
        refused = await dead(site, "drop", *unclear)
        assert refused.status == 2
        assert refused.err == ("respondby: name what is to be dropped: either ids, or --all\n")
    assert await _are_dead(site, 2)
    assert (await dead(site, "drop", "--all", "--reason", "not_json")).status == 0
    assert await _are_dead(site, 1)


async def test_while_somebody_else_looks_that_is_told(site: Site) -> None:
    await bury(site.url, [letter("one")])
    async with Operator(site.url) as operator, operator.hoarding(topology.DEAD_LETTERS):
        listed = await dead(site, "list")
    assert (listed.status, listed.out) == (0, "There are no dead letters.\n")
    assert listed.err == (
        "respondby: another program reads the dead letters now: what it holds was not seen\n"
    )


async def test_a_broker_that_is_away_or_refuses_is_told_in_one_line(site: Site) -> None:
    away = await asyncio.to_thread(
        program, "dead", "list", RESPONDBY_BROKER_URL="amqp://guest:pass-word@127.0.0.1:1/"
    )
    assert (away.status, away.out) == (2, "")
    assert away.err.startswith("respondby: amqp://127.0.0.1:1/: ")
    assert len(away.err.splitlines()) == 1
    assert "pass-word" not in away.err

    await bury(site.url, [letter("one")])
    async with Operator(site.url) as operator:
        await operator.delete_queue(topology.INBOX)
    refused = await dead(site, "requeue")
    assert refused.status == 2
    assert refused.err == (
        "respondby: 1 dead letter could not be given back: no queue takes it (NO_ROUTE)\n"
    )
    assert await _are_dead(site, 1)


def _created(ticket: str, summary: str = "A question") -> Document:
    return stream.event("ticket.created", NOW, f"e-{ticket}", ticket_id=ticket, summary=summary)


async def _are_dead(site: Site, count: int) -> bool:
    return await site.waiting(topology.DEAD_LETTERS) == count


async def _is_on_its_way(site: Site) -> bool:
    # More than the first window: then that one is counted.
    return await site.waiting() > 16


async def _has_told(site: Site, ticket: str) -> bool:
    return any(event["data"]["ticket_id"] == ticket for event in await site.events())


async def _have_been_told(site: Site, count: int) -> bool:
    return len(await site.events("ticket.prioritized")) == count
