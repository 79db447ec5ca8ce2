"""From a YAML file to a policy, or to all its mistakes with their lines."""

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from pydantic import TypeAdapter, ValidationError

from worker.policy import faults, file
from worker.policy import hours as weekly
from worker.policy import policy as compiled
from worker.policy.document import Document, Mistake, Place, Unreadable
from worker.policy.file import CalendarPart, PolicyFile, RulePart
from worker.policy.holidays import BadHolidays
from worker.policy.hours import BadHours
from worker.policy.policy import Policy
from worker.policy.refusal import Refusal
from worker.policy.rules import DecisionTable, NoRule
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


def parse(text: str, source: str) -> Policy:
    """The policy that `text` holds; raises UnusablePolicy with every mistake and its line.

    `source` names the file in messages.
    """
    try:
        document = Document(text)
    except Unreadable as error:
        raise UnusablePolicy(source, error.mistakes) from error
    mistakes = [document.mistake(place, message) for place, message in _mistakes(document.values)]
    if mistakes:
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
    for part in ({"timezone": fields.get("timezone")}, {"holidays": _country(fields)}):
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


def _gaps(rules: object) -> Iterator[tuple[Place, str]]:
    try:
        DecisionTable(_rules.validate_python(rules))
    except ValidationError:
        return  # told with the faults of the whole file
    except NoRule as error:
        yield ("rules",), str(error)
