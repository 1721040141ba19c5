"""HTML mail as plain text that reads well in a terminal: blocks, lists, quotes, tables, numbered links.

Nothing is fetched; what would be is counted. Text with ``font-size: 0`` stays, because mail builders wrap whole
messages in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.engine import text
from tui.engine.mail.markup import hiding_selectors, remote_count, without_asides
from tui.engine.mail.walker import walk

MAX_INPUT = 20_000_000

_FILLERS = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufff0-\ufff8]|(?:[\u200c\u200d]\\s*)+(?=\\s|$)")
_TRAILING = re.compile(r"[ \t]++$", re.M)
_EMPTY_LINES = re.compile(r"\n{3,}")


class Rendered(NamedTuple):
    """What HTML became: its text, how many remote things it names, and how many of them are tracking pixels."""

    text: str
    remote: int
    trackers: int


def html_to_text(document: str) -> str:
    """Return HTML as safe text, links numbered and listed at the end; linear in its length."""
    return _read(*_told(document))[0]


def render(document: str) -> Rendered:
    """Return the text of an HTML document and what it would have loaded. Never raises, opens nothing."""
    document, styles = _told(document)
    body, trackers = _read(document, styles)
    return Rendered(body, remote_count(document + "".join(styles)), trackers)


def _told(document: str) -> tuple[str, list[str]]:
    return without_asides(document[:MAX_INPUT])


def _read(document: str, styles: list[str]) -> tuple[str, int]:
    """Return the text of a document and how many tracking pixels it holds."""
    selectors: set[str] = set().union(*[hiding_selectors(style) for style in styles if "none" in style])
    lines, trackers = walk(document, selectors)
    body = text.clean("\n".join(lines))
    # Of what fills lines without being seen one is printable; looking for all costs ten times as much.
    if not body.isascii() and ("\u034f" in body or not body.replace("\n", "").replace("\t", "").isprintable()):
        body = _FILLERS.sub("", body)
    if " \n" in body or "\t\n" in body:
        body = _TRAILING.sub("", body)
    body = body.rstrip(" \t")
    return (_EMPTY_LINES.sub("\n\n", body) if "\n\n\n" in body else body).strip("\n"), trackers
