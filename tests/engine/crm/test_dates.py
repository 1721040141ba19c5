from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.crm import dates
from tui.engine.errors import InvalidInput
from tui.engine.text import line

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        (" Today ", MONDAY),
        ("tomorrow", date(2026, 11, 24)),
        ("yesterday", date(2026, 11, 22)),
        ("+3d", date(2026, 11, 26)),
        ("-1w", date(2026, 11, 16)),
        ("+1m", date(2026, 12, 23)),
        ("+3m", date(2027, 2, 23)),
        ("-11m", date(2025, 12, 23)),
        ("+1y", date(2027, 11, 23)),
        ("fri", date(2026, 11, 27)),
        ("FRIDAY", date(2026, 11, 27)),
        ("mon", date(2026, 11, 30)),
    ],
)
def test_parse(text: str, day: date) -> None:
    assert dates.parse(text, MONDAY) == day


def test_a_month_later_than_the_31st_is_the_last_of_the_month() -> None:
    assert dates.parse("+1m", date(2027, 1, 31)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    "text", ["", "fr", "frida", "2026-02-30", "30.11.2026", "20261130", "+9999y", "-9999y", "3d", "+3", "²"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="2026-11-30"):
        dates.parse(text, MONDAY)


@given(st.dates(), st.dates(date(1970, 1, 1), date(2200, 1, 1)))
def test_iso_dates_are_read_back(day: date, today: date) -> None:
    assert dates.parse(day.isoformat(), today) == day


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    for parse in (lambda: dates.parse(text, MONDAY), lambda: dates.parse_due(text, NOW)):
        try:
            parse()
        except InvalidInput as error:
            assert_harmless(str(error))


def assert_harmless(text: str) -> None:
    assert line(text) == text


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)))
def test_weekdays_lie_one_to_seven_days_ahead(today: date) -> None:
    for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        found = dates.parse(name, today)
        assert found.weekday() == number
        assert 1 <= (found - today).days <= 7


@pytest.mark.parametrize(
    ("text", "shown", "all_day"),
    [
        ("fri", "2026-11-27", True),
        ("fri 14:00", "2026-11-27T13:00:00Z", False),
        ("today 9:30", "2026-11-23T08:30:00Z", False),
        ("2026-11-30T14:00Z", "2026-11-30T14:00:00Z", False),
        ("2026-11-30T14:00", "2026-11-30T13:00:00Z", False),
        ("2026-11-30T14:00+02:00", "2026-11-30T12:00:00Z", False),
    ],
)
def test_due(text: str, shown: str, all_day: bool) -> None:
    due, whole = dates.parse_due(text, NOW)
    assert (dates.show_due(due, whole), whole) == (shown, all_day)
    assert dates.parse_due(shown, NOW) == (due, whole)


@pytest.mark.parametrize("text", ["fri 25:00", "2026-11-30T99:00", "14:00", "fri  x"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        dates.parse_due(text, datetime.now(UTC))
