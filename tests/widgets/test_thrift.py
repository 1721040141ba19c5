"""Fewer bytes to the terminal, and the same screen."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from tui.thrift import slim

COLOURS = st.sampled_from(["", "red", "bright_blue", "color(77)", "#6fa8dc", "#15181e", "default"])
STYLES = st.builds(
    lambda ink, ground, flags: Style(
        color=ink or None,
        bgcolor=ground or None,
        **{flag: True for flag in flags},  # type: ignore[arg-type]
    ),
    COLOURS,
    COLOURS,
    st.sets(st.sampled_from(["bold", "dim", "italic", "underline", "strike", "reverse", "blink", "conceal"])),
)
MOVES = st.builds(lambda y, x: f"\x1b[{y};{x}H", st.integers(1, 10), st.integers(1, 40))
TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=12)


def drawn(style: Style, text: str) -> str:
    """What Rich writes for a styled text."""
    return style.render(text, color_system=Console(color_system="truecolor")._color_system)


PIECES = st.lists(st.one_of(MOVES, st.just("\n"), st.builds(drawn, STYLES, TEXT)), max_size=12).map("".join)


def seen(cell: pyte.screens.Char) -> object:
    """What of a cell can be seen: a blank has no letter that would show ink or weight."""
    if cell.data == " " and not (cell.underscore or cell.strikethrough or cell.reverse or cell.blink):
        return cell.bg
    return cell


def screen(*written: str) -> object:
    """What a terminal shows."""
    terminal = pyte.Screen(40, 10)
    stream = pyte.Stream(terminal)
    for one in written:
        stream.feed(one)
    return [[seen(terminal.buffer[y][x]) for x in range(40)] for y in range(10)]


@given(PIECES, PIECES)
def test_the_screen_is_the_same_and_no_more_bytes_are_sent(first: str, second: str) -> None:
    assert screen(slim(first), slim(second)) == screen(first, second)
    assert len(slim(first)) <= len(first)


def test_neighbours_that_share_a_colour_share_its_bytes() -> None:
    segments = [Segment("a", Style.parse("#112233 on #445566")), Segment("b", Style.parse("#ffffff on #445566"))]
    written = "".join(drawn(segment.style or Style(), segment.text) for segment in segments)
    assert slim(written) == "\x1b[38;2;17;34;51;48;2;68;85;102ma\x1b[38;2;255;255;255mb\x1b[m"


def test_a_style_that_is_not_understood_is_written_as_it_came() -> None:
    strange = "\x1b[38;7;1mx\x1b[0m\x1b[1my\x1b[0m"
    assert slim(strange) == strange
