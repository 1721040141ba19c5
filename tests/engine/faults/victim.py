"""Processes that are killed outright: each does one pass on a home, and can be made to stand still at a commit.

They are forked from a server process that has everything imported, so that a kill costs milliseconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tui.engine.core import Engine
from tui.engine.paths import Paths

SECONDS = 20.0
"""A victim that did not reach its place by then never will."""
_context = multiprocessing.get_context("forkserver")


def start(home: Path, commit: int = 0) -> tuple[Any, Connection]:
    """Start a victim.

    Args:
        home: what it does a pass on.
        commit: stand still before the commit of this number of the mailbox database, counted from 1; 0 is none.

    Returns:
        The process, and what it says: "here" when it stands, "done" with the number of commits after its pass.
    """
    _context.set_forkserver_preload([__name__])
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_main, args=(str(home), commit, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def kill(process: Any, line: Connection) -> None:
    """End a victim with SIGKILL."""
    process.kill()
    process.join(SECONDS)
    line.close()


def _main(home: str, commit: int, line: Connection) -> None:
    asyncio.run(_pass(home, commit, line))


async def _pass(home: str, commit: int, line: Connection) -> None:
    commits = 0

    def watch(statement: str) -> None:
        nonlocal commits
        if statement != "COMMIT":
            return
        commits += 1
        if commits == commit:
            line.send("here")
            threading.Event().wait()

    engine = await Engine.open(Paths.of(home))
    writer = engine.mailbox._writer
    assert writer is not None
    await writer.set_trace_callback(watch)
    await engine.sync()
    line.send(f"done {commits}")
    await engine.close()
