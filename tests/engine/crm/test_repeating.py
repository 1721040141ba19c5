"""Activities that come again: how it is written, when the next is due, and that done and undo keep the row whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.crm.desk import Crm
from tui.engine.crm.repeating import following, parse
from tui.engine.errors import InvalidInput


def day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("every day", "every day"),
        ("Daily", "every day"),
        ("every 2 weeks", "every 2 weeks"),
        ("+2w", "every 2 weeks"),
        ("2 weeks", "every 2 weeks"),
        ("every other month", "every 2 months"),
        ("yearly", "every year"),
        ("FREQ=MONTHLY", "every month"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=3", "every 3 weeks"),
        ("every 1 week", "every week"),
        ("never", ""),
        ("", ""),
    ],
)
def test_a_repeat_is_written_in_words_or_as_a_rule(typed: str, kept: str) -> None:
    assert parse(typed) == kept
    assert parse(kept) == kept


@pytest.mark.parametrize(
    "typed", ["every", "day", "every 0 days", "every fortnight", "FREQ=WEEKLY;BYDAY=MO", "every weekly"]
)
def test_what_is_no_repeat_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(InvalidInput, match="is no repeat; write it like every day"):
        parse(typed)


@pytest.mark.parametrize(
    ("repeat", "first", "due", "now", "expected"),
    [
        ("every day", "2026-11-01", "2026-11-28", "2026-11-28", "2026-11-29"),
        ("every week", "2026-11-02", "2026-11-02", "2026-11-20", "2026-11-23"),  # late: what was missed isn't made up
        ("every week", "2026-11-23", "2026-11-23", "2026-11-20", "2026-11-30"),  # done before it was due
        ("every month", "2027-01-31", "2027-01-31", "2027-01-31", "2027-02-28"),
        ("every month", "2027-01-31", "2027-02-28", "2027-02-28", "2027-03-31"),
        ("every year", "2028-02-29", "2028-02-29", "2028-02-29", "2029-02-28"),
    ],
)
def test_the_next_day_is_of_the_row_and_not_late(repeat: str, first: str, due: str, now: str, expected: str) -> None:
    assert following(repeat, day(first), day(due), True, day(now) + 43_200) == day(expected)


def test_a_row_ends_where_the_calendar_does() -> None:
    with pytest.raises(InvalidInput, match="no next day"):
        following("every 999 years", day("9900-01-01"), day("9900-01-01"), True, day("2026-01-01"))


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(-400, 400),
    st.sampled_from(["every day", "every 3 weeks", "every month", "every 2 years"]),
    st.booleans(),
)
def test_the_next_is_always_later_than_the_last_and_never_late(begun: date, lag: int, repeat: str, whole: bool) -> None:
    start = datetime(begun.year, begun.month, begun.day, 0 if whole else 14, tzinfo=UTC if whole else None)
    first = int(start.timestamp())
    now = int((datetime(begun.year, begun.month, begun.day, 12) + timedelta(days=lag)).timestamp())
    found = following(repeat, first, first, whole, now)
    assert found > first
    if whole:
        assert datetime.fromtimestamp(found, UTC).date() >= datetime.fromtimestamp(now).date()
    else:
        assert found > now
        assert datetime.fromtimestamp(found).hour == 14


async def test_done_makes_the_next_one_and_undo_takes_it_back(crm: Crm) -> None:
    deal = (await crm.deals.add("Rollout")).id
    due = day(f"{date.today() + timedelta(days=1)}")
    first = (await crm.activities.add("Report", due, deal=deal, kind="call", repeat="+2w")).id
    changed = await crm.activities.done(first)
    assert changed.title.startswith("Finished Report, next ")
    [coming] = crm.reader.activities()
    assert (coming.subject, coming.kind, coming.repeat, coming.due) == (
        "Report",
        "call",
        "every 2 weeks",
        due + 14 * 86_400,
    )
    [finished] = crm.reader.activities(done=True)
    assert (finished.id, finished.repeat) == (first, "")
    await crm.activities.done(first, done=False)
    await crm.activities.done(first)
    assert len(crm.reader.activities()) == 1  # taken up and finished again, it makes no second row
    again = (await crm.activities.add("Other", due, repeat="daily")).id
    before = await crm.rows()
    changed = await crm.activities.done(again)
    await crm.db.revert(changed.undo)
    assert await crm.rows() == before


async def test_another_due_date_begins_the_row_anew_and_an_empty_repeat_ends_it(crm: Crm) -> None:
    made = (await crm.activities.add("Report", day("2099-01-31"), repeat="monthly")).id
    await crm.activities.edit(made, due=day("2099-02-15"))
    await crm.activities.done(made)
    [coming] = crm.reader.activities()
    assert coming.due == day("2099-03-15")
    await crm.activities.edit(coming.id, repeat="")
    await crm.activities.done(coming.id)
    assert crm.reader.activities() == []
    with pytest.raises(InvalidInput, match="is no repeat"):
        await crm.activities.add("x", 1, repeat="sometimes")
