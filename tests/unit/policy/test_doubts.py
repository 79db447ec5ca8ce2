"""What a good policy says and hardly means: told with its line, and taken all the same."""

from datetime import date

import pytest

from worker.policy import doubts, loading

TODAY = date(2026, 11, 24)
SOUND = """\
name: mine
version: 1
levels:
  critical: {respond_within: 30m, clock: wall}
  high: {respond_within: 2h, clock: working}
  medium: {respond_within: 6h, clock: working}
  low: {respond_within: 8h, clock: working}
default_calendar: office
calendars:
  office:
    timezone: Europe/Oslo
    hours: {monday: ["09:00-17:00"]}
    holidays:
      country: NO
      dates: [2025-12-31, 2026-12-31]
  branch:
    timezone: Europe/Kyiv
    hours: {always: true}
    holidays: {dates: [2026-11-24]}
clients:
  acme: {calendar: branch, raise: 1}
contacts:
  default: the desk
rules:
  - {id: outage, when: {system_critical: true}, level: high}
  - {id: question, when: {request: question}, level: low}
  - {id: rest, level: medium}
"""


def told(text: str, today: date = TODAY) -> list[str]:
    return [str(doubt) for doubt in doubts.told(text, loading.parse(text, "mine"), today)]


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1, f"{old!r} is not one place"
    return SOUND.replace(old, new)


def test_a_sound_policy_and_the_built_in_one_leave_no_doubt() -> None:
    assert told(SOUND) == []
    assert told(loading.default_text()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", raise: 1", "", "line 4: levels.critical: no rule gives this level; only an escalation"),
        ("level: low", "level: medium", "line 7: levels.low: no rule gives this level; no ticket"),
        ("8h", "5h", "line 6: levels.medium.respond_within: is longer than that of low"),
        (
            "8h, clock: working",
            "5h, clock: wall",
            "line 6: levels.medium.respond_within: is longer",
        ),
        (
            "8h, clock: working",
            "2d, clock: working",
            "line 7: levels.low.respond_within: 2d is 48h of work, since a day is 24 hours on "
            "either clock; in days of eight it is 16h",
        ),
        (
            "8h, clock: working",
            "1d2h, clock: working",
            "line 7: levels.low.respond_within: 1d2h is 26h of work, since a day is 24 hours on "
            "either clock; in days of eight it is 10h",
        ),
        ("30m, clock: wall", "3h, clock: working", "line 4: levels.critical.respond_within: is lo"),
        ("calendar: branch, ", "", "line 16: calendars.branch: no client has this calendar, and"),
        (
            "[2025-12-31, 2026-12-31]",
            "[2025-12-31, 2024-12-31]",
            "line 15: calendars.office.holidays.dates: all of these days are over, the last was "
            "2025-12-31",
        ),
        (
            "{dates: [2026-11-24]}",
            "{country: UA}",
            "line 19: calendars.branch.holidays.country: no holidays of UA are known after 2026; "
            "give them as dates",
        ),
        (
            "default:",
            "boss: Ada\n  default:",
            "line 23: contacts.boss: only the contact called default is asked for; a client's own",
        ),
        ("default:", "Default:", "line 23: contacts.Default: only the contact called default is a"),
        (
            "question, when: {request: question}",
            "calm, when: {system_critical: [false, unknown]}",
            "line 27: rules.2: the rules before this last one leave nothing for it",
        ),
    ],
)
def test_a_doubt_is_told_with_its_line(old: str, new: str, said: str) -> None:
    (doubt,) = told(changed(old, new))
    assert doubt.startswith(said)


def test_doubts_are_told_in_the_order_of_their_lines() -> None:
    text = (
        SOUND.replace("default:", "Default:").replace("8h", "5h").replace("calendar: branch, ", "")
    )
    assert [doubt.split(":")[0] for doubt in told(text)] == ["line 6", "line 16", "line 23"]


def test_a_holiday_is_over_on_the_day_after_it() -> None:
    assert told(SOUND, date(2026, 11, 24)) == []
    (doubt,) = told(SOUND, date(2026, 11, 25))
    assert doubt.startswith("line 19: calendars.branch.holidays.dates: all of these days are over")


def test_more_hours_on_the_wall_may_be_over_before_fewer_of_work() -> None:
    assert told(changed("30m, clock: wall", "3h, clock: wall")) == []


def test_days_on_the_wall_clock_and_none_at_all_are_no_doubt() -> None:
    assert told(changed("8h, clock: working", "2d, clock: wall")) == []
    assert told(changed("8h, clock: working", "0d8h, clock: working")) == []


@pytest.mark.parametrize(
    ("signals", "said"),
    [
        ("{words: {gravee: orderhub}}", "gravee: no sign uses 'gravee'; did you mean 'grave'?"),
        ("{words: {zzz: orderhub}}", "zzz: no sign uses 'zzz'; name it in the `when` of a sign"),
        (
            "{words: {own: a, onw: b}, signs: {x: {when: own, says: {}}}}",
            "onw: no sign uses 'onw'; did you mean 'own'?",
        ),
    ],
)
def test_words_that_no_sign_uses_are_a_doubt(signals: str, said: str) -> None:
    assert told(f"{SOUND}signals: {signals}\n") == [f"line 28: signals.words.{said}"]


@pytest.mark.parametrize("way", ["own", "not-own", "live !own", "grave, live own"])
def test_words_that_a_sign_uses_in_any_way_are_no_doubt(way: str) -> None:
    signs = f"{{x: {{when: '{way}', says: {{}}}}}}"
    assert told(f"{SOUND}signals: {{words: {{own: a, grave: b}}, signs: {signs}}}\n") == []


def test_a_rule_that_can_never_match_is_a_mistake_and_no_doubt() -> None:
    idle = "{id: idle, when: {request: question, stage: production}, level: low}"
    assert told(changed("  - {id: rest", f"  - {idle}\n  - {{id: rest")) == []


def test_a_country_without_holidays_to_come_is_no_doubt_where_its_days_are_given() -> None:
    assert told(changed("{dates: [2026-11-24]}", "{country: UA, dates: [2027-01-01]}")) == []


def test_no_worker_minds_a_doubt() -> None:
    assert loading.parse(changed("calendar: branch, ", ""), "mine", strict=True).name == "mine"
