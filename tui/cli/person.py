"""``dealdesk person``: the people of the CRM and their registered addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import options, records
from tui.cli.frame import Noun, confirm, engine_command
from tui.cli.output import Out, table
from tui.engine.crm import removal
from tui.engine.crm.shapes import moment
from tui.engine.model import Deal, Person, TimelineEntry, View
from tui.engine.reads import undelivered
from tui.engine.text import normalize_address

if TYPE_CHECKING:
    from tui.engine.core import Engine

person = Noun("person", help="Add, list, show, edit, merge and delete people.")


@person.command("add")
@click.option("--name", required=True, help="The person's name.")
@click.option("--email", "emails", multiple=True, metavar="E", help="An address; the first is the primary one.")
@click.option("--phone", "phones", multiple=True, help="A phone number.")
@click.option("--org", metavar="O", help="The organization, made when it is new.")
@click.option("--title", default="", help="The position held there.")
@options.tags
@click.option("--note", default="", help="A remark.")
@options.fields
@engine_command
async def add_person(
    engine: Engine,
    out: Out,
    name: str,
    emails: tuple[str, ...],
    phones: tuple[str, ...],
    org: str | None,
    title: str,
    tags: tuple[str, ...],
    note: str,
    fields: tuple[str, ...],
) -> None:
    """Add a person. Mail that was here before is never linked by itself (R19)."""
    changed = await engine.record(
        await engine.people.add(name, emails, phones, org, title, tags, note, options.values(fields))
    )
    added = engine.reader.crm.person(changed.id)
    earlier = _earlier(engine, added)
    said = [f"Added {added.name} (id {added.id})."]
    if earlier:
        said.append(
            f"{earlier} earlier mails with this address are not linked; see them with"
            f' dealdesk search "is:unlinked from:{added.emails[0]}" and link those that belong here.'
        )
    out.give({**records.person(added), "earlier_mails": earlier}, said)


@person.command("list")
@click.argument("text", default="")
@engine_command
async def list_persons(engine: Engine, out: Out, text: str) -> None:
    """List people, all or those with TEXT in name, address or organization.

    TEXT may narrow too: tag:vip title:head role:technical org:acme field:size=large, -tag:vip for the others.
    """
    found = engine.reader.crm.persons(text)
    lines = table(records.PERSON_HEAD, [records.person_row(one) for one in found])
    out.give([records.person(one) for one in found], lines or "There is nobody; dealdesk person add.")


@person.command("show")
@click.argument("person_ref", metavar="P")
@click.option("--history", "with_history", is_flag=True, help="Who changed what, too.")
@engine_command
async def show_person(engine: Engine, out: Out, person_ref: str, with_history: bool) -> None:
    """Show a person with deals and timeline."""
    one = engine.reader.crm.person(person_ref)
    deals = engine.reader.crm.deals_of_persons([one.id], open_only=False)
    story = engine.reader.timeline(person_id=one.id)
    lost = undelivered(engine.reader)
    failed = [lost[email] for email in map(normalize_address, one.emails) if email in lost]
    data = {
        **records.person(one),
        "undelivered": [{"address": f.address, "at": moment(f.at), "why": f.why} for f in failed],
        "deals": [records.deal(deal) for deal in deals],
        "timeline": [records.entry(entry) for entry in story],
    }
    words = [f"  mail to {f.address} failed {(moment(f.at) or '')[:10]}: {f.why}" for f in failed]
    lines = [*_lines(one), *words, *_deals(deals), *_story(story)]
    if with_history:
        changes = engine.reader.crm.history("person", one.id)
        data["history"] = records.history(changes)
        lines += ["", *table(records.HISTORY_HEAD, records.history_rows(changes))]
    out.give(data, lines)


@person.command("edit")
@click.argument("person_ref", metavar="P")
@click.option("--name", help="A new name.")
@click.option("--email", "emails", multiple=True, metavar="E", help="All addresses from now on, the first the primary.")
@click.option("--add-email", "add_emails", multiple=True, metavar="E", help="One more address.")
@click.option("--remove-email", "remove_emails", multiple=True, metavar="E", help="An address to take away.")
@click.option("--phone", "phones", multiple=True, help="All phone numbers from now on.")
@click.option("--org", metavar="O", help='The organization, made when it is new; "" for none.')
@click.option("--title", help="The position held there.")
@click.option("--add-phone", "add_phones", multiple=True, help="One more phone number.")
@click.option("--remove-phone", "remove_phones", multiple=True, help="A phone number to take away.")
@options.all_tags
@options.add_tags
@options.remove_tags
@click.option("--note", help="A remark.")
@options.fields
@engine_command
async def edit_person(
    engine: Engine,
    out: Out,
    person_ref: str,
    name: str | None,
    emails: tuple[str, ...],
    add_emails: tuple[str, ...],
    remove_emails: tuple[str, ...],
    phones: tuple[str, ...],
    org: str | None,
    title: str | None,
    add_phones: tuple[str, ...],
    remove_phones: tuple[str, ...],
    tags: tuple[str, ...],
    add_tags: tuple[str, ...],
    remove_tags: tuple[str, ...],
    note: str | None,
    fields: tuple[str, ...],
) -> None:
    """Change what is given of a person."""
    changed = await engine.people.edit(
        person_ref,
        name=name,
        emails=emails or None,
        phones=phones or None,
        org=org,
        title=title,
        tags=tags or None,
        note=note,
        fields=options.values(fields),
        add_emails=add_emails,
        remove_emails=remove_emails,
        add_phones=add_phones,
        remove_phones=remove_phones,
        add_tags=add_tags,
        remove_tags=remove_tags,
    )
    await engine.record(changed)
    edited = engine.reader.crm.person(changed.id)
    out.give(records.person(edited), _lines(edited))


@person.command("merge")
@click.argument("keep", metavar="P")
@click.argument("others", metavar="OTHER...", nargs=-1, required=True)
@engine_command
async def merge_persons(engine: Engine, out: Out, keep: str, others: tuple[str, ...]) -> None:
    """Make people one: P gets all that every OTHER has. dealdesk undo takes the whole merge back."""
    changed = await engine.record(await engine.people.merge(keep, *others))
    merged = engine.reader.crm.person(changed.id)
    out.give(records.person(merged), _lines(merged))


@person.command("delete")
@click.argument("person_ref", metavar="P")
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def delete_person(engine: Engine, out: Out, person_ref: str, yes: bool) -> None:
    """Delete a person; deals and messages stay. dealdesk undo brings the person back."""
    one = engine.reader.crm.person(person_ref)
    told = engine.reader.crm.removal("person", one.id)
    confirm(f"Delete {one.name}? {removal.told(told)}", yes)
    await engine.delete_person(one.id)
    out.give(
        {**records.person(one), "goes": dict(told.goes), "stays": dict(told.stays)},
        f"Deleted {one.name}. {removal.told(told)}",
    )


def _earlier(engine: Engine, one: Person) -> int:
    """Count the messages here with the person's addresses that are linked to nothing."""
    found: set[int] = set()
    for address in one.emails:
        for field in ("from", "to", "cc"):
            found.update(engine.reader.ids(View("all", query=f'is:unlinked {field}:"{address}"')))
    return len(found)


def _lines(one: Person) -> list[str]:
    shown = {
        "organization": "" if one.organization is None else one.organization.name,
        "title": one.title,
        "addresses": ", ".join(one.emails),
        "phones": ", ".join(one.phones),
        "tags": ", ".join(one.tags),
        "note": one.note,
        **dict(one.fields),
    }
    return [f"{one.name} (id {one.id})", *records.details(shown)]


def _deals(deals: list[Deal]) -> list[str]:
    return ["", *table(records.DEAL_HEAD, [records.deal_row(deal) for deal in deals])] if deals else []


def _story(story: list[TimelineEntry]) -> list[str]:
    return ["", *table(("at", "", ""), [records.entry_row(entry) for entry in story])] if story else []
