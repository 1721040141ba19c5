"""Writing messages: recipients as typed, headers that nothing can break out of, plain text, attachments."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime

from tui.engine.errors import InvalidInput
from tui.engine.mail.addresses import parse_addresses
from tui.engine.model import Address
from tui.engine.text import line

_LOCAL = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}\Z")
_DOMAIN = re.compile(r"[^\s@<>,;:\"()\\\x00-\x1f\x7f]{1,253}\Z")
_POLICY = policy.SMTP.clone(max_line_length=78, raise_on_defect=False)
_BCC = re.compile(rb"^bcc[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n)?", re.IGNORECASE | re.MULTILINE)
MOST_REFERENCES = 50
"""A References header keeps its first and its last ones (RFC 5322, section 3.6.4 sets no limit; servers do)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be written.

    Args:
        attachments: (file name, media type, bytes).
        date: seconds since the epoch.
        message_id: without brackets.
        references: Message-IDs without brackets, the parent last; empty for a new thread.
    """

    sender: Address
    to: Sequence[Address]
    cc: Sequence[Address]
    bcc: Sequence[Address]
    subject: str
    body: str
    attachments: Sequence[tuple[str, str, bytes]]
    date: int
    message_id: str
    references: Sequence[str] = ()


def new_message_id(domain: str) -> str:
    """Return a fresh Message-ID without brackets; it tells nothing about who or what."""
    safe = re.sub(r"[^a-z0-9.-]", "", domain.lower()) or "localhost"
    return f"{secrets.token_hex(16)}@{safe}"


def parse_recipients(text: str) -> list[Address]:
    """Return the addresses in a field as typed, once each.

    Raises:
        InvalidInput: one of them is no address; the sentence names it.
    """
    found: dict[str, Address] = {}
    flat = line(text.replace(";", ","), 100_000)
    for one in parse_addresses(flat.encode("utf-8"), keep_nameless=True):
        local, _, domain = one.email.rpartition("@")
        if not _LOCAL.match(local) or not _DOMAIN.match(domain):
            shown = one.email or one.name
            raise InvalidInput(f'"{line(shown, 100)}" is not an e-mail address; write it like Ann <ann@acme.io>.')
        found.setdefault(one.email.lower(), Address(line(one.name, 200), one.email))
    return list(found.values())


def build(outgoing: Outgoing) -> bytes:
    """Return the message as it is stored and appended, CRLF, with its Bcc; no field can make another header."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _header(outgoing.sender)
    for name, addresses in (("To", outgoing.to), ("Cc", outgoing.cc), ("Bcc", outgoing.bcc)):
        if addresses:
            message[name] = tuple(_header(one) for one in addresses)
    message["Subject"] = line(outgoing.subject, 900)
    message["Date"] = format_datetime(datetime.fromtimestamp(outgoing.date, UTC).astimezone())
    message["Message-ID"] = f"<{outgoing.message_id}>"
    if outgoing.references:
        chain = [f"<{name}>" for name in outgoing.references]
        message["In-Reply-To"] = chain[-1]
        message["References"] = " ".join(
            chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[-MOST_REFERENCES:]]
        )
    message["User-Agent"] = "dealdesk"
    text = outgoing.body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    message.set_content(text if text.endswith("\n") else text + "\n", charset="utf-8", cte=_encoding(text))
    for name, kind, data in outgoing.attachments:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub or "octet-stream", filename=line(name, 200))
    return message.as_bytes()


def without_bcc(raw: bytes) -> bytes:
    """Return the message for the wire: its source without Bcc fields."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    return _BCC.sub(b"", head + b"\r\n").removesuffix(b"\r\n") + gap + body


def _encoding(text: str) -> str:
    return "7bit" if text.isascii() and all(len(one) < 990 for one in text.split("\n")) else "quoted-printable"


def _header(address: Address) -> HeaderAddress:
    local, _, domain = address.email.rpartition("@")
    try:
        return HeaderAddress(line(address.name, 200), local, domain)
    except (ValueError, IndexError) as error:
        raise InvalidInput(f'"{line(address.email, 100)}" can\'t be written into a header; correct it.') from error
