"""People from a file: an address that somebody has names that person, else phone or organization beside the name do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tui.engine.crm import addresses, fetch
from tui.engine.crm.import_own import Own, OwnRows
from tui.engine.crm.importing import Scene, folded
from tui.engine.crm.locale import Locale
from tui.engine.crm.names import valid_address
from tui.engine.crm.records import Record, bare_address, said
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.model import Person
from tui.engine.text import line


@dataclass(slots=True, eq=False)
class _Entry:
    """What a record says of somebody."""

    number: int
    id: int
    name: str
    emails: dict[str, str]
    columns: dict[str, str]
    phones: list[str]
    organization: str
    title: str
    own: Own
    note: str
    key: str


@dataclass(slots=True, eq=False)
class _Held:
    """Somebody as the CRM will have them; what is in ``new`` is still to be written."""

    id: int
    name: str
    key: str
    emails: dict[str, str] = field(default_factory=dict)
    phones: list[str] = field(default_factory=list)
    organization: str = ""
    title: str = ""
    own: Own = field(default_factory=Own)
    note: str = ""
    new: dict[str, list[str]] = field(default_factory=dict)
    file_id: int = 0


class PeopleImport:
    """Adds people and fills those that are known."""

    def __init__(self, scene: Scene, locale: Locale | None = None, currency: str = "EUR") -> None:
        self._scene = scene
        self._own = OwnRows(scene, "person", locale or Locale(), currency)
        self._file_ids: dict[int, int] = {}
        self.placed: dict[int, int] = {}
        """Id in our own export -> the person here."""

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        await self._own.prepare()
        entries = await self._without_shared(list(self._entries(records)))
        known = await self._known(entries)
        by_address = {norm: one for one in known for norm in one.emails}
        by_name: dict[str, list[_Held]] = {}
        for one in known:
            one.file_id = self._file_ids.get(one.id, 0)
            by_name.setdefault(one.key, []).append(one)
        touched: list[_Held] = []
        placed: list[tuple[int, _Held]] = []
        for entry in entries:
            owners = {id(who): who for norm in entry.emails if (who := by_address.get(norm)) is not None}
            if len(owners) > 1:
                named = " and ".join(f"{one.name} (id {one.id or 'new'})" for one in owners.values())
                where = ", ".join(dict.fromkeys(entry.columns[norm] for norm in entry.emails if norm in by_address))
                self._scene.tally.error(entry.number, f"{where}: The addresses belong to {named}; merge the two first.")
                continue
            found = next(iter(owners.values()), None) or _same(entry, by_name.get(entry.key, ()))
            held = found or _Held(0, entry.name, entry.key)
            if found is None:
                by_name.setdefault(held.key, []).append(held)
                self._scene.tally.created += 1
                _fill(held, entry)
                touched.append(held)
            elif _fill(held, entry):
                self._scene.tally.updated += 1
                touched.append(held)
            else:
                self._scene.tally.skipped += 1
            if found is not None:
                self._tell_differences(entry, held)
            held.file_id = held.file_id or entry.id
            placed.append((entry.id, held))
            by_address.update(dict.fromkeys(entry.emails, held))
        await self._write(list({id(one): one for one in touched}.values()))
        self._file_ids.update((held.id, held.file_id) for _, held in placed if held.file_id)
        self.placed.update((number, held.id) for number, held in placed if number)

    def _entries(self, records: Sequence[Record]) -> Iterator[_Entry]:
        for record in records:
            try:
                yield _entry(record, self._own.of(record))
            except InvalidInput as error:
                self._scene.tally.error(record.number, str(error))

    async def _without_shared(self, entries: Sequence[_Entry]) -> list[_Entry]:
        """Leave out who would have an address that an organization shares."""
        taken: dict[str, str] = {}
        norms = list({norm for entry in entries for norm in entry.emails})
        for start in range(0, len(norms), CHUNK):
            taken |= await self._scene.tx.read(addresses.shared(norms[start : start + CHUNK]))
        left: list[_Entry] = []
        for entry in entries:
            shared = next((norm for norm in entry.emails if norm in taken), None)
            if shared is None:
                left.append(entry)
            else:
                why = f"{entry.columns[shared]}: {addresses.refusal(entry.emails[shared], taken[shared])}"
                self._scene.tally.error(entry.number, why)
        return left

    def _tell_differences(self, entry: _Entry, held: _Held) -> None:
        for what, here, there in (
            ("The name", held.name, entry.name if entry.name not in entry.emails.values() else ""),
            ("The organization", held.organization, entry.organization),
            ("The title", held.title, entry.title),
            ("The note", held.note, entry.note),
        ):
            if there and here != there and fold(here) != fold(there):
                self._scene.tally.differs(entry.number, f"{what} of {line(held.name, 60)}", here, there)
        for what, here, there in self._own.differences(held.own, entry.own):
            self._scene.tally.differs(entry.number, f"{what} of {line(held.name, 60)}", here, there)

    async def _known(self, entries: Sequence[_Entry]) -> list[_Held]:
        """Return the people whom the entries may mean."""
        tx, ids = self._scene.tx, set[int]()
        norms = list({norm for entry in entries for norm in entry.emails})
        for start in range(0, len(norms), CHUNK):
            chunk = norms[start : start + CHUNK]
            sql = f"SELECT person_id FROM person_emails WHERE live = 1 AND norm IN ({marks(chunk)})"
            ids |= {row[0] for row in await tx.execute(sql, chunk)}
        keys = list({entry.key for entry in entries if not entry.emails or entry.id})
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            sql = f"SELECT id FROM persons WHERE deleted_at IS NULL AND key IN ({marks(chunk)})"
            ids |= {row[0] for row in await tx.execute(sql, chunk)}
        found = await tx.read(fetch.persons_by_ids(sorted(ids)))
        return [self._held(one) for one in sorted(found, key=lambda one: one.id)]

    async def _write(self, people: Sequence[_Held]) -> None:
        scene, now = self._scene, self._scene.tx.now
        await scene.name_organizations(one.organization for one in people)
        new = [one for one in people if not one.id]
        rows: list[dict[str, object]] = [
            {**self._row(one), "name": one.name, "key": one.key, "created_at": now, "updated_at": now} for one in new
        ]
        for one, number in zip(new, await scene.bulk.add("persons", rows), strict=True):
            one.id = number
        for one in people:
            if one not in new and {"organization", "title", "note"} & one.new.keys():
                await scene.tx.update("persons", one.id, {**self._row(one), "updated_at": now})
        await scene.bulk.add("person_emails", [row for one in people for row in _email_rows(one)])
        await scene.bulk.add("person_phones", [row for one in people for row in _phone_rows(one)])
        await self._own.write([(one.id, one.own) for one in people])
        scene.persons.update(scene.touch("persons", [one.id for one in people], len(new)))

    def _row(self, one: _Held) -> dict[str, object]:
        organization = self._scene.organizations.get(folded(one.organization))
        return {"organization_id": organization, "title": one.title, "note": one.note}

    def _held(self, one: Person) -> _Held:
        emails = {valid_norm(address): address for address in one.emails}
        organization = "" if one.organization is None else one.organization.name
        own = self._own.held(one.tags, one.fields)
        return _Held(one.id, one.name, fold(one.name), emails, list(one.phones), organization, one.title, own, one.note)


def _entry(record: Record, own: Own) -> _Entry:
    emails: dict[str, str] = {}
    columns: dict[str, str] = {}
    for value in record.several("email", comma=True):
        try:
            written, norm = valid_address(bare_address(value.text))
        except InvalidInput as error:
            raise said(value, error) from error
        emails.setdefault(norm, written)
        columns.setdefault(norm, value.column)
    name = line(record.one("name"), 300)
    if not name:
        parts = (record.one(one) for one in ("given", "middle", "family", "suffix"))
        name = line(" ".join(part for part in parts if part), 300) or line(record.one("nickname"), 300)
    name = name or next(iter(emails.values()), "")
    if not name:
        raise InvalidInput("There is neither a name nor an address in this row; fill one in.")
    phones = dict.fromkeys(phone for value in record.several("phone") if (phone := line(value.text, 60)))
    organization, title = line(record.one("organization"), 300), line(record.one("title"), 300)
    return _Entry(
        record.number,
        record.id(),
        name,
        emails,
        columns,
        list(phones),
        organization,
        title,
        own,
        record.note(),
        fold(name),
    )


def valid_norm(address: str) -> str:
    """Return an address of the CRM as it is compared."""
    return valid_address(address)[1]


def _same(entry: _Entry, called: Sequence[_Held]) -> _Held | None:
    """Return who of the people of that name is meant: never by the name alone when there is more to go by."""
    # Two people of our own export are two, however alike they are.
    called = [one for one in called if not entry.id or one.file_id in (0, entry.id)]
    for one in called:
        if entry.id and one.id == entry.id:
            return one
    if entry.emails:
        return None
    for one in called:
        if set(entry.phones) & set(one.phones):
            return one
    for one in called:
        if entry.organization and fold(entry.organization) == fold(one.organization):
            return one
    bare = not entry.phones and not entry.organization
    return next((one for one in called if bare and not (one.emails or one.phones or one.organization)), None)


def _fill(held: _Held, entry: _Entry) -> bool:
    """Give somebody what the entry says and they lack; return whether that was anything."""
    before = sum(map(len, held.new.values()))
    for norm, written in entry.emails.items():
        if norm not in held.emails:
            held.emails[norm] = written
            held.new.setdefault("emails", []).append(norm)
    for phone in entry.phones:
        if phone not in held.phones:
            held.phones.append(phone)
            held.new.setdefault("phones", []).append(phone)
    own = held.own.fill(entry.own)
    for name in ("organization", "title", "note"):
        if not getattr(held, name) and getattr(entry, name):
            setattr(held, name, getattr(entry, name))
            held.new.setdefault(name, []).append(name)
    return own or sum(map(len, held.new.values())) > before


def _email_rows(one: _Held) -> Iterator[dict[str, object]]:
    start = len(one.emails) - len(one.new.get("emails", ()))
    for position, norm in enumerate(one.new.get("emails", ()), start):
        yield {"person_id": one.id, "address": one.emails[norm], "norm": norm, "position": position}


def _phone_rows(one: _Held) -> Iterator[dict[str, object]]:
    start = len(one.phones) - len(one.new.get("phones", ()))
    for position, phone in enumerate(one.new.get("phones", ()), start):
        yield {"person_id": one.id, "phone": phone, "position": position}
