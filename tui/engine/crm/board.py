"""The open deals of a pipeline as cards: what a board shows of each, read in a few statements for both drivers."""

from __future__ import annotations

from tui.engine.crm import fetch
from tui.engine.crm.declared import values
from tui.engine.crm.rows import Query
from tui.engine.model import Card

_OPEN = "d.pipeline_id = ? AND d.status = 'open' AND d.deleted_at IS NULL"

# Sorted so that what counts comes last: a dict of the rows then keeps that one of each deal.
_NEXT = (
    "SELECT a.deal_id, a.due_at, a.subject, a.due_at + CASE WHEN a.all_day = 1 THEN 86400 ELSE 1 END FROM activities a"
    f" JOIN deals d ON d.id = a.deal_id WHERE a.done_at IS NULL AND a.deleted_at IS NULL AND {_OPEN}"
    " ORDER BY a.due_at DESC, a.id DESC"
)

_LAST = (
    "SELECT x.deal_id, max(m.date * 2 + CASE WHEN m.direction = 'in' THEN 1 ELSE 0 END) FROM mail_deals x"
    f" JOIN mails m ON m.id = x.mail_id JOIN deals d ON d.id = x.deal_id WHERE {_OPEN} GROUP BY x.deal_id"
)
"""The date of each deal's last mail and, as its last bit, whether it was received."""

_WHO = (
    "SELECT y.deal_id, p.name FROM deal_persons y JOIN persons p ON p.id = y.person_id JOIN deals d ON d.id = y.deal_id"
    f" WHERE p.deleted_at IS NULL AND {_OPEN} ORDER BY y.position DESC, p.key DESC"
)


def cards(pipeline_id: int) -> Query[list[Card]]:
    """Return the open deals of a pipeline, newest first."""
    here = (pipeline_id,)
    planned = {deal: (due, todo, late_from) for deal, due, todo, late_from in (yield _NEXT, here)}
    mailed = {deal: (last >> 1, "in" if last & 1 else "out") for deal, last in (yield _LAST, here)}
    who: dict[int, str] = dict((yield _WHO, here))
    chosen = f"SELECT d.id FROM deals d WHERE {_OPEN}"
    tags = yield from fetch.tags("deal", chosen, here)
    fields = yield from values("deal", chosen, here)
    rows = yield (
        "SELECT d.id, d.title, d.stage_id, d.value, d.currency, coalesce(o.name, ''), d.owner, d.stage_entered_at,"
        " d.expected_close FROM deals d LEFT JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL"
        f" WHERE {_OPEN} ORDER BY d.created_at DESC, d.id DESC",
        here,
    )
    unplanned, silent = (None, "", None), (None, "")
    return [
        Card._make(
            (
                *(*row[:5], who.get(row[0], ""), *row[5:], *planned.get(row[0], unplanned)),
                *(*mailed.get(row[0], silent), tags.get(row[0], ()), tuple(fields.get(row[0], ()))),
            )
        )
        for row in rows
    ]
