"""``dealdesk activity``: what is to be done, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.frame import ID, Noun, engine_command
from tui.cli.output import Out, table
from tui.engine.crm import activities, dates, shapes
from tui.engine.errors import NotFound
from tui.engine.model import Activity

if TYPE_CHECKING:
    from tui.engine.core import Engine

activity = Noun("activity", help="Add, list, edit, finish and delete activities.")
HEAD = ("id", "due", "kind", "subject", "deal", "person")
KINDS = click.Choice(activities.KINDS)


@activity.command("add")
@click.option("--subject", required=True, metavar="S", help="What is to be done.")
@click.option("--due", required=True, metavar="DATE", help='When: 2026-11-30, +3d, fri, "fri 14:00".')
@click.option("--deal", "deal_ref", metavar="D", help="The deal it is for.")
@click.option("--person", "person_ref", metavar="P", help="The person it is about.")
@click.option("--message", type=ID, metavar="ID", help="The message that it comes from.")
@click.option("--kind", type=KINDS, default="task", help="What kind of activity.")
@click.option(
    "--repeat", default="", metavar="R", help='How often: "every 2 weeks", monthly, +10d; done makes the next.'
)
@engine_command
async def add_activity(
    engine: Engine,
    out: Out,
    subject: str,
    due: str,
    deal_ref: str | None,
    person_ref: str | None,
    message: int | None,
    kind: str,
    repeat: str,
) -> None:
    """Add something to do."""
    at, all_day = dates.parse_due(due)
    message_id = "" if message is None else _message_id(engine, message)
    changed = await engine.activities.add(subject, at, all_day, deal_ref, person_ref, kind, message_id, repeat)
    await engine.record(changed)
    await _give(engine, out, changed.id)


@activity.command("list")
@click.option("--deal", "deal_ref", metavar="D", help="Only those for this deal.")
@click.option("--person", "person_ref", metavar="P", help="Only those about this person.")
@click.option("--done", is_flag=True, help="Those that are done.")
@click.option("--all", "everything", is_flag=True, help="Those to do and those that are done.")
@engine_command
async def list_activities(
    engine: Engine, out: Out, deal_ref: str | None, person_ref: str | None, done: bool, everything: bool
) -> None:
    """List what is to be done, what is due first coming first."""
    found = engine.reader.crm.activities(deal_ref, person_ref, None if everything else done)
    lines = table(HEAD, [_row(one) for one in found])
    out.give([shapes.activity(one) for one in found], lines or "There is nothing; dealdesk activity add.")


@activity.command("edit")
@click.argument("activity_id", metavar="ID", type=ID)
@click.option("--subject", metavar="S", help="What is to be done.")
@click.option("--due", metavar="DATE", help="When.")
@click.option("--kind", type=KINDS, help="What kind of activity.")
@click.option("--repeat", metavar="R", help='How often it comes again; "" for never.')
@engine_command
async def edit_activity(
    engine: Engine,
    out: Out,
    activity_id: int,
    subject: str | None,
    due: str | None,
    kind: str | None,
    repeat: str | None,
) -> None:
    """Change what is given of an activity."""
    at, all_day = (None, None) if due is None else dates.parse_due(due)
    changed = await engine.activities.edit(
        activity_id, subject=subject, due=at, all_day=all_day, kind=kind, repeat=repeat
    )
    await engine.record(changed)
    await _give(engine, out, activity_id)


@activity.command("done")
@click.argument("activity_id", metavar="ID", type=ID)
@click.option("--undone", is_flag=True, help="It is still to be done.")
@engine_command
async def finish_activity(engine: Engine, out: Out, activity_id: int, undone: bool) -> None:
    """Mark an activity as done; one that repeats makes the next one."""
    changed = await engine.record(await engine.activities.done(activity_id, not undone))
    one = await engine.activities.get(activity_id)
    coming = None if changed.next is None else await engine.activities.get(changed.next)
    data = {**shapes.activity(one), "next": None if coming is None else shapes.activity(coming)}
    shown = [_row(found) for found in (one, coming) if found is not None]
    out.give(data, [f"{changed.title}.", *table(HEAD, shown)])


@activity.command("delete")
@click.argument("activity_id", metavar="ID", type=ID)
@engine_command
async def delete_activity(engine: Engine, out: Out, activity_id: int) -> None:
    """Delete an activity; dealdesk undo brings it back."""
    one = await engine.activities.get(activity_id)
    await engine.record(await engine.activities.delete(activity_id))
    out.give(shapes.activity(one), f"Deleted {one.subject}.")


async def _give(engine: Engine, out: Out, activity_id: int) -> None:
    one = await engine.activities.get(activity_id)
    out.give(shapes.activity(one), table(HEAD, [_row(one)]))


def _row(one: Activity) -> list[str]:
    due = dates.show_due(one.due, one.all_day)
    deal, person = one.deal.title if one.deal else "", one.person.name if one.person else ""
    when = f"{due} ✓" if one.done is not None else f"{due} ↻ {one.repeat}" if one.repeat else due
    return [str(one.id), when, one.kind, one.subject, deal, person]


def _message_id(engine: Engine, message: int) -> str:
    rows = engine.reader.rows([message])
    if not rows:
        raise NotFound("message", message)
    return rows[0].message_id
