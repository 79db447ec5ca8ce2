"""Time as the second source of events."""

from tests.support.flaky_store import FlakyStore
from tests.support.house import House, ago, event


async def test_warnings_and_the_breach_come_at_their_very_instants() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(45 * 60)
    alerts = house.published("objective")
    assert [(alert["type"], alert["time"]) for alert in alerts] == [
        ("objective.at_risk", "2026-03-09T15:15:00Z"),
        ("objective.at_risk", "2026-03-09T15:24:00Z"),
        ("objective.breached", "2026-03-09T15:30:00Z"),
    ]
    assert alerts[2]["data"]["due_at"] == "2026-03-09T15:30:00Z"
    assert alerts[2]["data"]["detected_at"] == "2026-03-09T15:30:00Z"
    assert house.value("respondby_breaches_total", level="critical") == 1
    assert house.value("respondby_at_risk_total", level="critical", threshold="0.8") == 1
    assert house.value("respondby_alert_lag_seconds_count") == 3


async def test_a_response_in_time_leaves_nothing_to_alert() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(10 * 60)
        await house.send("ticket.responded")
        await house.clock.advance(60 * 60)
        assert house.published("objective") == []
        (record,) = house.published("response.recorded")
        assert (record["data"]["outcome"], record["data"]["response_seconds"]) == ("met", 600)
        labels = {"level": "critical", "clock": "wall"}
        assert house.value("respondby_response_seconds_sum", **labels) == 600


async def test_a_sooner_wake_up_is_not_slept_through() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created", "T-low", facts={"request": "question"})
        await house.clock.advance(60)
        await house.send("ticket.created", "T-soon", notified_at=ago(house.clock, 29.99))
        await house.clock.advance(1)
    assert [found["data"]["ticket_id"] for found in house.published("objective")] == ["T-soon"]


async def test_what_fell_due_while_stopped_fires_once_and_tells_when_it_was_due() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
    await house.clock.advance(3600)
    for _ in range(2):
        house.open_for_business()
        async with house.working():
            await house.clock.advance(1)
        breaches = house.published("objective")
        if _ == 0:
            (breach,) = breaches
            assert breach["type"] == "objective.breached"
            assert breach["data"]["due_at"] == "2026-03-09T15:30:00Z"
            assert breach["data"]["detected_at"] >= "2026-03-09T16:00:00Z"
        else:
            assert breaches == []


async def test_after_a_stop_an_unread_response_comes_before_the_alert() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
    responded = event("ticket.responded", at=house.clock.now())
    await house.clock.advance(3600)
    house.open_for_business()
    house.inbox.deliver(responded)
    house.inbox.reconnect()
    async with house.working():
        await house.until(lambda: len(house.inbox.settled) == 1)
        await house.clock.advance(1)
    assert house.published("objective") == []
    assert [found["data"]["outcome"] for found in house.published("response")] == ["met"]


async def test_alerts_wait_no_longer_than_the_catch_up_may_take() -> None:
    house = House(catch_up_seconds=60)
    async with house.working():
        await house.send("ticket.created")
    await house.clock.advance(3600)
    house.open_for_business()
    house.inbox.deliver(b"{}")
    house.inbox.reconnect()
    # It can be read but not finished, so the inbox never is caught up.
    house.publisher.unburied.add("not_cloudevents")
    async with house.working():
        await house.clock.advance(59)
        assert house.published("objective") == []
        await house.clock.advance(2)
        assert [found["type"] for found in house.published("objective")] == ["objective.breached"]
        assert house.log.events.count("alerts_catching_up") == 1
        assert house.log.events.count("alerts_live") == 1
        house.publisher.unburied.clear()


async def test_after_an_outage_of_the_store_an_unread_response_comes_before_the_alert() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(29 * 60)
        store.away = True
        house.inbox.deliver(event("ticket.updated", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        house.inbox.deliver(event("ticket.responded", at=house.clock.now()))
        await house.clock.advance(3600)
        # The timers find the store before the input does.
        store.away, store.away_for_input = False, True
        await house.clock.advance(15)
        assert house.published("objective.breached") == []
        store.away_for_input = False
        await house.clock.advance(15)
        await house.until(lambda: house.published("response") != [])
    assert house.published("objective.breached") == []
    assert [found["data"]["outcome"] for found in house.published("response")] == ["met"]


async def test_an_outage_of_the_store_is_no_part_of_what_the_catch_up_may_take() -> None:
    store = FlakyStore()
    house = House(store, catch_up_seconds=60)
    house.leave_unfinished()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(29 * 60)
        assert len(house.published("objective.at_risk")) == 2
        store.away = True
        house.inbox.deliver(event("ticket.updated", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(600)
        store.away = False
        await house.clock.advance(50)
        assert house.published("objective.breached") == []
        await house.clock.advance(25)
        assert len(house.published("objective.breached")) == 1
        house.publisher.unburied.clear()


async def test_no_alert_is_decided_while_none_could_leave_and_the_inbox_is_unread() -> None:
    house = House(catch_up_seconds=60)
    async with house.working():
        await house.send("ticket.created")
    house.open_for_business()
    house.inbox.caught_up.clear()
    for link in ("consume", "publish"):
        house.links.connected(link, up=False)
    house.inbox.deliver(b"{}")
    house.inbox.reconnect()
    house.publisher.unburied.add("not_cloudevents")
    async with house.working():
        await house.clock.advance(3600)
        assert await house.store.outbox(9) == []
        house.publisher.unburied.clear()
        await house.clock.advance(10)
        for link in ("consume", "publish"):
            house.links.connected(link, up=True)
        await house.clock.advance(1)
        assert [found["type"] for found in house.published("objective")] == ["objective.breached"]


async def test_a_thousand_tickets_due_at_once_are_all_alerted_and_input_is_served_between() -> None:
    house = House(batch_size=1000)
    async with house.working():
        for number in range(1000):
            house.inbox.deliver(event("ticket.created", f"T-{number}", at=house.clock.now()))
        await house.until(lambda: len(house.inbox.settled) == 1000)
        await house.clock.advance(31 * 60)
        await house.until(lambda: len(house.published("objective.breached")) == 1000)
    ids = [alert["id"] for alert in house.published("objective")]
    assert len(ids) == len(set(ids)) == 3000


async def test_a_clock_that_is_set_back_takes_no_alert_back_and_sends_none_twice() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(31 * 60)
        before = house.published("objective")
        house.clock.set_back(3600)
        await house.clock.advance(2 * 3600)
    assert house.published("objective") == before


async def test_withdrawn_alerts_are_counted_by_their_type() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(31 * 60)
        await house.send("ticket.responded", responded_at=ago(house.clock, 20))
    withdrawn = [found["data"]["reason"] for found in house.published("objective.superseded")]
    assert withdrawn == ["response"] * 3
    for type_, count in (("objective.at_risk", 2), ("objective.breached", 1)):
        labels = {"type": type_, "level": "critical"}
        assert house.value("respondby_superseded_total", **labels) == count


async def test_a_link_that_comes_and_goes_does_not_keep_alerts_waiting() -> None:
    house = House(catch_up_seconds=60)
    async with house.working():
        await house.send("ticket.created")
    await house.clock.leap(3600)
    house.open_for_business()
    house.inbox.deliver(b"{}")
    house.inbox.reconnect()
    house.publisher.unburied.add("not_cloudevents")
    async with house.working():
        for _ in range(4):
            house.links.connected("consume", up=False)
            await house.clock.advance(10)
            house.links.connected("consume", up=True)
            await house.clock.advance(10)
        assert [found["type"] for found in house.published("objective")] == ["objective.breached"]
        house.publisher.unburied.clear()
