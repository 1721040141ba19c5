"""A text of any length to page through, as it is: a source, an attachment, what a command said."""

from __future__ import annotations

from textual.geometry import Size

from tui import cells, look
from tui.widgets.longtext import LongText
from tui.widgets.wrapped import Wrapped, Written


class Pages(Wrapped, can_focus=False):
    """A titled text, wrapped only as far as it is looked at; as high as it needs to be, and no higher than it may be.

    Args:
        title: what it is.
        text: the text, made harmless where it entered.
        share: which share of the screen it may fill, from 0 to 1.
    """

    DEFAULT_CSS = """
    Pages { height: auto; background: $surface; }
    """

    def __init__(self, title: str, text: str, share: float = 1, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title, self._share_of_screen = title, share
        self._source = LongText(text)

    def show(self, text: str) -> None:
        """Replace the text."""
        self._source = LongText(text)
        self.write_again()
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes, the title's among them."""
        most = max(2, int(viewport.height * self._share_of_screen))
        count = 1
        for line in self._source[:most]:
            count += len(cells.wrap(line[: most * width].expandtabs(), width))
            if count >= most:
                return most
        return count

    def resized(self) -> None:
        """Wrap anew for the new width; the line at the top stays there."""
        self.write_again()

    def written(self) -> Written:
        """Yield the lines of the text."""
        room = max(2, self.size.width)
        for at, line in enumerate(self._source):
            self._at = at
            for part in cells.wrapping(line.expandtabs(), room):
                yield ((part, ""),)

    def draw_title(self, width: int) -> look.Line:
        """Draw the title, and how far one has read."""
        return look.spread([(self._title, "title")], [(self.how_far(), "dim")], width)
