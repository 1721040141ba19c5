"""Plain bars of Unicode blocks: a plot for a terminal, a pipe or a mail."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(value: float, largest: float, width: int = WIDTH) -> str:
    """Return a bar of at most ``width`` columns, in eighths of a column; something is never shown as nothing.

    Args:
        value: what it stands for, 0 or more.
        largest: what fills the whole width.
    """
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(min(1.0, value / largest) * width * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def bars(values: Sequence[float], width: int = WIDTH) -> list[str]:
    """Return a bar for each value, the largest filling the width."""
    largest = max(values, default=0)
    return [bar(value, largest, width) for value in values]
