"""The CRM as sheets: what an export holds, cell by cell. Only what is in the CRM, so only linked mail (R27).

A cell never makes a spreadsheet calculate (``records.defused``); several values of one cell stand on lines of their
own. ``records`` and ``columns`` read all of it back, and an import of it changes nothing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from tui.engine.crm import dates, money
from tui.engine.crm.reader import CrmReader
from tui.engine.crm.records import defused
from tui.engine.model import Activity, Deal, Note, Organization, Person

Value: TypeAlias = "str | int | list[Value] | dict[str, Value] | None"
Thing: TypeAlias = "dict[str, Value]"


def moment(at: int | None) -> str:
    """Return a moment in ISO 8601 in UTC, "" for none or one that no calendar has."""
    try:
        return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return ""


def person(one: Person) -> Thing:
    """Return a person as a row."""
    return {
        "id": one.id,
        "name": one.name,
        "emails": list(one.emails),
        "phones": list(one.phones),
        "organization": "" if one.organization is None else one.organization.name,
        "title": one.title,
        "tags": list(one.tags),
        "note": one.note,
        "fields": dict(one.fields),
    }


def organization(one: Organization) -> Thing:
    """Return an organization as a row."""
    return {
        "id": one.id,
        "name": one.name,
        "website": one.website,
        "emails": list(one.emails),
        "tags": list(one.tags),
        "note": one.note,
        "fields": dict(one.fields),
    }


def deal(one: Deal, people: Mapping[int, Person]) -> Thing:
    """Return a deal as a row; its people by address, those without one by name and id, as are those with a role."""
    named: list[Value] = []
    roles: list[Value] = []
    for ref in one.persons:
        emails = people[ref.id].emails if ref.id in people else ()
        named.append(emails[0] if emails else f"{ref.name} [{ref.id}]")
        if ref.role:
            roles.append(f"{named[-1]}: {ref.role}")
    return {
        "id": one.id,
        "title": one.title,
        "value": money.plain(one.value, one.currency),
        "currency": one.currency,
        "pipeline": one.pipeline,
        "stage": one.stage,
        "status": one.status,
        "lost_reason": one.lost_reason,
        "close": one.expected_close or "",
        "persons": named,
        "roles": roles,
        "organization": "" if one.organization is None else one.organization.name,
        "owner": one.owner,
        "tags": list(one.tags),
        "created": moment(one.created),
        "closed": moment(one.closed),
        "stage_entered": moment(one.stage_entered),
        "fields": dict(one.fields),
    }


def note(one: Note) -> Thing:
    """Return a note as a row."""
    return {
        "id": one.id,
        "at": moment(one.created),
        "author": one.author,
        "deal": None if one.deal is None else one.deal.id,
        "person": None if one.person is None else one.person.id,
        "organization": None if one.organization is None else one.organization.id,
        "body": one.body,
    }


def activity(one: Activity) -> Thing:
    """Return an activity as a row."""
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "due": dates.show_due(one.due, one.all_day),
        "repeat": one.repeat,
        "done": moment(one.done),
        "deal": None if one.deal is None else one.deal.id,
        "person": None if one.person is None else one.person.id,
        "message_id": one.message_id,
    }


def sheets(crm: CrmReader, kind: str) -> dict[str, list[Thing]]:
    """Return name -> rows of what an export of this kind (people, deals, orgs, all) holds."""
    people = sorted(crm.persons() if kind in ("people", "deals", "all") else [], key=lambda one: one.id)
    found: dict[str, list[Thing]] = {}
    if kind in ("people", "all"):
        found["people"] = [person(one) for one in people]
    if kind in ("orgs", "all"):
        found["orgs"] = [organization(one) for one in sorted(crm.organizations(), key=lambda one: one.id)]
    if kind in ("deals", "all"):
        by_id = {one.id: one for one in people}
        found["deals"] = [deal(one, by_id) for one in sorted(crm.deals(), key=lambda one: one.id)]
    if kind == "all":
        found["notes"] = [note(one) for one in sorted(crm.notes(), key=lambda one: one.id)]
        found["activities"] = [activity(one) for one in sorted(crm.activities(done=None), key=lambda one: one.id)]
    return found


HEADS: Mapping[str, Sequence[str]] = {
    "people": tuple(person(Person(0, "", ()))),
    "orgs": tuple(organization(Organization(0, ""))),
    "deals": tuple(deal(Deal(0, "", 0, "", 0, "", "", 0, "EUR", (), None, None, "", 0, 0, None), {})),
    "notes": tuple(note(Note(0, "", 0, "", None, None))),
    "activities": ("id", "kind", "subject", "due", "repeat", "done", "deal", "person", "message_id"),
}


def as_csv(name: str, rows: Iterable[Thing], fields: Sequence[str] = ()) -> bytes:
    """Return a sheet as CSV (RFC 4180) in UTF-8 with a byte order mark, as spreadsheets want it.

    Args:
        name: which sheet.
        rows: what is in it.
        fields: the names of the fields that people declared: a column each.
    """
    head = [column for column in HEADS[name] if column != "fields"]
    flat = [{**row, **dict.fromkeys(fields, ""), **_fields(row)} for row in rows]
    return b"\xef\xbb\xbf" + text_csv(flat, [*head, *fields]).encode("utf-8", "replace")


def text_csv(rows: Iterable[Mapping[str, object]], head: Sequence[str] = ()) -> str:
    """Return rows as CSV; the head is that of the first row where none is given."""
    every = list(rows)
    columns = list(head or (every[0] if every else ()))
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in every)
    return file.getvalue()


def as_json(document: object) -> bytes:
    """Return a document as JSON that can be compared line by line."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _fields(row: Thing) -> dict[str, Value]:
    found = row.get("fields")
    return found if isinstance(found, dict) else {}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return defused("\n".join(map(str, value)) if isinstance(value, list) else str(value))
