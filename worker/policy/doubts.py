"""What a good policy may say and hardly means. A worker takes it as it stands."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from schemas.envelope import LEVELS
from worker import durations
from worker.policy import policy as compiled
from worker.policy import refusal, rules
from worker.policy.document import Document, Mistake, Place
from worker.policy.file import PolicyFile, RulePart
from worker.policy.policy import Policy
from worker.policy.signals import lexicon

Doubt = tuple[Place, str]

#: How much more a day has than a day of work, as most people mean it.
_IDLE = timedelta(hours=24 - 8)


def told(text: str, policy: Policy, today: date) -> list[Mistake]:
    """All that is doubtful in the policy of this text, each with its line, in their order."""
    document = Document(text)
    doubts = [document.mistake(*doubt) for doubt in _doubts(policy, document.values, today)]
    return sorted(doubts, key=lambda doubt: doubt.line)


def _doubts(policy: Policy, values: dict[str, Any], today: date) -> Iterator[Doubt]:
    yield from _levels_that_no_rule_gives(policy)
    yield from _levels_slower_than_the_one_below(policy)
    yield from _days_of_working_hours(policy, values)
    yield from _calendars_that_nobody_has(policy.file)
    yield from _holidays_that_are_over(policy.file, today)
    yield from _contacts_that_nobody_asks_for(policy.file)
    yield from _idle_net(policy.file.rules)
    yield from _words_that_no_sign_uses(policy.file)


def _levels_that_no_rule_gives(policy: Policy) -> Iterator[Doubt]:
    clients = (None, *policy.file.clients)
    given = {policy.raised(level, client) for level in policy.table.levels for client in clients}
    lowest = min(map(LEVELS.index, given))
    for place, level in enumerate(LEVELS):
        if level not in given:
            other = "only an escalation leads to it" if place > lowest else "no ticket ever has it"
            yield ("levels", level), f"no rule gives this level; {other}"


def _levels_slower_than_the_one_below(policy: Policy) -> Iterator[Doubt]:
    for below, level in itertools.pairwise(LEVELS):
        slower, goal = policy.goal(below), policy.goal(level)
        # So many hours of work never pass in less time on the wall clock; the reverse may be.
        comparable = slower.clock in (goal.clock, "wall")
        if comparable and goal.respond_within > slower.respond_within:
            yield ("levels", level, "respond_within"), f"is longer than that of {below}"


def _days_of_working_hours(policy: Policy, values: dict[str, Any]) -> Iterator[Doubt]:
    for level, goal in policy.file.levels.items():
        said = values["levels"][level]["respond_within"]
        days, has_days, _ = said.partition("d")
        if goal.clock == "working" and has_days and int(days):
            hours = durations.text(goal.respond_within)
            meant = durations.text(goal.respond_within - int(days) * _IDLE)
            told = f"{said} is {hours} of work, since a day is 24 hours on either clock"
            yield ("levels", level, "respond_within"), f"{told}; in days of eight it is {meant}"


def _calendars_that_nobody_has(file: PolicyFile) -> Iterator[Doubt]:
    had = {file.default_calendar, *(client.calendar for client in file.clients.values())}
    for name in file.calendars:
        if name not in had:
            yield ("calendars", name), "no client has this calendar, and it is not the default"


def _holidays_that_are_over(file: PolicyFile, today: date) -> Iterator[Doubt]:
    for name, part in file.calendars.items():
        said, place = part.holidays, ("calendars", name, "holidays")
        last = max(said.dates, default=today)
        if last < today:
            yield (*place, "dates"), f"all of these days are over, the last was {last}"
        known = compiled.holidays(part)
        if said.country and last <= today and not known.known_for(today.year + 1):
            message = f"no holidays of {said.country} are known after {today.year}"
            yield (*place, "country"), f"{message}; give them as dates"


def _contacts_that_nobody_asks_for(file: PolicyFile) -> Iterator[Doubt]:
    for name in file.contacts:
        if name != "default":
            hint = refusal.did_you_mean(name, ["default"], "a client's own stands with the client")
            yield ("contacts", name), f"only the contact called default is asked for; {hint}"


def _idle_net(said: Sequence[RulePart]) -> Iterator[Doubt]:
    for place, _ in rules.unreached(said):
        if rules.is_net(said, place):
            yield ("rules", place), "the rules before this last one leave nothing for it"


def _words_that_no_sign_uses(file: PolicyFile) -> Iterator[Doubt]:
    for place, message in lexicon.unused(file.signals, lexicon.default()):
        yield ("signals", *place), message
