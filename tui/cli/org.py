"""``dealdesk org``: the organizations of the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import options, records
from tui.cli.frame import Noun, confirm, engine_command
from tui.cli.output import Out, table
from tui.engine.crm import removal
from tui.engine.crm.shapes import Json, moment
from tui.engine.model import Organization

if TYPE_CHECKING:
    from tui.engine.core import Engine

org = Noun("org", help="Add, list, show, edit and delete organizations.")


@org.command("add")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--website", default="", help="Its web site.")
@click.option(
    "--email", "emails", multiple=True, metavar="E", help="An address that it shares; mail never links by it."
)
@options.tags
@click.option("--note", default="", help="A remark.")
@options.fields
@engine_command
async def add_organization(
    engine: Engine,
    out: Out,
    name: str,
    website: str,
    emails: tuple[str, ...],
    tags: tuple[str, ...],
    note: str,
    fields: tuple[str, ...],
) -> None:
    """Add an organization."""
    changed = await engine.organizations.add(name, website, note, emails, tags, options.values(fields))
    await engine.record(changed)
    added = engine.reader.crm.organization(changed.id)
    out.give(records.organization(added), f"Added {added.name} (id {added.id}).")


@org.command("list")
@click.argument("text", default="")
@engine_command
async def list_organizations(engine: Engine, out: Out, text: str) -> None:
    """List organizations, all or those with TEXT in the name or a shared address.

    TEXT may narrow too: tag:key field:size=large, -tag:key for the others.
    """
    found = engine.reader.crm.organizations(text)
    lines = table(("id", "name", "web site", "tags"), [(o.id, o.name, o.website, ", ".join(o.tags)) for o in found])
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
    data: dict[str, Json] = {
        **records.organization(one),
        "persons": [records.person(person) for person in people],
        "deals": [records.deal(deal) for deal in deals],
    }
    notes = engine.reader.crm.notes(org=one.id)
    data["notes"] = [records.note(note) for note in notes]
    lines = [*_lines(one), *(f"  note of {(moment(note.created) or '')[:10]}: {note.body}" for note in notes)]
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
@click.option("--email", "emails", multiple=True, metavar="E", help="All shared addresses from now on.")
@click.option("--add-email", "add_emails", multiple=True, metavar="E", help="One more shared address.")
@click.option("--remove-email", "remove_emails", multiple=True, metavar="E", help="A shared address to take away.")
@options.all_tags
@options.add_tags
@options.remove_tags
@click.option("--note", help="A remark.")
@options.fields
@engine_command
async def edit_organization(
    engine: Engine,
    out: Out,
    org_ref: str,
    name: str | None,
    website: str | None,
    emails: tuple[str, ...],
    add_emails: tuple[str, ...],
    remove_emails: tuple[str, ...],
    tags: tuple[str, ...],
    add_tags: tuple[str, ...],
    remove_tags: tuple[str, ...],
    note: str | None,
    fields: tuple[str, ...],
) -> None:
    """Change what is given of an organization."""
    changed = await engine.organizations.edit(
        org_ref,
        name=name,
        website=website,
        note=note,
        emails=emails or None,
        tags=tags or None,
        fields=options.values(fields),
        add_emails=add_emails,
        remove_emails=remove_emails,
        add_tags=add_tags,
        remove_tags=remove_tags,
    )
    await engine.record(changed)
    edited = engine.reader.crm.organization(changed.id)
    out.give(records.organization(edited), _lines(edited))


@org.command("delete")
@click.argument("org_ref", metavar="O")
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def delete_organization(engine: Engine, out: Out, org_ref: str, yes: bool) -> None:
    """Delete an organization; its people and deals stay, without it. dealdesk undo brings it back."""
    one = engine.reader.crm.organization(org_ref)
    told = engine.reader.crm.removal("organization", one.id)
    confirm(f"Delete {one.name}? {removal.told(told)}", yes)
    await engine.record(await engine.organizations.delete(one.id))
    out.give(
        {**records.organization(one), "goes": dict(told.goes), "stays": dict(told.stays)},
        f"Deleted {one.name}. {removal.told(told)}",
    )


def _lines(one: Organization) -> list[str]:
    shown = {
        "web site": one.website,
        "shared addresses": ", ".join(one.emails),
        "tags": ", ".join(one.tags),
        "note": one.note,
        **dict(one.fields),
    }
    return [f"{one.name} (id {one.id})", *records.details(shown)]
