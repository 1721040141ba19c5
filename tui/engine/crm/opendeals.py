"""The open deals that the link rules ask for, each as ``linking.OpenDeal``."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.crm.fetch import OPEN
from tui.engine.crm.rows import Query, chunks, marks
from tui.engine.linking import OpenDeal

_DEAL = "d.id, d.title, s.name, d.created_at"
_STATE = "JOIN pipelines l ON l.id = d.pipeline_id JOIN stages s ON s.id = d.stage_id"


def open_for(person_ids: Iterable[int]) -> Query[dict[int, list[OpenDeal]]]:
    """Return person id -> that person's open deals, for the link rules; people without one are left out.

    When they last had mail is not asked for: ``fetch.last_mail`` tells it of the few for which it may decide.
    """
    found: dict[int, list[OpenDeal]] = {}
    for chunk in chunks(list(dict.fromkeys(person_ids))):
        rows = yield (
            f"SELECT dp.person_id, {_DEAL} FROM deal_persons dp JOIN deals d ON d.id = dp.deal_id {_STATE}"
            f" WHERE {OPEN} AND dp.person_id IN ({marks(chunk)}) ORDER BY d.id",
            chunk,
        )
        for person_id, *deal in rows:
            found.setdefault(person_id, []).append(OpenDeal(*deal))
    return found


def open_deals(deal_ids: Iterable[int]) -> Query[dict[int, OpenDeal]]:
    """Return id -> deal for those of the deals that are open, for ``linking.Known.thread_open``."""
    found: dict[int, OpenDeal] = {}
    for chunk in chunks(list(dict.fromkeys(deal_ids))):
        rows = yield f"SELECT {_DEAL} FROM deals d {_STATE} WHERE {OPEN} AND d.id IN ({marks(chunk)})", chunk
        found.update((row[0], OpenDeal(*row)) for row in rows)
    return found
