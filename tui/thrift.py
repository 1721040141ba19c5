"""What is written to the terminal, with each style as what differs from the one before it.

Textual ends every piece of a line with a reset and begins the next with both its colours, which is two thirds of all
bytes of a cursor step. Over SSH they are waited for, so the App's driver (``driver.py``) writes through ``slim``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_COLOUR = re.compile(r"(?:[34]8;(?:5;\d+|2;\d+;\d+;\d+)|\d+)(?:;|$)")
_UNSTYLED = re.compile(r"(?:\x1b\[(?:\d+;\d+H|\?\d+[hl])|[\r\n])*")
"""What looks the same in any style: moves of the cursor, modes, ends of lines."""

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29", "53": "55"}
"""Attributes that Textual writes, and what ends each (ECMA-48, 8.3.117)."""

_OF_LETTERS = frozenset("1238")
"""Attributes that a blank doesn't show: bold, dim, italic, concealed."""


class Style(NamedTuple):
    """The terminal's pen: the parameters that set its two colours ("" for the terminal's own), and its attributes."""

    ink: str = ""
    ground: str = ""
    attributes: frozenset[str] = frozenset()


PLAIN = Style()


def slim(data: str) -> str:
    """Return what shows the same as ``data`` with fewer bytes.

    Args:
        data: whole escape sequences and text, beginning and ending in the plain style; styles that are not
            understood leave it as it is.
    """
    written = wanted = PLAIN
    out: list[str] = []
    for index, part in enumerate(_SGR.split(data)):
        if index % 2:
            after = _after(wanted, part)
            if after is None:
                return data
            wanted = after
        elif part:
            if wanted != written and not (_UNSTYLED.fullmatch(part) or _same_blanks(written, wanted, part)):
                out.append(_change(written, wanted))
                written = wanted
            out.append(part)
    if wanted != written:
        out.append(_change(written, wanted))
    return "".join(out)


def _same_blanks(written: Style, wanted: Style, text: str) -> bool:
    """Return whether ``text`` is blanks that look the same in both styles."""
    if written.ground != wanted.ground or text.strip(" "):
        return False
    return (written.attributes | wanted.attributes) <= _OF_LETTERS


@lru_cache(4096)
def _after(style: Style, parameters: str) -> Style | None:
    """Return the style after an SGR with these parameters, None when one of them is unknown."""
    ink, ground, attributes = style.ink, style.ground, style.attributes
    position = 0
    for match in _COLOUR.finditer(parameters or "0"):
        if match.start() != position:
            return None
        position = match.end()
        one = match[0].rstrip(";")
        if one == "0":
            ink, ground, attributes = PLAIN
        elif one.startswith("38;") or (one.isdigit() and (30 <= int(one) <= 37 or 90 <= int(one) <= 97)):
            ink = one
        elif one.startswith("48;") or (one.isdigit() and (40 <= int(one) <= 47 or 100 <= int(one) <= 107)):
            ground = one
        elif one in ("39", "49"):
            ink, ground = ("", ground) if one == "39" else (ink, "")
        elif one in _OFF:
            attributes |= {one}
        else:
            return None
    return Style(ink, ground, attributes) if position == len(parameters or "0") else None


@lru_cache(4096)
def _change(before: Style, after: Style) -> str:
    """Return the shortest SGR that takes the pen from one style to another."""
    parts = [_OFF[one] for one in sorted(before.attributes - after.attributes)]
    kept = before.attributes if "22" not in parts else before.attributes - {"1", "2"}
    parts += sorted(after.attributes - kept)
    if before.ink != after.ink:
        parts.append(after.ink or "39")
    if before.ground != after.ground:
        parts.append(after.ground or "49")
    fresh = [*sorted(after.attributes), *filter(None, (after.ink, after.ground))]
    from_plain = ";".join(["", *fresh])
    step = ";".join(dict.fromkeys(parts))
    return f"\x1b[{min(step, from_plain, key=len)}m"
