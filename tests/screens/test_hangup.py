"""A terminal that goes away ends the program and costs nothing of what was being written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from tests.screens.home import fill
from tests.widgets.terminal import PATIENCE, Terminal
from tui.engine.core import Engine
from tui.engine.drafts import Drafts
from tui.engine.paths import Paths
from tui.hangup import Lasting


async def furnish(paths: Paths) -> None:
    engine = await Engine.open(paths)
    await fill(engine)
    await engine.close()


@pytest.mark.parametrize("how", ["the line drops", "the window is closed", "SIGHUP", "SIGTERM"])
def test_it_ends_and_keeps_what_was_written(tmp_path: Path, how: str) -> None:
    paths = Paths.of(tmp_path / "home")
    asyncio.run(furnish(paths))
    with Terminal("tests.screens.terminal_app", str(tmp_path / "home")) as terminal:
        terminal.wait_for("Inbox")
        terminal.settle()
        terminal.press("m")
        terminal.wait_for("Subject")
        terminal.press("bo@beta.example")
        terminal.wait_for("bo@beta.example")
        if how == "the line drops":
            terminal.hang_up()
        elif how == "the window is closed":
            terminal.hang_up()
            for one in (signal.SIGCONT, signal.SIGHUP):
                terminal.process.send_signal(one)
        else:
            terminal.process.send_signal(signal.Signals[how])
        if how in ("the line drops", "the window is closed"):
            assert terminal.process.wait(PATIENCE) == 0
        else:
            assert terminal.wait_for_the_end() == 0
        if how == "SIGTERM":
            terminal.settle()
            assert b"\x1b[?1049l" in terminal.raw, "the terminal is given back as it was"
    assert [saved.draft.to for saved in Drafts(paths).list()] == ["bo@beta.example"]


def test_who_writes_to_a_terminal_that_is_gone_does_not_wait_for_ever() -> None:
    """Textual's thread that writes would end by the error, and its short queue would stay full."""
    reads, writes = os.pipe()
    os.close(reads)
    with contextlib.suppress(BrokenPipeError), os.fdopen(writes, "w") as file:
        thread = WriterThread(Lasting(file))  # type: ignore[arg-type]
        thread.start()
        for _ in range(3 * MAX_QUEUED_WRITES):
            thread.write("x" * 10_000)
        thread.stop()
        assert not thread.is_alive()
