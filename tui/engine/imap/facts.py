"""What the untagged responses say, as typed facts; a fact is true whoever asked for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tui.engine.imap import names
from tui.engine.imap.framing import Frame
from tui.engine.imap.response import Condition, Malformed, Value, condition, data_of, number, shown, values
from tui.engine.imap.uidset import MAX_UID, UidSet

HEADER_FIELDS = (
    "DATE FROM SENDER REPLY-TO TO CC BCC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES LIST-ID LIST-UNSUBSCRIBE "
    "PRECEDENCE AUTO-SUBMITTED CONTENT-TYPE X-PRIORITY"
)
"""The header fields that a list, a thread and the link rules need."""

NAME = 2000
"""Octets of a folder's wire name; file systems and servers stop far below."""
HEADER = 256 << 10
"""Octets of a message's header that are read; what is behind them is only seen with the whole message."""
FOLDER_FLAGS = 30
"""Flags of one folder in LIST."""
FLAG_TEXT = 1000
"""Characters of all flags of one message together."""
_HEAD = re.compile(rb"\*\s+(?:(\d{1,20})\s+)?([A-Za-z][A-Za-z0-9-]*)\s*")
_TOP_UID = re.compile(rb"\bUID (\d{1,10})\b")
_DATE = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d)(\d\d))?")
_WORD = re.compile(rb"(?<!\S)[0-9]{1,20}(?!\S)")
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}")
_ALL = re.compile(rb"(?<=\s)ALL\s+([0-9:,]+)(?=\s|\Z)", re.IGNORECASE)
_GONE = re.compile(rb"(\(EARLIER\)\s*)?([0-9:,]*)\s*\Z", re.IGNORECASE)
_MONTHS = {name: at for at, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


@dataclass(frozen=True, slots=True)
class Number:
    """``n EXISTS``, ``n RECENT`` or ``n EXPUNGE``."""

    kind: str
    number: int


class Fetched(NamedTuple):
    """What one FETCH response says of one message; None where it says nothing.

    ``flags`` are lower case, system flags without backslash, ``$Forwarded`` as ``forwarded``. ``internaldate`` is in
    seconds since the epoch, ``size`` in octets. ``guid`` is EMAILID, X-GM-MSGID or X-GUID, else "". ``body`` is a
    ``Path`` when it was spooled; the file belongs to whoever takes this value. ``uid`` is 0 when the server named none.
    """

    uid: int
    seq: int = 0
    flags: frozenset[str] | None = None
    internaldate: int | None = None
    size: int | None = None
    modseq: int | None = None
    guid: str = ""
    header: bytes | None = None
    body: bytes | Path | None = None
    present: frozenset[str] = frozenset()
    """Which of flags, internaldate, size, header, body the response named, also when it named them NIL."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One LIST, LSUB or XLIST line; ``flags`` lower case with their backslash."""

    kind: str
    flags: frozenset[str]
    delimiter: str
    wire: str


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """What STATUS says of a folder; None where the server doesn't say."""

    messages: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    unseen: int | None = None
    highestmodseq: int | None = None
    mailbox_id: str = ""


@dataclass(frozen=True, slots=True)
class StatusOf:
    """A STATUS line."""

    wire: str
    status: FolderStatus


@dataclass(frozen=True, slots=True)
class Found:
    """A SEARCH or ESEARCH result. ``tag`` only where an ESEARCH names it."""

    uids: UidSet
    tag: bytes = b""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Vanished:
    """VANISHED (RFC 7162, section 3.2.10)."""

    uids: UidSet
    earlier: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Any other data response: CAPABILITY, ENABLED, FLAGS, ID, NAMESPACE, …"""

    kind: str
    values: list[Value] = field(default_factory=list)


Fact: TypeAlias = Condition | Number | Fetched | Listing | StatusOf | Found | Vanished | Other


def read(frame: Frame) -> Fact:
    """Return what an untagged response says.

    Raises:
        Malformed: it can't be read; nothing but this one response is lost.
    """
    head = _HEAD.match(frame.text)
    if not head:
        raise Malformed(f"The server sent a response that can't be read: {shown(frame.text)}; it was skipped.")
    kind, count = head[2].decode("ascii").upper(), head[1]
    if count is not None:
        seq = number(count, 0, MAX_UID)
        if seq is None:
            raise Malformed(f"The server counts beyond every bound: {shown(frame.text)}; it was skipped.")
        if kind == "FETCH":
            short = _FLAGS_ONLY.match(frame.text, head.end())
            if short:
                return _only_flags(seq, short)
            alone = _BODY_ONLY.match(frame.text, head.end())
            if alone:
                return Fetched(number(alone[1], 1, MAX_UID) or 0, seq, body=frame.literals[0], present=_BODY)
            return _fetched(seq, frame, head.end())
        return Number(kind, seq)
    if kind in ("OK", "NO", "BAD", "BYE", "PREAUTH"):
        said = condition(frame.text[head.start(2) :])
        if said is not None:
            return said
    reader = _READERS.get(kind)
    return reader(kind, frame, head.end()) if reader else Other(kind, values(frame, head.end()))


def _listing(kind: str, frame: Frame, skip: int) -> Fact:
    found = values(frame, skip)
    if len(found) < 3 or not isinstance(found[0], list):
        raise Malformed(f"The server lists a folder that can't be read: {shown(frame.text)}; it was skipped.")
    name, delimiter = found[2], data_of(found[1])
    if not isinstance(name, bytes | None) or len(name or b"") > NAME:
        raise Malformed(f"The server lists a folder whose name is none: {shown(frame.text)}; it was skipped.")
    flags = frozenset(data_of(flag)[:100].decode("latin-1").lower() for flag in found[0][:FOLDER_FLAGS])
    wire = "NIL" if name is None else name.decode("latin-1")
    return Listing(kind, flags, delimiter[:1].decode("latin-1"), wire)


def _object_id(said: Value) -> str:
    """Return the one id in parentheses (RFC 8474, section 4.3), or "" where it isn't one (section 7)."""
    one = data_of(said[0]) if isinstance(said, list) and len(said) == 1 else b""
    return one.decode("ascii") if _OBJECT_ID.fullmatch(one) else ""


def _status(kind: str, frame: Frame, skip: int) -> Fact:
    found = values(frame, skip)
    pairs = found[-1] if found else None
    if len(found) < 2 or not isinstance(pairs, list):
        raise Malformed(f"The server sent a status that can't be read: {shown(frame.text)}; it was skipped.")
    wire = b" ".join(data_of(part) for part in found[:-1]).decode("latin-1")
    if len(wire) > NAME:
        raise Malformed(f"The server tells of a folder whose name is none: {shown(frame.text)}; it was skipped.")
    said = {data_of(key).upper(): value for key, value in zip(pairs[::2], pairs[1::2], strict=False)}
    return StatusOf(
        wire,
        FolderStatus(
            messages=number(said.get(b"MESSAGES"), 0, MAX_UID),
            uidnext=number(said.get(b"UIDNEXT"), 1, MAX_UID),
            uidvalidity=number(said.get(b"UIDVALIDITY"), 1, MAX_UID),
            unseen=number(said.get(b"UNSEEN"), 0, MAX_UID),
            highestmodseq=number(said.get(b"HIGHESTMODSEQ"), 1),
            mailbox_id=_object_id(said.get(b"MAILBOXID")),
        ),
    )


def _search(kind: str, frame: Frame, skip: int) -> Fact:
    end = frame.text.find(b"(", skip)
    found = (int(word[0]) for word in _WORD.finditer(frame.text, skip, len(frame.text) if end < 0 else end))
    return Found(UidSet.of_ranges((uid, uid) for uid in found if 1 <= uid <= MAX_UID))


def _esearch(kind: str, frame: Frame, skip: int) -> Fact:
    listed = _ALL.search(frame.text, skip)
    tag, uids, count = b"", UidSet(), None
    if listed is not None:
        # Megabytes perhaps, and one token: not for the tokenizer.
        uids = UidSet.parse(listed[1])
        frame = Frame(frame.text[skip : listed.start()] + frame.text[listed.end() :], [])
        skip = 0
    found = values(frame, skip)
    if found and isinstance(found[0], list):
        correlator = found.pop(0)
        tag = data_of(correlator[-1]) if isinstance(correlator, list) and correlator else b""
    for key, value in pairwise(found):
        if key is None or isinstance(key, list | Path):
            continue
        if key.upper() == b"ALL":
            raise Malformed(f"The server lists what is no UID set: {shown(frame.text)}; it was skipped.")
        if key.upper() == b"COUNT":
            count = number(value, 0, MAX_UID)
    return Found(uids, tag, count)


def _vanished(kind: str, frame: Frame, skip: int) -> Fact:
    found = _GONE.match(frame.text, skip)
    if found is None:
        raise Malformed(f"The server tells of vanished messages unreadably: {shown(frame.text)}; it was skipped.")
    return Vanished(UidSet.parse(found[2]), found[1] is not None)


_READERS = {
    "LIST": _listing,
    "LSUB": _listing,
    "XLIST": _listing,
    "STATUS": _status,
    "SEARCH": _search,
    "ESEARCH": _esearch,
    "VANISHED": _vanished,
}


def _only_flags(seq: int, short: re.Match[bytes]) -> Fetched:
    # The commonest answer by far: ten thousand of them when flags are compared.
    uid, flags, modseq = short.groups()
    return Fetched(
        number(uid, 1, MAX_UID) or 0,
        seq,
        _flags(tuple(flags.split())),
        modseq=number(modseq),
        present=_FLAGS,
    )


_FLAGS_ONLY = re.compile(rb'\(UID (\d+) FLAGS \(([^()"{\[]*)\)(?: MODSEQ \((\d+)\))?\)\Z')
_FLAGS = frozenset({"flags"})
_BODY_ONLY = re.compile(rb"\(UID (\d+) BODY\[\] \{\d+\}\n\)\Z")
_BODY = frozenset({"body"})


def _fetched(seq: int, frame: Frame, skip: int) -> Fetched:
    found = values(frame, skip)
    items = found[0] if found else None
    if not isinstance(items, list):
        raise Malformed(f"The server sent a message that can't be read: {shown(frame.text)}; it was skipped.")
    uid, size, date, modseq, guid = 0, None, None, None, ""
    flags: frozenset[str] | None = None
    header: bytes | None = None
    body: bytes | Path | None = None
    present: set[str] = set()
    for name, value in _pairs(items):
        if name == b"UID":
            uid = number(value, 1, MAX_UID) or 0
        elif name == b"FLAGS":
            present.add("flags")
            flags = flag_set(value)
        elif name == b"INTERNALDATE":
            present.add("internaldate")
            date = internaldate(data_of(value))
        elif name == b"RFC822.SIZE":
            present.add("size")
            size = number(value, 0, 1 << 40)
        elif name == b"MODSEQ":
            modseq = number(value[0], 0) if isinstance(value, list) and value else number(value, 0)
        elif name in (b"EMAILID", b"X-GM-MSGID", b"X-GUID"):
            held = value[0] if isinstance(value, list) and value else value
            guid = data_of(held)[:255].decode("ascii", "replace")
        elif name.startswith((b"BODY[HEADER", b"RFC822.HEADER")):
            present.add("header")
            header = _beginning(value)
        elif name in (b"BODY[]", b"RFC822", b"BODY[]<0>"):
            present.add("body")
            body = None if isinstance(value, list) else value
    for literal in frame.literals:
        if isinstance(literal, Path) and literal is not body:
            literal.unlink(missing_ok=True)
    return Fetched(uid, seq, flags, date, size, modseq, guid, header, body, frozenset(present))


def _beginning(value: Value) -> bytes:
    if not isinstance(value, Path):
        return data_of(value)[:HEADER]
    with value.open("rb") as file:
        return file.read(HEADER)


def _pairs(items: list[Value]) -> Iterator[tuple[bytes, Value]]:
    for key, value in zip(items[::2], items[1::2], strict=False):
        if isinstance(key, bytes):
            yield key.upper(), value


def flag_set(value: Value) -> frozenset[str]:
    """Return a parenthesised flag list as the engine calls flags; at most 200 and ``FLAG_TEXT`` characters of them.

    ``\\Recent`` is left out: it tells of the session, not of the message (RFC 3501, section 2.3.2).
    """
    if not isinstance(value, list):
        return frozenset()
    return _flags(tuple(flag for flag in value if isinstance(flag, bytes)))


@lru_cache(maxsize=2000)
def _flags(wire: tuple[bytes, ...]) -> frozenset[str]:
    kept, room = set[str](), FLAG_TEXT
    for flag in wire[:200]:
        room -= len(flag)
        if room < 0:
            break
        kept.add(names.flag(flag[:100]))
    return frozenset(kept - {"recent", ""})


def internaldate(data: bytes) -> int | None:
    """Return a date-time (RFC 9051, section 9) as seconds since the epoch, or None when it is no date."""
    match = _DATE.match(data)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    day, year, hour, minute, second = (int(match[at]) for at in (1, 3, 4, 5, 6))
    zone = UTC if match[7] is None else timezone(_offset(match))
    try:
        return int(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).timestamp())
    except (ValueError, OverflowError):
        return None


def _offset(match: re.Match[bytes]) -> timedelta:
    minutes = min(int(match[8]) * 60 + int(match[9]), 1439)
    return timedelta(minutes=-minutes if match[7] == b"-" else minutes)


def wire_date(moment: int) -> bytes:
    """Return seconds since the epoch as a quoted date-time, in UTC and in English whatever the locale."""
    at = datetime.fromtimestamp(moment, UTC)
    return f'"{at.day:02d}-{_MONTH_NAMES[at.month - 1]}-{at.year:04d} {at:%H:%M:%S} +0000"'.encode("ascii")


def wire_day(moment: int) -> bytes:
    """Return the UTC day of a moment as a SEARCH date (``1-Feb-2026``)."""
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at.day}-{_MONTH_NAMES[at.month - 1]}-{at.year:04d}".encode("ascii")


_MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
