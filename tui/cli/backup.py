"""``dealdesk backup`` and ``dealdesk restore``: a whole home in one file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from tui.cli.frame import Command, home_command
from tui.cli.output import Out

if TYPE_CHECKING:
    from tui.engine.paths import Paths


@click.command("backup", cls=Command)
@click.option("--to", "file", required=True, metavar="FILE", help="The file to write; it must not be there yet.")
@click.option("--crm", "crm_only", is_flag=True, help="Only the CRM; no mail that isn't linked is in it then.")
@home_command
async def backup(paths: Paths, out: Out, file: str, crm_only: bool) -> None:
    """Write mail, CRM and settings into one file, also while the workspace runs. Passwords are not in it."""
    from tui.engine.store import backup as backups

    paths.create()
    path, names = await asyncio.to_thread(backups.back_up, paths, file, crm_only)
    size = path.stat().st_size
    data = {"path": str(path), "size": size, "files": list(names)}
    out.give(data, f"Wrote {', '.join(names)} to {path} ({size / 1e6:.1f} MB). Passwords are not in it.")


@click.command("restore", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--replace", is_flag=True, help="Also where there is something; it is kept beside, not deleted.")
@home_command
async def restore(paths: Paths, out: Out, file: str, replace: bool) -> None:
    """Put a backup into this home. Mail that was queued in it is not sent by itself: the queue asks."""
    from tui.engine.store import backup as backups

    names = await asyncio.to_thread(backups.restore, paths, file, replace)
    said = f"Restored {', '.join(names)}. Passwords are not in a backup: dealdesk account test says which are missing."
    out.give({"files": list(names)}, said)
