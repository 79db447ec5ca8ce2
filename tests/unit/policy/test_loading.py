"""A policy file's mistakes: all of them, each with its line and what is allowed there."""

import textwrap
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker import errors
from worker.policy import loading
from worker.policy.loading import UnusablePolicy
from worker.policy.policy import Policy

GOOD = """\
name: mine
version: 1
levels:
  critical: {respond_within: 30m, clock: wall}
  high: {respond_within: 2h, clock: working}
  medium: {respond_within: 6h, clock: working}
  low: {respond_within: 8h, clock: working}
at_risk: [0.5, 0.8]
default_calendar: office
calendars:
  office:
    timezone: Europe/Oslo
    hours:
      monday: ["09:00-12:00", "13:00-17:00"]
    holidays:
      country: NO
      dates: [2026-12-31]
      open: [2026-12-24]
clients:
  acme: {calendar: office, contact: Ada, raise: 1}
contacts: {default: the desk}
rules:
  - id: faults
    when: {request: fault, degraded: [false, unknown]}
    level: high
  - id: rest
    level: medium
    needs_triage: true
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(UnusablePolicy) as caught:
        loading.parse(text, "mine.yaml")
    return [str(mistake) for mistake in caught.value.mistakes]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} is not one place"
    return GOOD.replace(old, new)


def parsed(text: str) -> Policy:
    return loading.parse(text, "mine.yaml")


def test_the_good_file_is_good() -> None:
    assert parsed(GOOD).name == "mine"
    assert parsed("\ufeff" + GOOD.replace("\n", "\r\n")).digest == parsed(GOOD).digest


ALLOWED_AT_TOP = (
    "name, version, binding, levels, at_risk, calendars, default_calendar, clients, contacts, "
    "rules, signals, sources"
)

ONE_MISTAKE = [
    ("name: mine\n", "", "line 1: name: is missing"),
    ("name: mine", "name: ''", "line 1: name: must not be empty"),
    ("name: mine", "name:", "line 1: name: is missing"),
    ("name: mine", "name: [a]", "line 1: name: must be text"),
    (
        "at_risk:",
        "at_risks:",
        f"line 8: at_risks: no such key; did you mean 'at_risk'? allowed here: {ALLOWED_AT_TOP}",
    ),
    ("at_risk: [0.5, 0.8]", "at_risk: 0.5", "line 8: at_risk: must be a list"),
    ("0.8]", "most]", "line 8: at_risk.1: must be a number"),
    ("0.8]", "1]", "line 8: at_risk.1: must be less than 1"),
    ("[0.5, ", "[0, ", "line 8: at_risk.0: must be greater than 0"),
    ("[0.5, ", "[.nan, ", "line 8: at_risk.0: must be a number"),
    ("[0.5, ", "[0.9, ", "line 8: at_risk: must rise from one to the next, like [0.5, 0.8]"),
    (
        "  low: {respond_within: 8h, clock: working}\n",
        "",
        "line 3: levels: needs all four levels; missing: low",
    ),
    ("2h, clock", "soon, clock", "line 5: levels.high.respond_within: must be a duration like 30m"),
    ("2h, clock", "2, clock", "line 5: levels.high.respond_within: must be a duration like 30m"),
    ("2h, clock", "0h, clock", "line 5: levels.high.respond_within: must be longer than zero"),
    ("2h, clock", "61d, clock", "line 5: levels.high.respond_within: must be at most 60d"),
    (
        "clock: wall",
        "clock: wal",
        "line 4: levels.critical.clock: must be 'wall' or 'working'; did you mean 'wall'?",
    ),
    (
        "2h, clock: working",
        "2h, clock: business",
        "line 5: levels.high.clock: must be 'wall' or 'working'; did you mean 'working'?",
    ),
    ("  low: {", "  lowest: {", "line 7: levels.lowest: no such key; did you mean 'low'? allowed "),
    ("clock: wall", "clok: wall", "line 4: levels.critical.clock: is missing"),
    (
        "default_calendar: office",
        "default_calendar: ofice",
        "line 9: default_calendar: no calendar 'ofice' here; there are: office",
    ),
    (
        "{calendar: office",
        "{calendar: ofice",
        "line 20: clients.acme.calendar: no calendar 'ofice' here; there are: office",
    ),
    (
        "Europe/Oslo",
        "Europe/Olso",
        "line 12: calendars.office.timezone: 'Europe/Olso' is no time zone; did you mean",
    ),
    ("13:00-17:00", "11:00-17:00", "line 14: calendars.office.hours.monday.1: 11:00-17:00 on"),
    ("13:00-17:00", "1pm-5pm", "line 14: calendars.office.hours.monday.1: '1pm-5pm' is not a win"),
    ("monday:", "mondays:", "line 14: calendars.office.hours.mondays: 'mondays' is not a weekday;"),
    (
        "country: NO",
        "country: NX",
        "line 16: calendars.office.holidays.country: 'NX' is no country",
    ),
    (
        "country: NO",
        "subdivision: XX",
        "line 16: calendars.office.holidays.subdivision: a subdivision needs its country",
    ),
    (
        "2026-12-31",
        "2026-02-30",
        "line 17: calendars.office.holidays.dates.0: 2026-02-30 is not in",
    ),
    ("2026-12-31", "31.12.2026", "line 17: calendars.office.holidays.dates.0: must be a date like"),
    ("2026-12-31", "1773057600", "line 17: calendars.office.holidays.dates.0: must be a date like"),
    ("raise: 1", "raise: 4", "line 20: clients.acme.raise: must be less than 4"),
    ("raise: 1", "raise: yes", "line 20: clients.acme.raise: must be a whole number from 0"),
    ("raise: 1", "raise: lots", "line 20: clients.acme.raise: must be a whole number from 0 to 3"),
    (
        "{request: fault,",
        "{request: [question, falt],",
        "line 24: rules.0.when.request: must be fault, question, feature, cosmetic, build or "
        "unknown, or a list of these; did you mean 'fault'?",
    ),
    (
        "[false, unknown]",
        "[]",
        "line 24: rules.0.when.degraded: must be true, false or unknown, or a list of these",
    ),
    (
        "{request: fault,",
        "{requst: fault,",
        "line 24: rules.0.when.requst: no such key; did you mean 'request'? allowed here: request, "
        "stage, system_critical, workaround, degraded",
    ),
    (
        "level: high",
        "level: hihg",
        "line 25: rules.0.level: must be 'critical', 'high', 'medium' or 'low'; did you mean 'hi",
    ),
    ("    level: high\n", "", "line 23: rules.0.level: is missing"),
    ("- id: rest", "- id: faults", "line 26: rules.1.id: another rule is called 'faults'; an id"),
    ("needs_triage: true", "needs_triage: maybe", "line 28: rules.1.needs_triage: must be true or"),
    (
        "  - id: rest\n    level: medium\n    needs_triage: true\n",
        "",
        "line 22: rules: no rule for 576 of 648 combinations of facts, such as request unknown, ",
    ),
]


IN_SIGNALS = [
    (
        "signs: {x: {when: grave, says: {critical: 5}}}",
        "signals.signs.x.says.critical: no such key; did you mean 'system_critical'? allowed here: "
        "fault, question, feature, cosmetic, build, production, testing, building, "
        "system_critical, workaround, degraded",
    ),
    (
        "signs: {x: {when: grave, says: {}, evne: past}}",
        "signals.signs.x.evne: no such key; did you mean 'even'? allowed here: when, even, says",
    ),
    (
        "signs: {x: {when: grave, says: {fault: many}}}",
        "signals.signs.x.says.fault: must be a whole number from -100 to 100",
    ),
    (
        "learnt: {words: {mild: {many: a}}}",
        "signals.learnt.words.mild.many: must be a whole number from -100 to 100",
    ),
    (
        "learnt: {words: {mild: {101: a}}}",
        "signals.learnt.words.mild.101: must be less than or equal to 100",
    ),
    ("grammar: {reach: far}", "signals.grammar.reach: must be a whole number from 0 to 20"),
]


@pytest.mark.parametrize(("signals", "said"), IN_SIGNALS)
def test_a_mistake_in_the_signals_is_told_with_what_is_allowed_there(
    signals: str, said: str
) -> None:
    assert mistakes(f"{GOOD}signals:\n  {signals}\n") == [f"line 30: {said}"]


@pytest.mark.parametrize(("old", "new", "said"), ONE_MISTAKE)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(old: str, new: str, said: str) -> None:
    told = mistakes(changed(old, new))
    assert any(mistake.startswith(said) for mistake in told), told
    assert not any("\n" in mistake for mistake in told)


def test_one_mistake_is_told_once() -> None:
    for old, new, _ in ONE_MISTAKE:
        told = mistakes(changed(old, new))
        # A key that is misspelt is both unknown and missing.
        assert len(told) == 1 or any("no such key" in mistake for mistake in told), told


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = GOOD
    for old, new in (
        ("name: mine", "nam: mine"),
        ("2h, clock", "2, clock"),
        ("Europe/Oslo", "Mars"),
        ("12:00", "12:99"),
        ("[2026-12-31]", "[never]"),
        ("country: NO", "country: XX"),
        ("{calendar: office", "{calendar: moon"),
        ("request: fault", "request: fautl"),
        ("- id: rest", "- id: faults"),
    ):
        assert old in text
        text = text.replace(old, new)
    places = [told.split(": ")[:2] for told in mistakes(text)]
    assert places == [
        ["line 1", "name"],
        ["line 1", "nam"],
        ["line 5", "levels.high.respond_within"],
        ["line 12", "calendars.office.timezone"],
        ["line 14", "calendars.office.hours.monday.0"],
        ["line 16", "calendars.office.holidays.country"],
        ["line 17", "calendars.office.holidays.dates.0"],
        ["line 20", "clients.acme.calendar"],
        ["line 24", "rules.0.when.request"],
        ["line 26", "rules.1.id"],
    ]


def test_the_error_is_one_line_that_names_the_file_and_counts_the_rest() -> None:
    with pytest.raises(errors.BadPolicy) as caught:
        loading.parse(changed("name: mine", "nam: mine"), "mine.yaml")
    assert str(caught.value) == "policy mine.yaml, line 1: name: is missing (and 1 more)"


NOT_YAML: Sequence[tuple[str, str]] = [
    ("", "line 1: must be a mapping"),
    ("# nothing said\n", "line 1: must be a mapping"),
    ("- a\n- b\n", "line 1: must be a mapping"),
    ("just words", "line 1: must be a mapping"),
    ("name: 'mine", "line 1: is not YAML: found unexpected end of stream"),
    ("name: mine\n\tversion: 1", "line 2: is not YAML: found character '\\t' that cannot start"),
    ("name: a: b", "line 1: is not YAML: mapping values are not allowed here"),
    ("name: mine\n\nversion: \0", "line 3: is not YAML: character U+0000 is not allowed"),
    ("name: mine\n---\nname: other", "line 2: is not YAML: but found another document"),
    ("name: *nobody", "line 1: is not YAML: found undefined alias"),
    ("name: " + "[" * 1_000, "line 1: is not YAML: nested too deeply"),
    ("name: " + "[" * 150 + "]" * 150, "line 1: name: must be text"),
    ("name: mine\nname: other\n", "line 2: name: a key may stand only once"),
    ("a:\n  b: 1\n  c: 2\n  b: 3\n", "line 4: a.b: a key may stand only once"),
    ("a:\n- {b: 1, b: 2}\n", "line 2: a.0.b: a key may stand only once"),
    ("? [a]\n: b\n", "line 1: a key must be a word"),
    ("name: !!int x", "line 1: name: the tag !!int has no meaning in a policy; leave it out"),
    ("name: !!python/object:os.system x", "line 1: name: the tag !!python/object:os.system has no"),
    ("name: &loop [*loop]", "line 1: name.0: an alias may not stand within its own anchor"),
    ('name: "\\ud800"', "line 1: name: half of a surrogate pair is no character"),
    ('"\\ud800": x', "line 1: half of a surrogate pair is no character"),
]


@pytest.mark.parametrize(("text", "said"), NOT_YAML)
def test_what_is_not_yaml_or_not_of_use_is_told_in_one_line(text: str, said: str) -> None:
    told = mistakes(text)
    assert any(mistake.startswith(said) for mistake in told), told
    assert not any("\n" in mistake for mistake in told)


def test_aliases_of_aliases_do_not_blow_up() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    assert "line 1: its aliases stand for more than 100000 values" in mistakes(GOOD + bomb)


def test_an_alias_is_what_it_stands_for() -> None:
    text = changed("Europe/Oslo\n    hours:", "Europe/Oslo\n    hours: &hours")
    text = text.replace(
        "clients:", "  branch:\n    timezone: Europe/Paris\n    hours: *hours\nclients:"
    )
    branch = parsed(text).file.calendars["branch"]
    assert branch.hours == {"monday": ["09:00-12:00", "13:00-17:00"]}


def test_norway_is_not_false() -> None:
    assert parsed(GOOD).file.calendars["office"].holidays.country == "NO"


@pytest.mark.parametrize(
    ("country", "subdivision"), [("CA", "ON"), ("AT", "9"), ("IT", "NO"), ("JP", "null")]
)
def test_a_subdivision_is_what_stands_there(country: str, subdivision: str) -> None:
    text = changed("country: NO", f"country: {country}\n      subdivision: {subdivision}")
    kept = parsed(text).file.calendars["office"].holidays.subdivision
    assert kept == (None if subdivision == "null" else subdivision)


def test_a_version_is_what_stands_there() -> None:
    for version in ("1.10", "2026-03-09", "0x10", "1_000", "007", "12:30:45", "on"):
        assert parsed(changed("version: 1", f"version: {version}")).version == version


def test_an_hour_by_itself_is_no_number_of_minutes() -> None:
    told = mistakes(changed('["09:00-12:00", "13:00-17:00"]', "9:00"))
    assert "'9:00' is not a list of windows" in told[0]


def test_a_client_keeps_its_name_whatever_it_looks_like() -> None:
    for name in ("007", "42", "no", "1.10", "~"):
        assert list(parsed(changed("acme:", f"{name}:")).file.clients) == [name]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("true", True),
        ("Yes", True),
        ("on", True),
        ("FALSE", False),
        ("no", False),
        ("'off'", False),
    ],
)
def test_yes_and_no_are_true_and_false_where_truth_is_asked_for(word: str, meant: bool) -> None:
    assert parsed(changed("name: mine", f"name: mine\nbinding: {word}")).binding is meant
    rule = parsed(changed("[false, unknown]", word)).file.rules[0]
    assert rule.when.degraded == (meant,)


def test_a_part_left_empty_is_one_left_out() -> None:
    text = changed("{default: the desk}", "# nobody yet").replace("raise: 1", "raise:")
    text = text.replace("at_risk: [0.5, 0.8]", "at_risk: ~")
    kept = parsed(text).file
    assert (kept.contacts, kept.clients["acme"].raise_by, kept.at_risk) == ({}, 0, (0.5, 0.8))


def test_a_rule_may_name_one_value_or_several() -> None:
    rule = parsed(GOOD).file.rules[0]
    assert rule.when.asked() == {"request": ("fault",), "degraded": (False, "unknown")}


SHADOWED = changed(
    "  - id: rest\n",
    "  - id: wishes\n    when: {request: feature}\n    level: low\n"
    "  - {id: again, when: {request: [fault, feature], degraded: false}, level: low}\n"
    "  - id: rest\n",
)


def test_a_rule_that_can_never_match_is_a_mistake_to_its_author_and_none_to_a_worker() -> None:
    with pytest.raises(UnusablePolicy) as caught:
        loading.parse(SHADOWED, "mine.yaml", strict=True)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "line 29: rules.2: can never match: all that it asks for is taken before it by faults, "
        "wishes; move it up, or leave it out"
    ]
    assert parsed(SHADOWED).verdict({"request": "feature"}).rule == "wishes"


def test_a_rule_that_can_never_match_is_told_with_all_other_mistakes() -> None:
    text = SHADOWED.replace("30m", "30").replace("{calendar: of", "{calendar: f")
    with pytest.raises(UnusablePolicy) as caught:
        loading.parse(text, "mine.yaml", strict=True)
    assert [mistake.line for mistake in caught.value.mistakes] == [4, 20, 29]


def test_a_last_rule_for_whatever_is_left_may_be_left_nothing() -> None:
    text = changed("{request: fault, degraded: [false, unknown]}", "{degraded: [false, unknown]}")
    text = text.replace(
        "  - id: rest\n", "  - {id: d, when: {degraded: true}, level: low}\n  - id: rest\n"
    )
    assert loading.parse(text, "mine.yaml", strict=True).verdict({}).rule == "faults"


def test_a_calendar_that_never_opens_is_refused() -> None:
    told = mistakes(changed('monday: ["09:00-12:00", "13:00-17:00"]', "monday: []"))
    assert told == [
        "line 13: calendars.office.hours: no weekday has hours; give at least one a window"
    ]


def test_a_calendar_that_never_opens_is_told_beside_its_other_mistakes() -> None:
    text = changed('monday: ["09:00-12:00", "13:00-17:00"]', "{}")
    told = mistakes(text.replace("Europe/Oslo", "Mars").replace("country: NO", "country: NX"))
    assert [mistake.split(": ")[1] for mistake in told] == [
        "calendars.office.timezone",
        "calendars.office.hours",
        "calendars.office.holidays.country",
    ]


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_policy_or_told_why_not(text: str) -> None:
    assert mistakes(text)


_LINES = st.sampled_from(textwrap.dedent(GOOD).splitlines(keepends=True))


def told_of(text: str) -> list[str]:
    """What is wrong with a text; nothing if it is a policy that can decide."""
    try:
        policy = parsed(text)
    except UnusablePolicy as unusable:
        lines = text.count("\n") + text.count("\r") + 2
        return [
            str(mistake) if 1 <= mistake.line <= lines else f"no such line: {mistake}"
            for mistake in unusable.mistakes
        ]
    assert policy.verdict({}).rule
    return []


@settings(deadline=None)
@given(st.lists(_LINES, max_size=40).map("".join))
def test_any_lines_of_a_policy_are_a_policy_or_told_why_not(text: str) -> None:
    assert not any("no such line" in told or "\n" in told for told in told_of(text))


@settings(deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), st.text(max_size=5))
def test_damage_anywhere_is_a_policy_or_told_why_not(start: int, length: int, put: str) -> None:
    text = GOOD[:start] + put + GOOD[start + length :]
    assert not any("no such line" in told or "\n" in told for told in told_of(text))


@pytest.mark.parametrize("escape", ['"\\U00110000"', '"\\UFFFFFFFF"'])
def test_an_escape_that_names_no_character_is_a_mistake_and_no_crash(escape: str) -> None:
    with pytest.raises(loading.UnusablePolicy, match="names no character"):
        loading.parse(f"name: {escape}", "policy.yaml")
