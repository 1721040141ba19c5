"""What a change to the CRM leaves behind so that it can be taken back.

Each row as it was and as it became; for the thousands of rows that an import adds, their range and a digest of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_KEYS: dict[str, tuple[str, ...]] = {
    **{f"{noun}_tags": (f"{noun}_id", "tag_id") for noun in ("person", "organization", "deal")},
    **{f"{noun}_fields": (f"{noun}_id", "field_id") for noun in ("person", "organization", "deal")},
    "deal_persons": ("deal_id", "person_id"),
    "mail_persons": ("mail_id", "person_id"),
    "mail_deals": ("mail_id", "deal_id"),
}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row ``before`` (None: it was added) and ``after`` (None: it was deleted)."""

    table: str
    before: dict[str, object] | None
    after: dict[str, object] | None

    def ids(self, noun: str) -> set[int]:
        """Return the ids of the people (``person``) or deals (``deal``) that the row speaks of."""
        column = "id" if self.table == f"{noun}s" else f"{noun}_id"
        found = [row.get(column) for row in (self.before, self.after) if row is not None]
        return {one for one in found if isinstance(one, int)}


@dataclass(frozen=True, slots=True)
class RowsAdded:
    """The rows whose ``column`` is ``first`` to ``last`` were added; ``digest`` is of them as they became."""

    table: str
    column: str
    first: int
    last: int
    digest: str

    def ids(self, noun: str) -> set[int]:
        """Return the ids of the people (``person``) or deals (``deal``) that were added."""
        return set(range(self.first, self.last + 1)) if self.table == f"{noun}s" else set()


Noted: TypeAlias = RowChange | RowsAdded


def primary_key(table: str) -> tuple[str, ...]:
    """Return the columns that name a row of the table."""
    return _KEYS.get(table, ("id",))


def digest(rows: Iterable[tuple[object, ...]]) -> str:
    """Return what tells rows from changed ones."""
    found = hashlib.blake2b(digest_size=16)
    for row in rows:
        found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def dump(changes: Iterable[Noted]) -> str:
    """Return changes as JSON, for the journal."""
    return json.dumps(
        [
            [one.table, one.before, one.after]
            if isinstance(one, RowChange)
            else [one.table, one.column, one.first, one.last, one.digest]
            for one in changes
        ],
        ensure_ascii=False,
    )


def load(text: str) -> tuple[Noted, ...]:
    """Return the changes that ``dump`` wrote."""
    return tuple(RowChange(*one) if len(one) == 3 else RowsAdded(*one) for one in json.loads(text))
