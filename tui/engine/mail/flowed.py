"""format=flowed (RFC 3676): long lines broken so that every program may wrap them to its width, and joined again."""

from __future__ import annotations

import re

WIDTH = 76
"""Columns of a line that is written, its quote marks included (RFC 3676 section 4.2)."""
SIGNATURE = "-- "
"""The line above a signature; it is fixed although it ends in a space (section 4.3)."""

_QUOTES = re.compile(r"(?:> ?)*")


def flow(body: str) -> str:
    """Return text with its long lines softly broken, to be sent with ``DelSp=no``.

    Args:
        body: lines ending in LF, what is quoted behind ``>`` marks; spaces at line ends, which would join lines, go.
    """
    return "\n".join(row for line in body.split("\n") for row in _broken(line))


def _broken(line: str) -> list[str]:
    marks = _QUOTES.match(line)
    assert marks is not None
    quote, content = ">" * marks[0].count(">"), line[marks.end() :]
    if content != SIGNATURE:
        content = content.rstrip(" ")
    rows = []
    while len(quote) + 1 + len(content) > WIDTH and (cut := _cut(content, WIDTH - len(quote) - 1)):
        rows.append(content[:cut])
        content = content[cut:]
    return [quote + _stuffed(row, bool(quote)) for row in (*rows, content)]


def _cut(content: str, room: int) -> int:
    """Return after which space a line is broken, 0 for nowhere; what would read as a signature's mark is none."""
    cut = content.rfind(" ", 0, max(room, 1)) + 1
    while cut == 0 or content[:cut] == SIGNATURE:
        found = content.find(" ", cut)
        if found < 0:
            return 0
        cut = found + 1
    return cut


def _stuffed(row: str, quoted: bool) -> str:
    """Return a row with a space before what would be misread at a line's beginning (section 4.4)."""
    stuff = bool(row) if quoted else row.startswith((" ", ">", "From "))
    return " " + row if stuff else row


def unflow(body: str, delete_space: bool) -> str:
    """Return flowed text with soft line breaks removed, per quote level.

    Args:
        body: the decoded text, lines ending in LF.
        delete_space: the DelSp parameter: the space before a soft break goes too.
    """
    out: list[str] = []
    pieces: list[str] = []
    level = -1
    for row in body.split("\n"):
        content = row.lstrip(">")
        depth = len(row) - len(content)
        if content.startswith(" "):
            content = content[1:]
        if pieces and depth != level:
            out.append(_quoted(level, "".join(pieces)))
            pieces = []
        level = depth
        if content.endswith(" ") and content != SIGNATURE:
            pieces.append(content[:-1] if delete_space else content)
            continue
        pieces.append(content)
        out.append(_quoted(depth, "".join(pieces)))
        pieces = []
    if pieces:
        out.append(_quoted(level, "".join(pieces)))
    return "\n".join(out)


def _quoted(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth else content
