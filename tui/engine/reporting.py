"""Reports as flat rows, the same for CSV, JSON and plots; and as files. Only linked mail is counted (R27)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from tui.engine.crm import money, sheets
from tui.engine.crm.reader import CrmReader
from tui.engine.errors import InvalidInput
from tui.engine.exporting import Target
from tui.engine.model import ForecastSum, MailVolume, Outcome, StageFlow, StageSum, Stale, Waiting

Row: TypeAlias = "dict[str, Any]"
"""A line of a report, by the names of its columns: texts, numbers, None."""


class Reports(NamedTuple):
    """Every report, read together.

    Args:
        pipeline: the open deals by stage.
        forecast: the open deals by the month of their expected close.
        outcomes: how closed deals ended, and why.
        flow: what became of the deals of each stage.
        mail: the mail of each deal.
        waiting: who owes whom an answer.
        stale: the open deals that nothing happens to.
    """

    pipeline: Sequence[StageSum]
    forecast: Sequence[ForecastSum]
    outcomes: Sequence[Outcome]
    flow: Sequence[StageFlow]
    mail: Sequence[MailVolume]
    waiting: Sequence[Waiting]
    stale: Sequence[Stale]


def read(crm: CrmReader, now: int) -> Reports:
    """Read every report; ``now`` is the present, seconds since the epoch."""
    return Reports(
        *(crm.pipeline_sums(), crm.forecast(now), crm.outcomes(), crm.stage_flow(), crm.mail_volume()),
        *(crm.waiting(now), crm.stale(now)),
    )


def pipeline_rows(found: Sequence[StageSum]) -> list[Row]:
    """Return the open deals by stage as rows."""
    return [
        {
            "pipeline": one.pipeline,
            "stage": one.stage,
            "probability": one.probability,
            "currency": one.currency or None,
            "deals": one.deals,
            "value": amount(one.value, one.currency or "EUR"),
            "weighted": amount(one.weighted, one.currency or "EUR"),
        }
        for one in found
    ]


def forecast_rows(found: Sequence[ForecastSum]) -> list[Row]:
    """Return the forecast as rows."""
    return [
        {
            "month": one.month,
            "currency": one.currency,
            "deals": one.deals,
            "value": amount(one.value, one.currency),
            "weighted": amount(one.weighted, one.currency),
        }
        for one in found
    ]


def outcomes_rows(found: Sequence[Outcome]) -> list[Row]:
    """Return how deals ended as rows."""
    return [
        {
            "status": one.status,
            "reason": one.reason,
            "currency": one.currency,
            "deals": one.deals,
            "value": amount(one.value, one.currency),
        }
        for one in found
    ]


def flow_rows(found: Sequence[StageFlow]) -> list[Row]:
    """Return what became of the deals of each stage as rows."""
    return [
        {
            "pipeline": one.pipeline,
            "stage": one.stage,
            "entered": one.entered,
            "advanced": one.advanced,
            "lost": one.lost,
            "still": one.still,
            "rate": round(one.advanced / one.entered, 3) if one.entered else None,
            "days": one.days,
        }
        for one in found
    ]


def mail_rows(found: Sequence[MailVolume]) -> list[Row]:
    """Return the mail of each deal as rows."""
    return [
        {
            "deal": one.deal.id,
            "title": one.deal.title,
            "status": one.deal.status,
            "received": one.received,
            "sent": one.sent,
            "first": moment(one.first),
            "last": moment(one.last),
        }
        for one in found
    ]


def waiting_rows(found: Sequence[Waiting]) -> list[Row]:
    """Return who owes whom an answer as rows."""
    return [
        {
            "deal": one.deal.id if one.deal is not None else None,
            "title": one.deal.title if one.deal is not None else "",
            "person": one.person.id if one.person is not None else None,
            "who": one.who,
            "owed_by": one.owed_by,
            "subject": one.subject,
            "since": moment(one.since),
            "days": one.days,
            "usual_days": one.usual,
            "late": one.late,
        }
        for one in found
    ]


def stale_rows(found: Sequence[Stale]) -> list[Row]:
    """Return the deals that nothing happens to as rows."""
    return [
        {
            "deal": one.deal.id,
            "title": one.deal.title,
            "last": moment(one.last),
            "days": one.days,
            "next_activity": moment(one.next_due) if one.next_due is not None else None,
        }
        for one in found
    ]


ROWS: Mapping[str, Callable[[Reports], list[Row]]] = {
    "pipeline": lambda found: pipeline_rows(found.pipeline),
    "forecast": lambda found: forecast_rows(found.forecast),
    "outcomes": lambda found: outcomes_rows(found.outcomes),
    "conversion": lambda found: flow_rows(found.flow),
    "mail": lambda found: mail_rows(found.mail),
    "waiting": lambda found: waiting_rows(found.waiting),
    "stale": lambda found: stale_rows(found.stale),
}
"""The reports by name, as rows."""


def write(found: Reports, name: str, path: str | os.PathLike[str]) -> Path:
    """Write a report into a new file: JSON when its name ends so, else CSV; return where it is.

    Args:
        found: what was read.
        name: one of ``ROWS``.
        path: the file; ``~`` is the home.

    Raises:
        InvalidInput: the report is unknown, the file is there already, or it can't be written.
    """
    if name not in ROWS:
        raise InvalidInput(f'There is no report "{name}"; choose one of {", ".join(ROWS)}.')
    rows, place = ROWS[name](found), Path(path).expanduser().absolute()
    as_json = place.suffix.lower() == ".json"
    data = sheets.as_json(rows) if as_json else sheets.text_csv(rows).encode("utf-8", "replace")
    Target(place.parent).write(place.name, data)
    return place


def amount(value: int, currency: str) -> int | float:
    """Return minor units as a number of whole units, an integer where it is one."""
    unit = int(10 ** money.decimals(currency))
    return value // unit if value % unit == 0 else value / unit


def moment(at: int) -> str | None:
    """Return a moment in ISO 8601 in UTC; one that no calendar has as None."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return None
