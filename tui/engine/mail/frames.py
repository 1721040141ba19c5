"""Stretches of text lines that get a prefix, or a place in a table, when their element ends."""

from __future__ import annotations

import re

from tui.engine.mail.tables import Row, layout

_LINK_NUMBER = re.compile(r" \[\d{1,4}\]\s*$")


def folded(words: str) -> str:
    """Return words for comparison: white space and case aside."""
    return " ".join(words.split()).casefold()


class Frame:
    """One open element that shapes its lines. ``kind``: ``root``, ``quote``, ``item``, ``table`` or ``cell``."""

    __slots__ = ("bordered", "count", "gap", "heading", "kind", "lines", "marker", "parts", "raw", "rows")

    def __init__(self, kind: str, marker: str = "", count: int = 0) -> None:
        self.kind = kind
        self.marker = marker
        self.count = count
        self.lines: list[str] = []
        self.parts: list[str] = []
        self.rows: list[Row] = []
        self.gap = self.heading = self.bordered = False
        self.raw = False
        """The line being collected is preformatted."""

    def flush(self) -> None:
        """End the line being collected."""
        if self.parts:
            self.line(self.taken())

    def taken(self) -> str:
        """Return the line that was collected, white space folded, and begin a new one."""
        parts = self.parts
        content = parts[0] if len(parts) == 1 else "".join(parts)
        parts.clear()
        if self.raw:
            self.raw = False
            return content
        return " ".join(content.split())

    def apart(self) -> None:
        """Keep what comes apart from the word before it."""
        if self.parts:
            self.parts.append(" ")

    def line(self, content: str) -> None:
        """Add a line, after an empty one where a paragraph asked for it."""
        if self.gap:
            if self.lines and self.lines[-1]:
                self.lines.append("")
            self.gap = False
        self.lines.append(content)

    def last_words(self) -> str:
        """Return what was said last, folded, without the sign of a heading and the number of a link."""
        words = "".join(self.parts) if self.parts else self.lines[-1] if self.lines else ""
        return folded(_LINK_NUMBER.sub("", words).lstrip("# "))

    def forget(self, words: str) -> bool:
        """Take the last line back if it says just these words and nothing but the sign of a heading follows."""
        if not self.lines or folded(self.lines[-1]) != words or "".join(self.parts).strip("# "):
            return False
        self.lines.pop()
        return True

    def paragraph(self) -> None:
        """End the line and ask for an empty one before the next."""
        self.flush()
        self.gap = True


def merge(frame: Frame, parent: Frame) -> None:
    """Give the lines of an element that ended to the one around it."""
    if frame.parts:
        frame.flush()
    lines = frame.lines
    while lines and not lines[-1]:
        lines.pop()
    if frame.kind == "cell" and parent.kind == "table":
        parent.rows[-1].append(lines)
        return
    if parent.parts:
        parent.flush()
    spaced = False
    if frame.kind == "table":
        rows = layout(frame.rows, frame.heading, frame.bordered)
        lines = lines + rows if lines else rows
        spaced = len(lines) > 1
    elif frame.kind == "quote":
        lines = [(">" + row) if row.startswith(">") else ("> " + row).rstrip() for row in lines]
        spaced = True
    elif frame.kind == "item" and lines:
        indent = " " * len(frame.marker)
        lines = [frame.marker + lines[0], *(indent + row if row else "" for row in lines[1:])]
    if not lines:
        return
    parent.gap = parent.gap or spaced
    parent.line(lines[0])
    if len(lines) > 1:
        parent.lines += lines[1:]
    parent.gap = spaced
