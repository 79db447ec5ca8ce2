"""Three workers on one PostgreSQL and one inbox: together they do what one does alone."""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

from tests.support import stream
from tests.support.command import program
from tests.support.postgres_server import PASSWORD, PrivateServer
from tests.support.site import Site
from tests.support.trial import Trial
from tests.support.waiting import until


async def test_three_workers_that_are_killed_again_and_again_lose_and_double_nothing(
    team: Site,
) -> None:
    trial, random = Trial(team, seed=11), Random(11)
    for worker in team.workers:
        # Small batches make more moments at which to die.
        worker.settings |= {"BATCH_SIZE": "20", "PREFETCH": "60"}
        worker.start()
    for part in _parts(count=5):
        before = team.stored("inbox")
        pouring = asyncio.create_task(trial.pour(part))
        await trial.is_known(before + 1)
        victim = random.choice(team.workers)
        victim.kill()
        victim.start()
        await pouring

    await trial.ends_as_replayed()

    await trial.nothing_is_left()
    # One that was buried and not yet acknowledged at the kill is buried again.
    assert (await trial.dead_letters()).keys() == trial.each_once.keys()
    _status_is_that_of_the_replay(team, trial)


async def test_three_workers_share_the_work_and_show_the_same_gauges(team: Site) -> None:
    trial = Trial(team, seed=12, count=600)
    await asyncio.gather(*(worker.up() for worker in team.workers))

    await trial.pour()
    await trial.is_settled()

    pages = [await worker.metrics() for worker in team.workers]
    applied = [page.value("respondby_events_total", result="applied") for page in pages]
    late = [page.value("respondby_events_total", result="stale") for page in pages]
    assert all(applied)
    assert sum(applied) + sum(late) == len(trial.stream.events)
    open_tickets = _applying_a_policy_sees(team)
    await until(lambda: _all_show(team, open_tickets), "each worker shows the same of the store")
    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once
    assert len(team.downstream.messages) == len(await team.events()), "published twice"


async def test_a_database_server_that_restarts_under_load_needs_no_hand(
    team: Site, postgres: PrivateServer
) -> None:
    trial = Trial(team, seed=13, count=1000)
    await asyncio.gather(*(worker.up() for worker in team.workers))
    pouring = asyncio.create_task(trial.pour())
    await trial.is_known(200)

    await asyncio.to_thread(postgres.restart)

    await pouring
    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert (await trial.dead_letters()).keys() == trial.each_once.keys()
    for worker in team.workers:
        assert len(worker.log("worker_starting")) == 1
        assert PASSWORD not in worker.log_text()
    assert any(worker.log("store_unavailable") for worker in team.workers)


def _parts(count: int) -> Iterator[slice]:
    """Of all that is sent, so many parts: then there is work left however fast the workers are."""
    edges = [*range(0, 300 * count, 300), None]
    return (slice(*edge) for edge in pairwise(edges))


def _applying_a_policy_sees(team: Site) -> int:
    """All open tickets, whichever worker decided on them: so many."""
    other = team.worker.folder / "other.yaml"
    other.write_text(stream.policy_text().replace("respond_within: 30m", "respond_within: 29m"))
    settings = {"RESPONDBY_DATABASE_URL": team.database.url, "RESPONDBY_POLICY": str(other)}
    shown = program("policy", "apply", "--dry-run", **settings)
    would_change, total = re.findall(r"(\d+) of (\d+) open tickets would", shown.out)[0]
    assert 0 < int(would_change) <= int(total)

    settings["RESPONDBY_POLICY"] = team.worker.settings["POLICY"]
    settings["RESPONDBY_HTTP_PORT"] = str(team.worker.log("worker_starting")[0]["http_port"])
    applied = program("policy", "apply", **settings)
    assert f" of {total} open tickets were decided otherwise" in applied.out, applied.err
    return int(total)


async def _all_show(team: Site, open_tickets: int) -> bool:
    pages = [await worker.metrics() for worker in team.workers]
    return all(
        page.value("respondby_open_tickets") == open_tickets
        and page.value("respondby_outbox_pending") == 0
        for page in pages
    )


def _status_is_that_of_the_replay(team: Site, trial: Trial) -> None:
    done = program("status", "--json", RESPONDBY_DATABASE_URL=team.database.url)
    assert done.status == 0, done.err
    shown: list[dict[str, Any]] = json.loads(done.out)
    assert shown
    for one in shown:
        expected = trial.expected[one["ticket_id"]]
        assert expected.record is None
        assert expected.revision
        assert {name: one[name] for name in ("level", "deadline")} == {
            name: expected.revision[name] for name in ("level", "deadline")
        }
