"""``dealdesk verify``: the proof that everything that the server has is here (R47)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import Command, engine_command
from tui.cli.output import Out, table

if TYPE_CHECKING:
    from tui.engine.core import Engine


@click.command("verify", cls=Command)
@click.option("--account", "account_ref", metavar="A", help="Only this account.")
@engine_command
async def verify(engine: Engine, out: Out, account_ref: str | None) -> None:
    """Ask the server for every message and add up; nothing is changed.

    Exits 0 when the proof could be made, whatever it says: "complete" says whether it adds up.
    """
    proofs = await engine.verify(None if account_ref is None else engine.reader.account(account_ref).id)
    lines = table(
        ("account", "folder", "on server", "here", "outside window", "failed", "missing", ""),
        [
            (
                one.account,
                one.folder,
                one.on_server,
                one.here,
                one.outside_window,
                one.failed,
                len(one.missing),
                "complete" if one.complete else "not complete",
            )
            for one in proofs
        ],
        right=range(2, 7),
    )
    out.give([shapes.proof(one) for one in proofs], lines or "There is no synced folder yet; dealdesk sync.")
