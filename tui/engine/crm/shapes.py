"""What moments, people, deals and activities look like as JSON (CLI.md), wherever they are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

from tui.engine.crm import dates
from tui.engine.model import Activity, DealRef, Organization, PersonRef

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def moment(at: int | None) -> str | None:
    """Return a moment in ISO 8601 in UTC; one that no calendar has (mail may claim anything) as None."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return None


def reference(one: PersonRef | Organization | None) -> Json:
    """Return a person or organization as {id, name}."""
    return None if one is None else {"id": one.id, "name": one.name}


def deal_reference(deal: DealRef | None) -> Json:
    """Return a deal as {id, title, stage, status}."""
    if deal is None:
        return None
    return {"id": deal.id, "title": deal.title, "stage": deal.stage, "status": deal.status}


def activity(one: Activity) -> dict[str, Json]:
    """Return an activity; ``due`` is a date when it lasts all day."""
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "due": dates.show_due(one.due, one.all_day),
        "all_day": one.all_day,
        "repeat": one.repeat or None,
        "done": one.done is not None,
        "done_at": moment(one.done),
        "deal": deal_reference(one.deal),
        "person": reference(one.person),
        "message_id": one.message_id,
        "created": moment(one.created),
    }
