"""Sending: a message is built, kept in the local Sent and linked; the journal delivers it once (R4, R24, R25)."""

from __future__ import annotations

import asyncio
import mimetypes
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tui.engine import linking
from tui.engine.commands.base import Applied, Desk, NewOperation
from tui.engine.commands.mail import role_folder
from tui.engine.commands.remind import due_in
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.known import look_up
from tui.engine.mail.compose import Outgoing, build, new_message_id, parse_recipients
from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.mail.markdown import to_html
from tui.engine.model import Account, Address, Draft, Role
from tui.engine.store import accounts, bodies, links, messages, reminders
from tui.engine.store.db import Tx
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival, Scene, ingest
from tui.engine.text import normalize_address

MOST_OCTETS = 50_000_000
"""Attachments may add up to this; hardly any server takes more."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message: at ``draft.at``, else ``hold`` seconds from now, in which it can be taken back."""

    draft: Draft
    hold: int = 0

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Build the message, file it here and queue it.

        Raises:
            InvalidInput: a recipient, attachment or sender can't be used; nothing was stored.
        """
        draft = self.draft
        account = await accounts.get(tx, draft.account_id)
        if account is None:
            raise NotFound("account", draft.account_id)
        if account.smtp is None:
            raise InvalidInput(f"{account.email} has no SMTP server; nothing can be sent from it.")
        if draft.deal_id is not None:
            await desk.deals.get(draft.deal_id)
        sender = _sender(account, draft.sender)
        recipients = [one.email for one in parse_recipients(", ".join(filter(None, (draft.to, draft.cc, draft.bcc))))]
        if not recipients:
            raise InvalidInput("The message has no recipient; give one with To.")
        original = await _source(tx, draft.reply_to or draft.forward_of)
        raw, facts = await asyncio.to_thread(_build, draft, sender, original)
        limit = int((await accounts.learned(tx, account.id)).get("smtp_size", 0))
        if 0 < limit < len(raw):
            raise InvalidInput(
                f"The message has {len(raw) / 1e6:.1f} MB; {account.smtp.host} takes {limit / 1e6:.1f} MB at most."
                " Send a link instead of the largest file."
            )
        stored = await _file(tx, desk, account, raw, facts, draft)
        due = due_in(draft.remind_days or None, draft.at or messages.now())
        if due is not None:
            await reminders.put(tx, stored, due)
        payload: dict[str, Any] = {
            "sender": sender.email,
            "recipients": list(dict.fromkeys(recipients)),
            "marks": [[n, flag] for n, flag in ((draft.reply_to, "answered"), (draft.forward_of, "forwarded")) if n],
        }
        operation = NewOperation(account.id, "send", stored, payload, next_try=_moment(draft.at, self.hold))
        title = f'Sent "{facts.subject}"' if facts.subject else "Sent a message without a subject"
        deals = frozenset({draft.deal_id}) if draft.deal_id is not None else frozenset[int]()
        before = {"messages": [[stored, None, True]]}
        return Applied(title, before, [operation], frozenset({stored}), frozenset({stored}), deals)


def _moment(at: int | None, hold: int) -> int | None:
    return at if at is not None else messages.now() + hold if hold else None


def _sender(account: Account, wanted: str) -> Address:
    """Return the From of an account: its own address, or the alias that was asked for."""
    if not wanted:
        return Address(account.name, account.email)
    address = parse_recipients(wanted)[0]
    own = {normalize_address(email) for email in (account.email, *account.aliases)}
    if normalize_address(address.email) not in own:
        raise InvalidInput(f"{address.email} is no address of {account.email}; add it as an alias first.")
    return Address(address.name or account.name, address.email)


async def _source(tx: Tx, message_id: int | None) -> bytes | None:
    if message_id is None:
        return None
    if not await messages.get(tx, [message_id]):
        raise NotFound("message", message_id)
    return await bodies.raw(tx, message_id)


def _build(draft: Draft, sender: Address, original: bytes | None) -> tuple[bytes, HeaderFacts]:
    parent = parse_header(original) if original is not None else None
    references: tuple[str, ...] = ()
    if parent is not None and draft.reply_to is not None and parent.message_id:
        references = (*(parent.references or parent.in_reply_to), parent.message_id)
    outgoing = Outgoing(
        sender=sender,
        to=tuple(parse_recipients(draft.to)),
        cc=tuple(parse_recipients(draft.cc)),
        bcc=tuple(parse_recipients(draft.bcc)),
        subject=draft.subject,
        body=draft.body,
        attachments=tuple(_attachment(name) for name in draft.attachments),
        date=draft.at or messages.now(),
        message_id=new_message_id(sender.email.rpartition("@")[2]),
        references=references,
        html=to_html(draft.body) if draft.markdown else "",
        calendar=draft.calendar,
    )
    if sum(len(data) for _, _, data in outgoing.attachments) > MOST_OCTETS:
        raise InvalidInput(f"The attachments are larger than {MOST_OCTETS // 1_000_000} MB; send a link instead.")
    raw = build(outgoing)
    return raw, parse_header(raw)


def _attachment(name: str) -> tuple[str, str, bytes]:
    path = Path(name).expanduser()
    try:
        if not path.is_file():
            raise InvalidInput(f'The attachment "{name}" is no file; give the path of one.')
        if path.stat().st_size > MOST_OCTETS:
            raise InvalidInput(f'"{name}" is larger than {MOST_OCTETS // 1_000_000} MB; send a link instead.')
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f'The attachment "{name}" can\'t be read ({error.strerror}).') from error
    return path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", data


async def _file(tx: Tx, desk: Desk, account: Account, raw: bytes, facts: HeaderFacts, draft: Draft) -> int:
    """Ingest our own message into the local Sent: the rules run on its recipients now, once (R24, R25)."""
    folder = await role_folder(tx, account.id, Role.SENT)
    derived = await asyncio.to_thread(derive, 0, raw)
    known = await look_up(desk.crm, tx, [facts])
    settings = linking.Settings(desk.config.contact_link, desk.config.multi_deal)
    scene = Scene(folder, 0, await accounts.own_addresses(tx), known, settings, await links.never_link(tx))
    chosen = (draft.deal_id,) if draft.deal_id is not None else ()
    arrival = Arrival(None, facts, frozenset({"seen"}), len(raw), None, body=derived, chosen_deals=chosen)
    done = await ingest(tx, [arrival], scene)
    assert done.first is not None, "a fresh Message-ID is always new"
    await bodies.save(tx, [replace(derived, message_id=done.first)])
    return done.first
