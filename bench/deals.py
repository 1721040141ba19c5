"""The board of 5,000 deals, the same as a list, and a story of 10,000 entries, each against the same screen empty.

In a real pty at 160x50, both programs with the same 1,000 messages: from the key that opens a screen to what it shows
at first, by the clock and in processor time (until it rests), and from ``j`` to the painted cursor against ``j`` in
the message list. ``python -m bench.deals [runs]``
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from bench import _desk
from bench.home import fill
from bench.keys import latencies, quantile, shown
from bench.list import processor
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine

DEALS, ENTRIES = 5_000, 10_000
STEPS = 80
Opened = dict[str, dict[bool, list[tuple[float, float]]]]
MARK = "▌"


def main() -> None:
    """Measure in turn and print the ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    opened: Opened = defaultdict(lambda: {True: [], False: []})
    keys: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as root:
        homes = {full: Path(root) / str(full) for full in (True, False)}
        for full, home in homes.items():
            asyncio.run(_make(home, full))
        for number in range(runs):
            for full, home in homes.items():
                _once(home, full, opened, keys if full and number == 0 else None)
    for what, found in opened.items():
        clock, spent = ([median(one[at] for one in found[full]) for full in (True, False)] for at in (0, 1))
        print(
            f"{what:28}{clock[0] * 1000:6.0f} ms, empty {clock[1] * 1000:5.0f}, ratio {clock[0] / clock[1]:.2f}", end=""
        )
        print(f"; processor {spent[0] * 1000:4.0f} ms, empty {spent[1] * 1000:4.0f}, ratio {spent[0] / spent[1]:.2f}")
    print("ratios at most 2")
    base = quantile(keys["message list"], 0.95)
    for what, found_ms in keys.items():
        print(f"j in the {what:25} {shown(found_ms)}, p95 ratio {quantile(found_ms, 0.95) / base:.2f}")


async def _make(home: Path, full: bool) -> None:
    paths = await fill(home, 1_000)
    engine = await Engine.open(paths)
    try:
        for deal in engine.reader.crm.deals("open"):
            await engine.record(await engine.deals.delete(deal.id))
        if full:
            await _desk.fill(engine, 6_000, DEALS, ENTRIES)
        else:
            await engine.deals.add("Harbour lights", pipeline="Sales")
    finally:
        await engine.close()


def _once(home: Path, full: bool, opened: Opened, keys: dict[str, list[float]] | None) -> None:
    with Terminal("tui", "--home", str(home), columns=160, lines=50) as terminal:
        terminal.wait_for_bytes(MARK)
        terminal.settle(4)
        if keys is not None:
            keys["message list"] = latencies(terminal, STEPS)
        board = "· 5,000 open" if full else "· 1 open"
        opened["board, first time"][full].append(_open(terminal, "g", "p", board))
        _look(terminal, keys, "board")
        terminal.type("q")
        terminal.settle(1)
        opened["board, again"][full].append(_open(terminal, "g", "p", board))
        opened["the same as a list"][full].append(_open(terminal, "", "v", "last mail"))
        _look(terminal, keys, "list of deals")
        terminal.type("v")
        terminal.settle(1)
        terminal.type("\\harbour lights\r")
        terminal.settle(2)
        opened["story"][full].append(_open(terminal, "", "\r", "Lead ▸ Offer" if full else "created: Lead"))
        _look(terminal, keys, "story")


def _look(terminal: Terminal, keys: dict[str, list[float]] | None, what: str) -> None:
    terminal.settle(2)
    if keys is not None:
        keys[what] = latencies(terminal, STEPS)
        terminal.settle(1)


def _open(terminal: Terminal, before: str, key: str, mark: str) -> tuple[float, float]:
    """Return the seconds from a key, after those before it, to what it shows, and the processor's until it rests."""
    if before:
        terminal.type(before)
        terminal.settle(0.1)
    used, seen = processor(terminal.process.pid), len(terminal.raw)
    began = time.perf_counter()
    terminal.type(key)
    while mark.encode() not in terminal.raw[seen:]:
        if time.perf_counter() - began > 20:
            raise AssertionError("\n".join(terminal.screen.display))
        terminal.read(0.5)
    taken = time.perf_counter() - began
    terminal.settle(0.5)
    return taken, processor(terminal.process.pid) - used


if __name__ == "__main__":
    main()
