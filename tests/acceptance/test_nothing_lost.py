"""Whatever breaks on the way: every event counts, once, and the end is the one of a replay."""

import asyncio
from random import Random

from tests.support.broker import Broker
from tests.support.site import Site
from tests.support.trial import Trial


async def test_a_stream_that_is_shuffled_doubled_and_full_of_garbage_ends_as_its_replay(
    site: Site,
) -> None:
    trial = Trial(site, seed=1)
    await site.worker.up()

    await trial.pour()

    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once
    assert len(site.downstream.messages) == len(await site.events()), "published twice"


async def test_a_backlog_that_waits_for_the_worker_ends_as_its_replay(site: Site) -> None:
    trial = Trial(site, seed=2, count=1000)
    await trial.pour()

    await site.worker.up()

    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once


async def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(
    site: Site,
) -> None:
    trial = Trial(site, seed=3)
    # Small batches make more moments at which to die.
    site.worker.settings |= {"BATCH_SIZE": "20", "PREFETCH": "60"}
    pouring = asyncio.create_task(trial.pour())
    for moment in sorted(Random(3).sample(range(50, 1500), 4)):
        site.worker.start()
        await trial.is_known(moment)
        site.worker.kill()
    await pouring

    await site.worker.up()

    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    # One that was buried and not yet acknowledged at the kill is buried again.
    assert (await trial.dead_letters()).keys() == trial.each_once.keys()


async def test_a_broker_that_restarts_under_load_needs_no_hand(
    own_broker: Broker, own_site: Site
) -> None:
    trial = Trial(own_site, seed=4)
    await own_site.worker.up()
    pouring = asyncio.create_task(trial.pour())
    await trial.is_known(300)

    await asyncio.to_thread(own_broker.restart)

    await pouring
    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert (await trial.dead_letters()).keys() == trial.each_once.keys()
    assert len(own_site.worker.log("worker_starting")) == 1
    assert own_site.worker.log("broker_link_lost")
