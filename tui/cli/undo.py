"""``dealdesk undo``: take back the last action."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.frame import Command, engine_command
from tui.cli.output import Out, table
from tui.engine.errors import InvalidInput

if TYPE_CHECKING:
    from tui.engine.core import Engine


@click.command("undo", cls=Command)
@click.option("--list", "only_list", is_flag=True, help="Say what could be undone, the last first.")
@engine_command
async def undo(engine: Engine, out: Out, only_list: bool) -> None:
    """Take back the last action: what is still queued is cancelled, what is done is done backwards."""
    if only_list:
        found = await engine.history()
        lines = table(("id", "action"), found)
        out.give([{"id": number, "title": title} for number, title in found], lines or "There is nothing to undo.")
        return
    title = await engine.undo()
    if title is None:
        raise InvalidInput("There is nothing to undo; dealdesk undo --list shows what there is.")
    out.give({"undone": title}, f"Undone: {title}.")
