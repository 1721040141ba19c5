"""Columns stay where they are, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from tui import cells

TRICKY = (
    "a b\u00a0\u202f\u3000é e\u0301王한각\u1112\u1161\u11ab\u0915\u094d\u0937\u0e01\u0e47ﬁ㍿—…“”◆●⌫📎👨👩👧❤👍🏽🇩🇪🇫"
    "\ufe0f\u00ad\u200b\u200c\u200d\u2028\t\n\x1b\x9b\u202e\ufeff\U000e0001"
)
texts = st.one_of(st.text(), st.text(alphabet=TRICKY), st.text(alphabet=st.characters(exclude_categories=["Cs"])))


@given(texts, st.integers(0, 60), st.sampled_from(["left", "right"]))
def test_fit_fills_exactly_the_cells(text: str, room: int, align: cells.Align) -> None:
    assert cell_len(cells.fit(text, room, align)) == room


@given(texts, st.integers(0, 60))
@example("\u0300", 0)
def test_cut_never_overflows_and_leaves_what_fits(text: str, room: int) -> None:
    shown = cells.cut(text, room)
    assert cells.width(shown) == cell_len(shown) <= room
    if not room:
        assert shown == ""
    elif cells.width(text) <= room:
        assert shown == cells.steady(text)
    else:
        assert shown.endswith("…")


@given(texts)
def test_steady_is_one_harmless_line_and_settles(text: str) -> None:
    shown = cells.steady(text)
    assert cells.steady(shown) == shown
    assert not any(ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u2066\u200b\ufe0f\u2028" for one in shown)


@given(st.text(alphabet=TRICKY))
def test_width_is_the_sum_of_what_single_characters_take(text: str) -> None:
    """A terminal that knows no clusters draws character by character; ours must come to the same width."""
    shown = cells.steady(text)
    assert cells.width(shown) == sum(max(0, wcwidth(one)) for one in shown)


@pytest.mark.parametrize(
    ("text", "shown", "width"),
    [
        ("👨\u200d👩\u200d👧 family", "👨 family", 9),
        ("❤\ufe0f", "❤", 1),
        ("🇩🇪", "DE", 2),
        ("👍🏽", "👍", 2),
        ("e\u0301", "é", 1),
        ("1\u202f234", "1 234", 5),
        ("王小明", "王小明", 6),
        ("a\u00adb\u200bc", "abc", 3),
        ("\u1112\u1161\u11ab", "한", 2),
        ("tab\there", "tab here", 8),
    ],
)
def test_what_terminals_disagree_about_is_rewritten(text: str, shown: str, width: int) -> None:
    assert (cells.steady(text), cells.width(text)) == (shown, width)


def test_a_wide_character_is_never_halved() -> None:
    assert cells.fit("王小明", 5) == "王小…"
    assert cells.fit("王小明", 4) == "王… "


@given(texts, st.integers(2, 60))
def test_wrapped_lines_fit_and_lose_only_spaces(text: str, room: int) -> None:
    lines = cells.wrap(text, room)
    assert lines
    assert all(cell_len(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == cells.steady(text).replace(" ", "")


def test_wrapping_breaks_at_spaces_and_keeps_the_indent() -> None:
    assert cells.wrap("  one two three", 9) == ["  one two", "three"]
    assert cells.wrap("unbreakable" * 2, 8) == ["unbreaka", "bleunbre", "akable"]
    assert cells.wrap("", 8) == [""]


@given(st.lists(st.sampled_from(["a", "b", " ", "日", "e\u0301"])), st.integers(2, 12), st.integers(1, 9))
def test_a_long_text_is_wrapped_alike_in_whatever_stretches(letters: list[str], room: int, stretch: int) -> None:
    """Nothing is lost and no line is too wide; where nothing combines the lines are those of the whole text."""
    text = "".join(letters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "STRETCH", stretch)
        lines = list(cells.wrapping(text, room))
    assert all(cells.width(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == cells.steady(text).replace(" ", "")
    if "\u0301" not in text:
        assert lines == cells.wrap(text, room)
