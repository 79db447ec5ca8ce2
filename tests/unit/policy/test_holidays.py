"""Closed days by country and by date, with their names."""

import collections
import locale
from datetime import date

import holidays as package
import pytest
from holidays import registry

from worker.policy.holidays import BadHolidays, Holidays

ALLOWED = "allowed: ISO 3166-1 codes such as US, GB or DE"
UNITED_STATES = Holidays(country="US")


def test_federal_holidays_are_those_that_the_package_lists_with_their_observed_days() -> None:
    years = range(2000, 2041)
    listed = package.country_holidays("US", years=years, expand=False, language="en_US")
    assert UNITED_STATES.resolved(years) == dict(sorted(listed.items()))


def test_a_year_of_federal_holidays_has_eleven_and_the_day_kept_instead_of_a_weekend() -> None:
    assert {f"{day:%m-%d}": name for day, name in UNITED_STATES.resolved([2026]).items()} == {
        "01-01": "New Year's Day",
        "01-19": "Martin Luther King Jr. Day",
        "02-16": "Washington's Birthday",
        "05-25": "Memorial Day",
        "06-19": "Juneteenth National Independence Day",
        "07-03": "Independence Day (observed)",
        "07-04": "Independence Day",
        "09-07": "Labor Day",
        "10-12": "Columbus Day",
        "11-11": "Veterans Day",
        "11-26": "Thanksgiving Day",
        "12-25": "Christmas Day",
    }


def test_a_new_year_kept_in_the_old_year_is_listed_there() -> None:
    assert date(2027, 12, 31) in UNITED_STATES.resolved([2027])
    assert UNITED_STATES.reason(date(2027, 12, 31)) == "New Year's Day (observed)"


COUNTRIES = sorted({codes[1] for codes in registry.COUNTRIES.values()})
YEARS = range(2024, 2030)


def test_every_countrys_years_one_by_one_are_its_years_together() -> None:
    for country in COUNTRIES:
        together = package.country_holidays(country, years=YEARS, expand=False)
        assert set(Holidays(country=country).resolved(YEARS)) == set(together), country


def test_no_countrys_own_holidays_close_a_weekday_for_a_year() -> None:
    # Therefore a closure of more than a year is looked for around lists of dates only.
    for country in COUNTRIES:
        days = Holidays(country=country).resolved(YEARS)
        weekdays = collections.Counter((day.year, day.weekday()) for day in days)
        assert max(weekdays.values(), default=0) < 26, country


def test_years_that_a_country_is_not_known_for_have_the_days_that_are_and_no_warning() -> None:
    # The package warns that it knows India's movable feasts from 2001 to 2035 only.
    india = Holidays(country="IN").resolved([1990, 2050])
    assert {day.strftime("%m-%d") for day in india} >= {"01-26", "08-15", "10-02"}
    assert UNITED_STATES.resolved([1700]) == {}


def test_a_subdivision_has_its_own_days() -> None:
    epiphany = date(2026, 1, 6)
    assert Holidays(country="DE", subdivision="BY").reason(epiphany) == "Epiphany"
    assert Holidays(country="DE", subdivision="Bayern").reason(epiphany) == "Epiphany"
    assert Holidays(country="DE").reason(epiphany) is None


def test_names_are_english_where_the_package_has_them_whatever_the_machine_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(variable, "de_DE.UTF-8")
    monkeypatch.setattr(locale, "getlocale", lambda *_: ("de_DE", "UTF-8"))
    assert Holidays(country="US").reason(date(2003, 7, 4)) == "Independence Day"
    assert Holidays(country="DE").reason(date(2003, 10, 3)) == "German Unity Day"
    assert Holidays(country="CA").reason(date(2026, 9, 7)) == "Labor Day"


def test_a_date_of_ones_own_is_a_holiday() -> None:
    own = Holidays(dates=frozenset({date(2026, 3, 9)}))
    assert own.reason(date(2026, 3, 9)) == "holiday"
    assert own.reason(date(2026, 3, 10)) is None


def test_a_date_that_is_a_public_holiday_too_has_that_name() -> None:
    both = Holidays(country="US", dates=frozenset({date(2026, 12, 25)}))
    assert both.reason(date(2026, 12, 25)) == "Christmas Day"


def test_an_open_date_has_no_reason_to_be_closed() -> None:
    day = date(2026, 12, 25)
    worked = Holidays(country="US", dates=frozenset({day}), open=frozenset({day}))
    assert worked.reason(day) is None
    assert day not in worked.resolved([2026])


def test_resolved_holidays_are_those_of_the_years_asked_for_in_order() -> None:
    own = Holidays(country="US", dates=frozenset({date(2025, 1, 2), date(2026, 6, 30)}))
    found = own.resolved([2026])
    assert list(found) == sorted(found)
    assert {day.year for day in found} == {2026}
    assert found[date(2026, 6, 30)] == "holiday"
    assert Holidays().resolved([2026]) == {}
    assert own.resolved([]) == {}


def test_only_a_calendar_without_country_and_dates_never_closes() -> None:
    assert Holidays().none
    assert Holidays(open=frozenset({date(2026, 1, 1)})).none
    assert not Holidays(country="US").none
    assert not Holidays(dates=frozenset({date(2026, 1, 1)})).none


@pytest.mark.parametrize(
    ("country", "meant"),
    [("us", "US"), ("UK", "GB"), ("gbr", "GB"), ("Germany", "DE"), ("united states", "US")],
)
def test_a_country_by_another_name_is_refused_with_its_code(country: str, meant: str) -> None:
    with pytest.raises(BadHolidays) as refused:
        Holidays(country=country)
    assert refused.value.place == ("country",)
    assert refused.value.message == (
        f"{country!r} is no country with known holidays; did you mean {meant!r}? {ALLOWED}"
    )


@pytest.mark.parametrize("country", ["XX", "", "EN", "Atlantis"])
def test_an_unknown_country_is_refused_with_what_is_allowed_and_without_a_guess(
    country: str,
) -> None:
    with pytest.raises(BadHolidays) as refused:
        Holidays(country=country)
    assert str(refused.value) == (
        f"country: {country!r} is no country with known holidays; {ALLOWED}"
    )


def test_a_country_may_be_named_by_three_letters() -> None:
    assert Holidays(country="USA").resolved([2026]) == UNITED_STATES.resolved([2026])


def test_an_unknown_subdivision_is_refused_with_those_that_are_allowed() -> None:
    with pytest.raises(BadHolidays) as refused:
        Holidays(country="GB", subdivision="LON")
    assert refused.value.place == ("subdivision",)
    assert refused.value.message == "GB has no 'LON'; allowed: ENG, NIR, SCT, WLS"


def test_a_subdivision_of_a_country_that_has_none_is_refused() -> None:
    with pytest.raises(BadHolidays, match="MC has no 'A'; allowed: none"):
        Holidays(country="MC", subdivision="A")


def test_a_subdivision_without_its_country_is_refused() -> None:
    with pytest.raises(BadHolidays, match="needs its country") as refused:
        Holidays(subdivision="BY")
    assert refused.value.place == ("subdivision",)
