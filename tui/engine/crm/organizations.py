"""Organizations, written, with the addresses that they share, their tags and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.engine.crm import addresses, resolve
from tui.engine.crm import fields as field_rows
from tui.engine.crm import tags as tag_rows
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.names import valid_name
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.text import clean, line


class Organizations:
    """Adds, edits and deletes organizations."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def add(
        self,
        name: str,
        website: str = "",
        note: str = "",
        emails: Sequence[str] = (),
        tags: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
    ) -> Changed:
        """Add an organization.

        Args:
            emails: addresses that it shares; no mail is ever linked by them.
            fields: name of a declared field -> its value, as it is typed.

        Raises:
            InvalidInput: the name is empty or taken, an address malformed or somebody's, a value none of its field.
            NotFound: there is no such field.
        """
        async with self._db.transaction() as tx:
            await _free_name(tx, name, 0)
            id = await _new_organization(tx, name, website, note)
            await addresses.add(tx, "organization", id, emails)
            await tag_rows.put(tx, "organization", id, tags)
            await field_rows.write(tx, "organization", id, fields or {})
            return tx.changed(id, f"Added {line(name, 80)}")

    async def edit(
        self,
        ref: Ref,
        *,
        name: str | None = None,
        website: str | None = None,
        note: str | None = None,
        emails: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        fields: Mapping[str, str] | None = None,
        add_emails: Sequence[str] = (),
        remove_emails: Sequence[str] = (),
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
    ) -> Changed:
        """Change what is given and leave what is None.

        Raises:
            NotFound: the organization, or a field.
            InvalidInput: as ``add``; or an address to remove is not this organization's.
        """
        async with self._db.transaction() as tx:
            id = await tx.read(resolve.organization(ref))
            values: dict[str, object] = {"updated_at": tx.now}
            if name is not None:
                await _free_name(tx, name, id)
                values |= {"name": valid_name(name, "name"), "key": fold(name)}
            if website is not None:
                values["website"] = line(website, 1000)
            if note is not None:
                values["note"] = clean(note)
            await tx.update("organizations", id, values)
            if emails is not None:
                await addresses.put(tx, "organization", id, emails)
            await addresses.remove(tx, "organization", id, remove_emails)
            await addresses.add(tx, "organization", id, add_emails)
            await tag_rows.change(tx, "organization", id, tags, add_tags, remove_tags)
            await field_rows.write(tx, "organization", id, fields or {})
            [(called,)] = await tx.execute("SELECT name FROM organizations WHERE id = ?", (id,))
            return tx.changed(id, f"Edited {called}")

    async def delete(self, ref: Ref) -> Changed:
        """Delete an organization; its people and deals stay, without it.

        Raises:
            NotFound: the organization.
        """
        async with self._db.transaction() as tx:
            id = await tx.read(resolve.organization(ref))
            await tx.update("organizations", id, {"deleted_at": tx.now})
            await addresses.release(tx, "organization", id)
            [(called,)] = await tx.execute("SELECT name FROM organizations WHERE id = ?", (id,))
            return tx.changed(id, f"Deleted {called}")


async def organization_named(tx: Transaction, ref: Ref | None) -> int | None:
    """Return the organization's id, made when its name is new; None for None or an empty name."""
    if ref is None or not str(ref).strip():
        return None
    if isinstance(ref, int):
        return await tx.read(resolve.organization(ref))
    rows = await tx.execute("SELECT id FROM organizations WHERE key = ? AND deleted_at IS NULL", (fold(ref),))
    if rows:
        return int(rows[0][0])
    if ref.strip().isdecimal():
        return await tx.read(resolve.organization(ref))
    return await _new_organization(tx, ref)


async def _new_organization(tx: Transaction, name: str, website: str = "", note: str = "") -> int:
    row = {"name": valid_name(name, "name"), "key": fold(name), "website": line(website, 1000), "note": clean(note)}
    return await tx.insert("organizations", {**row, "created_at": tx.now, "updated_at": tx.now})


async def _free_name(tx: Transaction, name: str, own: int) -> None:
    sql = "SELECT id, name FROM organizations WHERE key = ? AND deleted_at IS NULL AND id <> ?"
    for id, taken in await tx.execute(sql, (fold(name), own)):
        raise InvalidInput(f'There is already an organization "{taken}" (id {id}); edit that one.')
