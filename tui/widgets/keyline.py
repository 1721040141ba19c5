"""The last line of a form: its keys with a word each, as many as fit, none cut in two."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content

from tui.widgets.plain import Plain

BETWEEN = " · "


class KeyLine(Plain):
    """Keys of a form.

    Args:
        id: the widget's id.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: Sequence[str] = ()

    def show(self, hints: Sequence[str]) -> None:
        """Show keys, each as ``F9 send``, the ones that are needed most first."""
        self._hints = hints
        self._fit(self.content_size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Show as many as fit now."""
        self._fit(self.content_size.width)

    def _fit(self, width: int) -> None:
        shown = ""
        for hint in self._hints:
            longer = f"{shown}{BETWEEN}{hint}" if shown else hint
            if len(longer) > width:
                break
            shown = longer
        self.update(Content(shown))
