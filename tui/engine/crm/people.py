"""People and organizations, written: one address belongs to one person, and every change can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.engine.crm import fetch, resolve
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.model import Person, PersonRef
from tui.engine.text import clean, line, normalize_address

_LOCAL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")


def valid_address(address: str) -> tuple[str, str]:
    """Return an address as written and as compared.

    Raises:
        InvalidInput: it is not one bare address.
    """
    written, norm = line(address, 320), normalize_address(address)
    local, _, domain = norm.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(domain) > 253 or not all(map(_LABEL.fullmatch, domain.split("."))):
        raise InvalidInput(f'"{written}" is not an e-mail address; write it like ann@acme.io.')
    return written, norm


def valid_name(name: str, what: str) -> str:
    """Return a name as one clean line.

    Raises:
        InvalidInput: nothing is left of it.
    """
    written = line(name, 300)
    if not written:
        raise InvalidInput(f"The {what} is empty; give one.")
    return written


class People:
    """Adds, edits, merges and deletes people."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def get(self, ref: Ref) -> Person:
        """Return a person by id, address or name.

        Raises:
            NotFound: there is none.
            Ambiguous: several have that name.
        """
        id = await self._db.read(resolve.person(ref))
        return (await self._db.read(fetch.persons_by_ids([id])))[0]

    async def by_address(self, addresses: Iterable[str]) -> dict[str, PersonRef]:
        """Return normalised address -> person for the registered ones."""
        return await self._db.read(fetch.by_address(addresses))

    async def add(
        self,
        name: str,
        emails: Sequence[str] = (),
        phones: Sequence[str] = (),
        org: Ref | None = None,
        title: str = "",
        tags: Sequence[str] = (),
        note: str = "",
    ) -> Changed:
        """Add a person; the first address is the primary one; an organization new by name is added too.

        Raises:
            InvalidInput: the name is empty, an address is malformed or belongs to somebody.
            NotFound: there is no organization with that id.
        """
        async with self._db.transaction() as tx:
            person_id = await tx.insert(
                "persons",
                {
                    "name": valid_name(name, "name"),
                    "key": fold(name),
                    "organization_id": await organization_named(tx, org),
                    "title": line(title, 300),
                    "note": clean(note),
                    "created_at": tx.now,
                    "updated_at": tx.now,
                },
            )
            await _add_emails(tx, person_id, emails)
            await _set_phones(tx, person_id, phones)
            await _set_tags(tx, person_id, tags)
            return tx.changed(person_id, f"Added {line(name, 80)}", [person_id])

    async def edit(
        self,
        ref: Ref,
        *,
        name: str | None = None,
        emails: Sequence[str] | None = None,
        phones: Sequence[str] | None = None,
        org: Ref | None = None,
        title: str | None = None,
        tags: Sequence[str] | None = None,
        note: str | None = None,
        add_emails: Sequence[str] = (),
        remove_emails: Sequence[str] = (),
    ) -> Changed:
        """Change what is given and leave what is None; ``org=""`` takes the organization away.

        Raises:
            NotFound, Ambiguous: the person.
            InvalidInput: as ``add``; or an address to remove is not this person's.
        """
        async with self._db.transaction() as tx:
            person_id = await tx.read(resolve.person(ref))
            values: dict[str, object] = {"updated_at": tx.now}
            if name is not None:
                values |= {"name": valid_name(name, "name"), "key": fold(name)}
            if org is not None:
                values["organization_id"] = await organization_named(tx, org)
            if title is not None:
                values["title"] = line(title, 300)
            if note is not None:
                values["note"] = clean(note)
            await tx.update("persons", person_id, values)
            if emails is not None:
                await _set_emails(tx, person_id, emails)
            await _remove_emails(tx, person_id, remove_emails)
            await _add_emails(tx, person_id, add_emails)
            if phones is not None:
                await _set_phones(tx, person_id, phones)
            if tags is not None:
                await _set_tags(tx, person_id, tags)
            return tx.changed(person_id, "Edited a person", [person_id])

    async def delete(self, ref: Ref) -> Changed:
        """Delete a person: the addresses become free, deals and mails keep what they have.

        Raises:
            NotFound, Ambiguous: the person.
        """
        async with self._db.transaction() as tx:
            person_id = await tx.read(resolve.person(ref))
            await tx.update("persons", person_id, {"deleted_at": tx.now})
            for row in await tx.execute("SELECT id FROM person_emails WHERE person_id = ? AND live = 1", (person_id,)):
                await tx.update("person_emails", row[0], {"live": 0})
            deals = await tx.execute("SELECT deal_id FROM deal_persons WHERE person_id = ?", (person_id,))
            return tx.changed(person_id, "Deleted a person", [person_id], [row[0] for row in deals])

    async def merge(self, keep: Ref, other: Ref) -> Changed:
        """Make two people one: ``keep`` gets all that ``other`` has; references to ``other`` lead to ``keep``.

        Raises:
            NotFound, Ambiguous: one of them.
            InvalidInput: they are the same person.
        """
        async with self._db.transaction() as tx:
            kept, gone = await tx.read(resolve.person(keep)), await tx.read(resolve.person(other))
            if kept == gone:
                raise InvalidInput(f'"{keep}" and "{other}" are the same person; give two.')
            await _fill(tx, kept, gone)
            await _move(tx, kept, gone)
            await tx.update("persons", gone, {"deleted_at": tx.now, "merged_into": kept})
            for row in await tx.execute("SELECT id FROM persons WHERE merged_into = ?", (gone,)):
                await tx.update("persons", row[0], {"merged_into": kept})
            deals = await tx.execute("SELECT deal_id FROM deal_persons WHERE person_id = ?", (kept,))
            return tx.changed(kept, "Merged two people", [kept, gone], [row[0] for row in deals])


class Organizations:
    """Adds, edits and deletes organizations."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def add(self, name: str, website: str = "", note: str = "") -> Changed:
        """Add an organization.

        Raises:
            InvalidInput: the name is empty or taken.
        """
        async with self._db.transaction() as tx:
            await _free_name(tx, name, 0)
            id = await _new_organization(tx, name, website, note)
            return tx.changed(id, f"Added {line(name, 80)}")

    async def edit(
        self, ref: Ref, *, name: str | None = None, website: str | None = None, note: str | None = None
    ) -> Changed:
        """Change what is given and leave what is None.

        Raises:
            NotFound: the organization.
            InvalidInput: the new name is empty or taken.
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
            return tx.changed(id, "Edited an organization")

    async def delete(self, ref: Ref) -> Changed:
        """Delete an organization; its people and deals stay, without it.

        Raises:
            NotFound: the organization.
        """
        async with self._db.transaction() as tx:
            id = await tx.read(resolve.organization(ref))
            await tx.update("organizations", id, {"deleted_at": tx.now})
            return tx.changed(id, "Deleted an organization")


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


async def _add_emails(tx: Transaction, person_id: int, emails: Sequence[str]) -> None:
    rows = await tx.execute("SELECT coalesce(max(position), -1) FROM person_emails WHERE person_id = ?", (person_id,))
    position = int(rows[0][0])
    for address in emails:
        written, norm = valid_address(address)
        sql = (
            "SELECT p.id, p.name FROM person_emails e JOIN persons p ON p.id = e.person_id"
            " WHERE e.norm = ? AND e.live = 1"
        )
        owner = await tx.execute(sql, (norm,))
        if owner and owner[0][0] != person_id:
            id, name = owner[0]
            raise InvalidInput(f"{written} already belongs to {name} (id {id}); merge the two or take it away there.")
        if not owner:
            position += 1
            row = {"person_id": person_id, "address": written, "norm": norm, "position": position}
            await tx.insert("person_emails", row)


async def _remove_emails(tx: Transaction, person_id: int, emails: Sequence[str]) -> None:
    for address in emails:
        sql = "SELECT id FROM person_emails WHERE person_id = ? AND norm = ? AND live = 1"
        rows = await tx.execute(sql, (person_id, normalize_address(address)))
        if not rows:
            raise InvalidInput(f"{line(address)} is not an address of this person; show the person to see which are.")
        await tx.delete("person_emails", rows[0][0])


async def _set_emails(tx: Transaction, person_id: int, emails: Sequence[str]) -> None:
    wanted = [valid_address(address)[1] for address in emails]
    for id, norm in await tx.execute("SELECT id, norm FROM person_emails WHERE person_id = ?", (person_id,)):
        if norm not in wanted:
            await tx.delete("person_emails", id)
    await _add_emails(tx, person_id, emails)
    sql = "SELECT id, norm, position FROM person_emails WHERE person_id = ?"
    for id, norm, position in await tx.execute(sql, (person_id,)):
        if wanted.index(norm) != position:
            await tx.update("person_emails", id, {"position": wanted.index(norm)})


async def _set_phones(tx: Transaction, person_id: int, phones: Sequence[str]) -> None:
    for row in await tx.execute("SELECT id FROM person_phones WHERE person_id = ?", (person_id,)):
        await tx.delete("person_phones", row[0])
    for position, phone in enumerate(dict.fromkeys(line(one, 60) for one in phones)):
        if phone:
            await tx.insert("person_phones", {"person_id": person_id, "phone": phone, "position": position})


async def _set_tags(tx: Transaction, person_id: int, tags: Sequence[str]) -> None:
    for row in await tx.execute("SELECT tag_id FROM person_tags WHERE person_id = ?", (person_id,)):
        await tx.delete("person_tags", {"person_id": person_id, "tag_id": row[0]})
    for key, name in {fold(tag): line(tag, 60) for tag in tags if line(tag)}.items():
        rows = await tx.execute("SELECT id FROM tags WHERE key = ?", (key,))
        tag_id = rows[0][0] if rows else await tx.insert("tags", {"name": name, "key": key})
        await tx.insert("person_tags", {"person_id": person_id, "tag_id": tag_id})


async def _fill(tx: Transaction, kept: int, gone: int) -> None:
    """Give the kept person what only the other has: organization, title, note, phones, tags."""
    sql = "SELECT organization_id, title, note FROM persons WHERE id = ?"
    (org, title, note), (other_org, other_title, other_note) = [
        (await tx.execute(sql, (id,)))[0] for id in (kept, gone)
    ]
    both = "\n".join(part for part in (note, other_note) if part)
    values = {"organization_id": org or other_org, "title": title or other_title, "note": both, "updated_at": tx.now}
    await tx.update("persons", kept, values)
    sql = "SELECT phone FROM person_phones WHERE person_id IN (?, ?) ORDER BY person_id <> ?, position"
    phones = await tx.execute(sql, (kept, gone, kept))
    await _set_phones(tx, kept, [row[0] for row in phones])
    sql = "SELECT name FROM tags JOIN person_tags ON tag_id = id WHERE person_id IN (?, ?)"
    await _set_tags(tx, kept, [row[0] for row in await tx.execute(sql, (kept, gone))])


async def _move(tx: Transaction, kept: int, gone: int) -> None:
    """Hand the other person's addresses, deals, mails, notes and activities to the kept one."""
    rows = await tx.execute("SELECT coalesce(max(position), -1) FROM person_emails WHERE person_id = ?", (kept,))
    start = int(rows[0][0]) + 1
    sql = "SELECT id FROM person_emails WHERE person_id = ? ORDER BY position"
    for position, row in enumerate(await tx.execute(sql, (gone,)), start):
        await tx.update("person_emails", row[0], {"person_id": kept, "position": position})
    for table, other in (("deal_persons", "deal_id"), ("mail_persons", "mail_id")):
        sql = f"SELECT {other} FROM {table} WHERE person_id = ?"
        present = {row[0] for row in await tx.execute(sql, (kept,))}
        for (id,) in await tx.execute(sql, (gone,)):
            key = {other: id, "person_id": gone}
            if id in present:
                await tx.delete(table, key)
            else:
                await tx.update(table, key, {"person_id": kept})
    for table in ("notes", "activities"):
        for row in await tx.execute(f"SELECT id FROM {table} WHERE person_id = ?", (gone,)):
            await tx.update(table, row[0], {"person_id": kept})
