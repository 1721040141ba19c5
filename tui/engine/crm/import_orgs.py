"""Organizations from a file: the name names them; a shared address that is somebody's is an error of its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.engine.crm import addresses, fetch
from tui.engine.crm.import_own import Own, OwnRows
from tui.engine.crm.importing import Scene, checked_name, new_organization
from tui.engine.crm.locale import Locale
from tui.engine.crm.names import valid_address
from tui.engine.crm.records import Record, bare_address, said
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.text import clean, line


@dataclass(slots=True, eq=False)
class _Held:
    """An organization as the CRM has it or will have it; ``id`` 0 for a new one."""

    id: int
    name: str
    website: str = ""
    note: str = ""
    emails: dict[str, str] = field(default_factory=dict)
    own: Own = field(default_factory=Own)
    new_emails: list[str] = field(default_factory=list)
    column: str = ""
    changed: bool = False

    def fill(self, other: _Held) -> bool:
        """Take what another says and this lacks; return whether that was anything."""
        emails = [norm for norm in other.emails if norm not in self.emails]
        own = self.own.fill(other.own)
        if (not self.website and other.website) or (not self.note and other.note):
            self.website, self.note = self.website or other.website, self.note or other.note
            self.changed = own = True
        self.emails |= {norm: other.emails[norm] for norm in emails}
        self.new_emails += emails
        return own or bool(emails)


class OrganizationsImport:
    """Adds organizations and fills those that are known."""

    def __init__(self, scene: Scene, locale: Locale | None = None, currency: str = "EUR") -> None:
        self._scene = scene
        self._own = OwnRows(scene, "organization", locale or Locale(), currency)
        self.placed: dict[int, int] = {}
        """Id in our own export -> the organization here."""

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        await self._own.prepare()
        tally = self._scene.tally
        entries: list[tuple[int, _Held]] = []
        ids: dict[int, int] = {record.number: record.id() for record in records}
        for record in records:
            try:
                entries.append((record.number, self._entry(record)))
            except InvalidInput as error:
                tally.error(record.number, str(error))
        known = await self._known([fold(entry.name) for _, entry in entries])
        owners = await self._owners([norm for _, entry in entries for norm in entry.emails])
        touched: list[_Held] = []
        for number, entry in entries:
            key = fold(entry.name)
            norm = next((norm for norm in entry.emails if owners.get(norm, ("", key))[1] != key), None)
            if norm is not None:
                taken = f"{entry.emails[norm]} already belongs to {owners[norm][0]}; take it away there first."
                tally.error(number, f"{entry.column}: {taken}")
                continue
            owners |= {norm: (entry.name, key) for norm in entry.emails}
            held = known.setdefault(key, _Held(0, entry.name))
            new = not held.id and held not in touched
            filled = held.fill(entry)
            tally.created += new
            tally.updated += filled and not new and bool(held.id)
            tally.skipped += not new and not (filled and held.id)
            if not new:
                self._tell_differences(number, held, entry)
            if (new or filled) and held not in touched:
                touched.append(held)
        await self._write(touched)
        self.placed.update((ids[number], known[fold(entry.name)].id) for number, entry in entries if ids[number])

    def _entry(self, record: Record) -> _Held:
        emails: dict[str, str] = {}
        for value in record.several("email", comma=True):
            try:
                written, norm = valid_address(bare_address(value.text))
            except InvalidInput as error:
                raise said(value, error) from error
            emails.setdefault(norm, written)
        name, website = checked_name(record.one("name"), "name"), line(record.one("website"), 1000)
        column = next((value.column for value in record.several("email", comma=True)), "")
        return _Held(0, name, website, clean(record.note()), emails, self._own.of(record), column=column)

    def _tell_differences(self, number: int, held: _Held, entry: _Held) -> None:
        said = [("The web site", held.website, entry.website), ("The note", held.note, entry.note)]
        for what, here, there in (*said, *self._own.differences(held.own, entry.own)):
            if there and fold(here) != fold(there):
                self._scene.tally.differs(number, f"{what} of {line(held.name, 60)}", here, there)

    async def _known(self, keys: Sequence[str]) -> dict[str, _Held]:
        found: dict[str, _Held] = {}
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            condition = f"o.deleted_at IS NULL AND o.key IN ({marks(chunk)})"
            for one in await self._scene.tx.read(fetch.organizations(condition, chunk)):
                emails = {valid_address(address)[1]: address for address in one.emails}
                own = self._own.held(one.tags, one.fields)
                found[fold(one.name)] = _Held(one.id, one.name, one.website, one.note, emails, own)
        return found

    async def _owners(self, norms: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return normalised address -> (name, key) of the person or organization that has it; a person's key is ""."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(norms), CHUNK):
            chunk = norms[start : start + CHUNK]
            people = await self._scene.tx.read(fetch.by_address(chunk))
            found |= {norm: (one.name, "") for norm, one in people.items()}
            shared = await self._scene.tx.read(addresses.shared(chunk))
            found |= {norm: (name, fold(name)) for norm, name in shared.items()}
        return found

    async def _write(self, touched: Sequence[_Held]) -> None:
        scene = self._scene
        new = [one for one in touched if not one.id]
        rows = [new_organization(one.name, scene.tx.now, one.website, one.note) for one in new]
        for one, id in zip(new, await scene.bulk.add("organizations", rows), strict=True):
            one.id = id
        for one in touched:
            if one.changed and one not in new:
                values = {"website": one.website, "note": one.note, "updated_at": scene.tx.now}
                await scene.tx.update("organizations", one.id, values)
        emails = [
            {"organization_id": one.id, "address": one.emails[norm], "norm": norm, "position": position}
            for one in touched
            for position, norm in enumerate(one.new_emails, len(one.emails) - len(one.new_emails))
        ]
        await scene.bulk.add("organization_emails", emails)
        await self._own.write([(one.id, one.own) for one in touched])
        scene.touch("organizations", [one.id for one in touched], len(new))
