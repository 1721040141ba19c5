"""``dealdesk folder``: which folders there are, which are synced; create, rename, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import Noun, chosen_account, engine_command, fail, has_terminal, warn
from tui.cli.output import Out, table
from tui.engine import commands
from tui.engine.errors import InvalidInput
from tui.engine.model import Folder
from tui.engine.reads import missing_roles

if TYPE_CHECKING:
    from tui.engine.core import Engine

folder = Noun("folder", help="List folders, choose which are synced, create, rename and delete them.")

_ACCOUNT = click.option("--account", "account_ref", metavar="A", help="The account, by address or id.")
_NAME = click.argument("name", metavar="NAME")


@folder.command("list")
@_ACCOUNT
@engine_command
async def list_folders(engine: Engine, out: Out, account_ref: str | None) -> None:
    """List the folders of an account, or of all."""
    found = engine.reader.folders(None if account_ref is None else engine.reader.account(account_ref).id)
    out.give(
        [shapes.folder(one) for one in found], _lines(found) or "There is no folder yet; dealdesk sync finds them."
    )


@folder.command("select")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@_ACCOUNT
@engine_command
async def select_folders(engine: Engine, out: Out, names: tuple[str, ...], account_ref: str | None) -> None:
    """Sync these folders from now on."""
    await _select(engine, out, names, account_ref, True)


@folder.command("deselect")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@_ACCOUNT
@engine_command
async def deselect_folders(engine: Engine, out: Out, names: tuple[str, ...], account_ref: str | None) -> None:
    """Sync these folders no more; what is here stays."""
    await _select(engine, out, names, account_ref, False)


async def _select(engine: Engine, out: Out, names: tuple[str, ...], account_ref: str | None, selected: bool) -> None:
    account = chosen_account(engine.reader, account_ref)
    await engine.select_folders(account.id, names, selected)
    found = engine.reader.folders(account.id)
    for sentence in missing_roles(found, account.id):
        warn(f"{account.email}: {sentence}")
    out.give([shapes.folder(one) for one in found], _lines(found))


@folder.command("create")
@_NAME
@_ACCOUNT
@engine_command
async def create_folder(engine: Engine, out: Out, name: str, account_ref: str | None) -> None:
    """Create a folder, here at once and on the server with the next sync; A/B puts B inside A."""
    account = chosen_account(engine.reader, account_ref)
    await _change(engine, out, account.id, commands.CreateFolder(account.id, name))


@folder.command("rename")
@_NAME
@click.argument("new_name", metavar="NEW")
@_ACCOUNT
@engine_command
async def rename_folder(engine: Engine, out: Out, name: str, new_name: str, account_ref: str | None) -> None:
    """Rename a folder with all that is inside."""
    account = chosen_account(engine.reader, account_ref)
    chosen = engine.reader.folder(name, account.id)
    await _change(engine, out, account.id, commands.RenameFolder(chosen.id, new_name))


@folder.command("delete")
@_NAME
@_ACCOUNT
@click.option("--yes", is_flag=True, help="Don't ask.")
@engine_command
async def delete_folder(engine: Engine, out: Out, name: str, account_ref: str | None, yes: bool) -> None:
    """Delete a folder; what it holds goes to Trash, after a question with the number of messages."""
    account = chosen_account(engine.reader, account_ref)
    chosen = engine.reader.folder(name, account.id)
    if chosen.total and not yes:
        number = f"{chosen.total:,} message" + ("s" if chosen.total != 1 else "")
        sentence = f"What {chosen.name} holds ({number}) goes to Trash"
        if not has_terminal():
            raise InvalidInput(f"{sentence}; give --yes to say that it may.")
        if not click.confirm(f"{sentence}. Delete the folder?", err=True):
            fail(f"{chosen.name} was not deleted, as you said.")
    await _change(engine, out, account.id, commands.DeleteFolder(chosen.id, chosen.total))


async def _change(engine: Engine, out: Out, account_id: int, command: commands.Command) -> None:
    done = await engine.do(command)
    out.give([shapes.folder(one) for one in engine.reader.folders(account_id)], f"{done.title}.")


def _lines(found: list[Folder]) -> list[str]:
    return table(
        ("synced", "folder", "role", "total", "unread", "account", "error"),
        [
            ("yes" if one.selected else "no", one.name, one.role.value, one.total, one.unread, one.account, one.error)
            for one in found
        ],
        right=(3, 4),
    )
