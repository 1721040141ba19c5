"""Rows of a file as values by field: cells cleaned, columns mapped, cells with several values cut apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tui.engine.crm import columns
from tui.engine.crm.tablefile import TableRow
from tui.engine.errors import InvalidInput
from tui.engine.text import clean

FORMULA = "=+-@\t\r＝＋－＠"
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
_DEFUSED = re.compile(f"'+[{re.escape(FORMULA)}]")
_LINES = re.compile("\n")
_SEVERAL = re.compile(r"\s*(?:\n|:::|;)\s*")
_ADDRESSES = re.compile(r"\s*(?:\n|:::|;|,)\s*")
_BRACKETED = re.compile(r"[^<>]*<\s*(?:mailto:)?([^<>]+?)\s*>|[^()]*\(\s*([^()\s]+@[^()\s]+)\s*\)")
_NOTES = ("note", "notes", "comment", "comments", "remark", "remarks", "description", "deal description")


class Value(NamedTuple):
    """A value and the title of the column that it stands in."""

    text: str
    column: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row (or card) of a file.

    Args:
        number: the row's number, the head being 1; a card's is its place among the cards.
        values: field -> its values, without empty ones.
        exact: it comes from our own export: what is in a cell is meant literally.
        problem: why nothing can be made of it.
    """

    number: int
    values: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    exact: bool = False
    problem: str = ""

    def one(self, name: str) -> str:
        """Return the first value of a field, "" when it has none."""
        found = self.values.get(name)
        return found[0].text if found else ""

    def several(self, name: str, comma: bool = False) -> list[Value]:
        """Return the values of a field, those of one cell apart: by lines, ``:::`` and semicolons, commas if asked."""
        if name not in self.values:
            return []
        cut = _LINES if self.exact else _ADDRESSES if comma else _SEVERAL
        return [
            Value(part.strip(), value.column)
            for value in self.values.get(name, ())
            for part in cut.split(value.text)
            if part.strip()
        ]

    def id(self) -> int:
        """Return what our own export numbered it, 0 for anything else."""
        number = self.one("id") if self.exact else ""
        return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0

    def note(self) -> str:
        """Return the remarks as one text; one from a column of another name says so."""
        parts = [
            value.text if columns.plain(value.column) in _NOTES else f"{value.column}: {value.text}"
            for value in self.values.get("note", ())
        ]
        return "\n".join(parts)


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; ``armed`` gives the same text back."""
    return f"'{cell}" if (cell[:1] in FORMULA and cell) or _DEFUSED.match(cell) else cell


def armed(cell: str) -> str:
    """Return what ``defused`` was given."""
    return cell[1:] if cell[:1] == "'" and _DEFUSED.match(cell) else cell


def bare_address(text: str) -> str:
    """Return the address of ``Ann <ann@acme.io>``, ``Ann (ann@acme.io)`` or ``mailto:ann@acme.io``, else all of it."""
    found = _BRACKETED.fullmatch(text)
    return found[1] or found[2] if found else text.strip().removeprefix("mailto:")


def of_rows(
    rows: Iterable[TableRow], titles: Sequence[str], fields: Sequence[str], unused: set[int]
) -> Iterator[Record]:
    """Give the rows of a table as records; ``unused`` gets the columns without a field that had a value."""
    exact = columns.source(titles) == "dealdesk"
    for row in rows:
        values: dict[str, list[Value]] = {}
        for at, cell in enumerate(row.cells):
            if not cell or cell.isspace():
                continue
            if not fields[at]:
                unused.add(at)
                continue
            text = clean(armed(cell)).strip()
            if text:
                values.setdefault(fields[at], []).append(Value(text, titles[at] or f"column {at + 1}"))
        yield Record(row.number, values, exact, row.problem)


def said(value: Value, error: InvalidInput) -> InvalidInput:
    """Return an error that names the column too."""
    return InvalidInput(f"{value.column}: {error}")
