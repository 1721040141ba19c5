"""Plain bars of Unicode blocks: a plot for a terminal, a pipe or a mail."""

from __future__ import annotations

from collections.abc import Sequence

from tui import cells

WIDTH = 24


def bars(values: Sequence[float], width: int = WIDTH) -> list[str]:
    """Return a bar for each value, the largest filling the width."""
    largest = max(values, default=0)
    return [cells.bar(value, largest, width) for value in values]
