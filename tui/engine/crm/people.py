"""People, written: one address belongs to one person, and every change can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tui.engine.crm import addresses, fetch, merge, resolve
from tui.engine.crm import fields as field_rows
from tui.engine.crm import phones as phone_rows
from tui.engine.crm import tags as tag_rows
from tui.engine.crm.db import Changed, CrmDb
from tui.engine.crm.names import valid_name
from tui.engine.crm.organizations import organization_named
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.model import Person, PersonRef
from tui.engine.text import clean, line


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
        fields: Mapping[str, str] | None = None,
    ) -> Changed:
        """Add a person; the first address is the primary one; an organization new by name is added too.

        Args:
            fields: name of a declared field -> its value, as it is typed.

        Raises:
            InvalidInput: the name is empty, an address is malformed or somebody's, a value is none of its field.
            NotFound: there is no organization with that id, or no such field.
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
            await addresses.add(tx, "person", person_id, emails)
            await phone_rows.put(tx, person_id, phones)
            await tag_rows.put(tx, "person", person_id, tags)
            await field_rows.write(tx, "person", person_id, fields or {})
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
        fields: Mapping[str, str] | None = None,
        add_emails: Sequence[str] = (),
        remove_emails: Sequence[str] = (),
        add_phones: Sequence[str] = (),
        remove_phones: Sequence[str] = (),
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
    ) -> Changed:
        """Change what is given and leave what is None; ``org=""`` takes the organization away.

        Raises:
            NotFound, Ambiguous: the person, or a field.
            InvalidInput: as ``add``; or an address or phone to remove is not this person's.
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
                await addresses.put(tx, "person", person_id, emails)
            await addresses.remove(tx, "person", person_id, remove_emails)
            await addresses.add(tx, "person", person_id, add_emails)
            await phone_rows.change(tx, person_id, phones, add_phones, remove_phones)
            await tag_rows.change(tx, "person", person_id, tags, add_tags, remove_tags)
            await field_rows.write(tx, "person", person_id, fields or {})
            [(called,)] = await tx.execute("SELECT name FROM persons WHERE id = ?", (person_id,))
            return tx.changed(person_id, f"Edited {called}", [person_id])

    async def delete(self, ref: Ref) -> Changed:
        """Delete a person: the addresses become free, deals and mails keep what they have.

        Raises:
            NotFound, Ambiguous: the person.
        """
        async with self._db.transaction() as tx:
            person_id = await tx.read(resolve.person(ref))
            await tx.update("persons", person_id, {"deleted_at": tx.now})
            await addresses.release(tx, "person", person_id)
            deals = await tx.execute("SELECT deal_id FROM deal_persons WHERE person_id = ?", (person_id,))
            [(called,)] = await tx.execute("SELECT name FROM persons WHERE id = ?", (person_id,))
            return tx.changed(person_id, f"Deleted {called}", [person_id], [row[0] for row in deals])

    async def merge(self, keep: Ref, *others: Ref) -> Changed:
        """Make people one: ``keep`` gets all that the others have; references to them lead to ``keep``.

        Raises:
            NotFound, Ambiguous: one of them.
            InvalidInput: two of them are the same person, or there is only one.
        """
        async with self._db.transaction() as tx:
            kept = await tx.read(resolve.person(keep))
            name = (await tx.read(fetch.person_refs([kept])))[kept].name
            gone: list[int] = []
            for other in others:
                id = await tx.read(resolve.person(other))
                if id in (kept, *gone):
                    raise InvalidInput(f'"{keep}" and "{other}" are the same person; give two.')
                await merge.into(tx, kept, id)
                gone.append(id)
            if not gone:
                raise InvalidInput(f"{name} is alone; give the people to be merged into this one.")
            deals = await tx.execute("SELECT deal_id FROM deal_persons WHERE person_id = ?", (kept,))
            title = f"Merged {len(gone) + 1} people into {name}"
            return tx.changed(kept, title, [kept, *gone], [row[0] for row in deals])
