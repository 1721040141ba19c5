"""Processes that are killed outright: each does one pass on a home, or listens, and can be made to stand still.

They are forked from a server process that has everything imported, so that a kill costs milliseconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.engine.faults.field import beside, do
from tests.engine.faults.listening import hurried, listen, settled
from tests.engine.faults.works import NEWS
from tui.engine.core import Engine
from tui.engine.paths import Paths

SECONDS = 60.0
"""A victim that did not reach its place by then never will."""
_context = multiprocessing.get_context("forkserver")


def start(home: Path, commit: int = 0, listens: str = "") -> tuple[Any, Connection]:
    """Start a victim.

    Args:
        home: what it does a pass on.
        commit: stand still before the commit of this number of the mailbox database, counted from 1; 0 is none.
        listens: the work that it does while it listens, instead of a pass.

    Returns:
        The process, and what it says: "here" when it stands, "done" with the number of commits at its end. One that
        listens says "listens" first, waits to be told to go on, and says "did" once the work was done here; its
        commits count from then on.
    """
    _context.set_forkserver_preload([__name__])
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_main, args=(str(home), commit, listens, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def kill(process: Any, line: Connection) -> None:
    """End a victim with SIGKILL."""
    process.kill()
    process.join(SECONDS)
    line.close()


def _main(home: str, commit: int, listens: str, line: Connection) -> None:
    asyncio.run(_listen(home, commit, listens, line) if listens else _pass(home, commit, line))


async def _pass(home: str, commit: int, line: Connection) -> None:
    engine = await Engine.open(Paths.of(home))
    commits = await _standing(engine, commit, line)
    with beside():
        await engine.sync()
    line.send(f"done {commits()}")
    await engine.close()


async def _listen(home: str, commit: int, work: str, line: Connection) -> None:
    engine = await Engine.open(Paths.of(home))
    with hurried():
        await listen(engine)
        line.send("listens")
        await asyncio.to_thread(line.recv)
        await do(engine, work)
        commits = await _standing(engine, commit, line)
        line.send("did")
        await settled(engine, NEWS)
        line.send(f"done {commits()}")
        await asyncio.Event().wait()


async def _standing(engine: Engine, commit: int, line: Connection) -> Callable[[], int]:
    """Have the process stand still before a commit; return what tells how many there were."""
    commits = 0

    def watch(statement: str) -> None:
        nonlocal commits
        if statement != "COMMIT":
            return
        commits += 1
        if commits == commit:
            line.send("here")
            threading.Event().wait()

    writer = engine.mailbox._writer
    assert writer is not None
    await writer.set_trace_callback(watch)
    return lambda: commits
