"""How the CRM's reads are written once for two drivers: generators that yield SQL and are sent rows.

The engine writes through aiosqlite, the screen reads through sqlite3; both need the same objects. A query here is a
generator: it yields ``(sql, parameters)``, receives the rows, and returns its result. ``run`` drives it on a plain
connection, ``CrmDb.read`` and ``Transaction.read`` on an asynchronous one.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from tui.engine.text import line

T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]
Statement: TypeAlias = tuple[str, Sequence[object]]
Query: TypeAlias = Generator[Statement, Rows, T]
CHUNK = 500


def run(connection: sqlite3.Connection, query: Query[T]) -> T:
    """Drive a query on a synchronous connection and return its result."""
    try:
        statement = next(query)
        while True:
            statement = query.send(connection.execute(*statement).fetchall())
    except StopIteration as finished:
        result: T = finished.value
        return result


def fold(name: str) -> str:
    """Return a name as references compare it: one line, without case, width and accents (``Díaz`` equals ``diaz``)."""
    folded = line(name)
    if folded.isascii():
        return folded.lower()
    for _ in range(2):  # as Unicode's caseless matching does: folding case can bring forth what decomposes again
        folded = unicodedata.normalize("NFKD", folded).casefold()
    return line("".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)))


def like(text: str) -> str:
    """Return a LIKE pattern that finds ``text`` anywhere; use it with ``ESCAPE '\\'``."""
    escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def marks(values: Sequence[object]) -> str:
    """Return the question marks for ``IN (…)``."""
    return ",".join("?" * len(values))


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values into pieces that fit one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
