"""``dealdesk settings``: the settings of the link rules, and what another value would have done with past mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.frame import Noun, engine_command
from tui.cli.output import Out, table
from tui.engine.commands import ChooseRule
from tui.engine.config import CHOICES

if TYPE_CHECKING:
    from tui.engine.core import Engine

settings = Noun("settings", help="Settings of the link rules, each with a preview on the mail that is here.")


@settings.command("list")
@engine_command
async def list_settings(engine: Engine, out: Out) -> None:
    """Show each setting, what it may be, and what each value would have done."""
    found = []
    for name, values in CHOICES.items():
        now = getattr(engine.config, name)
        for value in values:
            words = "is so" if value == now else engine.reader.setting_preview(name, value).words
            found.append((name, value, words))
    data = [{"setting": name, "value": value, "now": value == getattr(engine.config, name)} for name, value, _ in found]
    out.give(data, table(("setting", "value", "preview"), found))


@settings.command("set")
@click.argument("name", metavar="NAME", type=click.Choice(list(CHOICES)))
@click.argument("value", metavar="VALUE")
@engine_command
async def set_setting(engine: Engine, out: Out, name: str, value: str) -> None:
    """Give a setting another value; it counts for mail that comes from now on."""
    await engine.do(ChooseRule(name, value))
    out.give({"setting": name, "value": value}, f"{name} is {value} from now on; mail that is here stays as it is.")


@settings.command("preview")
@click.argument("name", metavar="NAME", type=click.Choice(list(CHOICES)))
@click.argument("value", metavar="VALUE")
@engine_command
async def preview_setting(engine: Engine, out: Out, name: str, value: str) -> None:
    """Say what another value would have done with the mail that is here; nothing is changed."""
    found = engine.reader.setting_preview(name, value)
    lists = {"linked": list(found.linked), "unlinked": list(found.unlinked), "asked": list(found.asked)}
    out.give({"setting": name, "value": value, **lists}, found.words)
