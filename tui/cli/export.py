"""``dealdesk export``: the CRM as files that other programs read, and a mailbox folder as mbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.frame import Noun, engine_command, warn
from tui.cli.output import Out

if TYPE_CHECKING:
    from tui.engine.core import Engine

export = Noun("export", help="Export people, deals, organizations, everything, or a mailbox folder.")
_HELP = {
    "people": "Export people as CSV, JSON and vCards into DIR.",
    "deals": "Export deals as CSV and JSON into DIR.",
    "orgs": "Export organizations as CSV and JSON into DIR.",
    "all": "Export the whole CRM into DIR, each deal as a folder with deal.md, mails.mbox and files/.",
}


def _writes(kind: str) -> None:
    """Add the command that exports one kind of thing."""

    @export.command(kind, help=_HELP[kind])
    @click.option("--to", "folder", required=True, metavar="DIR", help="The folder to write into.")
    @engine_command
    async def command(engine: Engine, out: Out, folder: str) -> None:
        from tui.engine.exporting import export as write

        give(out, folder, write(engine.reader.crm, kind, folder))


for _kind in _HELP:
    _writes(_kind)


@export.command("mbox")
@click.option("--folder", "folder_ref", required=True, metavar="F", help="The folder, by name or id.")
@click.option("--account", "account_ref", metavar="A", help="The account, where several have such a folder.")
@click.option("--to", "file", required=True, metavar="FILE", help="The file to write; it must not be there yet.")
@engine_command
async def export_mbox(engine: Engine, out: Out, folder_ref: str, account_ref: str | None, file: str) -> None:
    """Write the messages of a folder into one mbox file, oldest first."""
    from tui.engine.exporting import export_mbox as write

    account = None if account_ref is None else engine.reader.account(account_ref).id
    folder = engine.reader.folder(folder_ref, account)
    path, written, left = write(engine.reader, folder.id, file)
    out.give({"path": str(path), "messages": written, "without_text": left}, f"Wrote {written:,} messages to {path}.")
    if left:
        warn(f"{left:,} messages have no text here yet and were left out; dealdesk sync fetches it.")


def give(out: Out, folder: str, made: list[Path]) -> None:
    """Print which files were written."""
    place = Path(folder).expanduser().absolute()
    names = [str(path.relative_to(place)) for path in made]
    out.give({"path": str(place), "files": list(names)}, [f"Wrote into {place}:", *(f"  {name}" for name in names)])
