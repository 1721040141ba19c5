"""The open deals that the link rules ask for, each as ``linking.OpenDeal``."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.crm.fetch import OPEN, last_mail
from tui.engine.crm.rows import Query, chunks, marks
from tui.engine.linking import OpenDeal


def open_for(person_ids: Iterable[int]) -> Query[dict[int, list[OpenDeal]]]:
    """Return person id -> that person's open deals, for the link rules; people without one are left out."""
    pairs: list[tuple[int, int]] = []
    for chunk in chunks(list(dict.fromkeys(person_ids))):
        rows = yield (
            "SELECT dp.person_id, d.id FROM deal_persons dp JOIN deals d ON d.id = dp.deal_id"
            f" JOIN pipelines l ON l.id = d.pipeline_id WHERE {OPEN} AND dp.person_id IN ({marks(chunk)})"
            " ORDER BY d.id",
            chunk,
        )
        pairs += [(person_id, deal_id) for person_id, deal_id in rows]
    known = yield from open_deals(deal_id for _, deal_id in pairs)
    found: dict[int, list[OpenDeal]] = {}
    for person_id, deal_id in pairs:
        found.setdefault(person_id, []).append(known[deal_id])
    return found


def open_deals(deal_ids: Iterable[int]) -> Query[dict[int, OpenDeal]]:
    """Return id -> deal for those of the deals that are open, for ``linking.Known.thread_open``."""
    wanted = list(dict.fromkeys(deal_ids))
    dates = yield from last_mail(wanted)
    found: dict[int, OpenDeal] = {}
    for chunk in chunks(wanted):
        rows = yield (
            "SELECT d.id, d.title, s.name, d.created_at FROM deals d JOIN pipelines l ON l.id = d.pipeline_id"
            f" JOIN stages s ON s.id = d.stage_id WHERE {OPEN} AND d.id IN ({marks(chunk)})",
            chunk,
        )
        found.update((id, OpenDeal(id, title, stage, created, dates.get(id, 0))) for id, title, stage, created in rows)
    return found
