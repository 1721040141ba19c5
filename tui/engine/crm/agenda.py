"""Reads of activities and notes, for both drivers (``rows.Query``)."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm import fetch
from tui.engine.crm.rows import Query
from tui.engine.model import Activity, Note, Organization


def activities(where: str = "a.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[Activity]]:
    """Return the activities ``a`` that the condition chooses, what is due first coming first."""
    rows = yield (
        "SELECT a.id, a.kind, a.subject, a.due_at, a.all_day, a.done_at, a.deal_id, a.person_id, a.message_id,"
        f" a.created_at, a.repeat FROM activities a WHERE {where} ORDER BY a.due_at, a.id",
        values,
    )
    deals = yield from fetch.deal_refs(row[6] for row in rows if row[6] is not None)
    persons = yield from fetch.person_refs(row[7] for row in rows if row[7] is not None)
    return [
        Activity(id, kind, subject, due, bool(all_day), done, deals.get(deal), persons.get(person), *rest)
        for id, kind, subject, due, all_day, done, deal, person, *rest in rows
    ]


def notes(where: str = "n.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[Note]]:
    """Return the notes ``n`` that the condition chooses, newest first."""
    rows = yield (
        "SELECT n.id, n.body, n.created_at, n.author, n.deal_id, n.person_id, n.organization_id, o.name FROM notes n"
        f" LEFT JOIN organizations o ON o.id = n.organization_id WHERE {where} ORDER BY n.created_at DESC, n.id DESC",
        values,
    )
    deals = yield from fetch.deal_refs(row[4] for row in rows if row[4] is not None)
    persons = yield from fetch.person_refs(row[5] for row in rows if row[5] is not None)
    return [
        Note(
            *(id, body, created, author, deals.get(deal), persons.get(person)),
            organization=None if org is None else Organization(org, org_name),
        )
        for id, body, created, author, deal, person, org, org_name in rows
    ]
