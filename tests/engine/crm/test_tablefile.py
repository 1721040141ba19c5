"""Tables as programs write them, and the dates and amounts in them."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.crm import money
from tui.engine.crm.locale import Locale, evidence
from tui.engine.crm.tablefile import Table
from tui.engine.errors import InvalidInput

DATES = st.dates(date(1971, 1, 1), date(2069, 12, 31))


def read(text: str | bytes) -> tuple[str, list[str], list[list[str]]]:
    data = text.encode() if isinstance(text, str) else text
    with Table(io.BytesIO(data), "x.csv") as table:
        return table.delimiter, table.columns, [row.cells for row in table.rows()]


@pytest.mark.parametrize(
    ("text", "delimiter", "rows"),
    [
        ("sep=;\na;b\n1,5;2\n", ";", [["1,5", "2"]]),
        ("sep=\t\r\na\tb\r\n1\t2\r\n", "\t", [["1", "2"]]),
        ("a,b\r1,2\r3,4\r", ",", [["1", "2"], ["3", "4"]]),
        ('"a;x",b,c\n1,2,3\n', ",", [["1", "2", "3"]]),
        ("\ufeffa,b\n1\n", ",", [["1", ""]]),
        ('a,b\n"1\r\n2",3\n\n4,5,,\n', ",", [["1\r\n2", "3"], ["", ""], ["4", "5"]]),
        ('a,b\n5" screen,x\n', ",", [['5" screen', "x"]]),
        ("a\n1", ",", [["1"]]),
    ],
)
def test_tables_are_read_as_they_are_meant(text: str, delimiter: str, rows: list[list[str]]) -> None:
    found, _, cells = read(text)
    assert (found, cells) == (delimiter, rows)


def test_the_file_is_left_open_and_at_home_for_who_opened_it() -> None:
    file = io.BytesIO(b"a,b\n1,2\n")
    for _ in range(2):
        with Table(file, "x.csv") as table:
            assert len(list(table.rows())) == 1
        assert not file.closed
        file.seek(0)
    empty = io.BytesIO(b"")
    with pytest.raises(InvalidInput):
        Table(empty, "x.csv")
    assert not empty.closed


@given(DATES, st.sampled_from("/-"), st.booleans())
def test_a_day_means_the_same_in_every_way_of_writing(day: date, mark: str, short: bool) -> None:
    year = f"{day.year % 100:02}" if short else f"{day.year:04}"
    expected = day.replace(year=2000 + day.year % 100) if short and (day.month, day.day) != (2, 29) else day
    assert Locale().day(day.isoformat()) == day.isoformat()
    assert Locale().day(f"{day.isoformat()} 10:30:00") == day.isoformat()
    if (day.month, day.day) != (2, 29):
        assert Locale(order="dmy").day(f"{day.day}{mark}{day.month}{mark}{year}") == expected.isoformat()
        assert Locale(order="mdy").day(f"{day.month:02}{mark}{day.day:02}{mark}{year}") == expected.isoformat()
        assert Locale().day(f"{day.day}.{day.month}.{year}") == expected.isoformat()


@given(st.lists(DATES, min_size=1, max_size=20), st.sampled_from(["dmy", "mdy"]))
def test_the_order_of_dates_is_learned_or_asked_and_never_wrong(days: list[date], order: str) -> None:
    def written(day: date) -> str:
        first, second = (day.day, day.month) if order == "dmy" else (day.month, day.day)
        return f"{first:02}/{second:02}/{day.year}"

    learned = evidence([], map(written, days), Locale())
    assert learned.order in ("", order)
    for day in days:
        try:
            assert learned.day(written(day)) == day.isoformat()
        except InvalidInput as error:
            assert "could mean" in str(error)  # noqa: PT017 - it is read or asked, both are right


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.sampled_from([".,", ",."]))
def test_amounts_are_learned_or_asked_and_never_wrong(values: list[int], marks: str) -> None:
    mark, group = marks

    def written(value: int) -> str:
        return f"{value // 100:,}.{value % 100:02}".replace(",", "\0").replace(".", mark).replace("\0", group)

    learned = evidence(map(written, values), [], Locale())
    assert learned.mark == mark
    assert [learned.amount(written(value), "EUR") for value in values] == values
    assert money.parse(written(values[0]), "EUR", mark) == values[0]
