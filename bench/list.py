"""The message list against an empty Textual app, side by side in a real pty: ``python -m bench.list [rows] [runs]``.

Prints the time from the start of the process to the first painted screen, the memory at rest, and the bytes that one
step of the cursor sends, as medians, with the two ratios that matter: first paint at most 1.5 times the empty app,
memory at rest at most 60 MB above it, 1.5 kB a step.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from tests.widgets.terminal import Terminal

COLUMNS, LINES = 160, 50


@dataclass(frozen=True, slots=True)
class Run:
    """One start of one program: wall and processor seconds to the first paint, MB at rest, bytes of each step."""

    seconds: float
    processor: float
    memory: float
    steps: tuple[int, ...]


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def processor(pid: int) -> float:
    """Return the processor seconds that a process used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(mark: str, *args: str, steps: int = 0) -> Run:
    """Start ``python -m args``, wait until ``mark`` is painted, rest, then move the cursor ``steps`` times."""
    before = time.perf_counter()
    with Terminal(*args, columns=COLUMNS, lines=LINES) as terminal:
        terminal.wait_for_bytes(mark)
        seconds, used = time.perf_counter() - before, processor(terminal.process.pid)
        terminal.settle(0.5)
        sent = tuple(terminal.press("j") for _ in range(steps))
        return Run(seconds, used, resident(terminal.process.pid), sent)


def main() -> None:
    """Print the table."""
    rows = sys.argv[1] if len(sys.argv) > 1 else "50000"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    empty, full = [], []
    for _ in range(runs):
        empty.append(run("empty", "bench.empty"))
        full.append(run("INBOX", "tests.widgets.show", rows, "plain", steps=60))
    base, ours = median(one.seconds for one in empty), median(one.seconds for one in full)
    cpu, our_cpu = median(one.processor for one in empty), median(one.processor for one in full)
    low, high = median(one.memory for one in empty), median(one.memory for one in full)
    sent = [step for one in full for step in one.steps]
    print(f"{'':24}{'empty app':>12}{rows + ' rows':>14}")
    print(f"{'first paint, s':24}{base:12.2f}{ours:14.2f}   ratio {ours / base:.2f} (at most 1.5)")
    print(f"{'the same, processor s':24}{cpu:12.2f}{our_cpu:14.2f}   ratio {our_cpu / cpu:.2f}")
    print(f"{'memory at rest, MB':24}{low:12.1f}{high:14.1f}   {high - low:+.1f} MB (at most 60)")
    print(f"{'bytes a step':24}{'':12}{median(sent):14.0f}   mean {mean(sent):.0f} with scrolling (at most 1500)")


if __name__ == "__main__":
    main()
