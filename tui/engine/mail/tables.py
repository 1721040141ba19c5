"""Tables as text: data in aligned columns, layout as flow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

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
    if not (has_heading or bordered):
        rows = [row if all(row) else [cell for cell in row if cell] for row in rows]
    rows = [row for row in rows if any(row)]
    if len(rows) >= 2 and _is_data(rows):
        return _aligned([[cell[0] if cell else "" for cell in row] for row in rows], has_heading)
    out: list[str] = []
    for row in rows:
        if all(len(cell) <= 1 for cell in row) and sum(len(cell[0]) for cell in row if cell) <= MAX_WIDTH:
            out.append("  ".join(cell[0] for cell in row if cell))
            continue
        for cell in row:
            if len(cell) > 1 and out and out[-1]:
                out.append("")
            out.extend(cell)
    return out


def _is_data(rows: list[Row]) -> bool:
    """Tell whether most rows have several cells and every cell is one short line."""
    wide = 0
    for row in rows:
        if len(row) > MAX_COLUMNS:
            return False
        wide += len(row) >= 2
        for cell in row:
            if len(cell) > 1 or (cell and len(cell[0]) > MAX_CELL):
                return False
    return wide * 2 >= len(rows)


def _aligned(rows: list[list[str]], has_heading: bool) -> list[str]:
    most = max(map(len, rows))
    rows = [_spread(row, most) for row in rows]
    widths: list[int] = []
    sized = [[len(cell) if cell.isascii() else width(cell) for cell in row] for row in rows]
    for sizes in sized:
        if len(sizes) > 1:
            widths += [0] * (len(sizes) - len(widths))
            widths[: len(sizes)] = map(max, widths, sizes)
    if sum(widths) + 2 * len(widths) > MAX_WIDTH:
        return ["  ".join(filter(None, row)) for row in rows]
    right = [_is_of_numbers(rows[has_heading:], column) for column in range(len(widths))]
    blanks = [" " * size for size in range(max(widths, default=0) + 1)]
    out = [
        row[0]
        if len(row) == 1
        else "  ".join(
            [
                blanks[most - size] + cell if at_right else cell + blanks[most - size]
                for cell, size, most, at_right in zip(row, sizes, widths, right, strict=False)
            ]
        ).rstrip()
        for row, sizes in zip(rows, sized, strict=True)
    ]
    if has_heading:
        out.insert(1, "  ".join("-" * max(size, 1) for size in widths))
    return out


def _spread(row: list[str], columns: int) -> list[str]:
    """Put the number at the end of a short row (a sum, whose words span columns) below the other numbers."""
    if not 2 <= len(row) < columns or not _NUMBER.fullmatch(row[-1]):
        return row
    return [*row[:-1], *[""] * (columns - len(row)), row[-1]]


def _is_of_numbers(rows: list[list[str]], column: int) -> bool:
    cells = [row[column] for row in rows if 1 < len(row) > column and row[column]]
    return bool(cells) and all(map(_NUMBER.fullmatch, cells))


def width(cell: str) -> int:
    """Return the columns that a text takes in a terminal, wide characters as two and marks as none."""
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell
    )
