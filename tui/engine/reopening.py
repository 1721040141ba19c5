"""A draft that lies in Drafts, to be gone on with: as it was written here, else as another client's message says it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tui.engine.answering import files_of
from tui.engine.drafts import Drafts, from_json
from tui.engine.errors import InvalidInput
from tui.engine.mail.mime import parse
from tui.engine.mail.typed import listed, written
from tui.engine.model import Account, Draft, Row
from tui.engine.store import drafts as stored
from tui.engine.text import normalize_address

_FORMATS = {
    name: re.compile(pattern, re.I)
    for name, pattern in {
        "headings": r"<h[1-6][\s>]",
        "bold and italics": r"<(?:b|strong|i|em|u|s|del)[\s>]|font-(?:weight|style)\s*:\s*(?:bold|italic|[6-9]00)",
        "colours and fonts": r"<font\s|(?:[\s;\"']color|background(?:-color)?|font-(?:family|size))\s*:",
        "lists": r"<[uo]l[\s>]",
        "tables": r"<table[\s>]",
        "links": r"<a\s[^<>]{0,500}href",
        "pictures": r"<img\s",
    }.items()
}
"""What HTML can have and plain text can't."""
_LOOKED_AT = 500_000
"""Characters of a draft in which that is looked for."""

if TYPE_CHECKING:
    from tui.engine.store.reader import Reader


def reopen(reader: Reader, message_id: int, drafts: Drafts) -> Draft:
    """Return the draft that a message in Drafts is.

    Args:
        reader: reads the mailbox; call this beside the screen, for it parses the message.
        message_id: the message.
        drafts: keeps its attachments as files while it is written.

    Raises:
        NotFound: there is no such message.
        InvalidInput: its text has not arrived yet.
    """
    row = reader.row(message_id)
    raw = reader.raw(message_id)
    if raw is None:
        raise InvalidInput("This draft has not arrived yet; open it again in a moment.")
    kept = stored.written(reader.mailbox, message_id)
    draft = from_json(json.loads(kept)) if kept is not None else _of_another_client(reader, row, raw)
    return draft._replace(account_id=row.account_id, version=row.id, attachments=files_of(raw, drafts))


def drafts_here(reader: Reader) -> list[int]:
    """Return the messages in Drafts that were written here, the newest first."""
    return stored.kept_here(reader.mailbox)


def _of_another_client(reader: Reader, row: Row, raw: bytes) -> Draft:
    parsed = parse(raw)
    facts = parsed.facts
    account = next((one for one in reader.accounts() if one.id == row.account_id), None)
    answered = stored.first_named(reader.mailbox, (*facts.in_reply_to, *reversed(facts.references)))
    return Draft(
        row.account_id,
        to=listed(facts.to),
        cc=listed(facts.cc),
        bcc=listed(facts.bcc),
        subject=facts.subject,
        body=parsed.text.rstrip("\n"),
        reply_to=answered,
        sender=_sender(account, row),
        name=facts.message_id,
        lost=_lost(parsed.document or ""),
    )


def _lost(document: str) -> str:
    """Return in words what of an HTML text a plain one does not have; "" where it is as good as plain."""
    found = [name for name, pattern in _FORMATS.items() if pattern.search(document, 0, _LOOKED_AT)]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def _sender(account: Account | None, row: Row) -> str:
    """Return who it is from where that is an alias of its account, "" for the account's own address."""
    aliases = map(normalize_address, account.aliases) if account is not None else ()
    return written(row.sender) if normalize_address(row.sender.email) in set(aliases) else ""
