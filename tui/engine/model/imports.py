"""What imports, deletions and the history tell."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A column of a file: its title, the field that it fills ("" for none), and its first values."""

    title: str
    field: str
    samples: tuple[str, ...] = ()


class ImportPreview(NamedTuple):
    """How a file would be read: whose export it looks like ("" when unknown), how it is written, its columns."""

    source: str
    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


class RowError(NamedTuple):
    """Why a row was left out, or which of its values; ``row`` is counted as a spreadsheet does, the head being 1."""

    row: int
    why: str


AMBIGUOUS = "could mean"
"""What every sentence about a date or an amount says that could mean two things."""


class ImportReport(NamedTuple):
    """What an import did (CLI.md, import).

    ``skipped``: rows that bring nothing new, empty ones too. ``kept``: rows that say something else than what is
    here, which was left as it is. ``unused``: columns with values that no field took.
    """

    created: int = 0
    updated: int = 0
    skipped: int = 0
    errors: tuple[RowError, ...] = ()
    kept: tuple[RowError, ...] = ()
    unused: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether rows were left out because a date or an amount could mean two things."""
        return any(AMBIGUOUS in one.why for one in self.errors)


class Removal(NamedTuple):
    """What goes and what stays when a person or a deal is deleted: noun -> how many."""

    goes: dict[str, int]
    stays: dict[str, int]


class HistoryEntry(NamedTuple):
    """One change of a person, organization or deal: when, by whom ("" the only user), of which field, old and new."""

    at: int
    actor: str
    field: str
    old: str
    new: str

    @property
    def who(self) -> str:
        """By whom, in a word."""
        return self.actor or "you"
