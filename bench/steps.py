"""Bytes that one step of the cursor sends in the whole workspace, where deal pane and text follow linked mail."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from statistics import mean, median

from tests.screens.home import make
from tests.widgets.terminal import Terminal

STEPS = 25
SIZES = ((80, 24), (120, 40), (200, 60))


def main() -> None:
    """Print the median and the mean of the steps at each size."""
    with tempfile.TemporaryDirectory() as root:
        asyncio.run(make(Path(root)))
        for columns, lines in SIZES:
            with Terminal("tests.screens.terminal_app", root, columns=columns, lines=lines) as terminal:
                terminal.wait_for_bytes("▌")
                terminal.settle(1.5)
                sent = []
                for _ in range(STEPS):
                    before = len(terminal.raw)
                    terminal.press("j")
                    terminal.settle(0.2)
                    sent.append((len(terminal.raw) - before) / 1000)
            print(f"{columns}x{lines}: {median(sent):.1f} kB a step (median), {mean(sent):.1f} on average")


if __name__ == "__main__":
    main()
