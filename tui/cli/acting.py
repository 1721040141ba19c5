"""What is done to messages (``dealdesk mail move`` and so on): at once here, on the server by the next sync."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from tui.cli.frame import ID, Command, engine_command
from tui.cli.output import Out
from tui.engine import commands
from tui.engine.errors import InvalidInput

if TYPE_CHECKING:
    from tui.engine.core import Engine

_ids = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=ID)
_target = click.option("--to", "folder_ref", required=True, metavar="F", help="The folder, by name, role or id.")
_everywhere = click.option("--everywhere", is_flag=True, help="Also take them out of the timelines of their deals.")


@click.command("move", cls=Command)
@_ids
@_target
@engine_command
async def move(engine: Engine, out: Out, ids: tuple[int, ...], folder_ref: str) -> None:
    """Move messages to a folder of their account."""
    await _do(engine, out, _to_folder(engine, ids, folder_ref, commands.Move))


@click.command("copy", cls=Command)
@_ids
@_target
@engine_command
async def copy(engine: Engine, out: Out, ids: tuple[int, ...], folder_ref: str) -> None:
    """Copy messages to a folder of their account, on the server."""
    await _do(engine, out, _to_folder(engine, ids, folder_ref, commands.Copy))


@click.command("archive", cls=Command)
@_ids
@engine_command
async def archive(engine: Engine, out: Out, ids: tuple[int, ...]) -> None:
    """Move messages to the archive of their account."""
    await _do(engine, out, [commands.Archive(ids)])


@click.command("delete", cls=Command)
@_ids
@click.option("--forever", is_flag=True, help="Don't put them into Trash first.")
@_everywhere
@engine_command
async def delete(engine: Engine, out: Out, ids: tuple[int, ...], forever: bool, everywhere: bool) -> None:
    """Move messages to Trash; what lies there already is deleted for ever. Deals keep their copies (R37)."""
    kind = commands.DeleteForever if forever else commands.Delete
    await _do(engine, out, [kind(ids, everywhere)])


@click.command("flag", cls=Command, context_settings={"ignore_unknown_options": True})
@click.argument("words", metavar="ID... +FLAG -FLAG", nargs=-1, required=True, type=click.UNPROCESSED)
@engine_command
async def flag(engine: Engine, out: Out, words: tuple[str, ...]) -> None:
    """Set (+) and clear (-) flags of messages: seen, flagged, answered, forwarded.

    For example: dealdesk mail flag 12 13 +seen -flagged
    """
    ids: list[int] = []
    add: set[str] = set()
    remove: set[str] = set()
    for word in words:
        if word.isascii() and word.isdigit():
            ids.append(int(word))
        elif word[0] in "+-" and word[1:].isalpha():
            (add if word[0] == "+" else remove).add(word[1:].lower())
        else:
            raise click.UsageError(f'"{word}" is neither a message\'s id nor a flag like +seen or -flagged.')
    if not ids:
        raise click.UsageError("No message was named; give at least one id.")
    await _do(engine, out, [commands.SetFlags(ids, frozenset(add), frozenset(remove))])


def _to_folder(
    engine: Engine, ids: Sequence[int], folder_ref: str, kind: Callable[[Sequence[int], int], commands.Command]
) -> list[commands.Command]:
    """Return one command for each account that the messages belong to, with its own folder of that name."""
    of_account: dict[int, list[int]] = {}
    for number in ids:
        row = engine.reader.row(number)
        if not row.account_id:
            raise InvalidInput(f"The account of message {number} was removed; it lies in no folder any more.")
        of_account.setdefault(row.account_id, []).append(number)
    targets = {account: engine.reader.folder(folder_ref, account).id for account in of_account}
    return [kind(numbers, targets[account]) for account, numbers in of_account.items()]


async def _do(engine: Engine, out: Out, todo: Sequence[commands.Command]) -> None:
    done = [await engine.do(command) for command in todo]
    numbers = [number for one in done for number in one.operations]
    out.give({"operations": numbers}, [f"{one.title}." for one in done])
