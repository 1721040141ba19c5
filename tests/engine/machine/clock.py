"""The clock of a world in memory, for everybody: where its loop jumps over a wait, so does the time of the day."""

from __future__ import annotations

import time
from collections.abc import Callable

_WALL, _STEADY = time.time, time.monotonic


def steady() -> float:
    """Return the real clock, in seconds."""
    return _STEADY()


def enter(jumped: Callable[[], float]) -> None:
    """Have ``time.time`` and ``time.monotonic`` run ahead by so many seconds, until ``leave``."""
    time.time = lambda: _WALL() + jumped()
    time.monotonic = lambda: _STEADY() + jumped()


def leave() -> None:
    """Tell the real time again."""
    time.time, time.monotonic = _WALL, _STEADY
