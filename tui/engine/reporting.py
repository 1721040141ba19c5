"""Reports as flat rows, the same for CSV, JSON and plots; and as files. Only linked mail is counted (R27)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from tui.engine.crm import money, sheets
from tui.engine.crm.reader import CrmReader
from tui.engine.crm.shapes import activity, moment
from tui.engine.errors import InvalidInput
from tui.engine.exporting import Target
from tui.engine.model import Activity, DealRef, ForecastSum, MailVolume, Outcome, StageFlow, StageSum, Stale, Waiting

Row: TypeAlias = "dict[str, Any]"
"""A line of a report, by the names of its columns: texts, numbers, None."""
DAY = 86_400


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
        agenda: what is to be done within a week.
        now: when it was read, seconds since the epoch.
    """

    pipeline: Sequence[StageSum]
    forecast: Sequence[ForecastSum]
    outcomes: Sequence[Outcome]
    flow: Sequence[StageFlow]
    mail: Sequence[MailVolume]
    waiting: Sequence[Waiting]
    stale: Sequence[Stale]
    agenda: Sequence[Activity]
    now: int


def read(crm: CrmReader, now: int) -> Reports:
    """Read every report; ``now`` is the present, seconds since the epoch."""
    return Reports(
        *(crm.pipeline_sums(), crm.forecast(now), crm.outcomes(), crm.stage_flow(), crm.mail_volume()),
        *(crm.waiting(now), crm.stale(now), soon(crm.activities(), now), now),
    )


def soon(planned: Sequence[Activity], now: int) -> list[Activity]:
    """Return what is to be done within a week."""
    return [one for one in planned if one.due < now + 7 * DAY]


def late(one: Activity, now: int) -> bool:
    """Return whether an activity should have been done; what is due some day is late when the day is over."""
    return one.due < now - DAY * one.all_day


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


def conversion(flow: Sequence[StageFlow], ends: Sequence[Outcome]) -> Row:
    """Return what became of the deals of each stage, and how deals ended, as JSON."""
    return {"stages": flow_rows(flow), "outcomes": outcomes_rows(ends)}


def who_waits(owed: Sequence[Waiting], stale: Sequence[Stale], todo: Sequence[Activity]) -> Row:
    """Return who owes whom an answer, where nothing happens, and what is to be done, as JSON."""
    return {
        "waiting": [
            {
                "deal": _deal(one.deal),
                "person": None if one.person is None else {"id": one.person.id, "name": one.person.name},
                "who": one.who,
                "owed_by": one.owed_by,
                "subject": one.subject,
                "since": moment(one.since),
                "days": one.days,
                "usual_days": one.usual,
                "late": one.late,
            }
            for one in owed
        ],
        "stale": [
            {
                "deal": _deal(one.deal),
                "last": moment(one.last),
                "days": one.days,
                "next_activity": moment(one.next_due),
            }
            for one in stale
        ],
        "agenda": [activity(one) for one in todo],
    }


def waiting_rows(owed: Sequence[Waiting], stale: Sequence[Stale], todo: Sequence[Activity], now: int) -> list[Row]:
    """Return the same as rows, in which answers, stale deals and activities stand under one another."""
    rows = [_row("waiting", one.deal, one.subject, one.since, one.days, one.late, one) for one in owed]
    rows += [_row("stale", one.deal, "", one.last, one.days, True) for one in stale]
    return rows + [_row("to do", one.deal, one.subject, one.due, None, late(one, now)) for one in todo]


def _row(
    kind: str, deal: DealRef | None, about: str, at: int, days: float | None, late: bool, owed: Waiting | None = None
) -> Row:
    return {
        "kind": kind,
        "deal": "-" if deal is None else deal.title,
        "who": owed.who if owed else "",
        "owed_by": owed.owed_by if owed else "",
        "about": about,
        "at": moment(at),
        "days": days,
        "usual_days": owed.usual if owed else None,
        "late": late,
    }


def _deal(deal: DealRef | None) -> Row | None:
    return None if deal is None else {"id": deal.id, "title": deal.title}


ROWS: Mapping[str, Callable[[Reports], list[Row]]] = {
    "pipeline": lambda found: pipeline_rows(found.pipeline),
    "forecast": lambda found: forecast_rows(found.forecast),
    "outcomes": lambda found: outcomes_rows(found.outcomes),
    "conversion": lambda found: flow_rows(found.flow),
    "mail": lambda found: mail_rows(found.mail),
    "waiting": lambda found: waiting_rows(found.waiting, found.stale, found.agenda, found.now),
    "stale": lambda found: waiting_rows((), found.stale, (), found.now),
}
"""The reports by name, as rows of a table."""

_JSON: Mapping[str, Callable[[Reports], object]] = {
    "conversion": lambda found: conversion(found.flow, found.outcomes),
    "waiting": lambda found: who_waits(found.waiting, found.stale, found.agenda),
    "stale": lambda found: who_waits((), found.stale, ())["stale"],
}
"""Those that are more than rows as JSON."""


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
    told = _JSON[name](found) if name in _JSON else rows
    data = sheets.as_json(told) if as_json else sheets.text_csv(rows).encode("utf-8", "replace")
    Target(place.parent).write(place.name, data)
    return place


def amount(value: int, currency: str) -> int | float:
    """Return minor units as a number of whole units, an integer where it is one."""
    unit = int(10 ** money.decimals(currency))
    return value // unit if value % unit == 0 else value / unit
