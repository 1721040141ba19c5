"""``dealdesk note``: notes about deals, people and organizations, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import records
from tui.cli.frame import ID, Noun, engine_command, read_text
from tui.cli.output import Out, table
from tui.engine.crm.shapes import moment
from tui.engine.model import Note

if TYPE_CHECKING:
    from tui.engine.core import Engine

note = Noun("note", help="Add, list, edit and delete notes.")


@note.command("add")
@click.argument("text", required=False)
@click.option("--body", "--text", "body", metavar="TEXT", help="The note's text, instead of TEXT.")
@click.option("--body-file", metavar="F", help="The file that holds it; - for standard input.")
@click.option("--deal", "deal_ref", metavar="D", help="The deal it is about.")
@click.option("--person", "person_ref", metavar="P", help="The person it is about.")
@click.option("--org", "org_ref", metavar="O", help="The organization it is about.")
@engine_command
async def add_note(
    engine: Engine,
    out: Out,
    text: str | None,
    body: str | None,
    body_file: str | None,
    deal_ref: str | None,
    person_ref: str | None,
    org_ref: str | None,
) -> None:
    """Add a note to a deal, a person, an organization, or several of them."""
    written = _body(text, body, body_file)
    changed = await engine.record(await engine.notes.add(written, deal_ref, person_ref, org_ref))
    out.give(records.note(await engine.notes.get(changed.id)), f"Added note {changed.id}.")


@note.command("list")
@click.option("--deal", "deal_ref", metavar="D", help="Only those about this deal.")
@click.option("--person", "person_ref", metavar="P", help="Only those about this person.")
@click.option("--org", "org_ref", metavar="O", help="Only those about this organization.")
@engine_command
async def list_notes(
    engine: Engine, out: Out, deal_ref: str | None, person_ref: str | None, org_ref: str | None
) -> None:
    """List notes, newest first."""
    found = engine.reader.crm.notes(deal_ref, person_ref, org_ref)
    rows = [(one.id, moment(one.created), _about(one), one.body) for one in found]
    lines = table(("id", "at", "about", "note"), rows)
    out.give([records.note(one) for one in found], lines or "There is no note; dealdesk note add.")


@note.command("edit")
@click.argument("note_id", metavar="ID", type=ID)
@click.argument("text", required=False)
@click.option("--body", "--text", "body", metavar="TEXT", help="The note's text, instead of TEXT.")
@click.option("--body-file", metavar="F", help="The file that holds it; - for standard input.")
@engine_command
async def edit_note(
    engine: Engine, out: Out, note_id: int, text: str | None, body: str | None, body_file: str | None
) -> None:
    """Change a note's text."""
    await engine.record(await engine.notes.edit(note_id, _body(text, body, body_file)))
    out.give(records.note(await engine.notes.get(note_id)), f"Edited note {note_id}.")


@note.command("delete")
@click.argument("note_id", metavar="ID", type=ID)
@engine_command
async def delete_note(engine: Engine, out: Out, note_id: int) -> None:
    """Delete a note; dealdesk undo brings it back."""
    one = await engine.notes.get(note_id)
    await engine.record(await engine.notes.delete(note_id))
    out.give(records.note(one), f"Deleted note {note_id}.")


def _about(one: Note) -> str:
    about = (one.deal and one.deal.title, one.person and one.person.name, one.organization and one.organization.name)
    return ", ".join(name for name in about if name)


def _body(text: str | None, body: str | None, file: str | None) -> str:
    given = [one for one in (text, body, file) if one is not None]
    if len(given) != 1:
        raise click.UsageError("Give the note's text once: as TEXT, with --body or with --body-file.")
    return given[0] if file is None else read_text(file)
