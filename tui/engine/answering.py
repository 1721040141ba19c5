"""The draft that an answer or a forward begins with: to whom, from which own address, quoting what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tui.engine.drafts import Drafts
from tui.engine.errors import InvalidInput
from tui.engine.mail.attribution import language
from tui.engine.mail.mime import ParsedMail, files, parse
from tui.engine.mail.replies import forward, forward_subject, reply, reply_subject
from tui.engine.mail.typed import listed
from tui.engine.model import Account, Direction, Draft, Row
from tui.engine.text import line, normalize_address

if TYPE_CHECKING:
    from tui.engine.store.reader import Reader

KINDS = ("reply", "reply_all", "forward", "attach", "again")
"""Answers, and messages sent on in the text or attached, or once more as new ones."""


def begin(reader: Reader, kind: str, message_id: int, drafts: Drafts) -> Draft:
    """Return the draft of an answer.

    Args:
        reader: reads the mailbox; call this beside the screen, for it parses the original.
        kind: one of ``KINDS``.
        message_id: the message that is answered or forwarded.
        drafts: keeps the files that a forward takes along.

    Raises:
        NotFound: there is no such message.
        InvalidInput: it has not arrived yet and is to be attached or sent again.
    """
    row = reader.row(message_id)
    accounts = reader.accounts()
    own = {normalize_address(one) for account in accounts for one in (account.email, *account.aliases)}
    account = next((one for one in accounts if one.id == row.account_id), accounts[0] if accounts else None)
    number = account.id if account is not None else 0
    sender = _own_address(account, row) if account is not None else ""
    raw = reader.raw(message_id)
    if raw is None:
        return _without_source(row, kind, number, sender)
    if kind == "attach":
        kept = drafts.keep_files([(f"{line(row.subject, 60) or 'message'}.eml", raw)])
        return Draft(number, subject=forward_subject(row.subject), attachments=kept, forward_of=row.id, sender=sender)
    parsed = parse(raw)
    if kind == "again":
        return _again(raw, parsed, Draft(number, sender=sender), drafts)
    if kind == "forward":
        begun = forward(parsed)
        kept = files_of(raw, drafts)
        return Draft(number, subject=begun.subject, body=begun.body, attachments=kept, forward_of=row.id, sender=sender)
    answer = reply(parsed.facts, parsed.text, own, everyone=kind == "reply_all", spoken=language(os.environ))
    return Draft(
        number,
        to=listed(answer.to),
        cc=listed(answer.cc),
        subject=answer.subject,
        body=f"\n\n{answer.body}",
        reply_to=row.id,
        sender=sender,
    )


def files_of(raw: bytes, drafts: Drafts) -> tuple[str, ...]:
    """Keep the attachments of a message as files of a draft; return their paths."""
    return drafts.keep_files([(info.name, data) for info, data in files(raw)])


def _again(raw: bytes, parsed: ParsedMail, draft: Draft, drafts: Drafts) -> Draft:
    """Return a message as it was, to be changed and sent as a new one, with its own id and in no thread."""
    facts = parsed.facts
    return draft._replace(
        to=listed(facts.to),
        cc=listed(facts.cc),
        bcc=listed(facts.bcc),
        subject=facts.subject,
        body=parsed.text.rstrip("\n"),
        attachments=files_of(raw, drafts),
    )


def _own_address(account: Account, row: Row) -> str:
    """Return the alias that the message was sent to, "" for the account's own address."""
    aliases = {normalize_address(one): one for one in account.aliases}
    named = (*row.to, *row.cc) if row.direction is Direction.IN else (row.sender,)
    return next((aliases[key] for one in named if (key := normalize_address(one.email)) in aliases), "")


def _without_source(row: Row, kind: str, account_id: int, sender: str) -> Draft:
    """Return what can be begun while the body has not arrived: nothing is quoted."""
    if kind in ("attach", "again"):
        raise InvalidInput("The message has not arrived yet; open it first, then try again.")
    if kind == "forward":
        return Draft(account_id, subject=forward_subject(row.subject), forward_of=row.id, sender=sender)
    others = (*row.to, *row.cc) if kind == "reply_all" else ()
    to = row.to if row.direction is Direction.OUT else (row.sender,)
    return Draft(
        account_id, to=listed(to), cc=listed(others), subject=reply_subject(row.subject), reply_to=row.id, sender=sender
    )
