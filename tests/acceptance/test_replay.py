"""`respondby replay`, as a person or a script uses it."""

import io
import json
import os
import pty
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import examples
from tests.support.examples import EXAMPLES, Example, created, critical, event, json_lines
from worker.cli.main import main
from worker.policy import loading

COMMAND = str(Path(sys.executable).with_name("respondby"))
GOOD, UNUSABLE, SOME_BAD = 0, 2, 3
DAY = "2026-03-09"


@dataclass(frozen=True)
class Done:
    """What a run of the command left."""

    status: int
    out: bytes
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def told(self) -> list[tuple[str, str]]:
        """The events' types and times of day."""
        return [(event["type"], event["time"].partition("T")[2]) for event in self.events]


Replay = Callable[..., Done]


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Replay:
    """The command in this process."""
    for name in [name for name in os.environ if name.startswith("RESPONDBY_")]:
        monkeypatch.delenv(name)

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["respondby", "replay", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfdbinary.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, out, err.decode())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Iterable[Mapping[str, Any]]], Path]:
    def lines(events: Iterable[Mapping[str, Any]]) -> Path:
        path = tmp_path / "events.jsonl"
        path.write_bytes(json_lines(events))
        return path

    return lines


def at(time: str) -> str:
    return f"{DAY}T{time}Z"


def in_a_process(*arguments: object, stdin: bytes = b"") -> Done:
    done = subprocess.run(
        [COMMAND, "replay", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr.decode())


def a_days_work() -> list[dict[str, Any]]:
    """Forty tickets with all that can happen to one, several of them at the same instants."""
    events = []
    for number in range(40):
        ticket, hour = f"T-{number}", 13 + number % 5
        level = examples.LEVELS_IN_TURN[number % 4]
        events += [
            created(at(f"{hour}:00:00"), ticket, facts=examples.FACTS[level]),
            event("ticket.paused", at(f"{hour}:05:00"), ticket),
            event("ticket.escalated", at(f"{hour}:10:00"), ticket, reason="the audit is today"),
            event("ticket.resumed", at(f"{hour}:20:00"), ticket),
        ]
        if number % 3:
            events.append(event("ticket.responded", at(f"{hour + 1}:00:00"), ticket))
        events.append(event("ticket.resolved", at(f"{hour + 3}:00:00"), ticket))
    return sorted(events, key=lambda each: str(each["time"]))


# Levels and deadlines


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.level))
def test_an_example_of_the_support_priorities_has_its_level_and_deadline(
    replay: Replay, example: Example
) -> None:
    prioritized = replay("-", stdin=json_lines([example.created])).events[0]
    assert prioritized["type"] == "ticket.prioritized"
    assert prioritized["data"]["level"] == example.level
    assert prioritized["data"]["deadline"] == example.deadline
    assert prioritized["data"]["needs_triage"] is False


def test_the_examples_one_after_the_other_are_alerted_at_their_deadlines() -> None:
    inbound = json_lines(example.created for example in EXAMPLES)
    done = in_a_process("--until", "2026-12-31T00:00:00Z", "-", stdin=inbound)
    breaches = [e for e in done.events if e["type"] == "objective.breached"]
    assert [(b["data"]["level"], b["time"]) for b in breaches] == [
        ("critical", "2026-03-08T05:15:00Z"),
        ("high", "2026-03-09T14:00:00Z"),
        ("medium", "2026-07-06T16:30:00Z"),
        ("low", "2026-11-27T17:00:00Z"),
    ]
    assert all(b["data"]["due_at"] == b["data"]["detected_at"] == b["time"] for b in breaches)
    assert (done.status, done.err) == (GOOD, "")


# Same set of events, same bytes


def test_the_same_input_gives_the_same_bytes_in_another_process() -> None:
    inbound = json_lines(a_days_work())
    first, second = (in_a_process("-", stdin=inbound) for _ in range(2))
    assert first.out
    assert first.out == second.out


def test_a_file_and_a_pipe_give_the_same_bytes(
    write: Callable[[Iterable[Mapping[str, Any]]], Path],
) -> None:
    file = write(a_days_work())
    from_file = in_a_process(file)
    with file.open("rb") as stdin:
        redirected = subprocess.run(
            [COMMAND, "replay", "-"], stdin=stdin, capture_output=True, check=True
        )
    piped = in_a_process("-", stdin=file.read_bytes())
    assert from_file.out == redirected.stdout == piped.out


def test_input_that_is_shuffled_and_doubled_gives_the_same_bytes(replay: Replay) -> None:
    events = a_days_work()
    shuffled = events + events[::2]
    random.Random(7).shuffle(shuffled)
    straight = replay("-", stdin=json_lines(events))
    mixed = replay("-", stdin=json_lines(shuffled))
    assert len(straight.events) > len(events)
    assert mixed.out == straight.out
    assert (mixed.status, mixed.err) == (GOOD, "")


def test_which_of_two_events_with_one_id_wins_does_not_depend_on_the_order_of_lines(
    replay: Replay,
) -> None:
    later = critical(at("10:00:00"), "T-1", id_="one")
    earlier = created(at("09:00:00"), "T-2", id_="one")
    straight = replay("-", stdin=json_lines([later, earlier]))
    turned = replay("-", stdin=json_lines([earlier, later]))
    assert straight.out == turned.out
    assert [e["subject"] for e in straight.events] == ["T-2"]
    assert straight.err.startswith("line 1: id_conflict: ")
    assert turned.err.startswith("line 2: id_conflict: ")
    assert straight.status == turned.status == SOME_BAD


def test_one_id_from_two_sources_is_two_events(replay: Replay) -> None:
    two = [critical(at("10:00:00"), id_="1"), {**critical(at("10:00:00"), id_="1"), "source": "/b"}]
    done = replay("-", stdin=json_lines(two))
    assert [e["data"]["ticket_source"] for e in done.events] == ["/b", examples.SOURCE]


# Time


def test_alerts_come_between_the_events_when_their_time_comes(replay: Replay) -> None:
    inbound = [
        critical(at("10:00:00"), "T-1"),
        created(at("10:20:00"), "T-2"),
        created(at("11:00:00"), "T-3"),
    ]
    assert replay("-", stdin=json_lines(inbound)).told == [
        ("ticket.prioritized", "10:00:00Z"),
        ("objective.at_risk", "10:15:00Z"),
        ("ticket.prioritized", "10:20:00Z"),
        ("objective.at_risk", "10:24:00Z"),
        ("objective.breached", "10:30:00Z"),
        ("ticket.prioritized", "11:00:00Z"),
    ]


def test_at_one_instant_events_come_before_alerts(replay: Replay) -> None:
    inbound = [
        critical(at("10:00:00"), "T-1"),
        critical(at("10:00:00"), "T-2"),
        event("ticket.responded", at("10:30:00"), "T-2"),
        created(at("10:30:00"), "T-3"),
    ]
    done = replay("-", stdin=json_lines(inbound))
    last = [(e["type"], e["subject"]) for e in done.events if e["time"] == at("10:30:00")]
    assert last == [
        ("response.recorded", "T-2"),
        ("ticket.prioritized", "T-3"),
        ("objective.breached", "T-1"),
    ]
    outcome = next(e for e in done.events if e["type"] == "response.recorded")
    assert outcome["data"]["outcome"] == "met"


def test_time_ends_with_the_last_event_by_default(replay: Replay) -> None:
    inbound = [critical(at("10:00:00")), event("ticket.updated", at("10:24:00"))]
    assert [time for _, time in replay("-", stdin=json_lines(inbound)).told] == [
        "10:00:00Z",
        "10:15:00Z",
        "10:24:00Z",
    ]


@pytest.mark.parametrize(
    ("until", "alerts"), [("10:14:59.999999", 0), ("10:15:00", 1), ("10:29:59", 2), ("10:30:00", 3)]
)
def test_until_is_the_last_instant_that_happens(replay: Replay, until: str, alerts: int) -> None:
    done = replay("--until", at(until), "-", stdin=json_lines([critical(at("10:00:00"))]))
    assert len(done.events) == 1 + alerts
    assert (done.status, done.err) == (GOOD, "")


def test_events_later_than_until_are_read_and_counted_and_left_out(replay: Replay) -> None:
    inbound = [
        created(at("10:30:00"), "T-2"),
        event("ticket.responded", at("10:29:00"), "T-1"),
        created(at("10:20:00"), "T-3"),
        critical(at("10:00:00"), "T-1"),
    ]
    bad = b"{}\n"
    done = replay("--until", at("10:20:00"), "-", stdin=json_lines(inbound) + bad)
    assert done.told == [
        ("ticket.prioritized", "10:00:00Z"),
        ("objective.at_risk", "10:15:00Z"),
        ("ticket.prioritized", "10:20:00Z"),
    ]
    complaint, counted = done.err.splitlines()
    assert complaint.startswith("line 5: not_cloudevents: ")
    assert "2 later than the end and left out" in counted
    assert done.status == SOME_BAD


def test_an_event_may_be_later_than_this_machine_s_clock(replay: Replay) -> None:
    done = replay("-", stdin=json_lines([critical("2150-01-01T00:00:00Z")]))
    assert (done.status, len(done.events)) == (GOOD, 1)


# Bad lines


def test_bad_lines_are_told_with_their_numbers_and_reasons_and_the_others_decided(
    replay: Replay,
) -> None:
    good = [examples.body(created(at(f"10:0{minute}:00"), f"T-{minute}")) for minute in range(3)]
    future = examples.body(created(at("10:00:00"), notified_at=at("10:00:01")))
    long = examples.body(created(at("10:00:00"), summary="x" * 262_144))
    lines = [good[0], b"{", b"", b" \t", b"[]", good[1], future, long, b"\xff", good[2]]
    done = replay("-", stdin=b"\r\n".join(lines))
    assert sorted(line.split(": ")[:2] for line in done.err.splitlines()) == [
        ["line 2", "not_json"],
        ["line 5", "not_cloudevents"],
        ["line 7", "time_in_future"],
        ["line 8", "too_large"],
        ["line 9", "not_json"],
    ]
    assert [e["subject"] for e in done.events] == ["T-0", "T-1", "T-2"]
    assert done.status == SOME_BAD


def test_bad_lines_change_no_byte_of_the_others(replay: Replay) -> None:
    inbound = json_lines(a_days_work())
    spoilt = b"garbage\n" + inbound.replace(b"\n", b"\n\n{}\n", 5)
    assert replay("-", stdin=spoilt).out == replay("-", stdin=inbound).out


def test_no_input_is_no_error(replay: Replay) -> None:
    assert replay("-") == Done(GOOD, b"", "")
    assert replay("--until", at("10:00:00"), "-") == Done(GOOD, b"", "")


# Arguments, policy and settings


def test_the_policy_of_the_option_decides(replay: Replay, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(loading.default_text().replace("respond_within: 30m", "respond_within: 20m"))
    inbound = json_lines([critical(at("10:00:00"))])
    assert replay("--policy", policy, "-", stdin=inbound).events[0]["data"]["deadline"] == at(
        "10:20:00"
    )


def test_the_settings_name_policy_and_source_and_others_do_not_matter(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(loading.default_text().replace("support-priorities", "of-the-house"))
    monkeypatch.setenv("RESPONDBY_POLICY", str(policy))
    monkeypatch.setenv("RESPONDBY_SOURCE", "/respondby/test")
    monkeypatch.setenv("RESPONDBY_BROKER_URL", "no broker at all")
    monkeypatch.setenv("RESPONDBY_HTTP_PORT", "many")
    prioritized = replay("-", stdin=json_lines([created(at("10:00:00"))])).events[0]
    assert prioritized["source"] == "/respondby/test"
    assert prioritized["data"]["policy"]["name"] == "of-the-house"


def test_an_event_may_be_as_long_as_the_setting_says(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbound = json_lines([created(at("10:00:00"), summary="x" * 2_000)])
    assert replay("-", stdin=inbound).status == GOOD
    monkeypatch.setenv("RESPONDBY_MAX_MESSAGE_BYTES", "2000")
    assert replay("-", stdin=inbound).err.startswith("line 1: too_large: ")
    monkeypatch.setenv("RESPONDBY_MAX_MESSAGE_BYTES", "two")
    assert replay("-", stdin=inbound).status == UNUSABLE


def test_the_option_wins_over_the_setting(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(loading.default_text())
    monkeypatch.setenv("RESPONDBY_POLICY", str(tmp_path / "is-not-there.yaml"))
    assert replay("--policy", policy, "-").status == GOOD
    assert replay("-").status == UNUSABLE


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("name: [", "is not YAML"),
        (loading.default_text().replace("level: low", "level: lower", 1), "rules.0.level"),
        (None, "cannot be read"),
    ],
)
def test_a_policy_that_cannot_be_used_is_told_in_one_line(
    replay: Replay, tmp_path: Path, policy: str | None, said: str
) -> None:
    path = tmp_path / "policy.yaml"
    if policy is not None:
        path.write_text(policy)
    done = replay("--policy", path, "-", stdin=json_lines([created(at("10:00:00"))]))
    assert (done.status, done.out) == (UNUSABLE, b"")
    assert len(done.err.splitlines()) == 1
    assert said in done.err
    assert "policy.yaml" in done.err


@pytest.mark.parametrize("until", ["tomorrow", "2026-03-09", "2026-03-09T10:00:00", "2026-02-30T0"])
def test_a_time_that_is_none_is_told_in_one_line(replay: Replay, until: str) -> None:
    done = replay("--until", until, "-")
    assert (done.status, done.out) == (UNUSABLE, b"")
    assert done.err.startswith("respondby: --until: ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("file", ["is-not-there.jsonl", "."])
def test_a_file_that_cannot_be_read_is_told_in_one_line(
    replay: Replay, tmp_path: Path, file: str
) -> None:
    done = replay(tmp_path / file)
    assert (done.status, done.out) == (UNUSABLE, b"")
    assert done.err.startswith("respondby: FILE: cannot be read: ")
    assert len(done.err.splitlines()) == 1


def test_what_the_command_does_not_know_is_unusable(replay: Replay) -> None:
    assert replay().status == UNUSABLE
    assert replay("--faster", "-").status == UNUSABLE
    assert replay("--policy", "-", "-").status == UNUSABLE


# Terminals and pipes


def test_progress_is_shown_on_a_terminal_and_stdout_stays_clean(
    write: Callable[[Iterable[Mapping[str, Any]]], Path], tmp_path: Path
) -> None:
    events = [created(at("10:00:00"), f"T-{number}") for number in range(1200)]
    file = write([*events, {"id": "bad"}])
    ours, theirs = pty.openpty()
    with (tmp_path / "out.jsonl").open("wb") as out:
        process = subprocess.Popen(
            [COMMAND, "replay", str(file)],
            stdout=out,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm"},
        )
    os.close(theirs)
    with process, os.fdopen(ours, "rb", buffering=0) as screen:
        shown = b"".join(iter(lambda: _read(screen), b"")).decode()
    assert "reading" in shown
    assert "deciding" in shown
    assert "line 1201: not_cloudevents" in shown
    assert "1,200 events decided, 1,200 published" in shown
    published = (tmp_path / "out.jsonl").read_bytes()
    assert len([json.loads(line) for line in published.splitlines()]) == 1200
    assert process.returncode == SOME_BAD


def test_a_reader_that_has_seen_enough_gets_no_traceback(
    write: Callable[[Iterable[Mapping[str, Any]]], Path],
) -> None:
    file = write(created(at("10:00:00"), f"T-{number}") for number in range(1200))
    process = subprocess.Popen(
        [COMMAND, "replay", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def _read(screen: io.FileIO) -> bytes:
    try:
        return screen.read(65_536) or b""
    except OSError:  # the other side has gone
        return b""
