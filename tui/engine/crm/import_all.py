"""A whole CRM as ``export all`` writes it into ``crm.json``: fields, pipelines, organizations, people, deals, notes and
activities, as one import.

What is here already is recognised as it is in the tables; a note by its text and moment, an activity by its subject
and when it is due. Mail is never in it: it is in the mailbox, and links are made there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, TypeAlias

from tui.engine.crm import columns, dates, declared, fetch, repeating
from tui.engine.crm.activities import KINDS
from tui.engine.crm.import_deals import DealsImport
from tui.engine.crm.import_orgs import OrganizationsImport
from tui.engine.crm.import_people import PeopleImport
from tui.engine.crm.importing import Kind, Scene, checked_name
from tui.engine.crm.records import Record, Value
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.model import Field
from tui.engine.text import clean, line

Document: TypeAlias = "dict[str, object]"
Step: TypeAlias = "tuple[str, Kind, Iterator[Record]]"
LARGEST = 500_000_000
"""Bytes of a document that are read."""
SHEETS = ("fields", "pipelines", "orgs", "people", "deals", "notes", "activities")
_SINGULAR = {"emails": "email", "phones": "phone", "tags": "tag", "persons": "person", "roles": "role"}


def read(file: BinaryIO, name: str) -> Document:
    """Read a document.

    Raises:
        InvalidInput: it is too large, no JSON, or not what ``export all`` writes.
    """
    data = file.read(LARGEST + 1)
    shown = line(name, 200)
    if len(data) > LARGEST:
        raise InvalidInput(f'"{shown}" is larger than {LARGEST // 1_000_000:,} MB; import its tables one by one.')
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f'"{shown}" is no JSON ({line(str(error), 100)}); give the crm.json of export all.'
        ) from error
    if not isinstance(found, dict) or not all(isinstance(found.get(sheet, []), list) for sheet in SHEETS):
        raise InvalidInput(f'"{shown}" is not what export all writes; give its crm.json.')
    return found


def steps(scene: Scene, document: Document) -> Iterator[Step]:
    """Give the sheets one after the other: what is pointed at comes first."""
    yield "fields", FieldsImport(scene), _records(document, "fields")
    yield "pipelines", PipelinesImport(scene), _records(document, "pipelines")
    orgs, people = OrganizationsImport(scene, declared.EXACT), PeopleImport(scene, declared.EXACT)
    deals = DealsImport(scene, declared.EXACT, "EUR", people.placed)
    for name, worker in (("orgs", orgs), ("people", people), ("deals", deals)):
        yield name, worker, _records(document, name)
    placed = {"deal": deals.placed, "person": people.placed, "organization": orgs.placed}
    yield "notes", StoryImport(scene, "notes", placed, _note), _records(document, "notes")
    yield "activities", StoryImport(scene, "activities", placed, _activity), _records(document, "activities")


class FieldsImport:
    """Declares the fields that are not declared yet."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        scene, rows = self._scene, list[dict[str, object]]()
        known = {(one.kind, columns.plain(one.name)): one for one in await scene.tx.read(declared.declared())}
        for record in records:
            kind, name, type = (line(record.one(part), 60) for part in ("kind", "name", "type"))
            choices = [line(one.text, 100) for one in record.several("choices")]
            key = columns.plain(name)
            if (
                kind not in declared.KINDS
                or type not in declared.TYPES
                or not key
                or (type == "choice") != bool(choices)
            ):
                scene.tally.error(record.number, f'"{name}" is no field that can be declared; add it by hand.')
            elif (here := known.get((kind, key))) is None:
                place = sum(1 for one in known if one[0] == kind)
                listed = json.dumps(choices, ensure_ascii=False)
                rows.append(
                    {"kind": kind, "name": name, "key": key, "type": type, "choices": listed, "position": place}
                )
                known[kind, key] = Field(0, kind, name, type, tuple(choices))
                scene.tally.created += 1
            else:
                scene.tally.skipped += 1
                if (here.type, list(here.choices)) != (type, choices):
                    scene.tally.differs(record.number, f"The {kind} field {name}", here.type, type)
        added = await scene.bulk.add("fields", rows)
        scene.touch("fields", added, len(added))


class PipelinesImport:
    """Adds pipelines and stages that are not here yet."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        scene, add = self._scene, self._scene.bulk.add
        known = {fold(one.name): one.id for one in await scene.tx.read(fetch.pipelines())}
        for record in records:
            try:
                name = checked_name(record.one("name"), "name")
            except InvalidInput as error:
                scene.tally.error(record.number, str(error))
                continue
            stages = [_stage(value.text) for value in record.values.get("stages", ())]
            before, id = scene.tally.created, known.get(fold(name), 0)
            if not id:
                archived = int(record.one("archived") == "yes")
                [id] = await add(
                    "pipelines",
                    [{"name": name, "key": fold(name), "position": len(known), "archived": archived}],
                )
                known[fold(name)] = id
                scene.tally.created += 1
            here = {row[0] for row in await scene.tx.execute("SELECT key FROM stages WHERE pipeline_id = ?", (id,))}
            rows: list[dict[str, object]] = [
                {"pipeline_id": id, "name": stage, "key": fold(stage), "position": at, "probability": per_cent}
                for at, (stage, per_cent) in enumerate(stages)
                if stage and fold(stage) not in here
            ]
            added = await add("stages", rows)
            scene.touch("stages", added, len(added))
            if before == scene.tally.created:
                scene.tally.updated += bool(rows)
                scene.tally.skipped += not rows


class StoryImport:
    """Adds notes or activities to the deals, people and organizations that came before them.

    Args:
        table: notes or activities.
        placed: noun -> id in the file -> id here.
        row: makes the row's values from a record; the first two and what it is about are what it is known by.
    """

    def __init__(
        self,
        scene: Scene,
        table: str,
        placed: Mapping[str, Mapping[int, int]],
        row: Callable[[Scene, Record], dict[str, object]],
    ) -> None:
        self._scene = scene
        self._table = table
        self._nouns = ("deal", "person", "organization") if table == "notes" else ("deal", "person")
        self._placed = placed
        self._row = row
        self._known: dict[tuple[object, ...], int] | None = None

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        rows: list[dict[str, object]] = []
        for record in records:
            try:
                row = {**self._row(self._scene, record), **self._about(record)}
            except InvalidInput as error:
                self._scene.tally.error(record.number, str(error))
                continue
            known = await self._here(list(row))
            key = self._key(row)
            if known.get(key, 0):
                known[key] -= 1
                self._scene.tally.skipped += 1
            else:
                rows.append(row)
                self._scene.tally.created += 1
        added = await self._scene.bulk.add(self._table, rows)
        self._scene.touch(self._table, added, len(added))

    def _about(self, record: Record) -> dict[str, object]:
        found: dict[str, object] = {}
        for noun in self._nouns:
            number = record.one(noun)
            here = self._placed[noun].get(int(number)) if number.isascii() and number.isdigit() else None
            if number and here is None:
                raise InvalidInput(
                    f"The {noun} {line(number, 20)} that it is about did not come in; mend that one first."
                )
            found[f"{noun}_id"] = here
        return found

    def _key(self, row: Mapping[str, object]) -> tuple[object, ...]:
        return (*list(row.values())[:2], *(row[f"{noun}_id"] for noun in self._nouns))

    async def _here(self, names: Sequence[str]) -> dict[tuple[object, ...], int]:
        """Return what is here, as it is known by -> how many of it."""
        if self._known is None:
            self._known = {}
            what = ",".join([*names[:2], *(f"{noun}_id" for noun in self._nouns)])
            for row in await self._scene.tx.execute(f"SELECT {what} FROM {self._table} WHERE deleted_at IS NULL"):
                self._known[row] = self._known.get(row, 0) + 1
        return self._known


def _note(scene: Scene, record: Record) -> dict[str, object]:
    body = clean(record.one("body")).strip()
    if not body:
        raise InvalidInput("The note is empty.")
    at = _moment(record, "at")
    if at is None:
        at = scene.tx.now
    return {"body": body, "created_at": at, "author": line(record.one("author"), 200), "updated_at": at}


def _activity(scene: Scene, record: Record) -> dict[str, object]:
    due, all_day = dates.parse_due(record.one("due"))
    kind, repeat = record.one("kind"), repeating.parse(record.one("repeat"))
    return {
        "subject": checked_name(record.one("subject"), "subject"),
        "due_at": due,
        "all_day": int(all_day),
        "kind": kind if kind in KINDS else "task",
        "done_at": _moment(record, "done"),
        "message_id": line(record.one("message_id")),
        "repeat": repeat,
        "repeat_from": due if repeat else None,
        "created_at": scene.tx.now,
    }


def _moment(record: Record, name: str) -> int | None:
    return declared.EXACT.moment(record.one(name)) if record.one(name) else None


def _stage(text: str) -> tuple[str, int]:
    name, _, per_cent = text.rpartition("\n")
    return line(name, 300), int(per_cent) if per_cent.isascii() and per_cent.isdigit() and int(per_cent) <= 100 else 0


def _records(document: Document, sheet: str) -> Iterator[Record]:
    """Give the things of a sheet as records, numbered from 1."""
    things = document.get(sheet, [])
    for number, thing in enumerate(things if isinstance(things, list) else (), 1):
        if not isinstance(thing, dict):
            yield Record(number, problem="It is not written as export all writes it.")
            continue
        values: dict[str, list[Value]] = {}
        for name, said in ((str(name), said) for name, said in thing.items()):
            if name == "fields" and isinstance(said, dict):
                for own, text in said.items():
                    values[f"{columns.OWN}{own}"] = [Value(str(text), str(own))]
            elif texts := [text for text in map(_text, said if isinstance(said, list) else [said]) if text.strip()]:
                values[_SINGULAR.get(name, name)] = [Value(text, name) for text in texts]
        yield Record(number, values, exact=True)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else clean(str(value))
