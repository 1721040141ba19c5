"""Dates as people type them: ISO 8601, ``today``, ``+3d``, ``fri``, each with a time after it if one is meant."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from tui.engine.errors import InvalidInput
from tui.engine.text import line

_NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFSET = re.compile(r"([+-])(\d{1,4})([dwmy])")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")


def parse(text: str, today: date | None = None) -> date:
    """Return the day that a text means.

    Args:
        text: ``2026-11-30``, ``today``, ``tomorrow``, ``yesterday``, ``+3d``, ``-2w``, ``+1m``, ``+1y``, or a weekday,
            whole or its first three letters: the next one after today.
        today: the day it is; the local one by default.

    Raises:
        InvalidInput: it is none of these, or no day of the calendar.
    """
    base = today or datetime.now().astimezone().date()
    word = text.strip().lower()
    try:
        if word in _NAMED:
            return base + timedelta(days=_NAMED[word])
        if len(word) >= 3:
            for number, name in enumerate(_DAYS):
                if name == word or name[:3] == word:
                    return base + timedelta(days=(number - base.weekday() - 1) % 7 + 1)
        offset = _OFFSET.fullmatch(word)
        if offset:
            return shift(base, int(offset[1] + offset[2]), offset[3])
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word, re.ASCII):
            return date.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f'"{line(text, 60)}" is no day of the calendar; write it like 2026-11-30.') from error
    raise InvalidInput(f'"{line(text, 60)}" is not a date; write it like 2026-11-30, today, +3d or fri.')


def parse_due(text: str, now: datetime | None = None) -> tuple[int, bool]:
    """Return when something is due, in seconds since the epoch, and whether that is a whole day.

    A whole day is given as its midnight in UTC. A day followed by a time (``fri 14:00``) is meant in the zone of
    ``now``, the local one by default; an ISO 8601 date and time may name its own (``2026-11-30T14:00Z``).

    Raises:
        InvalidInput: as ``parse``.
    """
    moment = now or datetime.now().astimezone()
    day, _, clock = text.strip().rpartition(" ")
    if day and _CLOCK.fullmatch(clock):
        hour, minute = clock.split(":")
        at = datetime.combine(parse(day, moment.date()), time(int(hour), int(minute)), moment.tzinfo)
        return _epoch(at, text), False
    if "T" in text.upper() and text.strip()[:1].isdigit():
        try:
            at = datetime.fromisoformat(text.strip().upper())
        except ValueError as error:
            raise InvalidInput(
                f'"{line(text, 60)}" is not a date and time; write it like 2026-11-30T14:00Z.'
            ) from error
        return _epoch(at if at.tzinfo else at.replace(tzinfo=moment.tzinfo), text), False
    midnight = datetime.combine(parse(text, moment.date()), time(), UTC)
    return int(midnight.timestamp()), True


def show_due(due: int, all_day: bool) -> str:
    """Return what ``parse_due`` reads back: ``2026-11-30``, or with the time in UTC ``2026-11-30T14:00:00Z``."""
    at = datetime.fromtimestamp(due, UTC)
    return at.date().isoformat() if all_day else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def shift(base: date, count: int, unit: str) -> date:
    """Return a day so many days (``d``), weeks, months or years later; a day that a month lacks is its last.

    Raises:
        ValueError, OverflowError: it is beyond the calendar.
    """
    if unit in "dw":
        return base + timedelta(days=count * (7 if unit == "w" else 1))
    months = base.year * 12 + base.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(base.day, monthrange(year, month + 1)[1]))


def _epoch(at: datetime, text: str) -> int:
    try:
        return int(at.timestamp())
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f'"{line(text, 60)}" is no moment that can be kept; write it like 2026-11-30.') from error
