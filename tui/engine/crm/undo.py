"""What a change to the CRM leaves behind so that it can be taken back: each row as it was and as it became."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

_KEYS: dict[str, tuple[str, ...]] = {
    "person_tags": ("person_id", "tag_id"),
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


def primary_key(table: str) -> tuple[str, ...]:
    """Return the columns that name a row of the table."""
    return _KEYS.get(table, ("id",))


def dump(changes: Iterable[RowChange]) -> str:
    """Return changes as JSON, for the journal."""
    return json.dumps([[one.table, one.before, one.after] for one in changes], ensure_ascii=False)


def load(text: str) -> tuple[RowChange, ...]:
    """Return the changes that ``dump`` wrote."""
    return tuple(RowChange(table, before, after) for table, before, after in json.loads(text))
