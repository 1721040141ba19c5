"""When a message is to be sent, as a person types it."""

from __future__ import annotations

import re
import time as clock
from datetime import UTC, datetime, time

from tui.engine.crm import dates
from tui.engine.errors import InvalidInput


def moment(text: str) -> int:
    """Return the moment that a time, a day or both mean; a day alone begins at its local midnight.

    Args:
        text: ``14:00``, ``fri``, ``fri 09:00``, ``2026-11-30T14:00Z``.

    Raises:
        InvalidInput: it is neither.
    """
    if re.fullmatch(r"\d{1,2}:\d{2}", text.strip()):
        text = f"today {text.strip()}"
    at, all_day = dates.parse_due(text)
    if all_day:
        at = int(datetime.combine(datetime.fromtimestamp(at, UTC).date(), time()).astimezone().timestamp())
    return at


def to_come(text: str) -> int:
    """Return the moment that ``text`` means, which must lie ahead.

    Raises:
        InvalidInput: it means none, or one that is over.
    """
    at = moment(text)
    if at <= clock.time():
        raise InvalidInput(f'"{text.strip()}" is over; give a time to come, as in "tomorrow 08:00".')
    return at
