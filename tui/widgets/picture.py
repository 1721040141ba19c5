"""A picture in half blocks: two pixels a cell, one above the other, in whatever colours the terminal has."""

from __future__ import annotations

from itertools import groupby

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.engine.pictures import Picture

SHADES = " .:-=+*#%@"
"""Where there are no colours: from dark to light."""


class PictureView(Widget):
    """Draws a picture in the middle of its room; nothing until ``show`` gives one."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Strip] = []

    @property
    def room(self) -> tuple[int, int]:
        """Pixels that fit: the cells of a line, and two for each line."""
        return self.size.width, 2 * self.size.height

    def show(self, rows: list[Strip]) -> None:
        """Show a picture, as ``strips`` made it for ``room``."""
        self._rows = rows
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of it."""
        index = y - max(0, (self.size.height - len(self._rows)) // 2)
        if not 0 <= index < len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        row = self._rows[index]
        left = max(0, (self.size.width - row.cell_length) // 2)
        blank = Segment(" " * left, self.rich_style)
        return Strip([blank, *row]).adjust_cell_length(self.size.width, self.rich_style)


def strips(picture: Picture, *, coloured: bool = True) -> list[Strip]:
    """Return a picture as lines. It makes a style for each cell: call it in a thread.

    Args:
        picture: the raster.
        coloured: False for a terminal without colours.
    """
    return [_row(picture, y, coloured) for y in range(0, picture.height, 2)]


def _row(picture: Picture, y: int, coloured: bool) -> Strip:
    """Return two rows of pixels as one line, neighbours of the same colours as one segment."""
    cells = [(_pixel(picture, x, y), _pixel(picture, x, y + 1)) for x in range(picture.width)]
    if not coloured:
        return Strip([Segment("".join(_shade(upper, lower) for upper, lower in cells))])
    return Strip(
        [
            Segment(
                "▀" * sum(1 for _ in same), Style(color=Color.from_triplet(upper), bgcolor=Color.from_triplet(lower))
            )
            for (upper, lower), same in groupby(cells)
        ]
    )


def _pixel(picture: Picture, x: int, y: int) -> ColorTriplet:
    at = 3 * (min(y, picture.height - 1) * picture.width + x)
    return ColorTriplet(*picture.pixels[at : at + 3])


def _shade(upper: ColorTriplet, lower: ColorTriplet) -> str:
    light = sum(2 * one.red + 5 * one.green + one.blue for one in (upper, lower)) / (16 * 256)
    return SHADES[int(light * len(SHADES))]
