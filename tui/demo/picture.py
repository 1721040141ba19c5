"""A picture of the workspace in the demo, as an SVG file, taken without a terminal."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tui.demo.live import Live
from tui.engine.errors import ConfigError, DealdeskError
from tui.engine.paths import Paths

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (170, 44)
"""Columns and rows: wide enough for the four panes side by side."""
SECONDS = 30.0
_STILL = 0.4
"""Seconds without a change after which the screen is taken to be finished."""


_FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
"""Looking at the picture must not fetch anything; the reader's own monospace font serves."""


async def take(paths: Paths, file: Path, size: tuple[int, int] = SIZE) -> None:
    """Open the demo's workspace without a terminal, wait until it has settled, and write what it looks like.

    Args:
        paths: an empty home.
        file: where to; an old picture there is replaced.

    Raises:
        DealdeskError: the workspace did not fill.
        ConfigError: the file can't be written.
    """
    from tui.app import DealdeskApp

    live = Live()
    try:
        app = DealdeskApp(paths, live.fill)
        async with app.run_test(size=size) as pilot:
            if not await asyncio.to_thread(live.filled.wait, SECONDS) or live.error:
                raise DealdeskError(live.error or f"The demo was not filled within {SECONDS:g} s; try again.")
            await _settle(pilot)
            await pilot.press("down")  # from the newest message, a newsletter, to one that has a deal
            await _settle(pilot)
            picture = _FONTS.sub("", app.export_screenshot(title="dealdesk"))
    finally:
        live.stop()
    try:
        await asyncio.to_thread(file.write_text, picture, "utf-8")
    except OSError as error:
        raise ConfigError(f"The picture {file} can't be written ({error.strerror}); name another file.") from error


async def _settle(pilot: Pilot[None]) -> None:
    """Wait until what is shown has not changed for a moment."""
    deadline, shown, since = time.monotonic() + SECONDS, "", time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < _STILL:
        await pilot.pause(0.05)
        now = pilot.app.export_screenshot(simplify=True)
        if now != shown:
            shown, since = now, time.monotonic()
