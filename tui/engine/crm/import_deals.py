"""Deals from a file. The n-th deal of a title, organization and people there is the n-th of these here.

People are never made by an import of deals; organizations, pipelines and stages that are new are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.engine.crm import declared, fetch, money
from tui.engine.crm.import_own import Own, OwnRows
from tui.engine.crm.importing import Scene, checked_name, folded
from tui.engine.crm.locale import Locale
from tui.engine.crm.records import Record, Value, bare_address, said
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.model import Deal, PersonRef
from tui.engine.text import line, normalize_address

_WON = re.compile(r"(closed )?won|gewonnen|success(ful)?", re.IGNORECASE)
_LOST = re.compile(r"(closed )?lost|verloren|abandoned", re.IGNORECASE)
_WITH_ID = re.compile(r"(.+) \[(\d{1,18})\]", re.DOTALL | re.ASCII)
"""How our own export names somebody without an address."""
_OPEN = re.compile(r"open|new|in progress|offen|active|", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class _Entry:
    """What a record says of a deal."""

    number: int
    id: int
    exact: bool
    title: str
    value: int
    currency: str
    pipeline: str
    stage: str
    status: str
    lost_reason: str
    close: str
    persons: list[int]
    organization: str
    owner: str
    roles: dict[int, str]
    own: Own
    created: int | None
    closed: int | None
    entered: int | None
    note: str

    @property
    def key(self) -> tuple[str, str, frozenset[int]]:
        return fold(self.title), fold(self.organization), frozenset(self.persons)


@dataclass(slots=True)
class _Pipelines:
    """The pipelines by folded name, and their stages by folded name."""

    ids: dict[str, int] = field(default_factory=dict)
    stages: dict[int, dict[str, int]] = field(default_factory=dict)
    first: int = 0


class DealsImport:
    """Adds deals; those that are known get what they lack: an expected close, an owner, roles, tags, fields.

    Args:
        locale: how the file writes amounts and dates.
        currency: of amounts that name none.
        people: id in our own export -> the person here, where people came along.
    """

    def __init__(self, scene: Scene, locale: Locale, currency: str, people: Mapping[int, int] | None = None) -> None:
        self._scene = scene
        self._people_placed = {} if people is None else people
        self._locale = locale
        self._usual = currency
        self._own = OwnRows(scene, "deal", locale, currency)
        self._pipelines: _Pipelines | None = None
        self._seen: dict[tuple[str, str, frozenset[int]], int] = {}
        self.placed: dict[int, int] = {}
        """Id in our own export -> the deal here."""

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        await self._own.prepare()
        people = await self._people(records)
        entries: list[_Entry] = []
        for record in records:
            try:
                entries.append(self._entry(record, people))
            except InvalidInput as error:
                self._scene.tally.error(record.number, str(error))
        known = await self._known(entries)
        new: list[_Entry] = []
        for entry in entries:
            place = self._seen[entry.key] = self._seen.get(entry.key, 0) + 1
            same = known.get(entry.key, [])
            if place > len(same):
                new.append(entry)
                self._scene.tally.created += 1
            else:
                self.placed[entry.id] = same[place - 1].id
                await self._fill(entry, same[place - 1])
        await self._write(new)

    async def _fill(self, entry: _Entry, here: Deal) -> None:
        """Give a deal what the entry says and it lacks, and tell what it says otherwise."""
        scene, own = self._scene, self._own.held(here.tags, here.fields)
        value = money.show(here.value, here.currency), money.show(entry.value, entry.currency)
        told = [("value", *value)] if entry.value and value[0] != value[1] else []
        told += [("owner", here.owner, entry.owner)] if entry.owner and here.owner not in ("", entry.owner) else []
        told += [*self._own.differences(own, entry.own)]
        told += [
            (f"role of {one.name}", one.role, entry.roles[one.id]) for one in here.persons if self._other(one, entry)
        ]
        for what, stays, there in told:
            scene.tally.differs(entry.number, f"The {what} of {line(entry.title, 60)}", stays, there)
        values: dict[str, object] = {}
        if entry.close and not here.expected_close:
            values["expected_close"] = entry.close
        if entry.owner and not here.owner:
            values["owner"] = entry.owner
        roles = {one.id: entry.roles[one.id] for one in here.persons if one.id in entry.roles and not one.role}
        if own.fill(entry.own) or values or roles:
            await scene.tx.update("deals", here.id, {**values, "updated_at": scene.tx.now})
            for person, role in roles.items():
                await scene.tx.update("deal_persons", {"deal_id": here.id, "person_id": person}, {"role": role})
            await self._own.write([(here.id, own)])
            scene.deals.update(scene.touch("deals", [here.id]))
            scene.tally.updated += 1
        else:
            scene.tally.skipped += 1

    @staticmethod
    def _other(one: PersonRef, entry: _Entry) -> bool:
        return bool(one.role) and entry.roles.get(one.id, one.role) != one.role

    async def _people(self, records: Sequence[Record]) -> dict[str, list[int]]:
        """Return normalised address or folded name -> the people who have it."""
        texts = {value.text for record in records for value in _persons(record)}
        texts |= {exact[1] for text in texts if (exact := _WITH_ID.fullmatch(text))}
        found: dict[str, list[int]] = {}
        addresses = [text for text in texts if "@" in text]
        for norm, one in (await self._scene.tx.read(fetch.by_address(addresses))).items():
            found[norm] = [one.id]
        names = list({fold(text) for text in texts})
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            sql = f"SELECT key, id FROM persons WHERE deleted_at IS NULL AND key IN ({marks(chunk)}) ORDER BY id"
            for key, id in await self._scene.tx.execute(sql, chunk):
                found.setdefault(key, []).append(id)
        return found

    def _entry(self, record: Record, people: dict[str, list[int]]) -> _Entry:
        currency = self._currency(record)
        status = _status(record)
        persons = {value.text: self._person(value, people) for value in _persons(record)}
        return _Entry(
            record.number,
            record.id(),
            record.exact,
            checked_name(record.one("title"), "title"),
            self._value(record, currency),
            currency,
            line(record.one("pipeline"), 300),
            _stage(record),
            status,
            line(record.one("lost_reason"), 500) if status == "lost" else "",
            self._day(record),
            list(dict.fromkeys(persons.values())),
            line(record.one("organization"), 300),
            line(record.one("owner"), 200),
            _roles(record, persons),
            self._own.of(record),
            self._moment(record, "created"),
            self._moment(record, "closed"),
            self._moment(record, "stage_entered"),
            record.note(),
        )

    def _person(self, value: Value, people: dict[str, list[int]]) -> int:
        exact = _WITH_ID.fullmatch(value.text)
        placed = self._people_placed.get(int(exact[2]), 0) if exact else 0
        return placed if exact and placed in people.get(fold(exact[1]), []) else _person(value, people)

    def _currency(self, record: Record) -> str:
        for value in record.values.get("currency", ()):
            try:
                return money.currency(value.text)
            except InvalidInput as error:
                raise said(value, error) from error
        return money.symbol(record.one("value")) or self._usual

    def _value(self, record: Record, currency: str) -> int:
        for value in record.values.get("value", ()):
            try:
                return (declared.EXACT if record.exact else self._locale).amount(value.text, currency)
            except InvalidInput as error:
                raise said(value, error) from error
        return 0

    def _day(self, record: Record) -> str:
        for value in record.values.get("close", ()):
            try:
                return self._locale.day(value.text)
            except InvalidInput as error:
                raise said(value, error) from error
        return ""

    def _moment(self, record: Record, name: str) -> int | None:
        for value in record.values.get(name, ()):
            try:
                return self._locale.moment(value.text)
            except InvalidInput as error:
                raise said(value, error) from error
        return None

    async def _known(self, entries: Sequence[_Entry]) -> dict[tuple[str, str, frozenset[int]], list[Deal]]:
        """Return the deals that the entries may mean, oldest first."""
        found: dict[tuple[str, str, frozenset[int]], list[Deal]] = {}
        keys = list({fold(entry.title) for entry in entries})
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            deals = await self._scene.tx.read(fetch.deals(f"d.deleted_at IS NULL AND d.key IN ({marks(chunk)})", chunk))
            for one in sorted(deals, key=lambda deal: deal.id):
                if self._scene.bulk.is_new("deals", one.id):
                    continue
                organization = "" if one.organization is None else fold(one.organization.name)
                key = fold(one.title), organization, frozenset(person.id for person in one.persons)
                found.setdefault(key, []).append(one)
        return found

    async def _write(self, entries: Sequence[_Entry]) -> None:
        scene, now = self._scene, self._scene.tx.now
        await scene.name_organizations(entry.organization for entry in entries)
        places = [await self._place(entry) for entry in entries]
        rows: list[dict[str, object]] = []
        for entry, (pipeline, stage) in zip(entries, places, strict=True):
            created = min(now, entry.created if entry.created is not None else now)
            closed = None if entry.status == "open" else entry.closed if entry.closed is not None else now
            rows.append(
                {
                    "title": entry.title,
                    "key": fold(entry.title),
                    "pipeline_id": pipeline,
                    "stage_id": stage,
                    "status": entry.status,
                    "value": entry.value,
                    "currency": entry.currency,
                    "organization_id": scene.organizations.get(folded(entry.organization)),
                    "owner": entry.owner if entry.owner or entry.exact else scene.tx.actor,
                    "expected_close": entry.close or None,
                    "lost_reason": entry.lost_reason,
                    "created_at": created,
                    "updated_at": now,
                    "stage_entered_at": entry.entered if entry.entered is not None else created,
                    "closed_at": closed,
                }
            )
        ids = await scene.bulk.add("deals", rows)
        await self._write_around(entries, ids, rows)
        self.placed.update((entry.id, id) for entry, id in zip(entries, ids, strict=True))
        scene.touch("deals", ids, len(ids))

    async def _write_around(
        self, entries: Sequence[_Entry], ids: Sequence[int], rows: Sequence[dict[str, object]]
    ) -> None:
        """Write the people, the history and the notes of new deals."""
        attached: list[dict[str, object]] = []
        events: list[dict[str, object]] = []
        notes: list[dict[str, object]] = []
        tx = self._scene.tx
        for entry, id, row in zip(entries, ids, rows, strict=True):
            attached += [
                {"deal_id": id, "person_id": person, "role": entry.roles.get(person, ""), "position": position}
                for position, person in enumerate(entry.persons)
            ]
            about: dict[str, object] = {"deal_id": id, "actor": tx.actor}
            events.append({**about, "at": row["created_at"], "kind": "created", "new_value": entry.stage})
            if entry.status != "open":
                told = f"{entry.status}: {entry.lost_reason}" if entry.lost_reason else entry.status
                events.append({**about, "at": row["closed_at"], "kind": "status", "new_value": told})
            if entry.note:
                made = {"created_at": tx.now, "updated_at": tx.now}
                notes.append({"body": entry.note, "author": tx.actor, "deal_id": id, **made})
            self._scene.persons.update(one for one in entry.persons if not self._scene.bulk.is_new("persons", one))
        await self._scene.bulk.add("deal_persons", attached)
        await self._scene.bulk.add("deal_events", events)
        await self._scene.bulk.add("notes", notes)
        await self._own.write([(id, _fresh(entry.own)) for entry, id in zip(entries, ids, strict=True)])

    async def _place(self, entry: _Entry) -> tuple[int, int]:
        """Return the pipeline and the stage, made when they are new; the first ones where none is said."""
        if self._pipelines is None:
            self._pipelines = _Pipelines()
            for one in await self._scene.tx.read(fetch.pipelines()):
                self._pipelines.ids[fold(one.name)] = one.id
                self._pipelines.stages[one.id] = {}
                self._pipelines.first = self._pipelines.first or (0 if one.archived else one.id)
            sql = "SELECT pipeline_id, key, id FROM stages ORDER BY archived, position, id"
            for pipeline, key, id in await self._scene.tx.execute(sql):
                self._pipelines.stages[pipeline][key] = id
        known, add = self._pipelines, self._scene.bulk.add
        pipeline = known.ids.get(fold(entry.pipeline), 0) if entry.pipeline else known.first
        if not pipeline:
            name = entry.pipeline or "Sales"
            row: dict[str, object] = {"name": name, "key": fold(name), "position": len(known.ids)}
            [pipeline] = await add("pipelines", [row])
            known.ids[fold(name)] = pipeline
            known.stages[pipeline] = {}
            known.first = known.first or pipeline
        stages = known.stages[pipeline]
        name = entry.stage or ("" if stages else "Lead")
        if not name:
            return pipeline, next(iter(stages.values()))
        if fold(name) not in stages:
            row = {"pipeline_id": pipeline, "name": name, "key": fold(name), "position": len(stages)}
            [stages[fold(name)]] = await add("stages", [row])
        return pipeline, stages[fold(name)]


def _persons(record: Record) -> list[Value]:
    found = []
    for value in record.several("person"):
        several = [part.strip() for part in value.text.split(",")]
        if not record.exact and len(several) > 1 and all("@" in part for part in several):
            found += [Value(bare_address(part), value.column) for part in several]
        else:
            found.append(Value(bare_address(value.text) if "@" in value.text else value.text, value.column))
    return found


def _person(value: Value, people: dict[str, list[int]]) -> int:
    ids = people.get(normalize_address(value.text)) or people.get(fold(value.text)) or []
    if not ids and (exact := _WITH_ID.fullmatch(value.text)):
        ids = people.get(fold(exact[1]), [])
        ids = [int(exact[2])] if int(exact[2]) in ids else ids
    shown = line(value.text, 80)
    if not ids:
        raise InvalidInput(f'{value.column}: there is no person "{shown}"; import the people first.')
    if len(ids) > 1:
        raise InvalidInput(f'{value.column}: {len(ids)} people are called "{shown}"; give an address.')
    return ids[0]


def _roles(record: Record, persons: dict[str, int]) -> dict[int, str]:
    """Return person -> role as our own export says them, ``ann@acme.io: decision maker`` in a line of its own."""
    found: dict[int, str] = {}
    for value in record.several("role"):
        for text, person in persons.items():
            if value.text.startswith(f"{text}: "):
                found[person] = line(value.text.removeprefix(f"{text}: "), 60)
    return found


def _fresh(said: Own) -> Own:
    """Return what a new deal has: everything that its record says."""
    own = Own()
    own.fill(said)
    return own


def _stage(record: Record) -> str:
    """Return the stage, "" for one that only says how the deal ended (HubSpot's "Closed Won")."""
    stage = line(record.one("stage"), 300)
    return "" if not record.exact and (_WON.fullmatch(stage) or _LOST.fullmatch(stage)) else stage


def _status(record: Record) -> str:
    """Return open, won or lost, as the status or else the stage says."""
    for value in record.values.get("status", ()):
        for pattern, status in ((_WON, "won"), (_LOST, "lost"), (_OPEN, "open")):
            if pattern.fullmatch(value.text):
                return status
        raise InvalidInput(f'{value.column}: "{line(value.text, 40)}" is no status; it is open, won or lost.')
    stage = record.one("stage")
    return "won" if _WON.fullmatch(stage) else "lost" if _LOST.fullmatch(stage) else "open"
