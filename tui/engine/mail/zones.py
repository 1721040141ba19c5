"""Times of calendars: a value with a zone's name as a moment (RFC 5545 sections 3.3.4, 3.3.5, 3.6.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(?:\d\d)?")
_BY_DAY = re.compile(r"BYDAY=([+-]?\d)(MO|TU|WE|TH|FR|SA|SU)")
_BY_MONTH = re.compile(r"BYMONTH=(\d{1,2})\b")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

WINDOWS = {
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "GMT Standard Time": "Europe/London",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kiev",
    "GTB Standard Time": "Europe/Bucharest",
    "Turkey Standard Time": "Europe/Istanbul",
    "Russian Standard Time": "Europe/Moscow",
    "Israel Standard Time": "Asia/Jerusalem",
    "Arabian Standard Time": "Asia/Dubai",
    "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "E. South America Standard Time": "America/Sao_Paulo",
}
"""Exchange's names of zones (CLDR, windowsZones) that business mail has most."""


@dataclass(frozen=True, slots=True)
class Observance:
    """A STANDARD or DAYLIGHT of a VTIMEZONE: its offset, first onset and rule, as written."""

    offset: str
    onset: str
    rule: str


def moment(value: str, zone: str, defined: Mapping[str, Sequence[Observance]]) -> tuple[datetime | date | None, bool]:
    """Return a DATE or DATE-TIME, and whether its zone is known; None for what is no time.

    Args:
        value: as written, ``20250310T120000Z``.
        zone: its TZID, "" for none.
        defined: the VTIMEZONEs of the calendar by their TZID.
    """
    match = _TIME.fullmatch(value)
    if match is None:
        return None, True
    year, month, day, hour, minute, second, utc = match.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day)), True
        naive = datetime(int(year), int(month), int(day), int(hour), int(minute), min(59, int(second or 0)))
    except ValueError:
        return None, True
    if utc:
        return naive.replace(tzinfo=UTC), True
    if not zone:
        return naive, True
    found = _zone(WINDOWS.get(zone, zone)) or _defined(naive, defined.get(zone, ()))
    return (naive.replace(tzinfo=found), True) if found is not None else (naive, False)


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo | None:
    """Return a zone of the system's database; a name that could be a path is none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None  # the sender's own definition is next


def _defined(naive: datetime, observances: Sequence[Observance]) -> tzinfo | None:
    """Return the offset that the calendar's own definition gives a clock time: that of the latest onset before it."""
    onsets = []
    for one in observances[:50]:
        offset = _OFFSET.fullmatch(one.offset.strip())
        if offset is None or int(offset[2]) > 23 or int(offset[3]) > 59:
            continue
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        onsets += [(at, -size if offset[1] == "-" else size) for at in _onsets(one, naive.year)]
    if not onsets:
        return None
    before = [onset for onset in onsets if onset[0] <= naive]
    return timezone((max(before) if before else min(onsets))[1])


def _onsets(one: Observance, year: int) -> list[datetime]:
    """Return when an observance begins in a year and in the one before."""
    first, _ = moment(one.onset.rstrip("Z"), "", {})
    if not isinstance(first, datetime):
        return []
    by_day, by_month = _BY_DAY.search(one.rule), _BY_MONTH.search(one.rule)
    if "YEARLY" not in one.rule or by_day is None or by_month is None or not 1 <= int(by_month[1]) <= 12:
        return [first]
    month, number, weekday = int(by_month[1]), int(by_day[1]), _DAYS.index(by_day[2])
    found = []
    for at in (year - 1, year):
        if not max(1, first.year) <= at < 9999:
            continue
        days = [date(at, month, 1) + timedelta(days=index) for index in range(31)]
        days = [day for day in days if day.month == month and day.weekday() == weekday]
        if number and abs(number) <= len(days):
            chosen = days[number - 1 if number > 0 else number]
            found.append(datetime.combine(chosen, first.time()))
    return found or [first]
