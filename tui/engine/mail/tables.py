"""Tables as text: data in aligned columns, layout as flow."""

from __future__ import annotations

import unicodedata

MAX_CELL = 60
MAX_WIDTH = 110
MAX_COLUMNS = 40

Cell = list[str]
Row = list[Cell]


def layout(rows: list[Row], has_heading: bool, bordered: bool) -> list[str]:
    """Return the lines of a table.

    Rows whose cells are all short single lines keep together: in aligned columns when the table holds data (two
    columns and two rows at least), else side by side. Anything longer flows, one cell under the other.

    Args:
        rows: per row its cells, per cell its lines.
        has_heading: the first row is one of headings.
        bordered: the table draws borders, so that it means to be a table.
    """
    filled = [[cell for cell in row if any(cell)] if not (has_heading or bordered) else row for row in rows]
    filled = [row for row in filled if any(any(cell) for cell in row)]
    if len(filled) >= 2 and _is_data(filled):
        return _aligned(filled, has_heading)
    out: list[str] = []
    for row in filled:
        if all(len(cell) <= 1 for cell in row) and sum(len(cell[0]) for cell in row if cell) <= MAX_WIDTH:
            out.append("  ".join(cell[0] for cell in row if cell and cell[0]))
            continue
        for cell in row:
            if not cell:
                continue
            if len(cell) > 1 and out and out[-1]:
                out.append("")
            out.extend(cell)
    return out


def _is_data(rows: list[Row]) -> bool:
    columns = max(len(row) for row in rows)
    if not 2 <= columns <= MAX_COLUMNS or sum(len(row) >= 2 for row in rows) * 2 < len(rows):
        return False
    return all(len(cell) <= 1 and all(len(row_text) <= MAX_CELL for row_text in cell) for row in rows for cell in row)


def _aligned(rows: list[Row], has_heading: bool) -> list[str]:
    texts = [[cell[0] if cell else "" for cell in row] for row in rows]
    columns = max(len(row) for row in texts)
    widths = [max((width(row[index]) for row in texts if index < len(row) > 1), default=0) for index in range(columns)]
    if sum(widths) + 2 * columns > MAX_WIDTH:
        return ["  ".join(cell for cell in row if cell) for row in texts]
    out: list[str] = []
    for number, row in enumerate(texts):
        if len(row) == 1:
            out.append(row[0])
        else:
            out.append("  ".join(_padded(cell, size) for cell, size in zip(row, widths, strict=False)).rstrip())
        if number == 0 and has_heading:
            out.append("  ".join("-" * max(size, 1) for size in widths).rstrip())
    return out


def _padded(cell: str, size: int) -> str:
    return cell + " " * (size - width(cell))


def width(cell: str) -> int:
    """Return the columns that a text takes in a terminal, wide characters as two and marks as none."""
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell
    )
