"""A table that somebody else's program wrote: delimiter and encoding found, rows read one by one, in bounded memory.

Text is decoded as UTF-8, and what is no UTF-8 as Windows-1252, byte by byte, so that a file in which both are mixed
reads as it was meant (WHATWG Encoding Standard, windows-1252). A broken row never takes its neighbours with it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Self

from tui.engine.errors import InvalidInput
from tui.engine.mail import charset
from tui.engine.text import line

DELIMITERS = ",;\t|"
LONGEST_LINE = 1_000_000
"""Characters of one line of the file."""
MOST_COLUMNS = 1_000
MOST_ROWS = 1_000_000
MOST_BROKEN = 1_000
"""Rows that can't be read before the whole file is taken for something else."""
_SAMPLE = 1 << 16
_FALLBACK = "dealdesk-windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_FALLBACK, _as_windows)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row by its number, the head being 1; ``problem`` says why its cells can't be had."""

    number: int
    cells: list[str]
    problem: str = ""


class _TooLong(Exception):
    """A line has no end in sight."""


class _Lines:
    """The lines of a file, which can be given back."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        found = self._again.popleft() if self._again else self._stream.readline(LONGEST_LINE)
        if not found:
            raise StopIteration
        if len(found) >= LONGEST_LINE and not found.endswith(("\n", "\r")):
            while found and not found.endswith(("\n", "\r")):
                found = self._stream.readline(LONGEST_LINE)
            raise _TooLong
        self.taken.append(found)
        return found

    def give_back(self) -> None:
        """Let all lines of this row but the first be read again."""
        self._again.extendleft(reversed(self.taken[1:]))


class Table:
    """An opened table; leave it by ``with``.

    Args:
        file: where it is read from; it must be seekable.
        name: what the file is called, for errors.
        encoding: the encoding, where somebody said it.

    Raises:
        InvalidInput: it is empty, no table, has too many columns, or the encoding is unknown.
    """

    def __init__(self, file: BinaryIO, name: str, encoding: str = "") -> None:
        self.name = line(name, 200)
        sample = file.read(_SAMPLE)
        file.seek(0)
        self.encoding = _named(encoding) if encoding else _encoding(sample)
        codec = "utf-8-sig" if self.encoding in ("utf-8", "utf_8", "windows-1252") else self.encoding
        if not encoding and self.encoding == "utf-8" and _is_cut_by_windows(sample):
            self.encoding = "windows-1252"
        errors = "replace" if encoding else _FALLBACK if codec == "utf-8-sig" else "replace"
        self._text = io.TextIOWrapper(file, codec, errors, newline="")
        self._lines = _Lines(self._text)
        try:
            self.delimiter, self.columns = self._head()
        except BaseException:
            self._text.detach()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file; whoever opened it closes it."""
        self._text.detach()

    def rows(self) -> Iterator[TableRow]:
        """Give the rows after the head; one that can't be read has a problem instead of cells.

        Raises:
            InvalidInput: there are too many rows, or too many that can't be read.
        """
        reader, number, broken = csv.reader(self._lines, delimiter=self.delimiter), 1, 0
        while True:
            number += 1
            row = self._next(reader, number)
            if row is None:
                return
            broken += bool(row.problem)
            if broken > MOST_BROKEN:
                raise InvalidInput(f'More than {MOST_BROKEN:,} rows of "{self.name}" can\'t be read; is it a CSV file?')
            if number > MOST_ROWS:
                raise InvalidInput(f'"{self.name}" has more than {MOST_ROWS:,} rows; import it in parts.')
            yield row

    def _next(self, reader: Iterator[list[str]], number: int) -> TableRow | None:
        self._lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except _TooLong:
            return TableRow(number, [], f"The row is longer than {LONGEST_LINE:,} characters; shorten it.")
        except csv.Error:
            self._lines.give_back()
            return TableRow(number, [], "A value is longer than 131,072 characters or its quote never ends; mend it.")
        taken = self._lines.taken
        odd = sum(one.count('"') for one in taken) % 2
        if odd and (len(taken) > 1 or not self._closed(taken)):
            self._lines.give_back()
            return TableRow(number, [], "A quote that is opened in this row is never closed; close it.")
        if len(cells) > len(self.columns):
            if any(cell.strip() for cell in cells[len(self.columns) :]):
                return TableRow(
                    number, [], f"The row has {len(cells):,} values, the head {len(self.columns)}; mend it."
                )
            del cells[len(self.columns) :]
        return TableRow(number, cells + [""] * (len(self.columns) - len(cells)))

    def _closed(self, taken: list[str]) -> bool:
        """Return False when the file ends inside a quote; a quote in the middle of a value is a character."""
        try:
            next(csv.reader(taken, delimiter=self.delimiter, strict=True), None)
        except csv.Error as error:
            return "end of data" not in str(error)
        return True

    def _head(self) -> tuple[str, list[str]]:
        try:
            first = next(self._lines, "")
            if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
                first, said = next(self._lines, ""), first[4]
            else:
                said = ""
        except _TooLong:
            raise InvalidInput(f'The first line of "{self.name}" has no end; it is no CSV file.') from None
        if not first.strip():
            raise InvalidInput(f'"{self.name}" is empty or begins with an empty line; it needs a row of column titles.')
        delimiter = said or max(DELIMITERS, key=lambda mark: _outside_quotes(first).count(mark))
        self._lines.taken = ["", first]
        self._lines.give_back()
        try:
            cells = next(csv.reader(self._lines, delimiter=delimiter))
        except (csv.Error, _TooLong, StopIteration):
            raise InvalidInput(f'The column titles of "{self.name}" can\'t be read; it is no CSV file.') from None
        if len(cells) > MOST_COLUMNS:
            raise InvalidInput(f'"{self.name}" has {len(cells):,} columns; at most {MOST_COLUMNS:,} can be read.')
        return delimiter, [line(cell, 200) for cell in cells]


def check_length(file: BinaryIO, name: str, encoding: str = "") -> None:
    """Check that a table isn't too long to be imported, before anything of it is.

    A gigabyte is counted in a second; only where it has that many lines its rows are read, which can have several.

    Args:
        file, name, encoding: as ``Table``; the file is at its beginning before and after.

    Raises:
        InvalidInput: it has too many rows, or is no table.
    """
    lines = sum(chunk.count(b"\n") for chunk in iter(partial(file.read, 1 << 20), b""))
    file.seek(0)
    if lines > MOST_ROWS:
        with Table(file, name, encoding) as table:
            deque(table.rows(), maxlen=0)
        file.seek(0)


def _encoding(sample: bytes) -> str:
    """Return the encoding that the byte order mark, or the zeros between the letters, give away."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return name
    even, odd = sample[:2000:2].count(0), sample[1:2000:2].count(0)
    half = len(sample[:2000]) // 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return "utf-8"


def _is_cut_by_windows(sample: bytes) -> bool:
    """Return whether the sample has letters beyond ASCII and none of them in UTF-8."""
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end >= len(sample) - 4 and len(sample) == _SAMPLE:
            return False
        kept = sample.decode("utf-8", "ignore")
        return kept.isascii()
    return False


def _named(encoding: str) -> str:
    found = charset.codec(encoding)
    if not found:
        raise InvalidInput(f'"{line(encoding, 40)}" is no encoding; write one like utf-8, windows-1251 or shift_jis.')
    return found


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])
