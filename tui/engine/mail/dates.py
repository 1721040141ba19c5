"""The Date field as seconds since the epoch, for the dates that people write and those that attackers do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import mktime_tz, parsedate_tz

LATEST = 4_133_980_799
"""The last second of 2100 (UTC); nothing later is believed."""

_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_USUAL = re.compile(
    r"(?:[A-Za-z]{3},? +)?(\d{1,2}) +([A-Za-z]{3})[a-z]* +(\d{4}) +(\d\d?):(\d\d)(?::(\d\d))? +([+-])(\d\d)(\d\d)\b"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def parse_date(date_text: str) -> int | None:
    """Return the moment of a Date field (RFC 5322 section 3.3) in epoch seconds, or None.

    None also for what is outside 1970 to 2100: a date nobody can have sent at is not used for sorting, so that the
    caller falls back to the server's INTERNALDATE. A zone beyond 14 hours counts as UTC.
    """
    usual = _USUAL.match(date_text)
    try:
        if usual:
            day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = usual.groups()
            days = date(int(year), _MONTHS[month.lower()], int(day)).toordinal() - _EPOCH
            if int(hour) > 23 or int(minute) > 59:
                return None
            moment = days * 86_400 + int(hour) * 3600 + int(minute) * 60 + min(int(second or 0), 59)
            zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
            zone = 0 if zone > 50_400 else zone
            return _plausible(moment + (zone if sign == "-" else -zone))
        return _unusual(date_text[:200].strip())
    except (ValueError, KeyError, OverflowError, IndexError, TypeError, OSError):
        return None


def _unusual(date_text: str) -> int | None:
    if _ISO.match(date_text):
        moment = datetime.fromisoformat(date_text.split(" (")[0].replace("Z", "+00:00"))
        return _plausible(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    parsed = parsedate_tz(re.sub(r"^[^\d\s]{1,20}[,.]? +(?=\d)", "", date_text.replace("(", " (")))
    if parsed is None or not 1969 <= parsed[0] <= 2101:
        return None
    if parsed[9] is not None and abs(parsed[9]) > 50_400:
        parsed = (*parsed[:9], 0)
    return _plausible(int(mktime_tz((*parsed[:9], parsed[9] or 0))))


def _plausible(moment: int) -> int | None:
    return moment if 0 <= moment <= LATEST else None
