"""Closed days with their names: a country's holidays and dates of one's own, less dates worked."""

import functools
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

# The package of this name; ours is worker.policy.holidays.
import holidays
from holidays import registry

from worker.policy import refusal

OWN_HOLIDAY = "holiday"
"""The name of a day that the policy closes by its date."""
COUNTRY_HINT = "allowed: ISO 3166-1 codes such as US, GB or DE"
_lock = threading.Lock()
"""Python's warning filters are the whole program's: changed by one thread at a time."""


class BadHolidays(refusal.Refusal):
    """Holidays cannot be used; `place` is relative to the holidays, such as ("country",)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Which days are closed and why.

    country: ISO 3166-1 code as the `holidays` package knows it (US, DE), or None.
    subdivision: a state or province of that country, or None for the whole country's days.
    dates: closed as well. open: worked all the same, whatever else is said of them.
    """

    country: str | None = None
    subdivision: str | None = None
    dates: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.country is not None:
            _refuse_unknown_country(self.country)
        if self.subdivision is not None:
            _refuse_unknown_subdivision(self.country, self.subdivision)

    @property
    def none(self) -> bool:
        """Whether no day can ever be closed by these holidays."""
        return self.country is None and not self.dates

    def reason(self, day: date) -> str | None:
        """Why the day is closed: the holiday's name; None when it is worked."""
        if day in self.open:
            return None
        name = self._of_country(day.year).get(day)
        return name or (OWN_HOLIDAY if day in self.dates else None)

    def resolved(self, years: Iterable[int]) -> dict[date, str]:
        """Every closed date of these years with its name, in order."""
        wanted = set(years)
        days = {day for day in self.dates if day.year in wanted}
        days.update(*(self._of_country(year) for year in wanted))
        reasons = ((day, self.reason(day)) for day in sorted(days))
        return {day: reason for day, reason in reasons if reason is not None}

    def known_for(self, year: int) -> bool:
        """Whether the country has a holiday in the year, as far as the package knows."""
        return bool(self._of_country(year))

    def _of_country(self, year: int) -> Mapping[date, str]:
        if self.country is None:
            return {}
        return _public_holidays(self.country, self.subdivision, year)


@functools.lru_cache(maxsize=4096)
def _public_holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    """A year's public holidays; none in years that the package does not know."""
    language = _language(country)
    with _lock, warnings.catch_warnings():
        # For some countries the package warns of years in which it knows fixed days only.
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(
            country, subdiv=subdivision, years=year, expand=False, language=language
        )
    return MappingProxyType({day: str(name) for day, name in found.items() if day.year == year})


@functools.lru_cache(maxsize=512)
def _language(country: str) -> str | None:
    """English where the package offers it, else the country's own language.

    Always named: left out, the package takes it from the machine's locale.
    """
    entity = holidays.country_holidays(country)
    english = sorted(code for code in entity.supported_languages if code.startswith("en"))
    if "en_US" in english:
        return "en_US"
    return english[0] if english else entity.default_language


def _countries() -> set[str]:
    return {code for _, *codes in registry.COUNTRIES.values() for code in codes[:2]}


def _codes_by_word() -> dict[str, str]:
    """The ISO code for each name and code by which the package knows a country, in small type."""
    entries = registry.COUNTRIES.items()
    return {word.casefold(): codes[0] for name, (_, *codes) in entries for word in (name, *codes)}


def _refuse_unknown_country(country: str) -> None:
    if country in _countries():
        return
    # A likely code is known by its name only: spelling makes Deutschland the Netherlands.
    likely = _codes_by_word().get(country.replace(" ", "_").casefold())
    hint = f"did you mean {likely!r}? {COUNTRY_HINT}" if likely else COUNTRY_HINT
    raise BadHolidays(("country",), f"{country!r} is no country with known holidays; {hint}")


def _refuse_unknown_subdivision(country: str | None, subdivision: str) -> None:
    if country is None:
        raise BadHolidays(("subdivision",), "a subdivision needs its country beside it")
    entity = holidays.country_holidays(country)
    codes = set(entity.subdivisions)
    if entity.parent_entity:
        codes.update(entity.parent_entity.subdivisions)
    if subdivision in codes or subdivision in entity.subdivisions_aliases:
        return
    allowed = ", ".join(sorted(codes)) or "none"
    raise BadHolidays(("subdivision",), f"{country} has no {subdivision!r}; allowed: {allowed}")
