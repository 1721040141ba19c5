"""Text on a screen that can't do anything: Content with control characters in it stops Textual itself."""

from __future__ import annotations

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

from tui.engine.text import clean


def harmless(content: Content) -> Content:
    """Return ``content`` as it is, or, where it has control characters or bidi overrides, its cleaned plain text."""
    plain = content.plain
    cleaned = clean(plain)
    return content if cleaned == plain else Content(cleaned)


class Plain(Static):
    """A Static that shows Content alone, made harmless; a str is text and never markup.

    Args:
        content: what to show.
        id: the widget's id.
        classes: its classes.
    """

    def __init__(self, content: Content | str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(_content(content), id=id, classes=classes, markup=False)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show something else."""
        super().update(_content(content) if isinstance(content, Content | str) else content, layout=layout)


def _content(content: Content | str) -> Content:
    return harmless(Content(content) if isinstance(content, str) else content)
