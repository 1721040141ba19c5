from __future__ import annotations

from collections.abc import Iterator

import pytest

from tui.demo.world import World

PATIENCE = 40.0
"""Seconds that something is waited for, which only a broken program needs."""


@pytest.fixture
def world() -> Iterator[World]:
    """A running world without any mail; the servers must have had no fault when it ends."""
    with World() as running:
        yield running
    assert running.faults == []
