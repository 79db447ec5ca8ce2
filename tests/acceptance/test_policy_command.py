"""`respondby policy check` and `policy show`, as a person uses them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Command, program, respondby
from worker.clock import SystemClock
from worker.policy import loading

__all__ = ["respondby"]

DEFAULT = loading.default_text()
MINE = """\
name: mine
version: 1.10
binding: yes
levels:
  critical: {respond_within: 30m, clock: wall}
  high: {respond_within: 2h, clock: working}
  medium: {respond_within: 6h, clock: working}
  low: {respond_within: 510m, clock: working}
default_calendar: oslo
calendars:
  oslo:
    timezone: Europe/Oslo
    hours: {monday: ["09:00-12:30", "13:15-17:45"], saturday: ["22:00-02:00"]}
    holidays: {country: NO, dates: [2099-12-31], open: [2026-05-17]}
  worked:
    timezone: UTC
    hours: {always: true}
    holidays: {open: [2026-05-17]}
clients:
  007: {calendar: worked, contact: 'Ada: "the desk"', raise: 1}
rules:
  - id: faults
    when: {request: fault, degraded: [false, unknown]}
    level: high
  - id: wishes
    when: {request: feature}
    level: low
  - id: rest  # whatever it is
    level: medium
    needs_triage: true
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def policy(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return path

    return policy


Write = Callable[[str], Path]


def test_a_good_file_is_told_what_it_holds(respondby: Command, write: Write) -> None:
    path = write(MINE)
    told = respondby("policy", "check", path)
    assert (told.status, told.err) == (0, "")
    assert told.out.splitlines() == [
        f"{path}: good",
        "  mine, version 1.10",
        "  3 rules; all 648 combinations of facts have one",
        "  calendars: oslo, worked",
        f"  {loading.parse(MINE, '').digest}",
    ]


def test_every_mistake_is_told_on_a_line_that_an_editor_can_follow(
    respondby: Command, write: Write
) -> None:
    bad = MINE.replace("2h", "2").replace("Oslo", "Olso").replace("request: fa", "reqest: fa")
    path = write(bad.replace("  - id: rest  # whatever it is\n    level: medium\n", ""))
    told = respondby("policy", "check", path)
    assert (told.status, told.out) == (2, "")
    lines = told.err.splitlines()
    assert [line.removeprefix(f"{path}:").split(": ")[:2] for line in lines] == [
        ["6", "levels.high.respond_within"],
        ["12", "calendars.oslo.timezone"],
        ["23", "rules.0.when.reqest"],
    ]
    assert "must be a duration like 30m, 2h, 1h30m, 90s or 2d" in lines[0]
    assert "did you mean 'Europe/Oslo'?" in lines[1]
    assert "allowed here: request, stage, system_critical, workaround, degraded" in lines[2]


def test_a_rule_that_can_never_match_is_a_mistake_though_a_worker_would_take_it(
    respondby: Command, write: Write
) -> None:
    path = write(MINE.replace("{request: feature}", "{request: fault, degraded: false}"))
    told = respondby("policy", "check", path)
    assert (told.status, told.out) == (2, "")
    assert told.err == (
        f"{path}:25: rules.1: can never match: all that it asks for is taken before it by faults; "
        "move it up, or leave it out\n"
    )
    assert respondby("policy", "show", "--resolved", POLICY=str(path)).status == 0


def test_what_is_hardly_meant_is_warned_about_and_no_mistake(
    respondby: Command, write: Write
) -> None:
    path = write(MINE.replace("2099-12-31", "2025-12-31").replace("level: low", "level: medium"))
    told = respondby("policy", "check", path)
    assert (told.status, told.out.splitlines()[0]) == (0, f"{path}: good")
    assert told.err.splitlines() == [
        f"{path}:8: warning: levels.low: no rule gives this level; no ticket ever has it",
        f"{path}:14: warning: calendars.oslo.holidays.dates: all of these days are over, the last "
        "was 2025-12-31",
    ]


def test_a_combination_without_a_rule_is_a_mistake(respondby: Command, write: Write) -> None:
    path = write(
        MINE.replace(
            "  - id: rest  # whatever it is\n", "  - id: rest\n    when: {stage: testing}\n"
        )
    )
    told = respondby("policy", "check", path)
    assert told.status == 2
    assert told.err.startswith(
        f"{path}:21: rules: no rule for 351 of 648 combinations of facts, su"
    )
    assert told.err.count("\n") == 1


@pytest.mark.parametrize("text", ["", "name: [", "name: \0", "- a", "name: *x", "\t"])
def test_what_is_not_yaml_is_told_in_one_line(respondby: Command, write: Write, text: str) -> None:
    path = write(text)
    told = respondby("policy", "check", path)
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith(f"{path}:1: ")
    assert told.err.count("\n") == 1


def test_a_file_that_cannot_be_read_is_told_in_one_line(respondby: Command, tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: mine\nversion: \xe9\n")
    for path, said in (
        (tmp_path / "no", ": cannot be read: No such file or directory"),
        (tmp_path, ": cannot be read: Is a directory"),
        (latin, ", line 2: is not UTF-8 text"),
    ):
        told = respondby("policy", "check", path)
        assert (told.status, told.err) == (2, f"respondby: policy {path}{said}\n")


def test_a_policy_may_come_on_stdin(respondby: Command) -> None:
    told = respondby("policy", "check", "-", stdin=MINE.replace("2h", "2").encode())
    assert told.err.startswith("-:6: levels.high.respond_within: ")


def test_the_policy_in_force_is_shown_as_it_was_written(respondby: Command, write: Write) -> None:
    assert respondby("policy", "show").out == DEFAULT
    assert respondby("policy", "show", "--policy", write(MINE)).out == MINE
    assert respondby("policy", "show", POLICY=str(write(MINE))).out == MINE


def test_the_built_in_policy_is_a_good_file_to_start_from(respondby: Command, write: Write) -> None:
    shown = respondby("policy", "show").out
    assert shown.startswith("# ")
    assert respondby("policy", "check", write(shown)).status == 0


def test_a_policy_that_cannot_be_used_is_not_shown(respondby: Command, write: Write) -> None:
    path = write(MINE.replace("2h", "2").replace("wall", "wal"))
    for command in (["show"], ["show", "--resolved"]):
        told = respondby("policy", *command, POLICY=str(path))
        assert (told.status, told.out) == (2, "")
        assert told.err.startswith(f"respondby: policy {path}, line 5: levels.critical.clock: ")
        assert told.err.endswith(" (and 1 more)\n")


@pytest.mark.parametrize("text", [DEFAULT, MINE], ids=["the built-in", "another"])
def test_a_resolved_policy_decides_the_same_and_closes_on_the_same_days(
    respondby: Command, write: Write, text: str
) -> None:
    shown = respondby("policy", "show", "--resolved", POLICY=str(write(text))).out
    policy, resolved = loading.parse(text, ""), loading.parse(shown, "")
    this_year = SystemClock().now().year
    years = range(this_year - 1, this_year + 5)
    assert f"# Holidays stand as dates from {years[0]} to {years[-1]};" in shown
    for name, days in policy.holidays(years).items():
        assert [*resolved.holidays(years)[name]] == [*days]
    assert all("country" not in line for line in shown.splitlines())
    dates = {name: part.holidays for name, part in policy.file.calendars.items()}
    again = resolved.file.model_copy(
        update={
            "calendars": {
                name: part.model_copy(update={"holidays": dates[name]})
                for name, part in resolved.file.calendars.items()
            }
        }
    )
    assert again == policy.file.model_copy(update={"calendars": again.calendars})
    assert again.calendars == policy.file.calendars


def test_a_resolved_policy_tells_what_its_holidays_are_called(
    respondby: Command, write: Write
) -> None:
    shown = respondby("policy", "show", "--resolved").out
    year = SystemClock().now().year
    assert f"        - {year}-12-25  # Christmas Day\n" in shown
    assert f"        - {year}-06-19  # Juneteenth" in shown
    assert loading.parse(DEFAULT, "").digest in shown


def test_a_resolved_policy_is_short_where_lists_are_short(respondby: Command, write: Write) -> None:
    shown = respondby("policy", "show", "--resolved", "--policy", write(MINE)).out
    assert "  high: {respond_within: 2h, clock: working}\n" in shown
    assert "      monday: ['09:00-12:30', '13:15-17:45']\n" in shown
    assert "  low: {respond_within: 8h30m, clock: working}\n" in shown


def test_names_that_the_output_s_encoding_lacks_are_written_in_utf_8(write: Write) -> None:
    path = write(MINE.replace("the desk", "Zürich"))
    for command in (["show"], ["show", "--resolved"]):
        told = program("policy", *command, "--policy", path, PYTHONIOENCODING="ascii")
        assert (told.status, "Zürich" in told.out) == (0, True)


def test_other_settings_good_or_bad_are_no_business_of_a_policy(respondby: Command) -> None:
    assert respondby("policy", "show", BROKER_URL="bad", HTTP_PORT="x").status == 0


def test_a_worker_is_told_in_one_line_what_is_wrong_with_its_policy(write: Write) -> None:
    path = write(MINE.replace("2h", "2").replace("wall", "wal"))
    told = program("run", RESPONDBY_POLICY=str(path), RESPONDBY_LOG_FORMAT="json")
    assert told.status == 2
    assert told.err.splitlines() == [
        f"respondby: policy {path}, line 5: levels.critical.clock: must be 'wall' or 'working'; "
        "did you mean 'wall'? (and 1 more)"
    ]


def test_a_worker_is_told_in_one_line_what_is_wrong_with_its_settings() -> None:
    told = program("run", RESPONDBY_HTTP_PORT="http")
    assert told.status == 2
    assert told.err == "respondby: RESPONDBY_HTTP_PORT: must be a whole number\n"
