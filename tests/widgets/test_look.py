"""Dates, sizes, money and marks read the same everywhere."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from tests.widgets.rows import ANN, EVIL, ME, NOW, deal, row
from tui import cells, look
from tui.engine.model import Address, DealRef, Direction, LinkState
from tui.engine.text import age


def at(*parts: int) -> int:
    return int(datetime(*parts).timestamp())


@pytest.mark.parametrize(
    ("then", "shown", "short"),
    [
        ((2025, 11, 24, 14, 2), "14:02", "14:02"),
        ((2025, 11, 24, 0, 0), "00:00", "00:00"),
        ((2025, 11, 24, 23, 59), "23:59", "23:59"),
        ((2025, 11, 23, 23, 59), "Sun", "Sun"),
        ((2025, 11, 18, 1, 0), "Tue", "Tue"),
        ((2025, 11, 17, 23, 0), "17 Nov", "17 Nov"),
        ((2025, 1, 2, 3, 4), "2 Jan", "2 Jan"),
        ((2024, 12, 30, 3, 4), "2024-12-30", "Dec'24"),
        ((2024, 3, 1, 3, 4), "2024-03-01", "Mar'24"),
        ((2025, 12, 31, 3, 4), "31 Dec", "31 Dec"),
        ((2031, 12, 31, 3, 4), "2031-12-31", "Dec'31"),
    ],
)
def test_dates_are_relative_to_now(then: tuple[int, ...], shown: str, short: str) -> None:
    assert look.date(at(*then), NOW) == shown
    assert look.date(at(*then), NOW, short=True) == short


@given(st.integers(-(2**63), 2**63), st.integers(0, 2**40))
def test_no_date_of_a_hostile_mail_is_too_much(then: int, now: int) -> None:
    assert 0 < cells.width(look.date(then, now)) <= 10
    assert len(look.date(then, now, short=True)) <= 8
    assert look.full_date(then, now)


def test_coming_dates_say_how_soon() -> None:
    assert look.coming(at(2025, 11, 24, 16, 30), NOW) == "today 16:30"
    assert look.coming(at(2025, 11, 25, 9, 0), NOW) == "tomorrow"
    assert look.coming(at(2025, 11, 28, 9, 0), NOW) == "Fri"
    assert look.coming(at(2025, 12, 12, 9, 0), NOW) == "12 Dec"
    assert look.coming(at(2025, 11, 20, 9, 0), NOW) == "Thu"
    assert look.iso_day("2025-12-20", NOW) == "20 Dec"
    assert look.iso_day("2026-01-05", NOW) == "5 Jan 2026"
    assert look.iso_day("soon", NOW) == "soon"


def test_lengths_of_time_have_one_unit() -> None:
    assert [age(n) for n in (-5, 12, 300, 7200, 18 * 86400)] == ["0 s", "12 s", "5 min", "2 h", "18 days"]


def test_sizes_are_short() -> None:
    sizes = [look.size(n) for n in (0, 999, 1000, 9_949, 14_200, 999_499, 2_300_000, 5 * 10**9, 7 * 10**12)]
    assert sizes == ["0 B", "999 B", "1.0 kB", "9.9 kB", "14 kB", "999 kB", "2.3 MB", "5.0 GB", "7.0 TB"]


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (1_200_000, "EUR", "€12,000"),
        (123_450, "EUR", "€1,234.50"),
        (5, "USD", "$0.05"),
        (-9950, "CHF", "-CHF 99.50"),
        (12_000, "JPY", "¥12,000"),
        (1_500, "KWD", "KWD 1.500"),
        (100, "", "1"),
    ],
)
def test_money_has_minor_digits_only_where_there_are_some(value: int, currency: str, shown: str) -> None:
    assert look.money(value, currency) == shown


def test_every_link_state_has_its_own_mark() -> None:
    rows = [
        row(1),
        row(2, **deal("Offer")),
        row(3, link_state=LinkState.NEEDS_DEAL),
        row(4, link_state=LinkState.SUGGESTED),
        row(5, link_state=LinkState.PRIVATE),
    ]
    marks = [look.badge(one)[0][:1] for one in rows]
    assert marks == ["", "◆", "◇", "○", "⌂"]


def test_a_badge_says_stage_or_outcome_and_how_many_more() -> None:
    assert look.badge(row(1, **deal("Offer", "won")))[0] == "◆ Won"
    assert look.badge(row(1, **deal("Offer", "lost")))[0] == "◆ Lost"
    two = (DealRef(1, "A", "Lead", "open"), DealRef(2, "B", "Offer", "open"))
    assert look.badge(row(1, link_state=LinkState.LINKED, deals=two))[0] == "◆ Lead +1"
    assert look.badge(row(1, link_state=LinkState.LINKED))[0] == "◆"


def test_marks_tell_every_state_without_colour() -> None:
    assert look.read_mark(row(1, seen=False, answered=True))[0] == "●"
    assert look.read_mark(row(1, answered=True, forwarded=True))[0] == "✓"
    assert look.read_mark(row(1, forwarded=True))[0] == "»"
    assert look.server_mark(row(1, refused=True, pending=True))[0] == "!"
    assert look.server_mark(row(1, pending=True, on_server=False))[0] == "↑"
    assert look.server_mark(row(1, on_server=False))[0] == "⌫"


def test_a_name_that_claims_to_be_an_address_is_not_believed() -> None:
    assert look.person("ceo@bank.example", "x@evil.example") == "x@evil.example"
    assert look.person("Ann", "ann@acme.example") == "Ann"
    assert look.person("ann@acme.example", "Ann@acme.example") == "ann@acme.example"
    assert look.person(" \u200b", "ann@acme.example") == "ann@acme.example"


def test_own_mail_shows_whom_it_went_to() -> None:
    assert look.who(row(1, direction=Direction.OUT, to=(ANN,))) == "To: Ann Archer"
    assert look.who(row(1, direction=Direction.OUT, to=(ANN, ME, Address("", "b@c.example")))) == "To: Ann Archer +2"
    assert look.who(row(1, direction=Direction.OUT, to=())) == "To: nobody"


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([3, 6]))
def test_numbers_fit_their_column(thread: int, attachments: int, room: int) -> None:
    one = row(1, thread_size=thread, attachments=attachments)
    assert cells.width(look.numbers(one, room)) <= room
    assert ("📎" in look.numbers(one, room)) == bool(attachments)


def test_a_thread_of_thousands_is_counted_in_thousands() -> None:
    sizes = [
        look.numbers(row(1)._replace(thread_size=size, attachments=0)) for size in (1, 2, 999, 1000, 10_000, 10**6)
    ]
    assert sizes == ["", "2", "999", "1k", "10k", "99k"]


@given(st.lists(st.text(max_size=20), max_size=4), st.lists(st.text(max_size=9), max_size=2), st.integers(0, 50))
def test_spread_fills_the_width(left: list[str], right: list[str], width: int) -> None:
    line = look.spread([(one, "") for one in left], [(one, "dim") for one in right], width)
    assert look.line_width(line) == max(width, 0)


def test_the_last_gate_drops_what_drives_a_terminal() -> None:
    gate = look.SafeFilter()
    clean = [Segment("plain 王"), Segment("[/nope]")]
    assert gate.apply(clean, Color(0, 0, 0)) is clean
    (left,) = gate.apply([Segment(EVIL)], Color(0, 0, 0))
    assert not any(ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one == "\u202e" for one in left.text)
    assert "[/nope]" in left.text


def test_content_takes_data_as_it_is() -> None:
    assert look.content([("[/nope] ", "dim"), ("[bold]x", "accent")]).plain == "[/nope] [bold]x"
