"""``dealdesk report``: the pipeline, the forecast, how deals ended and moved, who owes whom an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tui.cli.bars import bars
from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table
from tui.engine import reporting
from tui.engine.crm import dates, money, reports, sheets, waiting
from tui.engine.crm.shapes import Json, moment
from tui.engine.model import DealRef, ForecastSum, StageSum

if TYPE_CHECKING:
    from tui.engine.core import Engine

report = Noun("report", help="Report on the pipeline, the forecast, how deals end, their mail, and who waits.")


class Told(NamedTuple):
    """A report: as JSON, as rows of a table for CSV, as lines for people."""

    data: Json
    rows: Sequence[dict[str, Json]]
    lines: list[str]


def _with_csv(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")(function)


def _give(out: Out, told: Told, as_csv: bool) -> None:
    if as_csv and not out.json:
        out.say(sheets.text_csv(list(told.rows)).splitlines())
    else:
        out.give(told.data, told.lines or ["There is nothing to report."])


@report.command("pipeline")
@_with_csv
@engine_command
async def report_pipeline(engine: Engine, out: Out, as_csv: bool) -> None:
    """Show the open deals by stage: how many, their value, and weighted by the stage's probability."""
    found = engine.reader.crm.pipeline_sums()
    rows = reporting.pipeline_rows(found)
    lines: list[str] = []
    for name in dict.fromkeys(one.pipeline for one in found):
        here = [one for one in found if one.pipeline == name]
        shown = [
            (one.stage, one.deals, _amount(one.value, one.currency), _amount(one.weighted, one.currency), plot)
            for one, plot in zip(here, _plots(here), strict=True)
        ]
        lines += [*([""] if lines else []), *table((name, "deals", "value", "weighted", ""), shown, right=(1, 2, 3))]
        lines += _totals(here)
    _give(out, Told(list(rows), rows, lines), as_csv)


@report.command("forecast")
@_with_csv
@engine_command
async def report_forecast(engine: Engine, out: Out, as_csv: bool) -> None:
    """Show the open deals by the month of their expected close."""
    found = engine.reader.crm.forecast(int(time.time()))
    rows = reporting.forecast_rows(found)
    shown = [
        (one.month, one.deals, _amount(one.value, one.currency), _amount(one.weighted, one.currency), plot)
        for one, plot in zip(found, _plots(found), strict=True)
    ]
    lines = [*table(("month", "deals", "value", "weighted", ""), shown, right=(1, 2, 3)), *_totals(found)]
    _give(out, Told(list(rows), rows, lines), as_csv)


@report.command("conversion")
@click.option("--since", metavar="DATE", help="Only deals that ended since; all by default.")
@_with_csv
@engine_command
async def report_conversion(engine: Engine, out: Out, since: str | None, as_csv: bool) -> None:
    """Show what became of the deals of each stage, how long they were in it, and how deals ended and why."""
    begin = 0 if since is None else dates.parse_due(since)[0]
    flow = engine.reader.crm.stage_flow()
    ends = engine.reader.crm.outcomes(begin)
    head = ("stage", "entered", "went on", "lost", "still", "days", "")
    lines: list[str] = []
    for name in dict.fromkeys(one.pipeline for one in flow):
        here = [one for one in flow if one.pipeline == name]
        shares = bars([one.advanced / one.entered if one.entered else 0 for one in here])
        shown = [
            (one.stage, one.entered, _share(one.advanced, one.entered), one.lost, one.still, _days(one.days), plot)
            for one, plot in zip(here, shares, strict=True)
        ]
        lines += [*([""] if lines else []), name, *table(head, shown, right=(1, 2, 3, 4, 5))]
    won, lost = (sum(one.deals for one in ends if one.status == status) for status in ("won", "lost"))
    if won + lost:
        lines += ["", f"Won {won:,} of {won + lost:,} that ended ({_share(won, won + lost)})."]
        shown_ends = [
            (one.status, one.reason or "-", one.deals, _amount(one.value, one.currency), plot)
            for one, plot in zip(ends, bars([one.deals for one in ends]), strict=True)
        ]
        lines += table(("ended", "why", "deals", "value", ""), shown_ends, right=(2, 3))
    _give(out, Told(reporting.conversion(flow, ends), reporting.flow_rows(flow), lines), as_csv)


@report.command("mail")
@_with_csv
@engine_command
async def report_mail(engine: Engine, out: Out, as_csv: bool) -> None:
    """Show how much mail each deal had; only linked mail counts."""
    found = engine.reader.crm.mail_volume()
    rows = reporting.mail_rows(found)
    plots = bars([one.received + one.sent for one in found])
    shown = [
        (one.deal.id, one.deal.title, one.received, one.sent, (moment(one.last) or "")[:10], plot)
        for one, plot in zip(found, plots, strict=True)
    ]
    lines = table(("id", "deal", "received", "sent", "last", ""), shown, right=(0, 2, 3))
    _give(out, Told(list(rows), rows, lines), as_csv)


@report.command("waiting")
@click.option("--deal", "deal_ref", metavar="D", help="Only those about this deal.")
@click.option("--person", "person_ref", metavar="P", help="Only those of this person.")
@click.option(
    "--stale-days", type=click.IntRange(1, 3650), default=waiting.STALE_DAYS, metavar="N", help="Stale after."
)
@_with_csv
@engine_command
async def report_waiting(
    engine: Engine, out: Out, deal_ref: str | None, person_ref: str | None, stale_days: int, as_csv: bool
) -> None:
    """Show who owes whom an answer, which deals nothing happens to, and what is to be done within a week."""
    crm, now = engine.reader.crm, int(time.time())
    deal = None if deal_ref is None else crm.deal(deal_ref).id
    person = None if person_ref is None else crm.person(person_ref).id
    owed = crm.waiting(now, deal, person)
    stale = [one for one in crm.stale(now, stale_days) if deal in (None, one.deal.id) and not person]
    todo = reporting.soon(crm.activities(deal, person), now)
    lines: list[str] = []
    for whose, title in (("us", "We owe an answer"), ("them", "They owe an answer")):
        shown = [
            ("late" if one.late else "", f"{one.days:g} d", f"{one.usual:g} d", one.who, _title(one.deal), one.subject)
            for one in owed
            if one.owed_by == whose
        ]
        lines += _section(title, table(("", "waits", "usual", "who", "deal", "about"), shown, right=(1, 2)))
    quiet = [(f"{one.days} d", _title(one.deal), (moment(one.next_due) or "-")[:10]) for one in stale]
    lines += _section("Nothing happens", table(("for", "deal", "next"), quiet, right=(0,)))
    agenda = [
        ("late" if reporting.late(one, now) else "", dates.show_due(one.due, one.all_day), one.subject) for one in todo
    ]
    lines += _section("To do", table(("", "due", "what"), agenda))
    data, rows = reporting.who_waits(owed, stale, todo), reporting.waiting_rows(owed, stale, todo, now)
    _give(out, Told(data, rows, lines), as_csv)


def _plots(found: Sequence[StageSum | ForecastSum]) -> list[str]:
    """Return a bar for each sum, measured within its own currency."""
    plots = [""] * len(found)
    for currency in {one.currency for one in found if one.currency}:
        places = [at for at, one in enumerate(found) if one.currency == currency]
        for at, plot in zip(places, bars([found[at].value for at in places]), strict=True):
            plots[at] = plot
    return plots


def _totals(found: Iterable[StageSum | ForecastSum]) -> list[str]:
    every = list(found)
    values = reports.totals((one.currency, one.value) for one in every)
    weighted = reports.totals((one.currency, one.weighted) for one in every)
    return [
        f"In all {money.show(value, currency)}, weighted {money.show(weighted[currency], currency)}"
        for currency, value in values.items()
    ]


def _amount(value: int, currency: str) -> str:
    return money.show(value, currency) if currency else "-"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _days(days: float | None) -> str:
    return "-" if days is None else f"{days:g}"


def _title(deal: DealRef | None) -> str:
    return "-" if deal is None else deal.title


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines), ""] if lines else []
