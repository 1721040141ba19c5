"""``dealdesk doctor``: what is wrong here, and how to mend it."""

from __future__ import annotations

import locale
import os
import shutil
import sys

import click

from tui.cli import shapes
from tui.cli.frame import Command, fail, home_command
from tui.cli.output import Out
from tui.engine.model import Check
from tui.engine.paths import Paths

SMALLEST = (60, 16)
"""Columns and lines under which the workspace is no use."""


@click.command("doctor", cls=Command)
@home_command
async def doctor(paths: Paths, out: Out) -> None:
    """Check terminal, config, keyring, databases, servers and clock; exits 1 when something is to be mended."""
    from tui.engine.doctor import examine

    checks = [terminal(), *await examine(paths)]
    out.give([shapes.check(one) for one in checks], shapes.check_lines(checks))
    bad = [one.check for one in checks if not one.ok]
    if bad:
        fail(f"{len(bad)} of {len(checks)} checks found something to mend: {', '.join(bad)}.")


def terminal() -> Check:
    """Return whether the workspace can be shown here; without a terminal there is nothing to check."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Check("terminal", True, "none here; every command works without one, the workspace does not")
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb"):
        return Check("terminal", False, f'TERM is "{kind}", which can\'t draw; set it, for example to xterm-256color.')
    if locale.getpreferredencoding(False).upper().replace("-", "") != "UTF8":
        return Check("terminal", False, "The locale isn't UTF-8; set LANG, for example to C.UTF-8.")
    size = shutil.get_terminal_size()
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return Check("terminal", False, f"{size.columns} by {size.lines} cells is too small; make it 60 by 16 or more.")
    colours = "full colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours or fewer"
    return Check("terminal", True, f"{kind}, {size.columns} by {size.lines} cells, {colours}")
