"""``dealdesk field``: fields of one's own for people, organizations and deals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import records
from tui.cli.frame import Noun, confirm, engine_command
from tui.cli.output import Out, table
from tui.engine.crm.declared import TYPES
from tui.engine.model import Field

if TYPE_CHECKING:
    from tui.engine.core import Engine

field = Noun("field", help="Declare, list, edit and remove fields of people, organizations and deals.")
_KINDS = {"person": "person", "org": "organization", "organization": "organization", "deal": "deal"}
_kind = click.argument("kind", metavar="KIND", type=click.Choice(list(_KINDS)))
_name = click.argument("name", metavar="NAME")
_HEAD = ("id", "of", "field", "type", "choices", "used")


@field.command("add")
@_kind
@_name
@click.option("--type", "type_", type=click.Choice(TYPES), default="text", help="What its values are.")
@click.option("--choice", "choices", multiple=True, metavar="C", help="A value of a choice; give them in order.")
@engine_command
async def add_field(engine: Engine, out: Out, kind: str, name: str, type_: str, choices: tuple[str, ...]) -> None:
    """Declare the field NAME of every person, org or deal (KIND); --field NAME=VALUE fills it there."""
    changed = await engine.record(await engine.fields.add(_KINDS[kind], name, type_, choices))
    _give(engine, out, _KINDS[kind], changed.id, f"{changed.title}.")


@field.command("list")
@click.argument("kind", metavar="[KIND]", type=click.Choice(list(_KINDS)), required=False)
@engine_command
async def list_fields(engine: Engine, out: Out, kind: str | None) -> None:
    """List the fields that were declared, of all or of one KIND, in their order."""
    crm = engine.reader.crm
    found = [(one, crm.field(one.kind, one.name)[1]) for one in crm.fields(None if kind is None else _KINDS[kind])]
    lines = table(_HEAD, [_row(*one) for one in found])
    out.give([records.field(*one) for one in found], lines or "There is none; dealdesk field add.")


@field.command("edit")
@_kind
@_name
@click.option("--name", "new_name", metavar="N", help="A new name.")
@click.option("--choice", "choices", multiple=True, metavar="C", help="All values of a choice from now on.")
@click.option("--position", type=click.IntRange(0), help="Its place among the fields, 0 the first.")
@engine_command
async def edit_field(
    engine: Engine,
    out: Out,
    kind: str,
    name: str,
    new_name: str | None,
    choices: tuple[str, ...],
    position: int | None,
) -> None:
    """Change what is given of a field; its type stays what it is."""
    changed = await engine.fields.edit(_KINDS[kind], name, name=new_name, choices=choices or None, position=position)
    await engine.record(changed)
    _give(engine, out, _KINDS[kind], changed.id, f"{changed.title}.")


@field.command("remove")
@_kind
@_name
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def remove_field(engine: Engine, out: Out, kind: str, name: str, yes: bool) -> None:
    """Remove a field with its values; dealdesk undo brings both back."""
    one, used = engine.reader.crm.field(_KINDS[kind], name)
    confirm(f"Remove the field {one.name}? {used:,} values go with it.", yes)
    changed = await engine.record(await engine.fields.remove(one.kind, one.name))
    out.give(records.field(one, used), f"{changed.title}; {used:,} values went with it.")


def _give(engine: Engine, out: Out, kind: str, id: int, said: str) -> None:
    crm = engine.reader.crm
    one = next(found for found in crm.fields(kind) if found.id == id)
    used = crm.field(kind, one.name)[1]
    out.give(records.field(one, used), [said, *table(_HEAD, [_row(one, used)])])


def _row(one: Field, used: int) -> list[str]:
    return [str(one.id), one.kind, one.name, one.type, ", ".join(one.choices), f"{used:,}"]
