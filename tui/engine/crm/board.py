"""The open deals of a pipeline as cards: what a board shows of each, read in three statements for both drivers."""

from __future__ import annotations

from tui.engine.crm.rows import Query
from tui.engine.model import Card

_OPEN = "d.pipeline_id = ? AND d.status = 'open' AND d.deleted_at IS NULL"

_NEXT = (
    "SELECT deal_id, due_at, subject, all_day FROM (SELECT a.deal_id, a.due_at, a.subject, a.all_day, row_number() OVER"
    " (PARTITION BY a.deal_id ORDER BY a.due_at, a.id) AS place FROM activities a JOIN deals d ON d.id = a.deal_id"
    f" WHERE a.done_at IS NULL AND a.deleted_at IS NULL AND {_OPEN}) AS planned WHERE place = 1"
)

_LAST = (
    "SELECT deal_id, date, direction FROM (SELECT x.deal_id, m.date, m.direction, row_number() OVER"
    " (PARTITION BY x.deal_id ORDER BY m.date DESC, m.id DESC) AS place FROM mail_deals x"
    f" JOIN mails m ON m.id = x.mail_id JOIN deals d ON d.id = x.deal_id WHERE {_OPEN}) AS mailed WHERE place = 1"
)

_WHO = (
    "SELECT deal_id, name FROM (SELECT y.deal_id, p.name, row_number() OVER (PARTITION BY y.deal_id"
    " ORDER BY y.position, p.key) AS place FROM deal_persons y JOIN persons p ON p.id = y.person_id"
    f" JOIN deals d ON d.id = y.deal_id WHERE p.deleted_at IS NULL AND {_OPEN}) AS attached WHERE place = 1"
)


def cards(pipeline_id: int) -> Query[list[Card]]:
    """Return the open deals of a pipeline, newest first."""
    here = (pipeline_id,)
    planned = {
        deal: (due, subject, due + (86400 if all_day else 1)) for deal, due, subject, all_day in (yield _NEXT, here)
    }
    mailed = {deal: (date, direction) for deal, date, direction in (yield _LAST, here)}
    who: dict[int, str] = dict((yield _WHO, here))
    rows = yield (
        "SELECT d.id, d.title, d.stage_id, d.value, d.currency, coalesce(o.name, ''), d.owner, d.stage_entered_at,"
        " d.expected_close FROM deals d LEFT JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL"
        f" WHERE {_OPEN} ORDER BY d.created_at DESC, d.id DESC",
        here,
    )
    return [
        Card(
            id=id,
            title=title,
            stage_id=stage_id,
            value=value,
            currency=currency,
            who=who.get(id, ""),
            organization=organization,
            owner=owner,
            entered=entered,
            close=close,
            due=due,
            todo=todo,
            late_from=late_from,
            mail_at=mail_at,
            mail_direction=direction,
        )
        for id, title, stage_id, value, currency, organization, owner, entered, close in rows
        for due, todo, late_from in [planned.get(id, (None, "", None))]
        for mail_at, direction in [mailed.get(id, (None, ""))]
    ]
