"""An invitation in words: when, in local time with the sender's zone, how often, who."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tui.engine.mail.calendar import Invitation
from tui.engine.text import line

_DAYS = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
_UNITS = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_NUMBERS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last", "-2": "second last"}
_ANSWERED = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "perhaps",
    "DELEGATED": "sends somebody else",
    "NEEDS-ACTION": "no answer yet",
}
NAMED = 6
"""Guests who are named; of more there is a count."""


def when(invitation: Invitation) -> str:
    """Return when it is: local time first, the sender's clock where it differs; "" without a start."""
    start, end = invitation.start, invitation.end
    if start is None:
        return "no time that can be read"
    if not isinstance(start, datetime):
        last = end - timedelta(days=1) if end is not None and not isinstance(end, datetime) else start
        return _day(start) + (f" – {_day(last)}" if last > start else "") + ", all day"
    if start.tzinfo is None:
        zone = f", zone “{invitation.zone}” is unknown" if invitation.unknown_zone else ", local time of each place"
        return _span(start, end) + zone
    try:
        here = start.astimezone()
        there = end.astimezone() if isinstance(end, datetime) and end.tzinfo is not None else None
    except (OverflowError, ValueError, OSError):
        return _span(start, end)
    said = _span(here, there)
    if invitation.zone and start.utcoffset() != here.utcoffset():
        said += f" here ({_span(start, None) if start.date() != here.date() else start.strftime('%H:%M')}"
        said += f" {invitation.zone})"
    return said


def answered(answer: str) -> str:
    """Return a guest's answer (PARTSTAT) in words, "" for one that nobody knows."""
    return _ANSWERED.get(answer, "")


def _day(day: date) -> str:
    return f"{day.strftime('%a')} {day.day} {day.strftime('%b')} {day.year}"


def _span(start: datetime, end: datetime | date | None) -> str:
    said = f"{_day(start)} {start.strftime('%H:%M')}"
    if isinstance(end, datetime):
        same = end.date() == start.date()
        said += f"–{end.strftime('%H:%M')}" if same else f" – {_day(end)} {end.strftime('%H:%M')}"
    return said


def repeats(rule: str) -> str:
    """Return an RRULE (RFC 5545 section 3.3.10) in words, "" for none; nothing is counted out."""
    said = dict(part.upper().partition("=")[::2] for part in rule.split(";")[:20] if "=" in part)
    unit = _UNITS.get(said.get("FREQ", ""))
    if unit is None:
        return "repeats by a rule that can't be read" if rule else ""
    every = said.get("INTERVAL", "1")
    words = f"every {unit}" if every in ("1", "") or not every.isdigit() else f"every {every[:6]} {unit}s"
    days = [_weekday(one) for one in said.get("BYDAY", "").split(",")[:7] if one]
    if all(days) and days:
        words += " on " + (", ".join(days[:-1]) + " and " if len(days) > 1 else "") + days[-1]
    elif said.get("BYMONTHDAY"):
        words += f" on day {line(said['BYMONTHDAY'], 20)}"
    if said.get("COUNT", "").isdigit():
        words += f", {said['COUNT'][:12]} times"
    until = said.get("UNTIL", "")
    if until[:8].isdigit() and len(until) >= 8:
        try:
            words += f", until {_day(date(int(until[:4]), int(until[4:6]), int(until[6:8])))}"
        except ValueError:
            words += ", until a day that can't be read"
    return words


def _weekday(code: str) -> str:
    day = _DAYS.get(code[-2:])
    number = code[:-2].lstrip("+")
    if day is None or (number and number not in _NUMBERS):
        return ""
    return f"the {_NUMBERS[number]} {day}" if number else day


def card(invitation: Invitation, sender: str, text: str = "") -> list[tuple[str, str]]:
    """Return an invitation as (text, ink) lines; ink is "", ``dim``, ``strong``, ``warn`` or ``bad``.

    Args:
        invitation: what came.
        sender: the normalised address that the mail is from; only the organizer may cancel.
        text: the mail's own text; what the event says of itself is not repeated where it is in there.
    """
    title = invitation.summary or "(no title)"
    organizer = invitation.organizer
    by_other = organizer is not None and organizer.email.lower() != sender
    lines: list[tuple[str, str]] = []
    if invitation.method == "REPLY":
        for one in invitation.attendees[:1]:
            word = _ANSWERED.get(one.answer, "answered")
            lines.append((f"▦ {one.address.name or one.address.email}: {word} · {title}", "strong"))
    elif invitation.method == "CANCEL":
        lines.append((f"▦ Cancelled: {title}", "warn"))
        if by_other:
            lines.append((f"! Not from its organizer ({_named(invitation)}): do not believe it.", "bad"))
    elif invitation.method == "COUNTER":
        lines.append((f"▦ Another time is proposed: {title}", "strong"))
    else:
        lines.append((f"▦ {'Invitation' if invitation.method == 'REQUEST' else 'Event'}: {title}", "strong"))
        if by_other and invitation.method == "REQUEST":
            lines.append((f"  The organizer is {_named(invitation)}, who did not send this.", "warn"))
    often = repeats(invitation.rule)
    lines.append((f"  {when(invitation)}{f' · {often}' if often else ''}", ""))
    if invitation.place:
        lines.append((f"  at {invitation.place}", ""))
    if invitation.attendees and invitation.method not in ("REPLY",):
        names = [one.address.name or one.address.email for one in invitation.attendees[:NAMED]]
        more = len(invitation.attendees) - NAMED
        lines.append((f"  with {', '.join(names)}{f' and {more} more' if more > 0 else ''}", "dim"))
    if invitation.about and invitation.about[:40] not in " ".join(text.split()):
        lines.append((f"  {invitation.about[:300]}", "dim"))
    return lines


def _named(invitation: Invitation) -> str:
    return invitation.organizer.email if invitation.organizer is not None else "nobody"
