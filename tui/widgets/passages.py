"""Passages of a message as lines of the reader: names, states, quotes, links, and what was sought in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tui import cells, look
from tui.engine.model import Address, Row

_QUOTE = re.compile(r"\s{0,3}>")
_LINKED = re.compile(r"\[\d{1,4}\] \S+")
_PATCH = re.compile(r"diff --git a/|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_LEVEL = re.compile(r"(?:\s{0,1}>)+ ?")


def is_quote(text: str) -> bool:
    """Tell whether a line is quoted."""
    return _QUOTE.match(text) is not None


def quote_level(text: str) -> int:
    """Return how deep a line is quoted, 0 for one that isn't."""
    found = _LEVEL.match(text)
    return found.group().count(">") if found else 0


def is_linked(text: str) -> bool:
    """Tell whether a line is one of the list of links that the text of an HTML message ends with."""
    return _LINKED.match(text) is not None


def is_patch(text: str) -> bool:
    """Tell whether a patch begins with this line (git's header, or a hunk's)."""
    return _PATCH.match(text) is not None


def patch_ink(text: str) -> str:
    """Return the ink of a line of a patch: what is added, taken out, or where it is."""
    if text.startswith(("+++", "---", "diff ", "index ")):
        return "strong"
    return {"+": "good", "-": "bad", "@": "accent"}.get(text[:1], "")


def named(address: Address) -> list[look.Piece]:
    """Return name and address; the address is always shown, since anybody can choose a name."""
    if not address.name or address.name == address.email:
        return [(address.email or "(no sender)", "strong")]
    return [(address.name, "strong"), (f" <{address.email}>" if address.email else " (no address)", "dim")]


def marked(piece: look.Piece, sought: str) -> Iterator[look.Piece]:
    """Yield a piece with what was sought in it marked."""
    text, ink = piece
    folded = text.casefold()
    if len(folded) != len(text):  # a letter that folds to two: its place can't be told, so nothing is marked
        yield piece
        return
    start = 0
    while (found := folded.find(sought, start)) >= 0:
        yield (text[start:found], ink)
        yield (text[found : found + len(sought)], "title")
        start = found + len(sought)
    yield (text[start:], ink)


def states(row: Row) -> list[look.Piece]:
    """Return in words what the marks of the list say about this message."""
    states: list[look.Piece] = []
    if row.refused:
        states.append(("! The server refused the last change; g o shows its answer.", "bad"))
    if row.pending:
        states.append(("↑ A change is on its way to the server.", "warn"))
    if not row.on_server:
        states.append(("⌫ No longer on the server; this is the copy kept here.", "dim"))
    return states


def is_within_quote(source: Sequence[str], index: int) -> bool:
    """Tell whether a line is quoted, or an empty one between two that are."""
    if index >= len(source):
        return False
    text = source[index]
    return is_quote(text) or (not text.strip() and index + 1 < len(source) and is_quote(source[index + 1]))


def linked(text: str, room: int) -> Iterator[look.Line]:
    """Yield a line of the list of links; a long address gets two lines (``O`` shows all of it)."""
    number, _, rest = text.partition(" ")
    address, _, host = rest.partition(" ")
    end = f"… {host}".rstrip()
    if cells.width(text) > 2 * room:
        address = cells.cut(address, 2 * room - len(number) - 2 - cells.width(end), ellipsis="")
        rest = address + end
    shown = cells.steady(f"{number} {rest}")
    cut = cells.split_at(shown, room)
    yield ((shown[:cut], ""),)
    if shown[cut:]:
        yield ((" " * (len(number) + 1) + shown[cut:].lstrip(), ""),)


def quoted(text: str, room: int, least: int = 0) -> Iterator[look.Line]:
    """Yield a quoted line with one bar a level, its continuation under the same bars.

    Args:
        text: the line.
        room: cells there are.
        least: bars that it has at least.
    """
    found = _LEVEL.match(text)
    level = max(least, min(8, found.group().count(">")) if found else 0)
    rest = text[found.end() :] if found else text
    bars = "▏" * level + " " if level else ""
    for part in cells.wrapping(rest.expandtabs(), max(10, room - len(bars))):
        yield ((bars, "faint"), (part, "dim"))
