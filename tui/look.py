"""How dates, sizes, money, counts and the marks of a row are written: pure functions, the same everywhere.

A ``Piece`` is a text and the name of its ink (see ``INKS``); a ``Line`` is pieces side by side. Panes turn them into
Segments, ``content`` into Content for Textual's own widgets; data never becomes markup.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from tui import cells
from tui.engine.model import DealRef, LinkState, Row, Undelivered

Piece = tuple[str, str]
"""A text and the name of its ink."""

Line = tuple[Piece, ...]
"""Pieces from left to right."""

INKS: dict[str, str] = {
    "": "",
    "dim": "$foreground 66%",
    "faint": "$foreground 48%",
    "strong": "bold",
    "accent": "$accent",
    "title": "bold $accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
}
"""The names of inks, and the style each is in Textual's Content."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪", "UAH": "₴"}
_EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "XOF": 0,
    "XAF": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}


def moment(at: int) -> datetime | None:
    """Return ``at`` (seconds since the epoch) in local time, or None where no calendar has it."""
    try:
        return datetime.fromtimestamp(at)
    except (OverflowError, OSError, ValueError):
        return None


def date(at: int, now: float, *, short: bool = False) -> str:
    """Return a date as a list shows it: ``14:02`` today, ``Mon`` this week, ``12 Nov``, else ``2024-03-01``.

    Args:
        at: seconds since the epoch.
        now: the present, likewise.
        short: write dates older than half a year as ``Mar'24`` (never wider than six cells), for narrow lists.
    """
    then, today = moment(at), moment(int(now))
    if then is None or today is None:
        return "no date"
    days = (today.date() - then.date()).days
    if days == 0:
        return f"{then.hour:02}:{then.minute:02}"
    if 0 < days < 7:
        return DAYS[then.weekday()]
    if -180 < days < 180 or then.year == today.year:
        return f"{then.day} {MONTHS[then.month - 1]}"
    if short:
        return f"{MONTHS[then.month - 1]}'{then.year % 100:02}"
    return f"{then.year:04}-{then.month:02}-{then.day:02}"


def day(at: int) -> str:
    """Return the calendar day of ``at``, ``3 Mar 2025``."""
    then = moment(at)
    return "no date" if then is None else f"{then.day} {MONTHS[then.month - 1]} {then.year}"


def full_date(at: int, now: float) -> str:
    """Return date and time as the reader shows them: ``Mon 14:02``, ``12 Nov 09:15``, ``2024-03-01 09:15``."""
    then = moment(at)
    if then is None:
        return "no date"
    short = date(at, now)
    return short if ":" in short else f"{short} {then.hour:02}:{then.minute:02}"


def coming(at: int, now: float) -> str:
    """Return a date to come: ``today 16:00``, ``tomorrow``, ``Fri``, ``12 Dec``; a past one as ``date`` has it."""
    then, today = moment(at), moment(int(now))
    if then is None or today is None or at < now:
        return date(at, now)
    days = (then.date() - today.date()).days
    if days == 0:
        return f"today {then.hour:02}:{then.minute:02}"
    if days == 1:
        return "tomorrow"
    return DAYS[then.weekday()] if days < 7 else date(at, now)


def iso_day(text: str, now: float) -> str:
    """Return an ISO date (``2025-12-20``) as ``20 Dec``, with its year when it isn't this one; other text as it is."""
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return text
    today = moment(int(now))
    year = "" if today is not None and today.year == then.year else f" {then.year}"
    return f"{then.day} {MONTHS[then.month - 1]}{year}"


def size(number: int) -> str:
    """Return a number of bytes as people say it: ``512 B``, ``14 kB``, ``2.3 MB`` (powers of 1000)."""
    if number < 1000:
        return f"{number} B"
    amount = float(number)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
    return f"{amount / 1000:.1f} TB"


def count(number: int) -> str:
    """Return a number with thousands apart: ``1,204``."""
    return f"{number:,}"


def counted(number: int, word: str) -> str:
    """Return ``1 message``, ``1,204 messages``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def money(value: int, currency: str) -> str:
    """Return an amount in minor units as ``€12,000``, ``CHF 99.50``; minor digits only where there are some.

    Args:
        value: minor units (cents).
        currency: ISO 4217 code; unknown ones are written before the amount.
    """
    digits = _EXPONENTS.get(currency, 2)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**digits)
    amount = f"{whole:,}" + (f".{rest:0{digits}}" if rest else "")
    symbol = _SYMBOLS.get(currency)
    if symbol is not None:
        return f"{sign}{symbol}{amount}"
    return f"{sign}{currency} {amount}" if currency else f"{sign}{amount}"


def units(value: int, currency: str) -> float:
    """Return an amount of minor units in units, to put amounts in order."""
    return float(value / 10 ** _EXPONENTS.get(currency, 2))


def stage_name(deal: DealRef) -> str:
    """Return what a badge says of a deal: its stage while open, else ``Won`` or ``Lost``."""
    return deal.stage if deal.status in ("open", "") else deal.status.capitalize()


def badge(row: Row) -> Piece:
    """Return the link badge of a message: ``◆ Offer``, ``◇ which?``, ``○``, ``⌂`` or nothing (SCREENS.md, marks).

    One whose From is not to be believed gets a warning, whatever it is linked to: it may not be theirs.
    """
    if row.forged:
        return ("! forged?", "bad")
    if row.link_state is LinkState.NEEDS_DEAL:
        return ("◇ which?", "accent")
    if row.link_state is LinkState.PRIVATE:
        return ("⌂", "dim")
    if row.link_state is LinkState.SUGGESTED:
        return ("○", "accent")
    if row.link_state is not LinkState.LINKED:
        return ("", "")
    if not row.deals:
        return ("◆", "dim")
    deal = row.deals[0]
    more = f" +{len(row.deals) - 1}" if len(row.deals) > 1 else ""
    ink = {"won": "good", "lost": "dim", "deleted": "dim"}.get(deal.status, "")
    return (f"◆ {cells.steady(stage_name(deal))}{more}", ink)


def read_mark(row: Row) -> Piece:
    """Return the first mark of a row: ``●`` unread, ``✓`` answered, ``»`` forwarded, or a space."""
    if not row.seen:
        return ("●", "accent")
    if row.answered:
        return ("✓", "dim")
    return ("»", "dim") if row.forwarded else (" ", "")


def server_mark(row: Row) -> Piece:
    """Return the second mark of a row: ``!`` refused, ``↑`` not pushed yet, ``⌫`` gone from the server, or a space."""
    if row.refused:
        return ("!", "bad")
    if row.pending:
        return ("↑", "warn")
    return (" ", "") if row.on_server else ("⌫", "dim")


def numbers(row: Row, room: int = 6) -> str:
    """Return the numbers of a row: thread size when above one, and attachments: ``3``, ``2📎``, ``3 2📎``, ``10k``.

    In fewer than six cells the attachments are left without their number, then the thread without its own.
    """
    size = row.thread_size
    thread = "" if size < 2 else str(size) if size < 1000 else f"{min(size // 1000, 99)}k"
    clip = "" if not row.attachments else "📎" if row.attachments == 1 else f"{min(row.attachments, 99)}📎"
    both = f"{thread} {clip}" if thread and clip else thread + clip
    if cells.width(both) <= room:
        return both
    return f"{thread}📎" if len(thread) + 2 <= room else "📎"


def person(name: str, email: str) -> str:
    """Return who somebody is in a column: the name, but the address where the name claims to be one.

    A name like ``ceo@bank.example`` before another address is a disguise, so the real address is shown.
    """
    name = cells.steady(name).strip()
    if not name or ("@" in name and name.lower() != email.lower()):
        return cells.steady(email)
    return name


def who(row: Row) -> str:
    """Return the correspondent of a row: the sender, or ``To: …`` for mail that we sent."""
    if row.direction != "out":
        return person(row.sender.name, row.sender.email)
    if not row.to:
        return "To: nobody"
    first = person(row.to[0].name, row.to[0].email)
    return f"To: {first}" if len(row.to) == 1 else f"To: {first} +{len(row.to) - 1}"


def failure(one: Undelivered, now: float) -> str:
    """Return in words that mail does not reach an address: ``Mail to a@b failed on 12 Nov: no reason was given``."""
    then = date(one.at, now)
    when = f"at {then}" if ":" in then else f"on {then}"
    return f"Mail to {one.address} failed {when}: {one.why}"


def line_width(line: Iterable[Piece]) -> int:
    """Return the width of a line in cells."""
    return sum(cells.width(text) for text, _ in line)


def spread(left: Sequence[Piece], right: Sequence[Piece], total: int) -> Line:
    """Return a line of ``total`` cells with ``left`` at the left and ``right`` at the right.

    Where both don't fit the left is cut, and the right dropped when fewer than eight cells would be left.
    """
    room = total - line_width(right) - (1 if right else 0)
    if right and room < min(8, line_width(left)):
        right, room = (), total
    shown = shorten(left, room)
    gap = total - line_width(shown) - line_width(right)
    return (*shown, (" " * gap, ""), *right)


def shorten(line: Sequence[Piece], total: int) -> Line:
    """Return ``line`` in at most ``total`` cells, with an ellipsis in the piece that was cut."""
    shown: list[Piece] = []
    left = total
    for text, ink in line:
        need = cells.width(text)
        if need <= left:
            shown.append((cells.steady(text), ink))
            left -= need
            continue
        if left > 0:
            shown.append((cells.cut(text, left), ink))
        break
    return tuple(shown)


def content(line: Iterable[Piece]) -> Content:
    """Return ``line`` as Content, for pickers and dialogs."""
    return Content.assemble(*((cells.steady(text), INKS[ink]) for text, ink in line))


_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u2028\u2029\ufff9-\ufffb]")


class SafeFilter(LineFilter):
    """The last gate before the terminal: drops C0, C1 and bidi overrides from every segment (DESIGN.md).

    They are zero cells wide, so dropping them moves nothing. Textual's own control sequences don't pass through here.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return ``segments`` without harmful characters; the same list when there were none."""
        search = _HARMFUL.search
        if not any(search(segment.text) for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(_HARMFUL.sub("", segment.text), segment.style)
            for segment in segments
        ]


def now() -> float:
    """Return the present; widgets ask here, so that a test can stop the clock."""
    return time.time()
