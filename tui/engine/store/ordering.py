"""The orders of a message list, as SQL over ``messages m`` and the functions that it calls.

SQLite sorts, in the reader's thread and without the interpreter's lock; only the key of each row is made in Python.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from functools import lru_cache

from tui.engine.model import Order

_ANSWER = re.compile(r"^(?:\s*(?:re|aw|sv|vs|antw|odp|fwd?|wg|tr|rv|enc)(?:\[\d+\])?\s*:)+\s*", re.I)
"""The prefixes of answers and forwarded mail that mail programs write (RFC 5256, 2.1, and translated ones)."""

_LATEST = "m.date DESC, m.id DESC"

ORDER_BY = {
    Order.NEWEST: _LATEST,
    Order.OLDEST: "m.date, m.id",
    Order.SENDER: "by_name(CASE m.direction WHEN 'out' THEN m.recipients ELSE json_array(m.from_name, m.from_email)"
    f" END), {_LATEST}",
    Order.SUBJECT: f"by_subject(m.subject), {_LATEST}",
    Order.SIZE: f"m.size DESC, {_LATEST}",
}
"""What a list is sorted by; where it doesn't decide, the newest comes first."""


def teach(db: sqlite3.Connection) -> None:
    """Give a connection the functions that ``ORDER_BY`` and the search language call."""
    db.create_function("by_name", 1, by_name, deterministic=True)
    db.create_function("by_subject", 1, by_subject, deterministic=True)
    db.create_function("caseless", 1, caseless, deterministic=True)


@lru_cache(8192)
def by_name(said: str) -> str:
    """Return what a correspondent is sorted by: the name that a list shows, else the address.

    Args:
        said: JSON, ``[name, address]``; or, of mail that was sent, the recipients, of whom the first counts.
    """
    found = json.loads(said)
    if isinstance(found, dict):
        found = next(iter(found.get("to", ())), ("", ""))
    name, email = found[0] or "", found[1] or ""
    return fold(name if name and "@" not in name else email)


def by_subject(subject: str) -> str:
    """Return what a subject is sorted by: without the signs of an answer, so that a conversation stays together."""
    return fold(_ANSWER.sub("", subject))


def caseless(text: str | None) -> str:
    """Return a text as it is looked up: the case of letters of any language, and how accents are coded, don't count."""
    return unicodedata.normalize("NFC", (text or "").casefold())


def fold(text: str) -> str:
    """Return a text by which a person would look it up: case, accents and quotes before it don't count."""
    kept = unicodedata.normalize("NFKD", text.casefold())
    plain = kept if kept.isascii() else "".join(one for one in kept if not unicodedata.combining(one))
    return plain.lstrip(" \"'([<“‘„«")
