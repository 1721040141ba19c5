"""A picture that came by mail, over the workspace: decoded beside the loop, again for each size of the terminal."""

from __future__ import annotations

import asyncio
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.strip import Strip

from tui import look
from tui.engine.model import Attachment
from tui.engine.pictures import Picture, picture
from tui.screens.dialogs import Dialog
from tui.widgets.picture import PictureView, strips
from tui.widgets.plain import Plain


class PictureDialog(Dialog):
    """Show a picture until a key closes it; left with True where the system's program is wanted.

    Args:
        attachment: its name and size.
        data: its octets.
    """

    DEFAULT_CSS = """
    PictureDialog Vertical { width: 100%; height: 100%; max-width: 100%; max-height: 100%; padding: 0 1; }
    PictureDialog #picture { height: 1fr; }
    """

    def __init__(self, attachment: Attachment, data: bytes) -> None:
        super().__init__()
        self._attachment = attachment
        self._data = data

    def compose(self) -> ComposeResult:
        """Title, picture, foot."""
        with Vertical():
            yield Plain(self._title(None), classes="title")
            yield PictureView(id="picture")
            yield Plain(Content("o opens it with the system's program · q closes"), classes="foot")

    def _title(self, found: Picture | None) -> Content:
        about = look.size(self._attachment.size)
        if found is not None:
            about = f"{found.of[0]:,} x {found.of[1]:,} · {about}"
        return look.content(((self._attachment.name or "(no name)", "strong"), (f"  {about}", "dim")))

    @property
    def view(self) -> PictureView:
        """Where it is drawn."""
        return self.query_one("#picture", PictureView)

    def on_resize(self, event: events.Resize) -> None:
        """Decode for the room that there is now."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        latest: Any = self._decode
        self.run_worker(latest, group="decode", exclusive=True, exit_on_error=False)

    async def _decode(self) -> None:
        width, height = self.view.room
        coloured = not self.app.no_color

        def work() -> tuple[Picture, list[Strip]]:
            found = picture(self._attachment.name, self._data, width, height)
            return found, strips(found, coloured=coloured)

        found, rows = await asyncio.to_thread(work)
        self.query_one(".title", Plain).update(self._title(found))
        self.view.show(rows)

    def handle(self, pressed: str) -> bool:
        """Close, or hand it to the system's program."""
        if pressed in ("q", "Enter", "Space"):
            self.dismiss(None)
        elif pressed == "o":
            self.dismiss(True)
        return True
