"""The engine's thread, begun and ended at awkward moments."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tui.engine.host import Host
from tui.engine.paths import Paths


@pytest.mark.parametrize("turns", [1, 10, 100, 1000, 10_000])
async def test_leaving_while_the_databases_open_leaves_no_thread_behind(tmp_path: Path, turns: int) -> None:
    before = set(threading.enumerate())
    host = Host(Paths.of(tmp_path))
    starting = asyncio.create_task(host.start())
    for _ in range(turns):
        await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await asyncio.to_thread(host.stop)
    ours = [one for one in set(threading.enumerate()) - before if not one.name.startswith("asyncio")]
    for thread in ours:
        await asyncio.to_thread(thread.join, 5)
    assert not [thread.name for thread in ours if thread.is_alive()]
