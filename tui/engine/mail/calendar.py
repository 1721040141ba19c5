"""Invitations: the first event of an iCalendar part (RFC 5545) and the answer to it (RFC 5546, iTIP, sent by RFC 6047).

Everything read is cleaned text of bounded length. A rule that repeats is put into words, never expanded; a zone is
looked up by a checked name, else by the offsets that the calendar itself brings; addresses lose all but the address.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tui.engine import text
from tui.engine.mail.zones import Observance, moment
from tui.engine.model import Address

MAX_TEXT = 400_000
"""Characters of a calendar that are looked at."""
MAX_ATTENDEES = 500
METHODS = ("REQUEST", "CANCEL", "REPLY", "COUNTER", "PUBLISH", "ADD", "REFRESH", "DECLINECOUNTER")
ANSWERS = {"accept": "ACCEPTED", "tentative": "TENTATIVE", "decline": "DECLINED"}
"""What a person may answer -> PARTSTAT (RFC 5545 section 3.2.12)."""

_PARAMETER = re.compile(r';([A-Za-z0-9-]{1,60})=("[^"]{0,1000}"|[^";:,]{0,1000})')
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
_ESCAPE = re.compile(r"\\([nN,;\\])")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()?&]{1,100}@[^\s@<>,;:\"()?&]{1,250}")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited, with their answer (PARTSTAT in capitals, "" when not given)."""

    address: Address
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One event of a mail. ``start`` and ``end`` are aware datetimes, naive ones (a time without a zone, the same clock
    everywhere) or dates (whole days; the end is the day after the last); ``zone`` is the zone's name as it was written,
    ``unknown_zone`` that nobody knows it; ``rule`` is the RRULE as written. ``instance`` is the RECURRENCE-ID line."""

    method: str
    uid: str
    summary: str = ""
    place: str = ""
    about: str = ""
    organizer: Address | None = None
    attendees: tuple[Attendee, ...] = ()
    start: datetime | date | None = None
    end: datetime | date | None = None
    zone: str = ""
    unknown_zone: bool = False
    rule: str = ""
    sequence: int = 0
    instance: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    params: dict[str, str]
    value: str
    written: str


def read_calendar(calendar: str, method: str = "") -> Invitation | None:
    """Return the first event of a calendar, None when it has none that can be read.

    Args:
        calendar: the decoded part, any text.
        method: the ``method`` parameter of its Content-Type; METHOD in the calendar wins.
    """
    said, event, zones = _components(text.clean(calendar[:MAX_TEXT]))
    if event is None or not _one(event, "UID").value.strip():
        return None
    method = (said or method).upper()
    start_line, end_line = _one(event, "DTSTART"), _one(event, "DTEND")
    start, known = _moment(start_line, zones)
    end, end_known = _moment(end_line, zones)
    if end is None and start is not None:
        end = _after(start, _one(event, "DURATION").value)
    organizers = [_person(line) for line in event.get("ORGANIZER", ())]
    guests = [
        Attendee(found, text.line(line.params.get("PARTSTAT", "").upper(), 30))
        for line in event.get("ATTENDEE", ())[:MAX_ATTENDEES]
        if (found := _person(line)) is not None
    ]
    number = _one(event, "SEQUENCE").value.strip()
    return Invitation(
        method=method if method in METHODS else "PUBLISH",
        uid=text.line(_one(event, "UID").value, 900),
        summary=_words(_one(event, "SUMMARY").value, 300),
        place=_words(_one(event, "LOCATION").value, 300),
        about=_words(_one(event, "DESCRIPTION").value, 1000),
        organizer=next((one for one in organizers if one is not None), None),
        attendees=tuple(guests),
        start=start,
        end=end,
        zone=text.line(start_line.params.get("TZID", ""), 80),
        unknown_zone=not (known and (end_known or not end_line.value)),
        rule=text.line(_one(event, "RRULE").value, 500),
        sequence=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0,
        instance=text.line(_one(event, "RECURRENCE-ID").written, 300),
    )


def _components(calendar: str) -> tuple[str, dict[str, list[_Line]] | None, dict[str, list[Observance]]]:
    """Return the METHOD, the lines of the first VEVENT by name, and what VTIMEZONEs say."""
    method, zone, done = "", "", False
    event: dict[str, list[_Line]] | None = None
    observed: dict[str, str] | None = None
    zones: dict[str, list[Observance]] = {}
    stack: list[str] = []
    for line in re.sub(r"\n[ \t]", "", calendar).split("\n"):
        name, found = _split(line.rstrip())
        if name == "BEGIN":
            stack.append(found.value.upper()[:40])
            if stack[-1] == "VEVENT" and event is None:
                event = {}
            elif stack[-1] in ("STANDARD", "DAYLIGHT") and "VTIMEZONE" in stack:
                observed = {}
            if len(stack) > 20:
                break
        elif name == "END":
            kind = stack.pop() if stack else ""
            done = done or kind == "VEVENT"
            if kind in ("STANDARD", "DAYLIGHT") and observed is not None and zone:
                zones.setdefault(zone, []).append(
                    Observance(*(observed.get(one, "") for one in ("TZOFFSETTO", "DTSTART", "RRULE")))
                )
                observed = None
        elif stack[-1:] == ["VEVENT"] and event is not None and not done:
            event.setdefault(name, []).append(found)
        elif stack[-1:] == ["VTIMEZONE"] and name == "TZID":
            zone = found.value
        elif observed is not None and stack[-1:] in (["STANDARD"], ["DAYLIGHT"]):
            observed.setdefault(name, found.value)
        elif stack[-1:] == ["VCALENDAR"] and name == "METHOD":
            method = found.value.strip()
    return method, event, zones


def _split(line: str) -> tuple[str, _Line]:
    """Return a content line's name and the rest of it; a colon in a quoted parameter does not end the name."""
    position = next((index for index, char in enumerate(line[:100]) if char in ";:"), len(line))
    name, index = line[:position].upper(), position
    params: dict[str, str] = {}
    while match := _PARAMETER.match(line, index):
        params.setdefault(match[1].upper(), match[2].strip('"'))
        index = match.end()
        while line[index : index + 1] == ",":  # further values of a parameter, which none of ours has
            index = next((at for at in range(index + 1, len(line)) if line[at] in ",;:"), len(line))
    colon = line.find(":", index)
    return name, _Line(params, line[colon + 1 :] if colon >= 0 else "", line)


def _one(event: dict[str, list[_Line]], name: str) -> _Line:
    return event.get(name, [_Line({}, "", "")])[0]


def _words(value: str, limit: int) -> str:
    return text.line(_ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value), limit)


def _person(line: _Line) -> Address | None:
    """Return a calendar address as a mail address: what follows a ``?`` could add recipients and is dropped."""
    found = _ADDRESS.search(line.value.partition("?")[0].removeprefix("mailto:").removeprefix("MAILTO:"))
    return Address(text.line(line.params.get("CN", ""), 200), found[0]) if found else None


def _moment(line: _Line, zones: dict[str, list[Observance]]) -> tuple[datetime | date | None, bool]:
    return moment(line.value.strip(), line.params.get("TZID", ""), zones) if line.value else (None, True)


def _after(start: datetime | date, duration: str) -> datetime | date | None:
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups())
    try:
        return start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def answer(invitation: Invitation, guest: Address, choice: str, at: float | None = None) -> str:
    """Return the iTIP REPLY: the event's UID, SEQUENCE and organizer, and this one guest with the answer.

    Args:
        invitation: what was sent, with an organizer.
        guest: the own address that was invited.
        choice: ``accept``, ``tentative`` or ``decline``.
        at: the moment of the answer, seconds since the epoch; None for the present.

    Raises:
        KeyError: the choice is none of the three.
        ValueError: the invitation names no organizer.
    """
    if invitation.organizer is None:
        raise ValueError("an invitation without an organizer can't be answered")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() if at is None else at))
    lines = ["BEGIN:VCALENDAR", "PRODID:-//dealdesk//EN", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT"]
    lines += [f"UID:{invitation.uid}", f"SEQUENCE:{invitation.sequence}", f"DTSTAMP:{stamp}"]
    lines += [invitation.instance] if invitation.instance else []
    lines.append(f"ORGANIZER:mailto:{invitation.organizer.email}")
    name = f';CN="{text.line(guest.name, 200).replace(chr(34), "")}"' if guest.name else ""
    lines.append(f"ATTENDEE;PARTSTAT={ANSWERS[choice]}{name}:mailto:{guest.email}")
    if invitation.summary:
        lines.append("SUMMARY:" + re.sub(r"([\\;,])", r"\\\1", invitation.summary))
    return "".join(_folded(line) for line in [*lines, "END:VEVENT", "END:VCALENDAR"])


def _folded(line: str) -> str:
    """Return a content line in pieces of at most 75 octets (RFC 5545 section 3.1), with its line end."""
    pieces, piece = [], ""
    for char in line:
        if len((piece + char).encode()) > 74:
            pieces.append(piece)
            piece = ""
        piece += char
    return "\r\n ".join([*pieces, piece]) + "\r\n"


def guest_of(invitation: Invitation, own: Sequence[str]) -> Address | None:
    """Return the one of the own addresses (in small letters) that the invitation names, None when it names none."""
    found = (one.address for one in invitation.attendees if text.normalize_address(one.address.email) in own)
    return next(found, None)
