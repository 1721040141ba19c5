"""``dealdesk divergence``: messages that a server has otherwise than this workspace, and what to do about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import ID, Noun, engine_command
from tui.cli.output import Out, table
from tui.engine import commands
from tui.engine.crm.shapes import moment
from tui.engine.model import Divergence
from tui.engine.reads import divergences

if TYPE_CHECKING:
    from tui.engine.core import Engine

divergence = Noun("divergence", help="List messages that a server has otherwise, and settle them.")

_ids = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=ID)


@divergence.command("list")
@click.option("--account", "account_ref", metavar="A", help="Only this account.")
@click.option("--left", is_flag=True, help="Also those that were left as they are.")
@engine_command
async def list_divergences(engine: Engine, out: Out, account_ref: str | None, left: bool) -> None:
    """List what differs, newest first, as far as the last sync knows."""
    account = None if account_ref is None else engine.reader.account(account_ref).id
    found = divergences(engine.reader, account, left)
    out.give([shapes.divergence(one) for one in found], _lines(found) or "Every message is as its server has it.")


@divergence.command("follow")
@_ids
@engine_command
async def follow(engine: Engine, out: Out, ids: tuple[int, ...]) -> None:
    """Take over what the server has; a message that is gone there goes here too, and stays in its deal (R37)."""
    await _do(engine, out, commands.FollowServer(ids))


@divergence.command("push")
@_ids
@engine_command
async def push(engine: Engine, out: Out, ids: tuple[int, ...]) -> None:
    """Have the server become what is here: put back, moved back, flagged or deleted; the next sync does it."""
    await _do(engine, out, commands.PushMine(ids))


@divergence.command("leave")
@_ids
@engine_command
async def leave(engine: Engine, out: Out, ids: tuple[int, ...]) -> None:
    """Leave both sides as they are, until the server's state changes again."""
    await _do(engine, out, commands.LeaveAlone(ids))


async def _do(engine: Engine, out: Out, command: commands.Command) -> None:
    done = await engine.do(command)
    out.give({"operations": list(done.operations)}, f"{done.title}.")


def _lines(found: Sequence[Divergence]) -> list[str]:
    return table(
        ("id", "differs", "here", "on the server", "date", "from", "subject", "the server said"),
        [
            (
                one.id,
                one.difference.value,
                one.here or "-",
                one.there or "-",
                (moment(one.date) or "")[:10],
                one.sender[:24],
                one.subject[:50],
                "left as it is" if one.left else one.refused,
            )
            for one in found
        ],
        right=(0,),
    )
