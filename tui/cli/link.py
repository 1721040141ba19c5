"""``dealdesk link``, ``unlink``, ``why``, ``triage``, ``private``: what messages belong to, and for what reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli import listing, shapes
from tui.cli.frame import ID, Command, engine_command
from tui.cli.output import Out
from tui.engine.commands import LinkMessages, MarkPrivate, UnlinkMessages
from tui.engine.crm.shapes import Json, deal_reference, moment, reference
from tui.engine.errors import NotFound
from tui.engine.model import LinkCandidate, View

if TYPE_CHECKING:
    from tui.engine.core import Engine

_ids = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=ID)
_person = click.option("--person", "person_refs", multiple=True, metavar="P", help="By id, address or name.")
_deal = click.option("--deal", "deal_refs", multiple=True, metavar="D", help="By id or title.")


@click.command("link", cls=Command)
@_ids
@_person
@_deal
@engine_command
async def link(
    engine: Engine, out: Out, ids: tuple[int, ...], person_refs: tuple[str, ...], deal_refs: tuple[str, ...]
) -> None:
    """Link messages to people and deals, open or closed (R22)."""
    if not person_refs and not deal_refs:
        raise click.UsageError("Nothing to link to was named; give --person or --deal.")
    persons, deals = _targets(engine, person_refs, deal_refs)
    done = await engine.do(LinkMessages(ids, persons, deals))
    _give(engine, out, ids, done.title)


@click.command("unlink", cls=Command)
@_ids
@_person
@_deal
@engine_command
async def unlink(
    engine: Engine, out: Out, ids: tuple[int, ...], person_refs: tuple[str, ...], deal_refs: tuple[str, ...]
) -> None:
    """Unlink messages from these people and deals, or from all; no rule links them again (R23)."""
    persons, deals = _targets(engine, person_refs, deal_refs)
    done = await engine.do(UnlinkMessages(ids, persons, deals))
    _give(engine, out, ids, done.title)


@click.command("private", cls=Command)
@_ids
@click.option("--off", is_flag=True, help="No longer private.")
@engine_command
async def private(engine: Engine, out: Out, ids: tuple[int, ...], off: bool) -> None:
    """Mark the threads of messages private: never linked by a rule, hidden from others."""
    done = await engine.do(MarkPrivate(ids, not off))
    _give(engine, out, ids, done.title)


@click.command("why", cls=Command)
@click.argument("message_id", metavar="ID", type=ID)
@engine_command
async def why(engine: Engine, out: Out, message_id: int) -> None:
    """Say why a message was linked, or not."""
    engine.reader.row(message_id)
    found = engine.reader.why(message_id)
    if found is None:
        raise NotFound("link decision for message", message_id)
    lines = [found.reason, f"Rule {found.rule}, {moment(found.at)}, origin {found.origin}."]
    lines += [f"{address} is {name}" for address, _, name in found.matched]
    lines += [f"Open deal then: {deal.title} ({deal.stage})" for deal in found.open_deals]
    out.give(shapes.why(found), lines)


@click.command("triage", cls=Command)
@engine_command
async def triage(engine: Engine, out: Out) -> None:
    """List the messages that need a deal, newest first, with the deals to choose from."""
    reader = engine.reader
    found = [(row, reader.link_candidates([row.id])) for row in reader.rows(reader.ids(View("needs_deal")))]
    lines: list[str] = []
    for row, candidates in found:
        lines += listing.lines([row])[1:]
        lines += [f"    {_named(one)} - {one.reason}" for one in candidates]
    data: list[Json] = [
        {**shapes.message(row), "candidates": [_candidate(one) for one in candidates]} for row, candidates in found
    ]
    out.give(data, lines or "No message needs a deal.")


def _targets(engine: Engine, persons: Sequence[str], deals: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    crm = engine.reader.crm
    return tuple(crm.person(one).id for one in persons), tuple(crm.deal(one).id for one in deals)


def _give(engine: Engine, out: Out, ids: Sequence[int], title: str) -> None:
    out.give([shapes.message(row) for row in engine.reader.rows(ids)], f"{title}.")


def _candidate(one: LinkCandidate) -> dict[str, Json]:
    return {"person": reference(one.person), "deal": deal_reference(one.deal), "reason": one.reason}


def _named(one: LinkCandidate) -> str:
    if one.deal is not None:
        return f"deal {one.deal.id} {one.deal.title} ({one.deal.stage})"
    return f"person {one.person.id} {one.person.name}" if one.person is not None else ""
