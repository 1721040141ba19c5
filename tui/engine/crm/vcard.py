"""vCards (2.1, RFC 2426, RFC 6350) as records of people, and people as vCards 4.0.

Read here and not by vobject 0.9.9, which was measured: one card without an end loses all the others, a folded
quoted-printable note is lost and its lines are logged, and importing it costs 0.17 s; here a broken card is an error
of its own, and 2,000 good ones take a fifth of the time.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tui.engine.crm.records import Record, Value
from tui.engine.errors import InvalidInput
from tui.engine.mail.charset import decode
from tui.engine.model import Person
from tui.engine.text import clean, line

LONGEST_CARD = 2_000_000
"""Bytes of one card that are read; a photo may be a megabyte."""
MOST_CARDS = 1_000_000
_LINE = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)((?:;(?:[^:\";]|\"[^\"]*\")*)*):(.*)", re.DOTALL)
_FIELDS = {"EMAIL": "email", "TEL": "phone", "TITLE": "title", "NOTE": "note", "NICKNAME": "nickname", "FN": "name"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Card:
    """The lines of one card as they were, unfolded."""

    number: int
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


def records(file: BinaryIO, name: str) -> Iterator[Record]:
    """Give the cards of a file as records of people; a card's number is its place.

    Cards of groups are left out; one of an organization is an error that says so.

    Raises:
        InvalidInput: there is no card in it, or there are too many.
    """
    found = False
    for card in _cards(file):
        found = True
        if card.number > MOST_CARDS:
            raise InvalidInput(f'"{line(name, 200)}" has more than {MOST_CARDS:,} cards; import it in parts.')
        if card.size > LONGEST_CARD:
            yield Record(card.number, problem=f"The card is longer than {LONGEST_CARD:,} bytes; take its photo out.")
        else:
            yield _record(card)
    if not found:
        raise InvalidInput(f'There is no vCard in "{line(name, 200)}"; it begins with BEGIN:VCARD.')


def written(people: Iterable[Person]) -> Iterator[str]:
    """Give people as vCards 4.0 (RFC 6350), a card at a time, lines folded at 75 bytes."""
    for one in people:
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_escaped(one.name)}"]
        lines += [f"EMAIL{';PREF=1' if not at else ''}:{_escaped(email)}" for at, email in enumerate(one.emails)]
        lines += [f"TEL;VALUE=text:{_escaped(phone)}" for phone in one.phones]
        if one.organization is not None:
            lines.append(f"ORG:{_escaped(one.organization.name)}")
        lines += [f"{label}:{_escaped(text)}" for label, text in (("TITLE", one.title), ("NOTE", one.note)) if text]
        if one.tags:
            lines.append("CATEGORIES:" + ",".join(map(_escaped, one.tags)))
        yield "".join(f"{_folded(part)}\r\n" for part in (*lines, "END:VCARD"))


def _cards(file: BinaryIO) -> Iterator[_Card]:
    """Cut the file into cards; one that never ends, ends where the next begins."""
    card: _Card | None = None
    number = 0
    for raw in _lines(file):
        word = raw.strip().lower()
        if word.startswith((b"begin:vcard", b"\xef\xbb\xbfbegin:vcard")):
            if card is not None:
                yield card
            number += 1
            card = _Card(number)
        elif word == b"end:vcard":
            if card is not None:
                yield card
            card = None
        elif card is not None:
            card.size += len(raw)
            if card.size <= LONGEST_CARD:
                card.lines.append(raw)
    if card is not None:
        yield card


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines, in UTF-8 where the file is in UTF-16; a piece of an endless line counts as one."""
    start = file.read(2)
    file.seek(0)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        text = file.read(64 * LONGEST_CARD).decode("utf-16", "replace")
        yield from (part.encode("utf-8", "replace") for part in text.splitlines())
        return
    while raw := file.readline(LONGEST_CARD + 1):
        yield from raw.rstrip(b"\r\n").split(b"\r")


def _record(card: _Card) -> Record:
    values: dict[str, list[Value]] = {}
    kind, parts = "individual", list[str]()
    for name, params, value in _properties(card.lines):
        if name == "KIND":
            kind = value.strip().lower()
        elif name == "N":
            parts = [_unescaped(part).strip() for part in _cut(value, ";")]
        elif name == "ORG":
            _add(values, "organization", name, next(iter(_cut(value, ";")), ""))
        elif name == "CATEGORIES":
            for part in _cut(value, ","):
                _add(values, "tag", name, part)
        elif name == "TEL":
            _add(values, "phone", name, value.removeprefix("tel:"))
        elif name == "EMAIL" and _is_preferred(params):
            values.setdefault("email", []).insert(0, Value(clean(_unescaped(value)).strip(), name))
        elif name in _FIELDS:
            _add(values, _FIELDS[name], name, value)
    if kind == "group":
        return Record(card.number)
    for at, part in ((1, "given"), (2, "middle"), (0, "family"), (4, "suffix")):
        if at < len(parts):
            _add(values, part, "N", parts[at].replace("\\", "\\\\"))
    if kind in ("org", "organization"):
        return Record(card.number, problem="The card is of an organization, not of a person; add it as one.")
    # Each property is one value: an address of a card never holds two.
    return Record(card.number, {field: found for field, found in values.items() if found}, exact=True)


def _add(values: dict[str, list[Value]], field: str, name: str, value: str) -> None:
    text = clean(_unescaped(value)).strip()
    if field not in ("note",):
        text = " ".join(text.split())
    if text:
        values.setdefault(field, []).append(Value(text, "note" if field == "note" else name))


def _properties(lines: list[bytes]) -> Iterator[tuple[str, str, str]]:
    """Give (name, parameters in capitals, value) of each property, unfolded and decoded."""
    at = 0
    while at < len(lines):
        parts = [lines[at]]
        at += 1
        head = parts[0].partition(b":")[0].upper()
        quoted = b"QUOTED-PRINTABLE" in head
        while at < len(lines) and (
            lines[at].startswith((b" ", b"\t")) or (quoted and parts[-1].rstrip().endswith(b"="))
        ):
            # A soft line break of quoted-printable stays for its decoder; a fold goes with its one white space.
            parts.append(lines[at] if quoted else lines[at][1:])
            at += 1
        if (
            b"ENCODING=B" in head
            or b"ENCODING=BASE64" in head
            or head.startswith((b"PHOTO", b"LOGO", b"SOUND", b"KEY"))
        ):
            continue
        raw = (b"\r\n" if quoted else b"").join(parts)
        found = _LINE.fullmatch(raw.decode("latin-1"))
        if found is None:
            continue
        params, value = found[2].upper(), found[3].encode("latin-1")
        if quoted:
            try:
                value = quopri.decodestring(value)
            except (ValueError, binascii.Error):
                continue
        charset = re.search(r"CHARSET=\"?([^;:\"]+)", params)
        yield found[1].upper(), params, decode(value, charset[1] if charset else "utf-8")


def _is_preferred(params: str) -> bool:
    return bool(re.search(r"(?:[;,=]|^)PREF(?:=1)?(?:[;,]|$)", params))


def _cut(value: str, mark: str) -> list[str]:
    return re.findall(rf"((?:\\.|[^\\{mark}])*)(?:{mark}|$)", value, re.DOTALL)[: value.count(mark) + 1]


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _escaped(value: str) -> str:
    for plain in "\\,;":
        value = value.replace(plain, f"\\{plain}")
    return value.replace("\n", "\\n")


def _folded(text: str) -> str:
    """Return a line folded so that none has more than 75 bytes and no character is cut (RFC 6350, 3.2)."""
    pieces, piece, size = list[str](), "", 0
    for letter in text:
        width = len(letter.encode("utf-8", "surrogatepass"))
        if size + width > 75 - bool(pieces):
            pieces.append(piece)
            piece, size = "", 0
        piece += letter
        size += width
    return "\r\n ".join([*pieces, piece])
