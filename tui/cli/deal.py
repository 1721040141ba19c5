"""``dealdesk deal``: deals, their stages, how they end, and their timelines."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

import click

from tui.cli import export, options, records
from tui.cli.frame import Noun, confirm, engine_command
from tui.cli.output import Out, table
from tui.engine.crm import dates, money, removal
from tui.engine.crm.resolve import Ref
from tui.engine.crm.shapes import Json

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.crm.db import Changed

deal = Noun("deal", help="Add, list, show, edit, move, close, reopen and delete deals.")


@deal.command("add")
@click.option("--title", required=True, help="What it is about.")
@click.option("--person", "persons", multiple=True, metavar="P", help="A person of it; the first is the primary one.")
@click.option("--org", metavar="O", help="The organization, made when it is new.")
@click.option("--value", default="0", help="The amount, like 1200 or 1200.50.")
@click.option("--currency", default="EUR", help="ISO 4217, like EUR.")
@click.option("--pipeline", "pipeline_ref", metavar="P", help="The pipeline; the first by default.")
@click.option("--stage", "stage_ref", metavar="S", help="The stage, made when it is new; the first by default.")
@click.option("--close", metavar="DATE", help="When it is expected to be closed.")
@click.option("--owner", metavar="U", help='Whose deal it is, by name or address; you by default, "" for nobody\'s.')
@click.option("--role", "roles", multiple=True, metavar="P=ROLE", help="What a person of it is: decision maker …")
@options.tags
@options.fields
@engine_command
async def add_deal(
    engine: Engine,
    out: Out,
    title: str,
    persons: tuple[str, ...],
    org: str | None,
    value: str,
    currency: str,
    pipeline_ref: str | None,
    stage_ref: str | None,
    close: str | None,
    owner: str | None,
    roles: tuple[str, ...],
    tags: tuple[str, ...],
    fields: tuple[str, ...],
) -> None:
    """Add an open deal. Mail that was here before is never linked by itself (R19)."""
    changed = engine.deals.add(
        title,
        persons=persons,
        org=org,
        value=money.parse(value, currency),
        currency=currency,
        pipeline=pipeline_ref,
        stage=stage_ref,
        close=None if close is None else dates.parse(close).isoformat(),
        create_stage=True,
        owner=_owner(engine, owner),
        tags=tags,
        roles=_roles(roles),
        fields=options.values(fields),
    )
    await _give(engine, out, changed)


@deal.command("list")
@click.option("--status", type=click.Choice(["open", "won", "lost"]), help="Only these; all by default.")
@click.argument("text", default="")
@engine_command
async def list_deals(engine: Engine, out: Out, status: str | None, text: str) -> None:
    """List deals, newest first, all or those with TEXT in title, person or organization.

    TEXT may narrow too: owner:me tag:big stage:offer org:acme field:size=large, -tag:big for the others.
    """
    found = engine.reader.crm.deals(status, text)
    lines = table(records.DEAL_HEAD, [records.deal_row(one) for one in found])
    out.give([records.deal(one) for one in found], lines or "There is no such deal; dealdesk deal add.")


@deal.command("show")
@click.argument("deal_ref", metavar="D")
@click.option("--history", "with_history", is_flag=True, help="Who changed what, too.")
@engine_command
async def show_deal(engine: Engine, out: Out, deal_ref: str, with_history: bool) -> None:
    """Show a deal with its timeline, newest first."""
    one = engine.reader.crm.deal(deal_ref)
    story = engine.reader.timeline(deal_id=one.id)
    lines = [*table(records.DEAL_HEAD, [records.deal_row(one)]), *records.deal_lines(one)]
    lines += ["", *table(("at", "", ""), [records.entry_row(entry) for entry in story])]
    data: dict[str, Json] = {**records.deal(one), "timeline": [records.entry(entry) for entry in story]}
    if with_history:
        changes = engine.reader.crm.history("deal", one.id)
        data["history"] = records.history(changes)
        lines += ["", *table(records.HISTORY_HEAD, records.history_rows(changes))]
    out.give(data, lines)


@deal.command("edit")
@click.argument("deal_ref", metavar="D")
@click.option("--title", help="What it is about.")
@click.option("--person", "persons", multiple=True, metavar="P", help="All people from now on, the first the primary.")
@click.option("--add-person", "add_persons", multiple=True, metavar="P", help="One more person.")
@click.option("--remove-person", "remove_persons", multiple=True, metavar="P", help="A person to take off.")
@click.option("--primary", metavar="P", help="The person who comes first from now on.")
@click.option("--role", "roles", multiple=True, metavar="P=ROLE", help="What a person of it is; P= for nothing.")
@click.option("--org", metavar="O", help='The organization, made when it is new; "" for none.')
@click.option("--value", help="The amount.")
@click.option("--currency", help="ISO 4217.")
@click.option("--close", metavar="DATE", help='When it is expected to be closed; "" for no date.')
@click.option("--owner", metavar="U", help='Whose deal it is; "me" for you, "" for nobody\'s.')
@options.all_tags
@options.add_tags
@options.remove_tags
@options.fields
@engine_command
async def edit_deal(
    engine: Engine,
    out: Out,
    deal_ref: str,
    title: str | None,
    persons: tuple[str, ...],
    add_persons: tuple[str, ...],
    remove_persons: tuple[str, ...],
    primary: str | None,
    roles: tuple[str, ...],
    org: str | None,
    value: str | None,
    currency: str | None,
    close: str | None,
    owner: str | None,
    tags: tuple[str, ...],
    add_tags: tuple[str, ...],
    remove_tags: tuple[str, ...],
    fields: tuple[str, ...],
) -> None:
    """Change what is given of a deal."""
    one = engine.reader.crm.deal(deal_ref)
    changed = engine.deals.edit(
        one.id,
        title=title,
        persons=persons or None,
        org=org,
        value=None if value is None else money.parse(value, currency or one.currency),
        currency=currency,
        close=dates.parse(close).isoformat() if close else close,
        add_persons=add_persons,
        remove_persons=remove_persons,
        primary=primary,
        roles=_roles(roles),
        owner=_owner(engine, owner),
        tags=tags or None,
        add_tags=add_tags,
        remove_tags=remove_tags,
        fields=options.values(fields),
    )
    await _give(engine, out, changed)


@deal.command("move")
@click.argument("deal_ref", metavar="D")
@click.option(
    "--stage", "stage_ref", required=True, metavar="S", help="The stage of its pipeline, made when it is new."
)
@engine_command
async def move_deal(engine: Engine, out: Out, deal_ref: str, stage_ref: str) -> None:
    """Move an open deal to another stage."""
    await _give(engine, out, engine.deals.move(deal_ref, stage_ref, create_stage=True))


@deal.command("won")
@click.argument("deal_ref", metavar="D")
@engine_command
async def win_deal(engine: Engine, out: Out, deal_ref: str) -> None:
    """Close a deal as won; its links stay, new mail links to it no more (R21)."""
    await _give(engine, out, engine.deals.won(deal_ref))


@deal.command("lost")
@click.argument("deal_ref", metavar="D")
@click.option("--reason", default="", metavar="R", help="Why.")
@engine_command
async def lose_deal(engine: Engine, out: Out, deal_ref: str, reason: str) -> None:
    """Close a deal as lost; its links stay, new mail links to it no more (R21)."""
    await _give(engine, out, engine.deals.lost(deal_ref, reason))


@deal.command("reopen")
@click.argument("deal_ref", metavar="D")
@engine_command
async def reopen_deal(engine: Engine, out: Out, deal_ref: str) -> None:
    """Open a closed deal again; nothing is linked retroactively (R19)."""
    await _give(engine, out, engine.deals.reopen(deal_ref))


@deal.command("delete")
@click.argument("deal_ref", metavar="D")
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def delete_deal(engine: Engine, out: Out, deal_ref: str, yes: bool) -> None:
    """Delete a deal with its links; the messages stay in the mailbox. dealdesk undo brings it back with them."""
    one = engine.reader.crm.deal(deal_ref)
    told = engine.reader.crm.removal("deal", one.id)
    confirm(f"Delete {one.title}? {removal.told(told)}", yes)
    await engine.delete_deal(one.id)
    out.give(
        {**records.deal(one), "goes": dict(told.goes), "stays": dict(told.stays)},
        f"Deleted {one.title}. {removal.told(told)}",
    )


@deal.command("export")
@click.argument("deal_ref", metavar="D")
@click.option("--to", "folder", required=True, metavar="DIR", help="The folder to write into.")
@engine_command
async def export_deal(engine: Engine, out: Out, deal_ref: str, folder: str) -> None:
    """Export a deal into DIR: its story as deal.md, its mail as mails.mbox, the attachments in files/."""
    from tui.engine.exporting import export_deal as write

    export.give(out, folder, write(engine.reader.crm, engine.reader.crm.deal(deal_ref), folder))


async def _give(engine: Engine, out: Out, change: Awaitable[Changed]) -> None:
    """Make the change, write it down, and print the deal as it is now."""
    changed = await engine.record(await change)
    one = engine.reader.crm.deal(changed.id)
    lines = [f"{changed.title}.", *table(records.DEAL_HEAD, [records.deal_row(one)]), *records.deal_lines(one)]
    out.give(records.deal(one), lines)


def _owner(engine: Engine, said: str | None) -> str | None:
    """Return an owner as it is kept; ``me`` is who works here."""
    return engine.user if said is not None and said.strip().lower() == "me" else said


def _roles(said: tuple[str, ...]) -> dict[Ref, str]:
    return {ref: role for ref, role in options.pairs(said, '--role "ann@acme.io=decision maker"').items()}
