"""``dealdesk account``: connect a mailbox, list, test and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli import shapes
from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table

if TYPE_CHECKING:
    from tui.engine.core import Engine

account = Noun("account", help="Connect mailboxes, test and remove them.")


@account.command("list")
@engine_command
async def list_accounts(engine: Engine, out: Out) -> None:
    """List the accounts."""
    found = engine.reader.accounts()
    lines = table(
        ("id", "address", "server", "state", "error"),
        [(one.id, one.email, one.imap.host, one.state.value, one.error) for one in found],
    )
    out.give([shapes.account(one) for one in found], lines or ["There is no account yet; dealdesk account add."])
