"""What comes again: "every 2 weeks", and when the next one is due.

Written in plain words, as the dates are (``+2w``), or as a recurrence rule with a frequency and an interval alone
(RFC 5545, 3.3.10).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tui.engine.crm import dates
from tui.engine.errors import InvalidInput
from tui.engine.text import line

UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_WORDS = {
    **{"daily": "d", "weekly": "w", "monthly": "m", "yearly": "y", "annually": "y"},
    **{word: unit for unit, name in UNITS.items() for word in (unit, name, f"{name}s")},
}
_NEVER = frozenset({"", "-", "never", "none", "no", "once"})
_RULE = re.compile(r"(?:RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?:;INTERVAL=(\d{1,3}))?", re.IGNORECASE | re.ASCII)
_PLAIN = re.compile(r"(?:every\s+)?(?:(\d{1,3})\s*|(other)\s+|\+(\d{1,3}))?([a-z]+)", re.ASCII)


def parse(text: str) -> str:
    """Return how often something repeats, as it is kept and shown; "" for never.

    Args:
        text: ``every day``, ``every 2 weeks``, ``every other month``, ``monthly``, ``+2w``,
            ``FREQ=WEEKLY;INTERVAL=2``, or ``never``; 1 to 999 of a unit.

    Raises:
        InvalidInput: it is none of these.
    """
    word = " ".join(text.lower().split())
    if word in _NEVER:
        return ""
    if rule := _RULE.fullmatch(word):
        return _shown(int(rule[2] or 1), _WORDS[rule[1].lower()], text)
    plain = _PLAIN.fullmatch(word)
    if plain is None or plain[4] not in _WORDS or (plain[4].endswith("ly") and word != plain[4]):
        raise _unknown(text)
    if not (word.startswith(("every ", "+")) or plain[1] or plain[4].endswith("ly")):
        raise _unknown(text)
    count = 2 if plain[2] else int(plain[1] or plain[3] or 1)
    return _shown(count, _WORDS[plain[4]], text)


def following(repeat: str, first: int, due: int, all_day: bool, now: int) -> int:
    """Return when the next one is due: the first of the row that is after ``due`` and isn't late already.

    Args:
        repeat: as ``parse`` gives it.
        first: when the first of the row was due, so that the 31st stays the 31st after a shorter month.
        due: when the one that is done was.
        all_day: whether these are days, as their midnights in UTC; else moments, meant in the local zone.
        now: the present. All in seconds since the epoch.

    Raises:
        InvalidInput: it is beyond every calendar.
    """
    count, unit = _read(repeat)
    start = datetime.fromtimestamp(first, UTC if all_day else None)
    today = datetime.fromtimestamp(now).date()
    step = 0
    while True:
        step += 1
        try:
            day = dates.shift(start.date(), step * count, unit)
            at = int(datetime.combine(day, start.timetz()).timestamp())
        except (ValueError, OverflowError) as error:
            raise InvalidInput(f'There is no next day for "{repeat}"; end it with an empty repeat.') from error
        if at > due and (day >= today if all_day else at > now):
            return at


def _shown(count: int, unit: str, text: str) -> str:
    if not count:
        raise _unknown(text)
    return f"every {UNITS[unit]}" if count == 1 else f"every {count} {UNITS[unit]}s"


def _read(repeat: str) -> tuple[int, str]:
    *_, number, name = ["1", *repeat.removeprefix("every ").split()]
    return int(number), name[0]


def _unknown(text: str) -> InvalidInput:
    shown = line(text, 60)
    return InvalidInput(f'"{shown}" is no repeat; write it like every day, every 2 weeks, monthly or never.')
