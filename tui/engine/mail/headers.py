"""The facts of a message's header that sync, threads and links are decided on.

More than 10,000 headers a second, because a first sync reads nothing else. Never raises: a header that nobody
should write costs its own facts, not the sync.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.engine import text
from tui.engine.mail.addresses import parse_addresses
from tui.engine.mail.dates import parse_date
from tui.engine.mail.fields import parse_fields
from tui.engine.mail.words import decode_words, parameters
from tui.engine.model import Address

__all__ = ["HeaderFacts", "decode_words", "facts_of", "message_ids", "parse_header"]

MAX_REFERENCES = 200
MAX_SUBJECT = 50_000
"""Octets of a Subject that are looked at; of what they say a thousand characters are kept."""

_ID = re.compile(rb"<([^<>]{1,2000})>")


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What one header says. Texts are safe to show; ids are normalised; addresses are as written.

    ``from_`` holds the addresses of every From line, so that a second one is never overlooked; an entry without an
    address has an empty ``email``. ``date`` is None when missing or outside 1970 to 2100. ``list_mail`` is the
    rules' *bulk* (List-Id, List-Unsubscribe, Precedence bulk/list/junk, Auto-Submitted other than no).
    """

    message_id: str = ""
    date: int | None = None
    date_text: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    list_mail: bool = False
    auto_submitted: bool = False
    mail_followup_to: tuple[Address, ...] = ()
    list_post: str = ""


def parse_header(header: bytes) -> HeaderFacts:
    """Return the facts of a header block, whole or as ``BODY[HEADER.FIELDS (…)]`` returns it.

    Of a repeated field the addresses of all count (From, To, Cc, …), else the first that is not empty.
    """
    return facts_of(parse_fields(header))


def facts_of(fields: list[tuple[str, bytes]]) -> HeaderFacts:
    """Return the facts of fields that were split already."""
    values: dict[str, list[bytes]] = {}
    for name, value in fields:
        if value:
            values.setdefault(name.lower(), []).append(value)
    fallback = _fallback(values)

    def first(name: str) -> bytes:
        found = values.get(name)
        return found[0] if found else b""

    def listed(name: str, keep_nameless: bool = False) -> tuple[Address, ...]:
        found = values.get(name)
        if not found:
            return ()
        return parse_addresses(
            found[0] if len(found) == 1 else b",".join(found), keep_nameless=keep_nameless, fallback=fallback
        )

    date_text = text.line(decode_words(first("date")[:500]), 200)
    auto = first("auto-submitted")
    return HeaderFacts(
        message_id=_message_id(first("message-id")),
        date=parse_date(date_text) if date_text else None,
        date_text=date_text,
        from_=listed("from", True),
        sender=listed("sender", True),
        reply_to=listed("reply-to"),
        to=listed("to"),
        cc=listed("cc"),
        bcc=listed("bcc"),
        subject=text.line(decode_words(first("subject")[:MAX_SUBJECT], fallback)),
        in_reply_to=message_ids(b" ".join(values.get("in-reply-to", ())))[:MAX_REFERENCES],
        references=_references(b" ".join(values.get("references", ()))),
        list_mail=_is_bulk(values),
        auto_submitted=bool(auto) and not auto.lower().startswith(b"no"),
        mail_followup_to=listed("mail-followup-to"),
        list_post=text.line(decode_words(first("list-post")[:2000])),
    )


def message_ids(value: bytes) -> tuple[str, ...]:
    """Return the Message-IDs of an id list, normalised, in order, each once.

    Ids stand in ``<>``; where a mailer left the brackets out, words with an ``@`` are taken.
    """
    found = _ID.findall(value[:400_000])
    if not found and b"@" in value:
        found = [word for word in value[:20_000].split() if b"@" in word]
    return tuple(dict.fromkeys(name for item in found if (name := _id_text(item))))


def _references(value: bytes) -> tuple[str, ...]:
    """Return the ids of References; of an endless list the root and the nearest 199."""
    ids = message_ids(value)
    return ids if len(ids) <= MAX_REFERENCES else (ids[0], *ids[1 - MAX_REFERENCES :])


def _message_id(value: bytes) -> str:
    if not value:
        return ""
    match = _ID.search(value[:4000])
    return _id_text(match[1] if match else value[:2000])


def _id_text(value: bytes) -> str:
    return text.normalize_message_id(value.decode("utf-8", "replace"))


def _fallback(values: dict[str, list[bytes]]) -> str:
    """Return the charset that the message names for its text: the likeliest one of raw 8-bit header bytes."""
    content_type = values.get("content-type")
    if not content_type or b"charset" not in content_type[0].lower():
        return ""
    if all(value.isascii() for name in ("from", "to", "cc", "subject") for value in values.get(name, ())):
        return ""
    return parameters(content_type[0])[1].get("charset", "")


def _is_bulk(values: dict[str, list[bytes]]) -> bool:
    if "list-id" in values or "list-unsubscribe" in values:
        return True
    if any(value.strip().lower() in (b"bulk", b"list", b"junk") for value in values.get("precedence", ())):
        return True
    return any(not value.strip().lower().startswith(b"no") for value in values.get("auto-submitted", ()))
