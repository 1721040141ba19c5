"""Fields that people declare for people, organizations and deals, and the values of these: written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tui.engine.crm import columns
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.declared import KINDS, TYPES, canonical, declared, named
from tui.engine.crm.names import valid_name
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.model import Field
from tui.engine.text import line


async def write(tx: Transaction, kind: str, id: int, said: Mapping[str, str], currency: str = "EUR") -> None:
    """Write values by the fields' names; an empty one takes the value away.

    Raises:
        NotFound: there is no such field.
        InvalidInput: a value is none of the field's type.
    """
    for name, text in said.items():
        field = await tx.read(named(kind, name))
        await put(tx, field, id, canonical(field, text, None, currency))


async def put(tx: Transaction, field: Field, id: int, value: str) -> None:
    """Write one value as it is kept; "" takes it away."""
    table, key = f"{field.kind}_fields", {f"{field.kind}_id": id, "field_id": field.id}
    rows = await tx.execute(
        f"SELECT value FROM {table} WHERE {field.kind}_id = ? AND field_id = ?", tuple(key.values())
    )
    if not value:
        await tx.delete(table, key)
    elif not rows:
        await tx.insert(table, {**key, "value": value})
    elif rows[0][0] != value:
        await tx.update(table, key, {"value": value})


class Fields:
    """Declares, changes and removes fields."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def get(self, kind: str, name: str) -> Field:
        """Return a field by its name.

        Raises:
            NotFound: there is none.
        """
        return await self._db.read(named(_kind(kind), name))

    async def add(self, kind: str, name: str, type: str = "text", choices: Sequence[str] = ()) -> Changed:
        """Declare a field.

        Args:
            kind: one of ``KINDS``.
            name: what it is called; a column of that title fills it.
            type: one of ``TYPES``.
            choices: the values of a choice, in their order.

        Raises:
            InvalidInput: the name is empty, taken or means something else; the type is unknown; choices are missing.
        """
        async with self._db.transaction() as tx:
            if type not in TYPES:
                raise InvalidInput(f'"{line(type, 40)}" is no type of field; choose one of {", ".join(TYPES)}.')
            row = await _named(tx, _kind(kind), name, 0)
            places = await tx.execute("SELECT coalesce(max(position), -1) + 1 FROM fields WHERE kind = ?", (kind,))
            listed = json.dumps(_choices(type, choices), ensure_ascii=False)
            row |= {"kind": kind, "type": type, "choices": listed, "position": places[0][0]}
            return tx.changed(await tx.insert("fields", row), f"Added the {kind} field {row['name']}")

    async def edit(
        self,
        kind: str,
        field: str,
        *,
        name: str | None = None,
        choices: Sequence[str] | None = None,
        position: int | None = None,
    ) -> Changed:
        """Change what is given of a field; its type stays what it is.

        Raises:
            NotFound: there is no such field.
            InvalidInput: as ``add``; or a choice that goes is in use.
        """
        async with self._db.transaction() as tx:
            one = await tx.read(named(_kind(kind), field))
            values: dict[str, object] = {} if name is None else await _named(tx, kind, name, one.id)
            if choices is not None:
                listed = _choices(one.type, choices)
                await _unused(tx, one, listed)
                values["choices"] = json.dumps(listed, ensure_ascii=False)
            if values:
                await tx.update("fields", one.id, values)
            if position is not None:
                order = [other.id for other in await tx.read(declared(kind)) if other.id != one.id]
                order.insert(max(0, position), one.id)
                for at, id in enumerate(order):
                    await tx.update("fields", id, {"position": at})
            return tx.changed(one.id, f"Edited the {kind} field {one.name}")

    async def remove(self, kind: str, field: str) -> Changed:
        """Remove a field; its values are shown no more, undo brings both back.

        Raises:
            NotFound: there is no such field.
        """
        async with self._db.transaction() as tx:
            one = await tx.read(named(_kind(kind), field))
            await tx.update("fields", one.id, {"deleted_at": tx.now})
            return tx.changed(one.id, f"Removed the {kind} field {one.name}")


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise InvalidInput(f'"{line(kind, 40)}" has no fields; choose one of {", ".join(KINDS)}.')
    return kind


async def _named(tx: Transaction, kind: str, name: str, own: int) -> dict[str, object]:
    written, key = valid_name(name, "field's name")[:60], columns.plain(name)
    if not key or not written[0].isalnum() or "=" in written:
        raise InvalidInput(f'A field can\'t be called "{written}"; begin with a letter or digit, without "=".')
    for id, taken in await tx.execute(
        "SELECT id, name FROM fields WHERE kind = ? AND key = ? AND deleted_at IS NULL AND id <> ?", (kind, key, own)
    ):
        raise InvalidInput(f'There is already a {kind} field "{taken}" (id {id}); edit that one.')
    if columns.means(kind, written):
        raise InvalidInput(f'"{written}" is what every {kind} has already; choose another name.')
    return {"name": written, "key": key}


def _choices(type: str, choices: Sequence[str]) -> list[str]:
    found = {fold(one): line(one, 100) for one in choices if line(one, 100)}
    if (type == "choice") != bool(found):
        raise InvalidInput("A choice needs the values that can be chosen, and no other type of field has any.")
    return list(found.values())


async def _unused(tx: Transaction, field: Field, choices: Sequence[str]) -> None:
    for gone in field.choices:
        if gone not in choices:
            sql = f"SELECT count(*) FROM {field.kind}_fields WHERE field_id = ? AND value = ?"
            [(number,)] = await tx.execute(sql, (field.id, gone))
            if number:
                raise InvalidInput(f'"{gone}" is the {field.name} of {number:,}; change those first.')
