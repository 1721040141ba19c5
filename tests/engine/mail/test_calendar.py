"""Invitations are read whatever they hold, put into words, and answered as iTIP wants it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.mail.samples import UNSAFE
from tui.engine.mail.calendar import Invitation, answer, guest_of, read_calendar
from tui.engine.mail.schedule import card, repeats, when
from tui.engine.model import Address

EVENT = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Their zone
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:one@acme.example
SEQUENCE:3
SUMMARY:Kick-off\\, second
 try
ORGANIZER;CN="Archer: Ann":mailto:ann@acme.example?bcc=victim@x.example
ATTENDEE;CN=Mia;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:MAILTO:Me@Our.Example
ATTENDEE:mailto:bo@beta.example
DTSTART;TZID={zone}:{start}
DTEND;TZID={zone}:{start}
LOCATION:Room 4
{more}END:VEVENT
END:VCALENDAR
"""


def event(zone: str = "Europe/Berlin", start: str = "20250710T120000", more: str = "") -> Invitation:
    found = read_calendar(EVENT.format(zone=zone, start=start, more=more).replace("\n", "\r\n"))
    assert found is not None
    return found


def test_an_invitation_is_read_with_its_people_and_time() -> None:
    one = event()
    assert (one.method, one.uid, one.sequence, one.place) == ("REQUEST", "one@acme.example", 3, "Room 4")
    assert one.summary == "Kick-off, secondtry"
    assert one.organizer == Address("Archer: Ann", "ann@acme.example")
    assert one.start == datetime(2025, 7, 10, 10, tzinfo=UTC)
    assert guest_of(one, ["me@our.example"]) == Address("Mia", "Me@Our.Example")


@pytest.mark.parametrize(
    ("zone", "start", "hour"),
    [
        ("Their zone", "20250710T120000", 10),
        ("Their zone", "20250110T120000", 11),
        ("Their zone", "20251027T120000", 11),
        ("Their zone", "20251025T120000", 10),
        ("W. Europe Standard Time", "20250710T120000", 10),
        ("Tokyo Standard Time", "20250710T120000", 3),
    ],
)
def test_a_zone_is_known_by_name_by_exchange_or_by_the_calendar_itself(zone: str, start: str, hour: int) -> None:
    found = event(zone, start).start
    assert isinstance(found, datetime)
    assert found.astimezone(UTC).hour == hour


@pytest.mark.parametrize("zone", ["../../../../etc/passwd", "/etc/passwd", "Nowhere/Land", "X" * 500, "a\x1b[2J"])
def test_a_zone_that_nobody_knows_is_said_and_never_a_path(zone: str) -> None:
    one = event(zone)
    assert one.unknown_zone
    assert "is unknown" in when(one)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE", "every week on Mon and Wed"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=5", "every 2 weeks, 5 times"),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20251231T000000Z", "every month on the last Fri, until Wed 31 Dec 2025"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
        ("FREQ=SECONDLY;COUNT=1000000000", "every second, 1000000000 times"),
        ("nonsense", "repeats by a rule that can't be read"),
        ("", ""),
    ],
)
def test_a_rule_is_put_into_words_and_never_expanded(rule: str, words: str) -> None:
    assert repeats(rule) == words


def test_whole_days_end_on_their_last_day() -> None:
    one = Invitation("REQUEST", "x", start=date(2025, 3, 10), end=date(2025, 3, 12))
    assert when(one) == "Mon 10 Mar 2025 – Tue 11 Mar 2025, all day"


def test_the_answer_is_an_itip_reply_of_one_guest() -> None:
    """RFC 5546 section 3.2.3: UID, SEQUENCE, DTSTAMP, ORGANIZER, and only the own ATTENDEE with its PARTSTAT."""
    instance = "RECURRENCE-ID;TZID=Europe/Berlin:20250710T120000\n"
    said = answer(event(more=instance), Address("Mia Ö" + "ö" * 80, "me@our.example"), "tentative", at=0)
    assert all(len(row.encode()) <= 75 for row in said.split("\r\n"))
    rows = said.replace("\r\n ", "").split("\r\n")
    assert rows[:5] == ["BEGIN:VCALENDAR", "PRODID:-//dealdesk//EN", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT"]
    assert rows[5:10] == [
        "UID:one@acme.example",
        "SEQUENCE:3",
        "DTSTAMP:19700101T000000Z",
        instance.strip(),
        "ORGANIZER:mailto:ann@acme.example",
    ]
    assert [row for row in rows if row.startswith("ATTENDEE")] == [
        f'ATTENDEE;PARTSTAT=TENTATIVE;CN="Mia Ö{"ö" * 80}":mailto:me@our.example'
    ]
    back = read_calendar(said)
    assert back is not None
    assert (back.method, back.uid, back.attendees[0].answer) == ("REPLY", "one@acme.example", "TENTATIVE")


def test_a_cancellation_by_a_stranger_is_not_believed() -> None:
    lines = card(event(more="").__class__("CANCEL", "x", organizer=Address("", "ann@acme.example")), "mal@evil.example")
    assert "do not believe it" in lines[1][0]


def test_hostile_and_real_calendars_are_read_quickly_and_harmlessly(corpus: Path) -> None:
    for path in [*sorted((corpus / "hostile").glob("cal-*")), *sorted((corpus / "real").rglob("*.ics"))]:
        began = time.process_time()
        source = path.read_bytes().decode("utf-8", "replace")
        one = read_calendar(source[max(0, source.find("BEGIN:VCALENDAR")) :])
        shown = "\n".join(text for text, _ in card(one, "x@y.example")) if one is not None else ""
        assert not UNSAFE.search(shown), path.name
        assert time.process_time() - began < 0.5, path.name


@given(st.text(max_size=400), st.lists(st.sampled_from(EVENT.split("\n")), max_size=40))
def test_no_calendar_raises(text: str, lines: list[str]) -> None:
    one = read_calendar("\n".join(lines) + text)
    if one is not None:
        card(one, "")
