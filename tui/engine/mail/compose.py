"""Messages of our own as bytes, and what a reply or a forward starts from.

A message is CR LF throughout, text in UTF-8 as 7bit or quoted-printable and format=flowed, attachments in base64. Bcc
stands in the copy that is kept here; ``without_bcc`` makes the one that is handed over.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from email.utils import formatdate

from tui.engine import text
from tui.engine.errors import InvalidInput
from tui.engine.mail import wire
from tui.engine.mail.flowed import flow
from tui.engine.model import Address

MAX_LINE = 998
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,100}")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,200}")
_FROM_LINE = re.compile(rb"^From ", re.M)
_BCC = re.compile(rb"^(?:resent-)?bcc[ \t]*:", re.I)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be built: addresses parsed, attachments read as (name, media type, bytes).

    ``references`` are the ids of the thread, nearest last; ``in_reply_to`` is the last of them unless given. ``html``,
    when given, says the same as ``body`` and goes beside it; so does ``calendar``, an iTIP REPLY.
    """

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    date: int = 0
    message_id: str = ""
    references: tuple[str, ...] = ()
    in_reply_to: str = ""
    html: str = ""
    calendar: str = ""


def build(outgoing: Outgoing) -> bytes:
    """Return the message as bytes (RFC 5322, 2045). No text of any field can make another field.

    Raises:
        InvalidInput: an address can't be written.
    """
    head = [wire.address_field("From", [outgoing.sender])]
    for name, addresses in (("To", outgoing.to), ("Cc", outgoing.cc), ("Bcc", outgoing.bcc)):
        if addresses:
            head.append(wire.address_field(name, addresses))
    if outgoing.bcc and not outgoing.to and not outgoing.cc:
        head.append(b"To: undisclosed-recipients:;\r\n")
    head.append(wire.field("Subject", outgoing.subject))
    head.append(wire.field("Date", formatdate(outgoing.date, localtime=True)))
    head.append(wire.tokens_field("Message-ID", [f"<{_id(outgoing.message_id)}>"]))
    references = [name for name in map(_id, outgoing.references[-100:]) if name]
    answered = _id(outgoing.in_reply_to) or (references[-1] if references else "")
    if answered:
        head.append(wire.tokens_field("In-Reply-To", [f"<{answered}>"]))
    if references:
        head.append(wire.tokens_field("References", [f"<{name}>" for name in references]))
    head.append(b"MIME-Version: 1.0\r\n")
    part = _text_part(flow(text.clean(outgoing.body)), b"plain; format=flowed; delsp=no")
    beside = [_text_part(outgoing.html, b"html")] if outgoing.html else []
    beside += [_text_part(outgoing.calendar, b"calendar; method=REPLY")] if outgoing.calendar else []
    if beside:
        part = _multipart(b"alternative", [part, *beside])
    if outgoing.attachments:
        part = _multipart(b"mixed", [part, *(_attachment(*attachment) for attachment in outgoing.attachments)])
    return b"".join(head) + part


def _multipart(kind: bytes, parts: list[bytes]) -> bytes:
    boundary = f"=_{secrets.token_hex(16)}".encode("ascii")
    head = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n'
    return head + b"".join(b"\r\n--" + boundary + b"\r\n" + one for one in parts) + b"\r\n--" + boundary + b"--\r\n"


def _id(value: str) -> str:
    """Return a Message-ID fit to stand between brackets."""
    return "".join(text.normalize_message_id(value).replace("<", "").replace(">", "").split())


def _text_part(body: str, kind: bytes) -> bytes:
    data = text.clean(body).encode("utf-8", "replace")
    data = data.rstrip(b"\n") + b"\n"
    plain = data.isascii() and not _FROM_LINE.search(data) and max(map(len, data.split(b"\n"))) <= 200
    if plain:
        encoding, written = b"7bit", data
    else:
        encoding, written = b"quoted-printable", _FROM_LINE.sub(b"=46rom ", binascii.b2a_qp(data, istext=True))
    charset = b"us-ascii" if data.isascii() else b"utf-8"
    head = b"Content-Type: text/" + kind + b"; charset=" + charset + b"\r\n"
    head += b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    return head + written.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _attachment(name: str, kind: str, data: bytes) -> bytes:
    kind = kind.lower() if _TYPE.fullmatch(kind.lower()) else "application/octet-stream"
    encoding, written = "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")
    if kind.startswith(("message/", "multipart/")):
        # These may not be encoded (RFC 2046 section 5.2.1): as they are when that is safe, else as plain bytes.
        normal = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if kind == "message/rfc822" and normal.isascii() and b"\0" not in normal and _lines_fit(normal):
            encoding, written = "7bit", normal
        else:
            kind = "application/octet-stream"
    shown = text.line(name, 200).replace("/", "_").replace("\\", "_") or "attachment"
    head = _folded_field("Content-Type", [kind, *wire.parameter("name", shown)])
    head += _folded_field("Content-Disposition", ["attachment", *wire.parameter("filename", shown)])
    return head + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode("ascii") + written


def _folded_field(name: str, items: list[str]) -> bytes:
    return f"{name}: {(';' + chr(13) + chr(10) + ' ').join(items)}\r\n".encode("ascii")


def _lines_fit(data: bytes) -> bool:
    return b"\r" not in data.replace(b"\r\n", b"") and max(map(len, data.split(b"\r\n"))) <= MAX_LINE


def without_bcc(raw: bytes) -> bytes:
    """Return a message without its Bcc fields, for the wire; all other bytes stay."""
    kept: list[bytes] = []
    position, dropping = 0, False
    while position < len(raw):
        stop = raw.find(b"\n", position)
        stop = len(raw) if stop < 0 else stop + 1
        row = raw[position:stop]
        if not row.strip(b"\r\n"):
            break
        if row[:1] not in b" \t":
            dropping = _BCC.match(row) is not None
        if not dropping:
            kept.append(row)
        position = stop
    return b"".join(kept) + raw[position:]


def new_message_id(domain: str) -> str:
    """Return a fresh Message-ID without brackets, that tells neither time nor machine."""
    host = domain.strip().strip(".")
    if not host.isascii():
        host = wire.checked_address(f"x@{host}").partition("@")[2]
    return f"{secrets.token_hex(16)}@{host if _DOMAIN.fullmatch(host) else 'localhost'}"


def parse_recipients(typed: str) -> list[Address]:
    """Return the addresses that a person typed (``Ann <ann@x.y>, b@x.y``), each written address once.

    Raises:
        InvalidInput: naming the first text that is no address.
    """
    found: dict[str, Address] = {}
    for piece in _pieces(typed[:200_000]):
        name, opened, rest = piece.rpartition("<")
        email = rest.rstrip().removesuffix(">") if opened and rest.rstrip().endswith(">") else piece
        email = email.strip().removeprefix("mailto:")
        if opened and (email == piece or "<" in name or ("@" in name and not name.strip().startswith(('"', "'")))):
            raise InvalidInput(
                f'"{text.line(piece, 100)}" is not an e-mail address; write it as Name <name@example.com>.'
            )
        checked = wire.checked_address(email)
        shown = text.line(name if opened else "", 300).strip(" \"'").replace('\\"', '"')
        found.setdefault(text.normalize_address(checked), Address(shown, checked))
    return list(found.values())


def readable_recipients(typed: str) -> list[Address]:
    """Return those of the addresses in a text that can be written; half an address counts for nothing."""
    found: dict[str, Address] = {}
    for piece in _pieces(typed[:200_000]):
        try:
            for one in parse_recipients(piece):
                found.setdefault(text.normalize_address(one.email), one)
        except InvalidInput:
            continue
    return list(found.values())


def _pieces(typed: str) -> list[str]:
    """Cut at commas, semicolons and line ends that are neither in quotes nor in brackets."""
    pieces: list[str] = []
    start, quoted, bracket = 0, False, False
    for index, char in enumerate(typed):
        if char == '"' and (index == 0 or typed[index - 1] != "\\"):
            quoted = not quoted
        elif char in "<>" and not quoted:
            bracket = char == "<"
        elif char in "\r\n" or (char in ",;" and not quoted and not bracket):
            pieces.append(typed[start:index].strip())
            start, quoted, bracket = index + 1, False, False
    pieces.append(typed[start:].strip())
    return [piece for piece in pieces if piece]
