"""Key to painted in a real pty, while a first sync of 10,000 messages runs and while nothing does.

A key is ``j`` or ``k``; painted means that the cursor's mark was written again. Between keys pass 50 to 150 ms,
as between those of somebody who types.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.model import Account, Security, Server
from tui.engine.paths import Paths

MARK = "▌".encode()
KEYS = 150
USER = "me@our.example"


def main() -> None:
    """Measure the busy app first, then the same app idle, and print the ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 10_000
    server = DovecotServer.start()
    try:
        fill(server, USER, count)
        with tempfile.TemporaryDirectory() as root:
            asyncio.run(_account(Path(root), server))
            with Terminal("tui", "--home", root, columns=160, lines=50) as terminal:
                terminal.wait_for_bytes("▌")
                busy = latencies(terminal)
                busy_still = asyncio.run(_synced(Path(root)))
                arrive(terminal, Path(root), count)
                terminal.settle(3)
                idle = latencies(terminal)
    finally:
        server.stop()
    print(f"during a first sync ({busy_still:,} of {count:,} bodies were here when the keys ended):", shown(busy))
    print("idle:", shown(idle))
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        print(f"ratio {name}: {quantile(busy, at) / quantile(idle, at):.2f} (at most {2 if at == 0.5 else 3})")


async def _account(root: Path, server: DovecotServer) -> None:
    engine = await Engine.open(Paths.of(root))
    here = Server(server.host, server.port, Security.NONE)
    await engine.add_account(Account(0, USER, "Me", USER, here, None), server.password)
    await engine.close()


async def _synced(root: Path) -> int:
    import sqlite3

    database = sqlite3.connect(f"file:{Paths.of(root).mailbox}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM sources").fetchone()[0])
    finally:
        database.close()


def arrive(terminal: Terminal, root: Path, count: int, seconds: float = 600) -> None:
    """Read what the terminal writes until so many bodies are here; end with what it shows when they don't come."""
    end = time.monotonic() + seconds
    while asyncio.run(_synced(root)) < count:
        terminal.read(0.1)
        if time.monotonic() > end or terminal.process.poll() is not None:
            raise SystemExit("The mail did not come; the terminal shows:\n" + "\n".join(terminal.screen.display))


def latencies(terminal: Terminal, keys: int = KEYS) -> list[float]:
    """Type and return the milliseconds from each key to the bytes that show it."""
    chance, result = random.Random(7), []
    for number in range(keys):
        pause = time.monotonic() + chance.uniform(0.05, 0.15)
        while (left := pause - time.monotonic()) > 0:
            terminal.read(left)
        began, seen = time.perf_counter(), len(terminal.raw)
        terminal.type("j" if number % 20 < 14 else "k")
        while MARK not in terminal.raw[seen:] and time.perf_counter() - began < 2:
            terminal.read(0.5)
        result.append((time.perf_counter() - began) * 1000)
    return result


def quantile(values: list[float], at: float) -> float:
    """Return the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * at))]


def shown(values: list[float]) -> str:
    """Return the figures of a run."""
    return f"p50 {statistics.median(values):.1f} ms, p95 {quantile(values, 0.95):.1f}, p99 {quantile(values, 0.99):.1f}"


if __name__ == "__main__":
    main()
