"""Tables as text: data in aligned columns, layout as flow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain, repeat

MAX_CELL = 60
MAX_WIDTH = 110
MAX_COLUMNS = 40

_NUMBER = re.compile(r"[-+(]?(?:[^\w\s]{1,2} ?|[A-Z]{2,3} )?\d[\d.,' ]{0,20}(?: ?(?:%|[^\w\s]{1,2}|[A-Za-z]{1,4}))?\)?")
"""A number, with a currency or a unit."""

Cell = Sequence[str]
Row = list[Cell]


def layout(rows: list[Row], has_heading: bool, bordered: bool) -> list[str]:
    """Return the lines of a table.

    Rows whose cells are all short single lines keep together: in aligned columns when the table holds data (two
    columns and two rows at least), else side by side. Anything longer flows, one cell under the other.

    Args:
        rows: per row its cells, per cell its lines.
        has_heading: the first row is one of headings.
        bordered: the table draws borders, so that it means to be a table: empty cells keep their place.
    """
    if len(rows) == 1 and len(rows[0]) == 1:  # the frame around a piece of layout, as most tables are
        return list(rows[0][0])
    if not (has_heading or bordered):
        rows = [row if all(row) else [cell for cell in row if cell] for row in rows]
    rows = [row for row in rows if any(row)]
    if len(rows) >= 2 and _is_data(rows):
        return _aligned([[cell[0] if cell else "" for cell in row] for row in rows], has_heading)
    out: list[str] = []
    for row in rows:
        if len(row) == 1:
            cell = row[0]
            if len(cell) > 1 and out and out[-1]:
                out.append("")
            out.extend(cell)
            continue
        if max(map(len, row)) <= 1 and sum(len(cell[0]) for cell in row if cell) <= MAX_WIDTH:
            out.append("  ".join([cell[0] for cell in row if cell]))
            continue
        for cell in row:
            if len(cell) > 1 and out and out[-1]:
                out.append("")
            out.extend(cell)
    return out


def _is_data(rows: list[Row]) -> bool:
    """Tell whether most rows have several cells and every cell is one short line."""
    if sum([len(row) >= 2 for row in rows]) * 2 < len(rows) or max(map(len, rows)) > MAX_COLUMNS:
        return False
    cells = list(chain.from_iterable(rows))
    return max(map(len, cells)) <= 1 and max(map(len, chain.from_iterable(cells))) <= MAX_CELL


def _aligned(rows: list[list[str]], has_heading: bool) -> list[str]:
    """Return rows as lines, column by column; a row of one cell is a line of its own."""
    most = max(map(len, rows))
    columns = list(zip(*[_filled(row, most) for row in rows if len(row) > 1], strict=True))
    widths = [max(map(len if "".join(column).isascii() else width, column)) for column in columns]
    if sum(widths) + 2 * len(widths) > MAX_WIDTH:
        return ["  ".join(filter(None, row)) for row in rows]
    first = has_heading and len(rows[0]) > 1
    padded = map(_padded, columns, widths, [_is_of_numbers(column[first:]) for column in columns])
    lines = map(str.rstrip, map("  ".join, zip(*padded, strict=True)))
    out = [row[0] if len(row) == 1 else next(lines) for row in rows]
    if has_heading:
        out.insert(1, "  ".join("-" * max(size, 1) for size in widths))
    return out


def _filled(row: list[str], columns: int) -> list[str]:
    """Return a row with all columns; the number at the end of a short one (a sum, whose words span columns) goes below
    the other numbers."""
    if len(row) == columns:
        return row
    blank = [""] * (columns - len(row))
    return [*row[:-1], *blank, row[-1]] if _NUMBER.fullmatch(row[-1]) else row + blank


def _is_of_numbers(column: Sequence[str]) -> bool:
    return any(column) and all(map(_NUMBER.fullmatch, filter(None, column)))


def _padded(column: Sequence[str], size: int, at_right: bool) -> list[str]:
    """Return the cells of a column with blanks up to its width, before or behind them."""
    if "".join(column).isascii():
        return list(map(str.rjust if at_right else str.ljust, column, repeat(size)))
    blanks = [" " * (size - width(cell)) for cell in column]
    return [blank + cell if at_right else cell + blank for blank, cell in zip(blanks, column, strict=True)]


def width(cell: str) -> int:
    """Return the columns that a text takes in a terminal, wide characters as two and marks as none."""
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell
    )
