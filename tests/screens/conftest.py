"""A filled home for every test of the screens, copied from one that is made once."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.screens.home import make
from tui.engine.paths import Paths

NOW = 1_764_000_000
"""Monday, 24 November 2025, 16:00 UTC."""


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what is said for a moment until it is looked at: how long a moment is depends on the machine."""
    monkeypatch.setattr("tui.widgets.statusline.NOTICE", 3600.0)
    monkeypatch.setattr("tui.screens.composing.NOTICE", 3600.0)
    monkeypatch.setattr("textual.notifications.Notification.has_expired", False)


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[date], Path]:
    """The demo's mail, people and deals in a home, by the day it was made: at midnight what was due is late."""

    @cache
    def made(day: date) -> Path:
        root = tmp_path_factory.mktemp(f"filled-{day}") / "home"
        asyncio.run(make(root))
        return root

    return made


@pytest.fixture
def paths(filled_home: Callable[[date], Path], tmp_path: Path) -> Paths:
    """A copy of it for one test."""
    root = tmp_path / "desk"
    shutil.copytree(filled_home(date.today()), root)
    return Paths.of(root)


@pytest.fixture(scope="session")
def still_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The filled home as it was made at ``NOW``; the clock stands still."""
    root = tmp_path_factory.mktemp("still") / "home"
    with pytest.MonkeyPatch.context() as patch:
        stop_the_clock(patch)
        asyncio.run(make(root))
    with sqlite3.connect(root / "data" / "crm.db") as db:
        db.execute("UPDATE deals SET expected_close = '2025-12-15'")
        db.execute("UPDATE activities SET due_at = ? + 86400 * (id + 1)", (NOW - NOW % 86400,))
    db.close()
    return root


@pytest.fixture
def still(still_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """A copy of it, with the clock stopped while the test runs."""
    shutil.copytree(still_home, tmp_path / "desk")
    stop_the_clock(monkeypatch)
    yield Paths.of(tmp_path / "desk")
    monkeypatch.undo()
    time.tzset()


def stop_the_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TZ", "UTC")
    time.tzset()
    patch.setattr(time, "time", lambda: float(NOW))
