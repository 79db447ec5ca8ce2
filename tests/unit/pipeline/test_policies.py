"""Another policy while the worker runs."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.house import House
from worker.pipeline import application
from worker.pipeline.application import OtherPolicy
from worker.pipeline.rows import TicketDamaged
from worker.policy import loading

SOONER = loading.default_text().replace(
    "critical: {respond_within: 30m", "critical: {respond_within: 15m"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(loading.default_text())
    return path


def rewrite(file: Path, text: str, later: int = 1) -> None:
    """Change the file, with a time of change that differs whatever the file system's clock."""
    file.write_text(text)
    stamp = file.stat().st_mtime_ns + later * 1_000_000_000
    os.utime(file, ns=(stamp, stamp))


async def loaded(house: House, result: str, times: int = 1) -> None:
    def counted() -> bool:
        return house.value("respondby_policy_reloads_total", result=result) == times

    await house.until(counted)


async def test_a_changed_file_is_loaded_and_decides_on_the_next_event(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        await house.send("ticket.created", "T-1")
        rewrite(file, SOONER)
        await house.clock.advance(11)
        await loaded(house, "loaded")
        assert len(house.published()) == 1, "a reload alone changes no ticket"
        await house.send("ticket.created", "T-2")
        await house.send("ticket.updated", "T-1", client="acme")
        old, new, revised = house.published()
    assert old["data"]["objective"]["duration_seconds"] == 1800
    assert new["data"]["objective"]["duration_seconds"] == 900
    assert revised["data"]["objective"]["duration_seconds"] == 900
    assert revised["data"]["policy"]["digest"] == new["data"]["policy"]["digest"]
    assert revised["data"]["policy"]["digest"] != old["data"]["policy"]["digest"]
    labels = {
        "name": "support-priorities",
        "version": "1",
        "digest": new["data"]["policy"]["digest"],
    }
    assert house.value("respondby_policy_info", **labels) == 1


async def test_a_file_that_changes_before_the_work_begins_is_noticed(file: Path) -> None:
    house = House(policy=file)
    rewrite(file, SOONER)
    async with house.working():
        await house.clock.advance(11)
        await loaded(house, "loaded")
        assert house.worker.policies.current.digest != house.policy.digest


async def test_a_file_that_is_still_being_written_is_left_alone(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        for number in range(1, 4):
            rewrite(file, SOONER[: number * 100], later=number)
            await house.clock.advance(5)
        assert house.value("respondby_policy_reloads_total", result="refused") == 0


async def test_a_bad_file_is_refused_and_the_old_policy_stays(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        before = house.policy.digest
        rewrite(file, "levels: [what, is, this]")
        house.worker.policies.reload()
        await loaded(house, "refused")
        assert house.worker.policies.current.digest == before
        (refused,) = [fields for event, fields in house.log.lines if event == "policy_refused"]
        assert str(file) in str(refused["error"])
        await house.send("ticket.created")
        assert len(house.published()) == 1


async def test_asked_for_a_reload_the_worker_tells_that_nothing_changed(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        house.worker.policies.reload()
        await loaded(house, "loaded")
    (told,) = [fields for event, fields in house.log.lines if event == "policy_loaded"]
    assert told["changed"] is False


async def test_a_file_that_is_gone_is_refused_when_asked_for_and_nothing_else(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        file.unlink()
        await house.clock.advance(60)
        assert house.value("respondby_policy_reloads_total", result="refused") == 0
        house.worker.policies.reload()
        await loaded(house, "refused")


async def test_an_applied_policy_revises_the_open_tickets_and_no_others(file: Path) -> None:
    house = House(policy=file, batch_size=500)
    async with house.working():
        for number in range(250):
            await house.send("ticket.created", f"T-{number}")
        await house.send("ticket.responded", "T-7")
        rewrite(file, SOONER)
        house.worker.policies.reload()
        await loaded(house, "loaded")
        before = len(house.published())
        digest = house.worker.policies.current.digest
        result = await house.worker.application.apply(digest)
        assert (result.seen, result.changed) == (249, 249)
        await house.until(lambda: len(house.published()) == before + 249)
        revised = {found["data"]["ticket_id"] for found in house.published()[before:]}
        assert len(revised) == 249
        assert "T-7" not in revised
        assert (await house.worker.application.apply(digest)).changed == 0
        await house.clock.advance(15 * 60)
        breached = [found["data"]["ticket_id"] for found in house.published("objective.breached")]
        assert set(breached) == revised


async def test_a_policy_that_is_not_in_force_is_not_applied(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        await house.send("ticket.created")
        with pytest.raises(OtherPolicy, match=house.policy.digest):
            await house.worker.application.apply("sha256:another")
    assert len(house.published()) == 1


async def test_a_preview_shows_what_an_application_would_do_and_does_nothing(file: Path) -> None:
    house = House(policy=file)
    async with house.working():
        await house.send("ticket.created", "T-1")
        await house.send("ticket.created", "T-2", facts={"request": "question"})
        other = loading.parse(SOONER, "other")
        now = house.clock.now()
        pages = application.preview(house.store, other, "/respondby", now, _never)
        ((seen, (change,)),) = [page async for page in pages]
        assert (seen, change.row.ticket_id) == (2, "T-1")
        assert change.decision.deadline == house.clock.now() + timedelta(minutes=15)
        await house.clock.advance(5)
        assert len(house.published()) == 2


def _never(damaged: TicketDamaged) -> None:
    raise damaged
