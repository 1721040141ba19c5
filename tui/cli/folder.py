"""``dealdesk folder``: which folders there are and which are synced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import Noun, chosen_account, engine_command, warn
from tui.cli.output import Out, table
from tui.engine.model import Folder, Role

if TYPE_CHECKING:
    from tui.engine.core import Engine

folder = Noun("folder", help="List folders and choose which are synced.")

_ACCOUNT = click.option("--account", "account_ref", metavar="A", help="The account, by address or id.")
_LOST = {Role.INBOX: "new mail is not seen and not linked", Role.SENT: "mail sent elsewhere is missing"}


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
    for role, lost in _LOST.items():
        there = [one for one in found if one.role is role]
        if there and not any(one.selected for one in there):
            warn(f"{there[0].name} of {account.email} is not synced: {lost} (R6).")
    out.give([shapes.folder(one) for one in found], _lines(found))


def _lines(found: list[Folder]) -> list[str]:
    return table(
        ("synced", "folder", "role", "total", "unread", "account", "error"),
        [
            ("yes" if one.selected else "no", one.name, one.role.value, one.total, one.unread, one.account, one.error)
            for one in found
        ],
        right=(3, 4),
    )
