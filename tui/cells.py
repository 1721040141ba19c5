"""Text whose width every terminal agrees on, cut and padded to an exact number of cells.

Terminals disagree about emoji that are joined, flags, skin tones, variation selectors and invisible characters; a row
with one of them would shift every column to its right. ``steady`` rewrites those few, and leaves everything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, get_character_cell_size

from tui.engine import text as safe

Align = Literal["left", "right"]

_JOINED = re.compile("([\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff]\ufe0f?)(?:\u200d[^\u200d\\s]\ufe0f?)+")
_DROPPED = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\uffa0"
    "\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2028\u2029]")


@lru_cache(4096)
def steady(text: str) -> str:
    """Return one line of ``text`` in which every character has the same width in every terminal.

    Args:
        text: anything; controls and bidi overrides are dropped, tabs and newlines become a space.

    A joined emoji becomes its first one, a flag its two letters; variation selectors, skin tones, joiners and
    invisible characters go; exotic spaces become plain ones. Letters, combining marks and ZWNJ stay, composed (NFC).
    """
    if text.isascii() and text.isprintable():
        return text
    text = safe.clean(text).replace("\n", " ").replace("\t", " ")
    if text.isascii():
        return text
    text = _JOINED.sub(r"\1", text)
    text = _DROPPED.sub("", text)
    text = _FLAG.sub(lambda found: chr(ord(found.group()) - 0x1F1E6 + ord("A")), text)
    text = _SPACE.sub(" ", text).replace("\u3000", "  ")
    return unicodedata.normalize("NFC", text)


def width(text: str) -> int:
    """Return the width of ``steady(text)`` in cells."""
    text = steady(text)
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int, *, ellipsis: str = "…") -> str:
    """Return ``steady(text)`` in at most ``cells`` cells, ending in ``ellipsis`` (one cell wide) when it was cut.

    In no cells nothing is left: a mark without a letter takes none, but would go onto what stands before it.
    """
    text = steady(text)
    if cells <= 0:
        return ""
    if len(text) <= cells and text.isascii():
        return text
    if text.isascii():
        return text[: cells - 1] + ellipsis
    if cell_len(text) <= cells:
        return text
    return text[: split_at(text, cells - len(ellipsis))] + ellipsis


def fit(text: str, cells: int, align: Align = "left") -> str:
    """Return ``text`` cut or padded to exactly ``cells`` cells."""
    shown = cut(text, cells)
    space = " " * (cells - (len(shown) if shown.isascii() else cell_len(shown)))
    return space + shown if align == "right" else shown + space


def split_at(text: str, cells: int) -> int:
    """Return how many characters of the steady ``text`` fill at most ``cells`` cells.

    A combining mark always goes with its letter.
    """
    if text.isascii():
        return min(len(text), max(0, cells))
    used = 0
    for position, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cells:
            return position
    return len(text)


def wrap(text: str, cells: int) -> list[str]:
    """Return the steady ``text`` as lines of at most ``cells`` cells, broken at spaces where there are some.

    Leading spaces stay on the first line; a word longer than a line is broken anywhere. Linear in the text.
    """
    text = steady(text).rstrip()
    cells = max(2, cells)
    lines: list[str] = []
    start = 0
    while True:
        rest = text[start : start + 4 * cells]
        fits = split_at(rest, cells)
        if fits == len(rest) and start + fits >= len(text):
            lines.append(rest)
            return lines
        if rest[fits : fits + 1] == " ":
            end = fits
        else:
            end = rest.rfind(" ", 0, fits)
            if end <= 0 or not rest[:end].strip():
                end = max(1, fits)
        lines.append(rest[:end].rstrip())
        start += end
        while text[start : start + 1] == " ":
            start += 1


STRETCH = 5_000
"""Characters of a text that are wrapped in one go."""


def wrapping(text: str, cells: int) -> Iterator[str]:
    """Yield what ``wrap`` returns, of a long text only as far as somebody asks."""
    rest = ""
    for start in range(0, max(1, len(text)), STRETCH):
        piece = rest + text[start : start + STRETCH]
        lines = wrap(piece, cells)
        if start + STRETCH < len(text):
            rest = lines.pop() + " " * (len(piece) - len(piece.rstrip(" ")))
        yield from lines


_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(value: float, largest: float, room: int) -> str:
    """Return a bar of at most ``room`` cells, in eighths of a cell; something is never shown as nothing.

    Args:
        value: what it stands for, 0 or more.
        largest: what fills the whole room.
        room: its width in cells at most.
    """
    if value <= 0 or largest <= 0 or room <= 0:
        return ""
    eighths = max(1, round(min(1.0, value / largest) * room * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
