"""A dialog to page through a text of any length."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from tui.screens.dialogs import Dialog
from tui.widgets.pages import Pages
from tui.widgets.plain import Plain

SHARE = 0.75
"""Of the screen's height that the text may fill."""


class TextPanel(Dialog):
    """Show a text until a key closes it.

    Args:
        title: the first line.
        text: what to read, made harmless where it entered; ``show`` gives another one.
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.pages = Pages(title, text, SHARE)
        self._moves: dict[str, Callable[[], object]] = {
            **dict.fromkeys(("j", "Down"), lambda: self.pages.move(1)),
            **dict.fromkeys(("k", "Up"), lambda: self.pages.move(-1)),
            **dict.fromkeys(("PgDn", "Space"), lambda: self.pages.page(1)),
            **dict.fromkeys(("PgUp", "S-Space", "Backspace"), lambda: self.pages.page(-1)),
            "C-d": lambda: self.pages.half_page(1),
            "C-u": lambda: self.pages.half_page(-1),
            **dict.fromkeys(("g", "Home"), lambda: self.pages.first()),
            **dict.fromkeys(("G", "End"), lambda: self.pages.last()),
        }

    def compose(self) -> ComposeResult:
        """Text and foot."""
        with Vertical():
            yield self.pages
            yield Plain(Content("j k scroll · g G first, last · q closes"), classes="foot")

    def show(self, text: str) -> None:
        """Replace the text."""
        self.pages.show(text)

    def handle(self, pressed: str) -> bool:
        """Scroll or close."""
        if pressed in self._moves:
            self._moves[pressed]()
        elif pressed in ("q", "Enter"):
            self.dismiss(None)
        return True
