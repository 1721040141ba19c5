"""The history of people, organizations and deals: every change that goes through a transaction is written beside it.

What is written comes from the rows that the transaction notes for undo, so no change can forget it. An undo is a
change too. Mail is not noted and never in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tui.engine.crm import dates, money
from tui.engine.crm.rows import Query, Row
from tui.engine.crm.undo import RowChange
from tui.engine.model import HistoryEntry

if TYPE_CHECKING:
    from tui.engine.crm.db import Transaction

LONGEST = 500
"""Characters of a value that are kept."""
_OWN = {
    **{"persons": "person", "organizations": "organization", "deals": "deal"},
    **{"pipelines": "pipeline", "stages": "stage", "fields": "field"},
}
_PARTS: Mapping[str, tuple[str, str]] = {
    "person_emails": ("address", "address"),
    "person_phones": ("phone", "phone"),
    "organization_emails": ("shared address", "address"),
    **{f"{noun}_tags": ("tag", "tag_id") for noun in ("person", "organization", "deal")},
    "deal_persons": ("person", "person_id"),
    "notes": ("note", "body"),
    "activities": ("activity", "subject"),
}
"""Tables that are part of something: the field's name and the column that says its value."""
_VALUES = {f"{entity}_fields": entity for entity in ("person", "organization", "deal")}
_UNTOLD = frozenset({"id", "key", "created_at", "updated_at", "stage_entered_at", "closed_at", "position"})
_NAMES = {
    "organization_id": ("organization", "SELECT id, name FROM organizations"),
    "person_id": ("person", "SELECT id, name FROM persons"),
    "pipeline_id": ("pipeline", "SELECT id, name FROM pipelines"),
    "stage_id": ("stage", "SELECT id, name FROM stages"),
    "tag_id": ("tag", "SELECT id, name FROM tags"),
    "merged_into": ("merged into", "SELECT id, name FROM persons"),
    "deal_id": ("deal", "SELECT id, title FROM deals"),
    "field_id": ("field", "SELECT id, name FROM fields"),
}


class _Told(NamedTuple):
    """One line of the history that is to be written; ``about`` (column, id) is whose name stands in the field."""

    entity: str
    entity_id: int
    field: str
    column: str
    old: object
    new: object
    about: tuple[str, object] | None = None


async def write(tx: Transaction) -> None:
    """Write down what a transaction noted, as its last act."""
    told = [one for change in tx.changes for one in _lines(change)]
    columns = {one.column for one in told} | {one.about[0] for one in told if one.about}
    names = {column: await _names(tx, told, column) for column in columns & _NAMES.keys()}
    for one in told:
        values = [
            "" if value is None else names[one.column].get(value, f"#{value}") if one.column in names else str(value)
            for value in (one.old, one.new)
        ]
        field = one.field if one.about is None else one.field.format(names[one.about[0]].get(one.about[1], "?"))
        await _insert(tx, one.entity, one.entity_id, None, field, *values)
    for table, first, last, field in tx.spans:
        if table in _OWN:
            await _insert(tx, _OWN[table], first, last, field, "", "")


def of(entity: str, id: int, limit: int = 500) -> Query[list[HistoryEntry]]:
    """Return the changes of a person, organization or deal, newest first.

    Args:
        entity: ``person``, ``organization``, ``deal``, ``pipeline``, ``stage`` or ``field``.
    """
    what = "SELECT id, at, actor, field, old_value, new_value FROM history WHERE entity = ?"
    own = yield f"{what} AND entity_id = ? AND last_id IS NULL ORDER BY at DESC, id DESC LIMIT ?", (entity, id, limit)
    many = yield f"{what} AND last_id >= ? AND entity_id <= ?", (entity, id, id)
    rows = sorted([*own, *many], key=lambda row: (-row[1], -row[0]))[:limit]
    return [HistoryEntry(*row[1:]) for row in rows]


def _lines(change: RowChange) -> Iterator[_Told]:
    before, after = change.before or {}, change.after or {}
    row = after or before
    if change.table in _OWN:
        entity, id = _OWN[change.table], _id(row, "id")
        if not before or not after:
            name = "title" if entity == "deal" else "name"
            yield _Told(entity, id, "created" if after else "removed", name, before.get(name), after.get(name))
            return
        for column in row:
            if column not in _UNTOLD and before[column] != after[column]:
                field = _NAMES[column][0] if column in _NAMES else column.removesuffix("_at").replace("_", " ")
                yield _Told(entity, id, field, column, _value(before, column), _value(after, column))
    elif change.table in _PARTS:
        field, column = _PARTS[change.table]
        yield from _part(before, after, field, column)
        if change.table == "deal_persons":
            yield from _role(before, after)
        elif change.table == "activities" and before and after:
            yield from _planned(before, after)
    elif change.table in _VALUES:
        entity = _VALUES[change.table]
        about = "field_id", row["field_id"]
        yield _Told(entity, _id(row, f"{entity}_id"), "{}", "", before.get("value"), after.get("value"), about)


def _planned(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[_Told]:
    """Tell that an activity is due at another time, of another kind, or comes again otherwise."""
    due = [dates.show_due(_id(row, "due_at"), bool(row["all_day"])) for row in (before, after)]
    said = (("due", *due), *((name, before[name], after[name]) for name in ("kind", "repeat")))
    for name, old, new in said:
        handed_on = name == "repeat" and after["done_at"] is not None
        for entity in ("deal", "person"):
            if old != new and not handed_on and isinstance(after[f"{entity}_id"], int):
                field = f"{name} of {after['subject']}"
                yield _Told(entity, _id(after, f"{entity}_id"), field, "", old, new)


def _role(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[_Told]:
    """Tell the deal and the person that somebody has another role; who is gone from a deal has none to tell of."""
    old, new = before.get("role") or "", after.get("role") or ""
    first, was_first = after.get("position") == 0, before.get("position") == 0
    if before and first and not was_first:
        yield _Told("deal", _id(after, "deal_id"), "first person", "person_id", None, after["person_id"])
    if after and old != new and before.get("person_id", after["person_id"]) == after["person_id"]:
        deal, person = after["deal_id"], after["person_id"]
        yield _Told("deal", _id(after, "deal_id"), "role of {}", "", old, new, ("person_id", person))
        yield _Told("person", _id(after, "person_id"), "role in {}", "", old, new, ("deal_id", deal))


def _value(row: Mapping[str, object], column: str) -> object:
    """Return a value as it is told: an amount in whole units, a deletion as yes."""
    found = row[column]
    if column == "value" and isinstance(found, int):
        return money.plain(found, str(row["currency"]))
    return "yes" if column == "deleted_at" and found is not None else found


def _part(before: Mapping[str, object], after: Mapping[str, object], field: str, column: str) -> Iterator[_Told]:
    """Tell of an address, a tag, a note: that it came, went or changed, to all whose it is."""
    old, new = before.get(column), after.get(column)
    if after.get("deleted_at") is not None:
        new = None
    if before.get("deleted_at") is not None:
        old = None
    done = before.get("done_at") != after.get("done_at")
    for entity in ("deal", "person", "organization"):
        key = f"{entity}_id"
        if key == column and field == "person":
            continue
        was, now = before.get(key), after.get(key)
        if was == now:
            if isinstance(now, int) and old != new:
                yield _Told(entity, now, field, column, old, new)
            elif isinstance(now, int) and done and before and after:
                yield _Told(
                    entity, now, f"{field} done", "", before.get("done_at") and old, after.get("done_at") and new
                )
            continue
        if isinstance(was, int):
            yield _Told(entity, was, field, column, old, None)
        if isinstance(now, int):
            yield _Told(entity, now, field, column, None, new)


async def _names(tx: Transaction, told: Iterable[_Told], column: str) -> dict[object, str]:
    ids = {value for one in told if one.column == column for value in (one.old, one.new) if isinstance(value, int)}
    ids |= {one.about[1] for one in told if one.about and one.about[0] == column and isinstance(one.about[1], int)}
    found: dict[object, str] = {}
    for id in ids:
        rows: list[Row] = await tx.execute(f"{_NAMES[column][1]} WHERE id = ?", (id,))
        found.update((number, name) for number, name in rows)
    return found


async def _insert(tx: Transaction, entity: str, id: int, last: int | None, field: str, old: str, new: str) -> None:
    await tx.execute(
        "INSERT INTO history (at, actor, entity, entity_id, last_id, field, old_value, new_value)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (tx.now, tx.actor, entity, id, last, field, old[:LONGEST], new[:LONGEST]),
    )


def _id(row: Mapping[str, object], column: str) -> int:
    found = row[column]
    return found if isinstance(found, int) else 0
