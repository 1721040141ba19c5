"""The one line under a subject: the first words that the sender wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tui.engine.mail.quotes import opening, split_quotes
from tui.engine.mail.words import visible

LENGTH = 140
_LINK_NUMBER = re.compile(r" ?\[\d{1,4}\](?=[\s.,;:!?)]|$)")
_WORD = re.compile(r"[^\W_]")
MAX_SCANNED = 20_000
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]")
"""What counts as printable and shows nothing."""

_LISTED = re.compile(r"\[\d{1,4}\] (?:https?|mailto):")


def preview(body: str) -> str:
    """Return about 140 characters of the first real text: no quotes, attributions, rules or link numbers.

    Args:
        body: the safe text of a message. A message that only quotes shows the quoted words.
    """
    words = _first_words(opening(_seen(body[:2000])))
    if len(words) <= LENGTH:  # few enough that what comes later may count too
        blocks = split_quotes(_seen(body[:MAX_SCANNED]))
        words = _first_words(row for block in blocks if block.kind == "text" for row in block.lines) or _first_words(
            row for block in blocks if block.kind in ("text", "quote") for row in block.lines
        )
    return _cut(words)


def _seen(body: str) -> str:
    """Return a text without what shows nothing."""
    body = body.replace("\t", " ")
    if not body.replace("\n", "").isprintable() or (not body.isascii() and _UNSEEN.search(body)):
        return "\n".join(map(visible, body.split("\n")))
    return body


def _first_words(rows: Iterable[str]) -> str:
    """Return the words of the first lines that hold some, until they are enough."""
    words: list[str] = []
    length = 0
    for row in rows:
        content = _LINK_NUMBER.sub("", row.lstrip("> #•*")).strip()
        if not _WORD.search(content) or _LISTED.match(row):
            continue
        words.extend(content.split())
        length += len(content) + 1
        if length > LENGTH:
            break
    return " ".join(words)


def _cut(words: str) -> str:
    if len(words) <= LENGTH:
        return words
    head, space, _ = words[:LENGTH].rpartition(" ")
    return (head if space and len(head) > LENGTH // 2 else words[: LENGTH - 1]) + "…"
