"""A pane: one title line and lines below it, drawn by the Line API, O(viewport) whatever it holds.

It scrolls by its own ``top`` and not by Textual's: a longer list then costs no layout of the screen, and one step
repaints two lines. Subclasses say how many lines there are and draw one; ``refresh_changed`` repaints what differs
from what is on the screen, so that an update that changes nothing sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui import cells, look

WHEEL = 3
"""Lines that one notch of the mouse wheel scrolls."""

_INKS: dict[str, tuple[str, float, bool]] = {
    "": ("", 1, False),
    "dim": ("foreground", 0.66, False),
    "faint": ("foreground", 0.48, False),
    "strong": ("", 1, True),
    "accent": ("accent", 1, False),
    "title": ("accent", 1, True),
    "good": ("success", 1, False),
    "warn": ("warning", 1, False),
    "bad": ("error", 1, False),
}
"""Each ink: the theme's variable ("" for the pane's own colour), its share over the ground, whether it is bold."""

_LINES: dict[str, tuple[str, float]] = {
    "cursor": ("block-cursor-background", 1),
    "cursor-blurred": ("block-cursor-blurred-background", 1),
    "marked": ("accent", 0.14),
}
"""The ground of each kind of line: the theme's variable and its share."""


class Pane(Widget, can_focus=True):
    """A titled, scrolling, focusable Line-API widget. Knows how to draw; what it draws is its subclasses' affair."""

    ALLOW_SELECT = False

    span = 1
    """Lines of the screen that each line of the pane takes."""

    DEFAULT_CSS = """
    Pane {
        width: 1fr;
        height: 1fr;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.top = 0
        self._styles: dict[tuple[str, str], Style] = {}
        self._drawn: dict[int, Strip] = {}
        self._drawn_size = Size(0, 0)

    # What a subclass gives

    def line_count(self) -> int:
        """Return how many lines there are below the title."""
        return 0

    def draw_title(self, width: int) -> look.Line:
        """Return the title line, ``width`` cells wide at most."""
        return ()

    def draw_line(self, index: int, width: int) -> Strip:
        """Return line ``index`` (0 <= index < line_count), at most ``width`` cells wide."""
        return Strip.blank(width)

    def draw_more(self, index: int, width: int) -> Strip:
        """Return what is below line ``index`` where each takes two lines of the screen."""
        return Strip.blank(width)

    # Drawing

    @property
    def body_height(self) -> int:
        """Lines that fit below the title, whole ones."""
        return max(0, self.size.height - 1) // self.span

    def ink(self, name: str, line: str = "") -> Style:
        """Return the Rich style of an ink on a line of kind ``line`` ("", cursor, cursor-blurred, marked); cached.

        Colours are read from the theme and not from component classes: those would be nodes to be styled one by one
        at every start, a tenth of the time to the first paint.
        """
        style = self._styles.get((name, line))
        if style is None:
            background = self.background_colors[1]
            if line:
                background = background + self._theme_color(*_LINES[line])
            variable, share, bold = _INKS[name]
            color = self._theme_color(variable, share) if variable else self.styles.color
            colors = Style.from_color((background + color).rich_color, background.rich_color)
            style = self._styles[name, line] = colors + Style(bold=True) if bold else colors
        return style

    def _theme_color(self, variable: str, share: float) -> Color:
        color = Color.parse(self.app.theme_variables[variable])
        return color if share == 1 else color.multiply_alpha(share)

    def strip(self, line: Iterable[look.Piece], width: int, kind: str = "") -> Strip:
        """Return ``line`` as a Strip of exactly ``width`` cells in the style of line ``kind``.

        Neighbours of one style become one segment, and blanks join their left neighbour: fewer bytes to the terminal.
        """
        segments: list[Segment] = []
        text, style, used = "", self.ink("", kind), 0
        for raw, ink in line:
            piece = cells.steady(raw)
            room = width - used
            if room <= 0:
                break
            size = cells.width(piece)
            if size > room:
                piece = cells.cut(piece, room)
                size = cells.width(piece)
            used += size
            chosen = self.ink(ink, kind)
            if chosen is style or not piece.strip(" "):
                text += piece
                continue
            if text:
                segments.append(Segment(text, style))
            text, style = piece, chosen
        if used < width:
            text += " " * (width - used)
        segments.append(Segment(text, style))
        return Strip(segments, width)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget (Textual's Line API) and remember it as what is on the screen."""
        if self.size != self._drawn_size:
            self._drawn_size = self.size
            self._drawn.clear()
        strip = self._drawn[y] = self._draw(y)
        return strip

    def _draw(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self.strip(self.draw_title(width), width)
        below, part = divmod(y - 1, self.span)
        index = self.top + below
        if index >= self.line_count():
            return self.strip((), width)
        return self.draw_more(index, width) if part else self.draw_line(index, width)

    def refresh_changed(self) -> None:
        """Repaint the lines that would look different from what is on the screen, and no others."""
        if not self.is_attached or not self.size:
            return
        self.clamp()
        width = self.size.width
        changed = []
        for y in range(self.size.height):
            shown = self._drawn.get(y)
            columns = width if shown is None else width - same_end(shown, self._draw(y))
            if columns > 0:
                changed.append(Region(0, y, columns, 1))
        if changed:
            self.refresh(*changed)

    def refresh_index(self, *indexes: int) -> None:
        """Repaint these lines, as far as they are in view."""
        rows = [index - self.top for index in indexes if 0 <= index - self.top < self.body_height]
        if rows:
            self.refresh(*(Region(0, 1 + y * self.span, self.size.width, self.span) for y in rows))

    def refresh_title(self) -> None:
        """Repaint the title line."""
        self.refresh(Region(0, 0, self.size.width, 1))

    def notify_style_update(self) -> None:
        """Forget resolved colours: the theme or the focus changed."""
        self._styles.clear()
        super().notify_style_update()

    # Scrolling

    @property
    def last_top(self) -> int:
        """The greatest ``top`` that leaves no empty line below."""
        return max(0, self.line_count() - self.body_height)

    def clamp(self) -> None:
        """Bring ``top`` back into what there is."""
        self.top = min(max(0, self.top), self.last_top)

    def scroll_lines(self, lines: int) -> bool:
        """Scroll by ``lines`` (negative: up); return whether anything moved."""
        before = self.top
        self.top += lines
        self.clamp()
        if self.top == before:
            return False
        self.refresh_changed()
        return True

    def reveal(self, index: int) -> bool:
        """Scroll so that line ``index`` is in view; return whether anything moved.

        Leaving the edge by a line moves half a page, as pagers do: a held key then repaints the pane once every
        half page and not at every step.
        """
        height = self.body_height
        if height <= 0 or self.top <= index < self.top + height:
            return False
        before = self.top
        if index == self.top + height:
            self.top = index - height // 2
        elif index == self.top - 1:
            self.top = index - (height - 1) // 2
        else:
            self.top = index - height // 2
        self.clamp()
        return self.top != before

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving the cursor."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll without moving the cursor."""
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_resize(self) -> None:
        """Lay out for the new size and keep what is shown within what there is."""
        self.resized()
        before = self.top
        self.clamp()
        if self.top != before:
            self.refresh_changed()

    def resized(self) -> None:
        """Called when the size changed; panes whose lines depend on the width lay them out anew here."""

    def index_at(self, y: int) -> int | None:
        """Return the line at widget row ``y``, or None for the title or below the end."""
        index = self.top + (y - 1) // self.span
        return index if y > 0 and index < self.line_count() else None


class Heading(Pane, can_focus=False):
    """One line over what it speaks of."""

    DEFAULT_CSS = """
    Heading { height: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pieces: tuple[Sequence[look.Piece], Sequence[look.Piece]] = ((), ())

    def show(self, left: Sequence[look.Piece], right: Sequence[look.Piece]) -> None:
        """Show this at the left and at the right."""
        self._pieces = (left, right)
        self.refresh_changed()

    def draw_title(self, width: int) -> look.Line:
        """Draw the line."""
        left, right = self._pieces
        return look.spread([(" ", ""), *((text, ink or "title") for text, ink in left)], [*right, (" ", "")], width)


def same_end(shown: Strip, line: Strip) -> int:
    """Return how many cells at the end of two strips of one width look the same: those needn't be written again."""
    if shown.cell_length != line.cell_length:
        return 0
    same = 0
    for before, after in zip(reversed(list(shown)), reversed(list(line)), strict=False):
        if before.text == after.text and before.style == after.style:
            same += after.cell_length
            continue
        if before.style == after.style:
            same += min(len(one.text) - len(one.text.rstrip(" ")) for one in (before, after))
        break
    return same
