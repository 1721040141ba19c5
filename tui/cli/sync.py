"""``dealdesk sync``: one full pass, or with ``--watch`` every change as it happens, a line each."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import Command, engine_command, fail, warn
from tui.cli.output import Out, table
from tui.engine.crm.shapes import Json, moment
from tui.engine.events import Event, Notified, OperationRefused
from tui.engine.model import SyncReport

if TYPE_CHECKING:
    from tui.engine.core import Engine

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@click.command("sync", cls=Command)
@click.option("--account", "account_ref", metavar="A", help="Only this account.")
@click.option("--watch", is_flag=True, help="Stay, and print every change as a line, until it is interrupted.")
@engine_command
async def sync(engine: Engine, out: Out, account_ref: str | None, watch: bool) -> None:
    """Push what is queued, pull what is new, and say what happened.

    What a server refused, or what may or may not have been sent, is told on standard error; dealdesk queue settles it.
    Exits 1 when an account ended with an error, after finishing the others.
    """
    chosen = None if account_ref is None else engine.reader.account(account_ref)
    if watch:
        await _watch(engine, out, None if chosen is None else chosen.id)
        return
    told: list[Event] = []
    unsubscribe = engine.events.subscribe(told.extend)
    try:
        reports = await engine.sync(None if chosen is None else chosen.id)
        engine.events.flush()
    finally:
        unsubscribe()
    out.give({"accounts": [shapes.report(one) for one in reports]}, _lines(reports))
    for sentence in _unsettled(engine, told):
        warn(sentence)
    bad = [f"{one.email}: {one.error}" for one in reports if one.error]
    if bad:
        fail("; ".join(bad))


def _unsettled(engine: Engine, told: Sequence[Event]) -> list[str]:
    """Return a sentence for each thing that a sync did not do, or not wholly (R13, R34, R35)."""
    ended: dict[tuple[str, str], list[str]] = {}
    refused = {event.operation_id: event.text for event in told if isinstance(event, OperationRefused)}
    for operation in engine.reader.operations() if refused else ():
        if operation.id in refused:
            ended.setdefault((operation.title, refused[operation.id]), []).append(str(operation.id))
    notices = [event.text for event in told if isinstance(event, Notified)]
    return notices + [
        f"Unsettled: {title} (operation {', '.join(sorted(numbers, key=int))[:200]}): {words}"
        for (title, words), numbers in ended.items()
    ]


def _lines(reports: Sequence[SyncReport]) -> list[str] | str:
    lines = table(
        ("account", "new", "updated", "gone", "pushed", "refused", "linked", "needs deal", "seconds"),
        [
            (
                one.email,
                one.new,
                one.updated,
                one.gone,
                one.pushed,
                one.refused,
                one.linked,
                one.needs_deal,
                f"{one.seconds:.1f}",
            )
            for one in reports
        ],
        right=range(1, 9),
    )
    return lines or "There is no account yet; dealdesk account add."


async def _watch(engine: Engine, out: Out, account_id: int | None) -> None:
    """Keep the accounts in step and print each event, until SIGINT or SIGTERM."""
    news: asyncio.Queue[Event | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, news.put_nowait, None)

    def told(batch: Sequence[Event]) -> None:
        for event in batch:
            news.put_nowait(event)

    unsubscribe = engine.events.subscribe(told)
    try:
        await engine.start(account_id)
        _print(out, {"event": "watching"})
        while (event := await news.get()) is not None:
            _print(out, describe(event))
    finally:
        unsubscribe()
        await engine.stop()


def describe(event: Event) -> dict[str, Json]:
    """Return an event as JSON: its name in small letters, ids in order, and whatever else it carries."""
    found: dict[str, Json] = {"event": _CAPITAL.sub("_", type(event).__name__).lower()}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name == "oldest":
            value = moment(value)
        found[field.name] = sorted(value) if isinstance(value, frozenset) else value
    return found


def _print(out: Out, event: dict[str, Json]) -> None:
    words = " ".join(f"{name}={value}" for name, value in event.items() if name != "event")
    out.give(event, f"{event['event']} {words}".rstrip())
