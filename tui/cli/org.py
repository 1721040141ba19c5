"""``dealdesk org``: the organizations of the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import records
from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table

if TYPE_CHECKING:
    from tui.engine.core import Engine

org = Noun("org", help="Add, list, show, edit and delete organizations.")


@org.command("add")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--website", default="", help="Its web site.")
@click.option("--note", default="", help="A remark.")
@engine_command
async def add_organization(engine: Engine, out: Out, name: str, website: str, note: str) -> None:
    """Add an organization."""
    changed = await engine.record(await engine.organizations.add(name, website, note))
    added = engine.reader.crm.organization(changed.id)
    out.give(records.organization(added), f"Added {added.name} (id {added.id}).")


@org.command("list")
@click.argument("text", default="")
@engine_command
async def list_organizations(engine: Engine, out: Out, text: str) -> None:
    """List organizations, all or those with TEXT in the name."""
    found = engine.reader.crm.organizations(text)
    lines = table(("id", "name", "web site"), [(one.id, one.name, one.website) for one in found])
    out.give([records.organization(one) for one in found], lines or "There is no organization; dealdesk org add.")


@org.command("show")
@click.argument("org_ref", metavar="O")
@click.option("--history", "with_history", is_flag=True, help="Who changed what, too.")
@engine_command
async def show_organization(engine: Engine, out: Out, org_ref: str, with_history: bool) -> None:
    """Show an organization with its people and deals."""
    one = engine.reader.crm.organization(org_ref)
    people = engine.reader.crm.persons_of_organization(one.id)
    deals = engine.reader.crm.deals_of_organization(one.id)
    data: dict[str, records.Json] = {
        **records.organization(one),
        "persons": [records.person(person) for person in people],
        "deals": [records.deal(deal) for deal in deals],
    }
    lines = [f"{one.name} (id {one.id})", *(part for part in (one.website, one.note) if part)]
    lines += ["", *table(records.PERSON_HEAD, [records.person_row(person) for person in people])] if people else []
    lines += ["", *table(records.DEAL_HEAD, [records.deal_row(deal) for deal in deals])] if deals else []
    if with_history:
        changes = engine.reader.crm.history("organization", one.id)
        data["history"] = records.history(changes)
        lines += ["", *table(records.HISTORY_HEAD, records.history_rows(changes))]
    out.give(data, lines)


@org.command("edit")
@click.argument("org_ref", metavar="O")
@click.option("--name", help="A new name.")
@click.option("--website", help="Its web site.")
@click.option("--note", help="A remark.")
@engine_command
async def edit_organization(
    engine: Engine, out: Out, org_ref: str, name: str | None, website: str | None, note: str | None
) -> None:
    """Change what is given of an organization."""
    changed = await engine.organizations.edit(org_ref, name=name, website=website, note=note)
    await engine.record(changed)
    edited = engine.reader.crm.organization(changed.id)
    out.give(records.organization(edited), f"{edited.name} (id {edited.id})")


@org.command("delete")
@click.argument("org_ref", metavar="O")
@engine_command
async def delete_organization(engine: Engine, out: Out, org_ref: str) -> None:
    """Delete an organization; its people and deals stay, without it. dealdesk undo brings it back."""
    one = engine.reader.crm.organization(org_ref)
    await engine.record(await engine.organizations.delete(one.id))
    out.give(records.organization(one), f"Deleted {one.name}.")
