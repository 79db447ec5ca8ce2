"""From a YAML file to a policy, or to all its mistakes with their lines."""

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from pydantic import TypeAdapter, ValidationError

from worker.policy import faults, file, rules
from worker.policy import hours as weekly
from worker.policy import policy as compiled
from worker.policy.document import Document, Mistake, Place, Unreadable
from worker.policy.file import CalendarPart, PolicyFile, RulePart
from worker.policy.holidays import BadHolidays
from worker.policy.hours import BadHours
from worker.policy.policy import Policy
from worker.policy.refusal import Refusal
from worker.policy.rules import NoRule
from worker.policy.signals import lexicon
from worker.policy.signals.lexicon import SignalsPart

DEFAULT_NAME = "support_priorities.yaml"

#: Refusals name their place from where their own reader began.
_PLACE_OF = {BadHours: ("hours",), BadHolidays: ("holidays",)}

_rules = TypeAdapter(tuple[RulePart, ...])


class UnusablePolicy(Unreadable):
    """A policy file with mistakes; `mistakes` holds them all, `source` names the file."""

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes)
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        self.source = source
        self.args = (f"policy {source}, {mistakes[0]}{more}",)


def default_text() -> str:
    """The built-in policy, as YAML."""
    return resources.files("worker.policy").joinpath(DEFAULT_NAME).read_text("utf-8")


def parse(text: str, source: str, *, strict: bool = False) -> Policy:
    """The policy that `text` holds; raises UnusablePolicy with every mistake and its line.

    source: the file's name in messages. strict: a rule that can never match is a mistake too. Its
    author is to know; a worker can decide without it.
    """
    try:
        document = Document(text)
    except Unreadable as error:
        raise UnusablePolicy(source, error.mistakes) from error
    found = [*_mistakes(document.values), *(_unreached(document.values) if strict else ())]
    if mistakes := [document.mistake(*one) for one in found]:
        raise UnusablePolicy(source, sorted(mistakes, key=lambda mistake: mistake.line))
    return Policy(PolicyFile.model_validate(document.values))


def _mistakes(values: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Everything wrong in any part, whatever is wrong in another."""
    try:
        PolicyFile.model_validate(values)
    except ValidationError as error:
        yield from faults.explained(error)
    yield from file.contradictions(values)
    yield from _bad_calendars(values.get("calendars"))
    yield from _gaps(values.get("rules"))
    yield from _bad_signals(values.get("signals"))


def _bad_calendars(calendars: object) -> Iterator[tuple[Place, str]]:
    for name, fields in calendars.items() if isinstance(calendars, dict) else ():
        for refused in _refused(fields) if isinstance(fields, dict) else ():
            place = _PLACE_OF.get(type(refused), ())
            yield ("calendars", name, *place, *refused.place), refused.message


def _refused(fields: dict[str, Any]) -> Iterator[Refusal]:
    """Every part of a calendar that cannot be used, else what they cannot be together."""
    sound = {"timezone": "UTC", "hours": {"always": True}}
    refused = [*_refused_hours(fields.get("hours"))]
    parts: list[dict[str, Any]] = [
        {"timezone": fields.get("timezone")},
        {"holidays": _country(fields)},
    ]
    for part in parts if refused else [*parts, {"hours": fields.get("hours")}]:
        refused += [bad for bad in [_refusal({**sound, **part})] if bad]
    together = None if refused else _refusal(fields)
    yield from [together] if together else refused


def _country(fields: dict[str, Any]) -> dict[str, Any]:
    said = fields.get("holidays")
    names = ("country", "subdivision")
    return {name: said[name] for name in names if name in said} if isinstance(said, dict) else {}


def _refused_hours(hours: object) -> Iterator[Refusal]:
    try:
        part = CalendarPart.model_validate({"timezone": "UTC", "hours": hours})
    except ValidationError:
        return
    yield from weekly.problems(part.hours)


def _refusal(fields: dict[str, Any]) -> Refusal | None:
    try:
        compiled.calendar("", CalendarPart.model_validate(fields))
    except Refusal as refused:
        return refused
    except ValidationError:
        return None  # told with the faults of the whole file
    return None


def _bad_signals(signals: object) -> Iterator[tuple[Place, str]]:
    try:
        own = SignalsPart.model_validate({} if signals is None else signals)
    except ValidationError:
        return  # told with the faults of the whole file
    for place, message in lexicon.contradictions(own, lexicon.default()):
        yield ("signals", *place), message


def _gaps(said: object) -> Iterator[tuple[Place, str]]:
    try:
        rules.DecisionTable(_rules.validate_python(said))
    except ValidationError:
        return  # told with the faults of the whole file
    except NoRule as error:
        yield ("rules",), str(error)


def _unreached(values: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    try:
        said = _rules.validate_python(values.get("rules"))
    except ValidationError:
        return  # told with the faults of the whole file
    for place, earlier in rules.unreached(said):
        if not rules.is_net(said, place):
            taken = f"all that it asks for is taken before it by {', '.join(earlier)}"
            yield ("rules", place), f"can never match: {taken}; move it up, or leave it out"
