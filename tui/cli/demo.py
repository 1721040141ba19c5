"""``dealdesk demo``: the whole workspace on embedded servers; without a terminal the same story, told."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tui.cli import logfile
from tui.cli.frame import Command, Invocation, fail
from tui.cli.output import Out
from tui.engine.errors import InvalidInput
from tui.engine.paths import Paths


@click.command("demo", cls=Command)
@click.option("--screenshot", metavar="F.svg", type=click.Path(dir_okay=False), help="Only write a picture of it to F.")
def demo(screenshot: str | None) -> None:
    """Open the workspace with made-up mail, people and deals, and a customer who keeps writing.

    The mail servers run inside the program, on this machine alone. Nothing of yours is touched: the demo lives in a
    temporary folder, or in the empty one that --home names, which is then kept. Without a terminal the same story is
    played and printed.
    """
    invocation = click.get_current_context().ensure_object(Invocation)
    with _home(invocation.home) as paths:
        logfile.start(paths)
        if screenshot is not None:
            from tui.demo.picture import take

            asyncio.run(take(paths, Path(screenshot)))
            Out(invocation.json).give({"path": screenshot}, f"The picture is in {screenshot}.")
        elif sys.stdin.isatty() and sys.stdout.isatty() and not invocation.json:
            _open(paths)
        else:
            _play(paths, Out(invocation.json))


def _open(paths: Paths) -> None:
    """Open the workspace on the demo's world."""
    from tui import app
    from tui.demo.live import Live

    live = Live()
    try:
        code = app.run(paths, live.fill)
    finally:
        live.stop()
    if live.error:
        fail(live.error)
    if code:
        sys.exit(code)


def _play(paths: Paths, out: Out) -> None:
    """Play the story without a screen."""
    from tui.demo.play import play

    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        out.say(sentence)

    asyncio.run(play(paths, tell))
    if out.json:
        out.give({"told": told}, ())


@contextmanager
def _home(named: str | None) -> Iterator[Paths]:
    """Give the demo a home: a temporary folder that goes with it, or the empty one that was named."""
    if named is None:
        with tempfile.TemporaryDirectory(prefix="dealdesk-demo-", ignore_cleanup_errors=True) as folder:
            yield Paths.of(folder)
        return
    paths = Paths.of(named)
    if paths.mailbox.exists() or paths.crm.exists():
        raise InvalidInput(f'The home "{named}" is in use; the demo wants an empty one, or none at all.')
    yield paths
