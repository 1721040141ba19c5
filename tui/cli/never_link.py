"""``dealdesk never-link``: addresses and domains whose mail is never linked by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out
from tui.engine.commands import NeverLink

if TYPE_CHECKING:
    from tui.engine.core import Engine

never_link = Noun("never-link", help="Addresses, domains and patterns that are never linked by a rule.")

_pattern = click.argument("pattern", metavar="PATTERN")


@never_link.command("add")
@_pattern
@click.option("--preview", is_flag=True, help="Say what it would have kept from being linked, and change nothing.")
@engine_command
async def add_pattern(engine: Engine, out: Out, pattern: str, preview: bool) -> None:
    """Never link this address (ann@x.org), domain (x.org) or pattern (*@*.x.org)."""
    if preview:
        found = engine.reader.never_link_preview(pattern)
        out.give({"pattern": pattern.strip().lower(), "unlinked": list(found.unlinked)}, found.words)
        return
    await engine.do(NeverLink(pattern))
    out.give({"pattern": pattern.strip().lower()}, f"Mail of {pattern.strip().lower()} is never linked by itself.")


@never_link.command("list")
@engine_command
async def list_patterns(engine: Engine, out: Out) -> None:
    """List the patterns."""
    found = engine.reader.never_link()
    out.give([{"pattern": one} for one in found], found or "The list is empty.")


@never_link.command("remove")
@_pattern
@engine_command
async def remove_pattern(engine: Engine, out: Out, pattern: str) -> None:
    """Take a pattern off the list."""
    await engine.do(NeverLink(pattern, listed=False))
    out.give({"pattern": pattern.strip().lower()}, f"{pattern.strip().lower()} is off the list.")
