"""``dealdesk verify``: the proof that everything that the server has is here (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli import shapes
from tui.cli.frame import Command, engine_command
from tui.cli.output import Out, table
from tui.engine.model import FolderProof

if TYPE_CHECKING:
    from tui.engine.core import Engine

SHOWN = 20
"""Reasons that are printed for one folder; --json has more."""


@click.command("verify", cls=Command)
@click.option("--account", "account_ref", metavar="A", help="Only this account.")
@engine_command
async def verify(engine: Engine, out: Out, account_ref: str | None) -> None:
    """Ask the server for every message and add up; nothing is changed.

    Exits 0 when the proof could be made, whatever it says: "complete" says whether it adds up.
    """
    proofs = await engine.verify(None if account_ref is None else engine.reader.account(account_ref).id)
    lines = table(
        ("account", "folder", "on server", "here", "outside window", "failed", "missing", "vanished", ""),
        [
            (
                one.account,
                one.folder,
                one.on_server,
                one.here,
                one.outside_window,
                one.failed,
                len(one.missing),
                one.vanished,
                one.error or ("complete" if one.complete else "not complete"),
            )
            for one in proofs
        ],
        right=range(2, 8),
    )
    out.give([shapes.proof(one) for one in proofs], [*lines, *_reasons(proofs)] or "There is no synced folder yet.")


def _reasons(proofs: Sequence[FolderProof]) -> list[str]:
    """Return why messages failed, a line each, and what happens to what is missing."""
    lines = [f"{one.folder} {uid}: {why}" for one in proofs for uid, why in one.reasons[:SHOWN]]
    if any(one.missing or one.failed for one in proofs):
        lines.append("What is missing or failed is asked for again by the next sync.")
    return lines
