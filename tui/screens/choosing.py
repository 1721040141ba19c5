"""Choosing a file by typing its path, which is completed from the disk."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input

from tui.screens.dialogs import Prompt

LOOKED_AT = 5000
"""Names of a folder that are looked through."""


class FilePrompt(Prompt):
    """Ask for a file; Tab or Right takes what is offered in grey."""

    def __init__(self, title: str, *, foot: str) -> None:
        super().__init__(Content(title), placeholder="~/offer.pdf", foot=foot)

    def on_mount(self) -> None:
        """Complete what is typed."""
        super().on_mount()
        self.query_one("#text", Input).suggester = _Paths(case_sensitive=True, use_cache=False)

    def handle(self, pressed: str) -> bool:
        """Take what is offered."""
        if pressed != "Tab":
            return super().handle(pressed)
        self.query_one("#text", Input).action_cursor_right()
        return True


class _Paths(Suggester):
    async def get_suggestion(self, value: str) -> str | None:
        """Offer the first file or folder that begins so; a slow disk holds up nothing."""
        return await asyncio.to_thread(complete, value)


def complete(typed: str) -> str | None:
    """Return the path that ``typed`` begins, a folder with a slash behind it; None when there is none.

    Names with a leading dot are offered only when the dot was typed; names that a terminal should not see never are.
    """
    head, slash, begun = typed.rpartition("/")
    folder = Path(f"{head}{slash}" or ".").expanduser()
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(LOOKED_AT), strict=False):
                name = entry.name
                if (
                    name.startswith(begun or "")
                    and name.startswith(".") <= begun.startswith(".")
                    and name.isprintable()
                ):
                    found.append(name + "/" * entry.is_dir())
    except (OSError, ValueError, RuntimeError):
        return None  # a folder that is not there, or not ours to read, offers nothing
    best = min(found, default=None, key=lambda name: (name.lower(), name))
    return None if best is None or best == begun else f"{head}{slash}{best}"
