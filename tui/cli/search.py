"""``dealdesk search``: mail and CRM in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import listing
from tui.cli.frame import Command, engine_command
from tui.cli.output import Out
from tui.engine.model import View

if TYPE_CHECKING:
    from tui.engine.core import Engine


@click.command("search", cls=Command, context_settings={"ignore_unknown_options": True})
@click.argument("words", metavar="QUERY", nargs=-1, required=True, type=click.UNPROCESSED)
@listing.paged
@engine_command
async def search(engine: Engine, out: Out, words: tuple[str, ...], limit: int, before: str | None) -> None:
    """Find messages, newest first.

    QUERY holds words, "phrases", from: to: cc: subject: body: has:attachment filename: in: is: deal: person: org:
    stage: status: tag: owner: field: before: after: older: newer: larger:, -not, OR and (brackets).
    """
    listing.give(engine, out, View("all", query=" ".join(words)), limit, before)
