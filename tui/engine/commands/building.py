"""What is written becomes a message: its sender, its files, the thread that it answers, and its place here."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tui.engine import linking
from tui.engine.commands.base import Desk
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.known import look_up
from tui.engine.mail.compose import Outgoing, build, new_message_id, parse_recipients, readable_recipients
from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.mail.markdown import to_html
from tui.engine.model import Account, Address, Draft
from tui.engine.store import accounts, bodies, links, messages
from tui.engine.store.db import Tx
from tui.engine.store.derive import derive
from tui.engine.store.folders import FolderState
from tui.engine.store.ingest import Arrival, Scene, ingest
from tui.engine.text import normalize_address

MOST_OCTETS = 50_000_000
"""Attachments may add up to this; hardly any server takes more."""

File = tuple[str, str, bytes]
"""An attachment: name, media type, bytes."""


def sender_of(account: Account, wanted: str) -> Address:
    """Return the From of an account: its own address, or the alias that was asked for.

    Raises:
        InvalidInput: it is neither.
    """
    if not wanted:
        return Address(account.name, account.email)
    address = parse_recipients(wanted)[0]
    own = {normalize_address(email) for email in (account.email, *account.aliases)}
    if normalize_address(address.email) not in own:
        raise InvalidInput(f"{address.email} is no address of {account.email}; add it as an alias first.")
    return Address(address.name or account.name, address.email)


async def source_of(tx: Tx, message_id: int | None) -> bytes | None:
    """Return the source of the message that is answered, None for none or for one whose body is not here.

    Raises:
        NotFound: there is no such message.
    """
    if message_id is None:
        return None
    if not await messages.get(tx, [message_id]):
        raise NotFound("message", message_id)
    return await bodies.raw(tx, message_id)


def read_files(paths: Sequence[str]) -> list[File]:
    """Return the attachments at these paths.

    Raises:
        InvalidInput: one can't be read, or they are too large.
    """
    files = [_read(name) for name in paths]
    if sum(len(data) for _, _, data in files) > MOST_OCTETS:
        raise InvalidInput(f"The attachments are larger than {MOST_OCTETS // 1_000_000} MB; send a link instead.")
    return files


def _read(name: str) -> File:
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


def build_message(draft: Draft, sender: Address, original: bytes | None) -> tuple[bytes, HeaderFacts]:
    """Return a message to be sent, and its header as it will be read.

    Raises:
        InvalidInput: an address or an attachment can't be used.
    """
    outgoing = Outgoing(
        sender=sender,
        to=tuple(parse_recipients(draft.to)),
        cc=tuple(parse_recipients(draft.cc)),
        bcc=tuple(parse_recipients(draft.bcc)),
        subject=draft.subject,
        body=draft.body,
        attachments=tuple(read_files(draft.attachments)),
        date=draft.at or messages.now(),
        message_id=new_message_id(sender.email.rpartition("@")[2]),
        references=_references(draft, original),
        html=to_html(draft.body) if draft.markdown else "",
        calendar=draft.calendar,
    )
    return _built(outgoing)


def build_draft(
    draft: Draft, sender: Address, original: bytes | None, files: Sequence[File], moment: int
) -> tuple[bytes, HeaderFacts]:
    """Return a draft as a message: what is no address yet is left out of its fields.

    Args:
        draft: its ``name`` becomes the Message-ID.
        files: its attachments.
        moment: its Date, which no other version has.
    """
    outgoing = Outgoing(
        sender=sender,
        to=tuple(readable_recipients(draft.to)),
        cc=tuple(readable_recipients(draft.cc)),
        bcc=tuple(readable_recipients(draft.bcc)),
        subject=draft.subject,
        body=draft.body,
        attachments=tuple(files),
        date=moment,
        message_id=draft.name,
        references=_references(draft, original),
    )
    return _built(outgoing)


def _references(draft: Draft, original: bytes | None) -> tuple[str, ...]:
    parent = parse_header(original) if original is not None and draft.reply_to is not None else None
    if parent is None or not parent.message_id:
        return ()
    return (*(parent.references or parent.in_reply_to), parent.message_id)


def _built(outgoing: Outgoing) -> tuple[bytes, HeaderFacts]:
    raw = build(outgoing)
    return raw, parse_header(raw)


async def store_own(
    tx: Tx, desk: Desk, folder: FolderState, raw: bytes, facts: HeaderFacts, deals: Sequence[int] = ()
) -> int:
    """Ingest a message of our own into a folder; the rules run on its recipients now, once (R24, R25); return its id.

    Args:
        deals: the composer's choice.
    """
    derived = await asyncio.to_thread(derive, 0, raw)
    known = await look_up(desk.crm, tx, [facts])
    settings = linking.Settings(desk.config.contact_link, desk.config.multi_deal)
    scene = Scene(folder, 0, await accounts.own_addresses(tx), known, settings, await links.never_link(tx))
    arrival = Arrival(None, facts, frozenset({"seen"}), len(raw), None, body=derived, chosen_deals=tuple(deals))
    done = await ingest(tx, [arrival], scene)
    assert done.first is not None, "no message has this Message-ID and Date"
    await bodies.save(tx, [replace(derived, message_id=done.first)])
    return done.first
