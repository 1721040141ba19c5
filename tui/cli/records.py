"""What the CRM's things look like as JSON (CLI.md) and as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.engine.crm import money
from tui.engine.crm.shapes import Json, deal_reference, moment, reference
from tui.engine.model import (
    Deal,
    Field,
    HistoryEntry,
    Note,
    Organization,
    Person,
    Pipeline,
    TimelineEntry,
)

HISTORY_HEAD = ("at", "by", "what", "before", "after")
PERSON_HEAD = ("id", "name", "addresses", "organization")
DEAL_HEAD = ("id", "title", "stage", "status", "value", "people")


def field(one: Field, used: int | None = None) -> dict[str, Json]:
    """Return a field that was declared; ``used``: how many things have a value in it."""
    found: dict[str, Json] = {"id": one.id, "kind": one.kind, "name": one.name, "type": one.type}
    return {**found, "choices": list(one.choices), **({} if used is None else {"used": used})}


def details(shown: Mapping[str, str]) -> list[str]:
    """Return what is known as indented lines; what is empty is left out, further lines stand below the first."""
    return [f"  {label}: " + value.replace("\n", "\n    ") for label, value in shown.items() if value]


def person(one: Person) -> dict[str, Json]:
    """Return a person."""
    return {
        "id": one.id,
        "name": one.name,
        "emails": list(one.emails),
        "phones": list(one.phones),
        "organization": reference(one.organization),
        "title": one.title,
        "tags": list(one.tags),
        "note": one.note,
        "fields": dict(one.fields),
    }


def organization(one: Organization) -> dict[str, Json]:
    """Return an organization."""
    return {
        "id": one.id,
        "name": one.name,
        "website": one.website,
        "emails": list(one.emails),
        "tags": list(one.tags),
        "note": one.note,
        "fields": dict(one.fields),
    }


def pipeline(one: Pipeline) -> dict[str, Json]:
    """Return a pipeline with its stages in order."""
    return {"id": one.id, "name": one.name, "archived": one.archived, "stages": list(stages(one))}


def stages(one: Pipeline) -> list[dict[str, Json]]:
    """Return the stages of a pipeline, in order."""
    return [
        {
            "id": stage.id,
            "name": stage.name,
            "pipeline": one.name,
            "position": stage.position,
            "probability": stage.probability,
        }
        for stage in one.stages
    ]


def deal(one: Deal) -> dict[str, Json]:
    """Return a deal; ``value`` is in whole units of the currency, ``value_minor`` in its minor units."""
    return {
        "id": one.id,
        "title": one.title,
        "status": one.status,
        "pipeline": one.pipeline,
        "pipeline_id": one.pipeline_id,
        "stage": one.stage,
        "stage_id": one.stage_id,
        "value": amount(one.value, one.currency),
        "value_minor": one.value,
        "currency": one.currency,
        "persons": [{"id": person.id, "name": person.name, "role": person.role} for person in one.persons],
        "organization": reference(one.organization),
        "owner": one.owner,
        "tags": list(one.tags),
        "close": one.expected_close,
        "lost_reason": one.lost_reason,
        "created": moment(one.created),
        "stage_entered": moment(one.stage_entered),
        "closed": moment(one.closed),
        "fields": dict(one.fields),
    }


def amount(value: int, currency: str) -> int | float:
    """Return minor units as a number of whole units, an integer where it is one."""
    unit = int(10 ** money.decimals(currency))
    return value // unit if value % unit == 0 else value / unit


def entry(one: TimelineEntry) -> dict[str, Json]:
    """Return an entry of a timeline; ``message`` is the mailbox id where the mail is here."""
    found: dict[str, Json] = {"kind": one.kind, "at": moment(one.at), "title": one.title, "detail": one.detail}
    if one.kind == "mail":
        found |= {
            "direction": one.direction,
            "message": one.message,
            "attachments": one.attachments,
            "mailbox": one.mailbox,
        }
    elif one.kind == "file":
        found |= {"direction": one.direction, "message": one.message, "mailbox": one.mailbox}
    elif one.id is not None:
        found["id"] = one.id
    return found


def history(found: Sequence[HistoryEntry]) -> list[Json]:
    """Return the history of something, newest first."""
    return [
        {"at": moment(one.at), "actor": one.actor, "field": one.field, "old": one.old, "new": one.new} for one in found
    ]


def history_rows(found: Sequence[HistoryEntry]) -> list[Sequence[str]]:
    """Return the history of something as the cells of a table."""
    return [((moment(one.at) or "")[:16].replace("T", " "), one.who, one.field, one.old, one.new) for one in found]


def note(one: Note) -> dict[str, Json]:
    """Return a note."""
    return {
        "id": one.id,
        "body": one.body,
        "at": moment(one.created),
        "author": one.author,
        "deal": deal_reference(one.deal),
        "person": reference(one.person),
        "organization": reference(one.organization),
    }


def deal_lines(one: Deal) -> list[str]:
    """Return what a deal's line in a table leaves out."""
    people = [f"{person.name} ({person.role})" if person.role else person.name for person in one.persons]
    shown = {
        "people": ", ".join(people),
        "organization": "" if one.organization is None else one.organization.name,
        "owner": one.owner,
        "expected close": one.expected_close or "",
        "lost reason": one.lost_reason,
        "tags": ", ".join(one.tags),
    }
    return details({**shown, **dict(one.fields)})


def person_row(one: Person) -> Sequence[str]:
    """Return a person as the cells of a table."""
    return [str(one.id), one.name, ", ".join(one.emails), "" if one.organization is None else one.organization.name]


def deal_row(one: Deal) -> Sequence[str]:
    """Return a deal as the cells of a table."""
    people = ", ".join(person.name for person in one.persons)
    return [str(one.id), one.title, one.stage, one.status, money.show(one.value, one.currency), people]


def entry_row(one: TimelineEntry) -> Sequence[str]:
    """Return an entry of a timeline as the cells of a table."""
    mark: Mapping[str, str] = {"in": "←", "out": "→"}
    return [(moment(one.at) or "")[:16].replace("T", " "), mark.get(one.direction, one.kind), one.title]
