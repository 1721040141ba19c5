"""The facts of a message's header that sync, threads and links are decided on.

More than 10,000 headers a second, because a first sync reads nothing else. Never raises: a header that nobody
should write costs its own facts, not the sync.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.engine import text
from tui.engine.mail.addresses import parse_addresses
from tui.engine.mail.dates import parse_date
from tui.engine.mail.fields import Values, parse_fields, values_of
from tui.engine.mail.words import decode_words, parameters
from tui.engine.model import Address

__all__ = ["HeaderFacts", "decode_words", "facts_of", "message_ids", "parse_header", "shown_fields"]

MAX_REFERENCES = 200
MAX_SUBJECT = 20_000
"""Octets of a Subject that are looked at; of what they say a thousand characters are kept."""

MAX_SHOWN = 50_000
_FOLDED = re.compile(r"\t[ \t]*")
_ADDRESSES = {
    name: name.replace("-", "_") for name in ("sender", "reply-to", "to", "cc", "bcc", "mail-followup-to")
} | {"from": "from_"}
_BY_MACHINE = frozenset({b"bulk", b"junk", b"auto_reply", b"auto-reply"})
_DAEMONS = ("mailer-daemon@", "postmaster@")
_ID = re.compile(rb"<([^<>]{1,2000})>")


class HeaderFacts(NamedTuple):
    """What one header says. Texts are safe to show; ids are normalised; addresses are as written.

    ``from_`` holds the addresses of every From line, so that a second one is never overlooked; an entry without an
    address has an empty ``email``. ``date`` is None when missing or outside 1970 to 2100. ``list_mail`` is the
    rules' *bulk* (List-Id, List-Unsubscribe, Precedence bulk/list/junk, Auto-Submitted other than no). ``automatic``
    means that no person wrote it, so that it answers nothing and awaits no answer: Auto-Submitted other than no (RFC
    3834, section 5), Precedence bulk/junk/auto_reply as older programs say it, a report (RFC 6522), a mail daemon.
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
    automatic: bool = False
    mail_followup_to: tuple[Address, ...] = ()
    list_post: str = ""


def parse_header(header: bytes) -> HeaderFacts:
    """Return the facts of a header block, whole or as ``BODY[HEADER.FIELDS (…)]`` returns it.

    Of a repeated field the addresses of all count (From, To, Cc, …), else the first that is not empty.
    """
    return facts_of(values_of(parse_fields(header)))


def facts_of(values: Values) -> HeaderFacts:
    """Return the facts of fields that were split already."""
    fallback = _fallback(values)
    date_text = text.line(decode_words(values["date"][0][:500]), 200) if "date" in values else ""
    answered, references, post = values.get("in-reply-to"), values.get("references"), values.get("list-post")
    lists = {
        attribute: parse_addresses(b",".join(values[key]), keep_nameless=key in ("from", "sender"), fallback=fallback)
        for key, attribute in _ADDRESSES.items()
        if key in values
    }
    return HeaderFacts(
        message_id=_message_id(values["message-id"][0]) if "message-id" in values else "",
        date=parse_date(date_text) if date_text else None,
        date_text=date_text,
        subject=text.line(decode_words(values["subject"][0][:MAX_SUBJECT], fallback)) if "subject" in values else "",
        in_reply_to=message_ids(b" ".join(answered))[:MAX_REFERENCES] if answered else (),
        references=_references(b" ".join(references)) if references else (),
        list_mail=_is_bulk(values),
        automatic=_is_automatic(values, lists.get("from_", ())),
        list_post=text.line(decode_words(post[0][:2000])) if post else "",
        **lists,
    )


def shown_fields(fields: list[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """Return fields as safe text of at most 50,000 characters each; plain ASCII, nearly all, is looked at together."""
    joined = b"\n".join([value for _, value in fields]).decode("latin-1")
    if "\t" in joined:
        joined = _FOLDED.sub(" ", joined)
    plain = joined.split("\n")
    if len(joined) <= MAX_SHOWN and "=?" not in joined and text.is_plain(joined):
        return tuple(zip([name for name, _ in fields], plain, strict=False))
    shown = [
        one if one.isascii() and one.isprintable() and "=?" not in one else decode_words(value[: 2 * MAX_SHOWN])
        for (_, value), one in zip(fields, plain, strict=False)
    ]
    return tuple([(name, value[:MAX_SHOWN]) for (name, _), value in zip(fields, shown, strict=True)])


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
    match = _ID.search(value[:4000])
    return _id_text(match[1] if match else value[:2000])


def _id_text(value: bytes) -> str:
    return text.normalize_message_id(value.decode("utf-8", "replace"))


def _fallback(values: Values) -> str:
    """Return the charset that the message names for its text: the likeliest one of raw 8-bit header bytes."""
    content_type = values.get("content-type")
    if not content_type or b"charset" not in content_type[0].lower():
        return ""
    if b"".join([one for name in ("from", "to", "cc", "subject") for one in values.get(name, ())]).isascii():
        return ""
    return parameters(content_type[0])[1].get("charset", "")


def _is_bulk(values: Values) -> bool:
    if "list-id" in values or "list-unsubscribe" in values:
        return True
    if "precedence" in values and any(value.lower() in (b"bulk", b"list", b"junk") for value in values["precedence"]):
        return True
    return _says_automatic(values)


def _says_automatic(values: Values) -> bool:
    return "auto-submitted" in values and any(not value.lower().startswith(b"no") for value in values["auto-submitted"])


def _is_automatic(values: Values, senders: tuple[Address, ...]) -> bool:
    if _says_automatic(values):
        return True
    if "precedence" in values and any(value.lower() in _BY_MACHINE for value in values["precedence"]):
        return True
    if "content-type" in values and values["content-type"][0][:16].lower() == b"multipart/report":
        return True
    return any([one.email.lower().startswith(_DAEMONS) for one in senders])
