"""Amounts and dates of a file, written as its own values give evidence of; what stays ambiguous is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from tui.engine.crm import money
from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.text import line

ORDERS = ("dmy", "mdy", "ymd")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?.*)?", re.ASCII)
_PARTS = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ ,T]+.*)?", re.ASCII)
_DECIMALS = re.compile(r"\d([.,])(\d{1,2})(?!\d)", re.ASCII)
_GROUPED = re.compile(r"\d([.,])\d{3}([.,])\d", re.ASCII)

_DAY, _MONTH, _YEAR = r"(?P<day>[0-9]{1,2})", r"(?P<month>[^\W\d_]{3,12})\.?", r"(?P<year>[0-9]{4})(?:[ ,].*)?"
_NAMED = re.compile(rf"{_DAY}(?:st|nd|rd|th|\.|º)?[ -](?:de )?{_MONTH},?[ -](?:de )?{_YEAR}")
_NAMED_FIRST = re.compile(rf"{_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}")
_MONTHS = (
    *("jan ene gen", "feb fev", "mar mrt", "apr avr abr", "may mai mag mei maj", "jun juin giu"),
    *("jul juil lug", "aug aou ago", "sep set", "oct okt ott out", "nov", "dec dez dic"),
)
"""How months begin in English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian; accents folded."""


def _month(name: str) -> int:
    """Return the number of a month by its name, 0 for what is none."""
    folded = fold(name)
    return next((at for at, names in enumerate(_MONTHS, 1) if folded.startswith(tuple(names.split()))), 0)


class Locale(NamedTuple):
    """How amounts and dates are written.

    Args:
        mark: the decimal mark, ``.`` or ``,``; None when nobody knows.
        order: one of ``ORDERS``; "" when nobody knows.
    """

    mark: str | None = None
    order: str = ""

    def amount(self, text: str, currency: str) -> int:
        """Return minor units.

        Raises:
            InvalidInput: it is no amount, or could mean two.
        """
        try:
            return money.parse(text, currency, self.mark)
        except InvalidInput as error:
            if self.mark is None and "could mean" in str(error):
                raise InvalidInput(f"{error} Or say which decimal mark the file has.") from error
            raise

    def day(self, text: str) -> str:
        """Return a date in ISO 8601.

        Raises:
            InvalidInput: it is no date, or could mean two.
        """
        shown = text.strip()
        try:
            if iso := _ISO.fullmatch(shown):
                return date(int(iso[1]), int(iso[2]), int(iso[3])).isoformat()
            if parts := _PARTS.fullmatch(shown):
                return self._ordered(parts, shown).isoformat()
            named = _NAMED.fullmatch(shown) or _NAMED_FIRST.fullmatch(shown)
            if named and (month := _month(named["month"])):
                return date(int(named["year"]), month, int(named["day"])).isoformat()
        except ValueError as error:
            raise InvalidInput(f'"{line(shown, 40)}" is no day of the calendar; write it like 2026-11-30.') from error
        raise InvalidInput(f'"{line(shown, 40)}" is not a date; write it like 2026-11-30.')

    def moment(self, text: str) -> int:
        """Return seconds since the epoch of a date, with its time in UTC where one follows in ISO 8601.

        Raises:
            InvalidInput: as ``day``.
        """
        day = date.fromisoformat(self.day(text))
        iso = _ISO.fullmatch(text.strip())
        hour, minute, second = (int(iso[at] or 0) for at in (4, 5, 6)) if iso else (0, 0, 0)
        try:
            return int(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC).timestamp())
        except ValueError as error:
            raise InvalidInput(f'"{line(text, 40)}" is no moment; write it like 2026-11-30T14:00:00Z.') from error

    def _ordered(self, parts: re.Match[str], shown: str) -> date:
        first, mark, second, third = int(parts[1]), parts[2], int(parts[3]), int(parts[4])
        if len(parts[1]) == 4:
            return date(first, second, third)
        year = third + 2000 if len(parts[4]) <= 2 else third
        order = self.order or ("dmy" if mark == "." or first > 12 else "mdy" if second > 12 else "")
        if not order and first != second:
            raise InvalidInput(
                f'"{line(shown, 40)}" could mean {date(year, second, first)} or {date(year, first, second)};'
                " say whether day or month comes first."
            )
        return date(year, first, second) if order == "mdy" else date(year, second, first)


def evidence(amounts: Iterable[str], days: Iterable[str], said: Locale) -> Locale:
    """Return how amounts and dates are written: as said, else as those values show that can mean one thing only."""
    marks = set[str]()
    for text in amounts:
        if grouped := _GROUPED.search(text):
            marks |= {grouped[2]} if grouped[1] != grouped[2] else {"." if grouped[1] == "," else ","}
        elif found := _DECIMALS.search(text):
            marks.add(found[1])
    orders = set[str]()
    for text in days:
        parts = _PARTS.fullmatch(text.strip())
        if parts and len(parts[1]) < 4 and parts[2] != ".":
            orders |= {"dmy"} if int(parts[1]) > 12 else {"mdy"} if int(parts[3]) > 12 else set()
    mark = said.mark or (marks.pop() if len(marks) == 1 else None)
    return Locale(mark, said.order or (orders.pop() if len(orders) == 1 else ""))
