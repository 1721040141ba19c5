"""dealdesk's engine as a process of its own: ``python -m bench._engine PORT USER SECRET HOME [JOB…]``.

It does the jobs of its command line, or else those that come line by line on its standard input, and answers each with
one line of JSON: ``sync`` is one full pass, connect and login included; ``headers N`` ends when N messages are listed;
``delete N`` deletes the newest N of the inbox, each by a command of its own, before any of it reaches the server.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.imap import peak
from tui.engine.commands import Delete
from tui.engine.core import Engine
from tui.engine.events import Event
from tui.engine.model import Account, Security, Server
from tui.engine.paths import Paths

SCREEN = 40
"""Messages on a first screen."""


class Watch:
    """Notes when the first rows, and the texts of the newest ``SCREEN`` messages, can be read by a screen."""

    def __init__(self, engine: Engine) -> None:
        self.began = time.perf_counter()
        self.rows = self.screen = 0.0
        self._reads = sqlite3.connect(f"file:{engine.paths.mailbox}?mode=ro", uri=True)
        self._end = engine.events.subscribe(self.heard)

    def heard(self, events: Sequence[Event]) -> None:
        """Look whether something is there by now."""
        if self.screen:
            return
        newest = self._reads.execute("SELECT body_state FROM messages ORDER BY date DESC LIMIT ?", (SCREEN,)).fetchall()
        if newest and not self.rows:
            self.rows = time.perf_counter() - self.began
        if len(newest) == SCREEN and all(state != "header" for (state,) in newest):
            self.screen = time.perf_counter() - self.began

    def close(self) -> None:
        """Stop looking."""
        self._end()
        self._reads.close()


async def sync(engine: Engine) -> dict[str, object]:
    """Do one full pass."""
    watch = Watch(engine)
    report = (await engine.sync())[0]
    watch.close()
    if report.error:
        raise SystemExit(report.error)
    return {
        "new": report.new,
        "gone": report.gone,
        "updated": report.updated,
        "rows": watch.rows,
        "screen": watch.screen,
    }


async def headers(engine: Engine, count: int) -> dict[str, object]:
    """Sync until so many messages are listed, then stop."""
    listed = asyncio.Event()
    reads = sqlite3.connect(f"file:{engine.paths.mailbox}?mode=ro", uri=True)

    def heard(events: Sequence[Event]) -> None:
        if reads.execute("SELECT count(*) FROM messages").fetchone()[0] >= count:
            listed.set()

    end = engine.events.subscribe(heard)
    task = asyncio.create_task(engine.sync())
    await listed.wait()
    end()
    reads.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return {}


async def delete(engine: Engine, count: int) -> dict[str, object]:
    """Delete the newest messages of the inbox, one command each."""
    reads = sqlite3.connect(f"file:{engine.paths.mailbox}?mode=ro", uri=True)
    ids = reads.execute(
        "SELECT m.id FROM messages m JOIN folders f ON f.id = m.folder_id AND f.role = 'inbox' WHERE m.gone = 0"
        " ORDER BY m.date DESC LIMIT ?",
        (count,),
    ).fetchall()
    reads.close()
    for (number,) in ids:
        await engine.do(Delete((number,)))
    return {}


async def main(port: int, user: str, secret: str, home: Path, jobs: Iterator[str]) -> None:
    """Open the home, adding the account when it is new, and do the jobs."""
    engine = await Engine.open(Paths.of(home / "desk"))
    try:
        here = Server("127.0.0.1", port, Security.NONE)
        if not engine.reader.accounts():
            await engine.add_account(Account(0, f"{user}@our.example", "It", user, here, None), secret, check=False)
        for job in jobs:
            name, _, count = job.strip().partition(" ")
            began = time.perf_counter()
            if name == "sync":
                said = await sync(engine)
            else:
                said = await {"headers": headers, "delete": delete}[name](engine, int(count))
            print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak() / 1024, **said}), flush=True)
    finally:
        await engine.close()


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # as the program does
    asked = iter(sys.argv[5:]) if sys.argv[5:] else sys.stdin
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]), asked))
