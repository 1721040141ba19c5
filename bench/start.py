"""First paint and memory of the workspace over a cached mailbox of 50,000 messages, against an empty Textual app."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.home import fill
from tests.widgets.terminal import Terminal

RUNS = 5
COUNT = 50_000
MARK = "▌"
"""The cursor of the message list: when it is written, the list is painted."""


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def once(module: str, *args: str, mark: str) -> tuple[float, float]:
    """Return the seconds to the first paint and the memory at rest of one start."""
    began = time.perf_counter()
    with Terminal(module, *args, columns=160, lines=50) as terminal:
        terminal.wait_for_bytes(mark)
        painted = time.perf_counter() - began
        terminal.settle(1.5)
        return painted, resident(terminal.process.pid)


def main() -> None:
    """Measure both in turn and print the ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else COUNT
    with tempfile.TemporaryDirectory() as root:
        asyncio.run(fill(Path(root), count))
        ours, empty = [], []
        for _ in range(RUNS):
            empty.append(once("bench.empty", mark="empty"))
            ours.append(once("tui", "--home", root, mark=MARK))
    paint = [statistics.median(run[0] for run in runs) for runs in (ours, empty)]
    memory = [statistics.median(run[1] for run in runs) for runs in (ours, empty)]
    print(f"first paint, {count:,} messages cached: {paint[0]:.2f} s, empty app {paint[1]:.2f} s,", end=" ")
    print(f"ratio {paint[0] / paint[1]:.2f} (at most 1.5)")
    more = memory[0] - memory[1]
    print(f"memory at rest: {memory[0]:.0f} MB, empty app {memory[1]:.0f} MB, {more:.0f} MB more (at most 60)")


if __name__ == "__main__":
    main()
