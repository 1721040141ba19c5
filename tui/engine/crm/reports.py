"""Reports over the CRM: sums, forecasts, how deals ended, how they went through the stages, how much mail they had.

Only linked mail is in the CRM, so nothing private is counted (R27). Money is never added across currencies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tui.engine.crm import fetch
from tui.engine.crm.rows import Query, Row, fold
from tui.engine.model import DealRef, ForecastSum, MailVolume, Outcome, StageFlow, StageSum

DAY = 86_400


def pipeline() -> Query[list[StageSum]]:
    """Return the open deals by stage, stage after stage; a stage without deals has one line without a currency."""
    rows = yield (
        "SELECT l.name, s.name, s.probability, coalesce(d.currency, ''), count(d.id), coalesce(sum(d.value), 0)"
        " FROM stages s JOIN pipelines l ON l.id = s.pipeline_id LEFT JOIN deals d ON d.stage_id = s.id"
        " AND d.pipeline_id = l.id AND d.status = 'open' AND d.deleted_at IS NULL WHERE l.archived = 0"
        " AND (s.archived = 0 OR d.id IS NOT NULL)"
        " GROUP BY l.position, l.id, l.name, s.position, s.id, s.name, s.probability, coalesce(d.currency, '')"
        " ORDER BY l.position, l.id, s.position, s.id, coalesce(d.currency, '')",
        (),
    )
    return [
        StageSum(line, stage, percent, currency, deals, int(value), int(value) * int(percent) // 100)
        for line, stage, percent, currency, deals, value in rows
    ]


def forecast(now: int) -> Query[list[ForecastSum]]:
    """Return the open deals by the month of their expected close: late ones first, those without a date last."""
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    month = (
        "CASE WHEN d.expected_close IS NULL THEN 'none' WHEN d.expected_close < ? THEN 'late'"
        " ELSE substr(d.expected_close, 1, 7) END"
    )
    rows = yield (
        f"SELECT month, currency, count(*), sum(value), sum(weighted) FROM (SELECT {month} AS month, d.currency AS"
        " currency, d.value AS value, d.value * s.probability / 100 AS weighted FROM deals d JOIN stages s"
        f" ON s.id = d.stage_id JOIN pipelines l ON l.id = d.pipeline_id WHERE {fetch.OPEN}) AS expected"
        " GROUP BY month, currency",
        (today,),
    )
    found = [
        ForecastSum(due, currency, deals, int(value), int(weighted)) for due, currency, deals, value, weighted in rows
    ]
    order = {"late": "0", "none": "z"}
    return sorted(found, key=lambda one: (order.get(one.month, one.month), one.currency))


def outcomes(since: int = 0) -> Query[list[Outcome]]:
    """Return how the deals that were closed since a moment ended: the won first, then the lost by reason."""
    rows = yield (
        "SELECT status, lost_reason, currency, count(*), sum(value) FROM deals WHERE status <> 'open'"
        " AND deleted_at IS NULL AND coalesce(closed_at, 0) >= ? GROUP BY status, lost_reason, currency",
        (since,),
    )
    found = [Outcome(status, reason, currency, deals, int(value)) for status, reason, currency, deals, value in rows]
    return sorted(found, key=lambda one: (one.status != "won", -one.deals, one.reason, one.currency))


def flow() -> Query[list[StageFlow]]:
    """Return what became of the deals that ever were in each stage, by the history of the stages they went through."""
    pipelines = yield from fetch.pipelines()
    deals = yield (
        "SELECT d.id, d.pipeline_id, s.name, d.status, d.created_at, d.closed_at FROM deals d JOIN stages s"
        " ON s.id = d.stage_id WHERE d.deleted_at IS NULL ORDER BY d.id",
        (),
    )
    events: dict[int, list[Row]] = defaultdict(list)
    for deal_id, *event in (
        yield (
            "SELECT deal_id, at, kind, old_value, new_value FROM deal_events WHERE kind IN ('stage', 'created')"
            " ORDER BY deal_id, at, id",
            (),
        )
    ):
        events[deal_id].append(tuple(event))
    flows: dict[tuple[int, str], _Flow] = {}
    for deal_id, pipeline_id, stage, status, created, closed in deals:
        visits = _visits(events[deal_id], stage, created)
        for at, (name, entered) in enumerate(visits):
            one = flows.setdefault((pipeline_id, fold(name)), _Flow(name))
            last = at == len(visits) - 1
            one.add(entered, (closed if status != "open" else None) if last else visits[at + 1][1], last, status)
    found = []
    for line in pipelines:
        known = {fold(stage.name): stage.name for stage in line.stages}
        former = [key for pipeline_id, key in flows if pipeline_id == line.id and key not in known]
        for key in (*known, *former):
            one = flows.get((line.id, key)) or _Flow(known.get(key, key))
            found.append(one.told(line.name, known.get(key, one.name)))
    return found


def mail_volume(limit: int = 1000) -> Query[list[MailVolume]]:
    """Return the mail of each deal, the deals with the most first."""
    rows = yield (
        "SELECT x.deal_id, sum(CASE WHEN m.direction = 'in' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN m.direction = 'out' THEN 1 ELSE 0 END), min(m.date), max(m.date)"
        " FROM mail_deals x JOIN mails m ON m.id = x.mail_id JOIN deals d"
        " ON d.id = x.deal_id WHERE d.deleted_at IS NULL GROUP BY x.deal_id ORDER BY count(*) DESC, x.deal_id LIMIT ?",
        (limit,),
    )
    refs: dict[int, DealRef] = yield from fetch.deal_refs(row[0] for row in rows)
    return [MailVolume(refs[row[0]], int(row[1]), int(row[2]), row[3], row[4]) for row in rows if row[0] in refs]


class _Flow:
    """The deals that were in one stage."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entered = self.advanced = self.lost = self.still = 0
        self.days: list[float] = []

    def add(self, entered: int, left: int | None, last: bool, status: str) -> None:
        """Count a deal that entered the stage and left it (None: not yet)."""
        self.entered += 1
        self.lost += last and status == "lost"
        self.still += last and status == "open"
        self.advanced += not last or status == "won"
        if left is not None:
            self.days.append(max(0, left - entered) / DAY)

    def told(self, pipeline: str, name: str) -> StageFlow:
        """Return it for the report."""
        days = round(median(self.days), 1) if self.days else None
        return StageFlow(pipeline, name, self.entered, self.advanced, self.lost, self.still, days)


def _visits(events: Sequence[Row], stage: str, created: int) -> list[tuple[str, int]]:
    """Return the stages that a deal went through, each with the moment it entered, the present one last."""
    moves = [(at, old, new) for at, kind, old, new in events if kind == "stage"]
    first = next((new for _, kind, _, new in events if kind == "created"), "")
    begun = (moves[0][1] if moves else stage) or first
    return [(begun, created), *((new, at) for at, _, new in moves)]


def median(values: Sequence[float]) -> float:
    """Return the middle of the values, of which there must be one; ``statistics`` is slow to import."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def totals(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return currency -> sum of the values, in the order of first mention; without a currency nothing is added."""
    found: dict[str, int] = {}
    for currency, value in rows:
        if currency:
            found[currency] = found.get(currency, 0) + value
    return found
