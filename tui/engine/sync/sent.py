"""Sending and the Sent folder: delivered exactly once, one copy on the server (R4, R9 to R14)."""

from __future__ import annotations

import asyncio

from tui.engine import events
from tui.engine.errors import (
    AuthError,
    CertificateError,
    CredentialsError,
    DealdeskError,
    InvalidInput,
    NetworkError,
    OutcomeUnknown,
    Refused,
)
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.mail.compose import without_bcc
from tui.engine.mail.fields import split_message
from tui.engine.mail.headers import parse_header
from tui.engine.mail.smtp import submit
from tui.engine.model import Account, OperationState, Role
from tui.engine.store import accounts, bodies, folders, messages, operations, placements
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.store.operations import Entry
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.discover import discover, make
from tui.engine.sync.finding import BUG_TRIES, begun_in, find_copy, may_hold, passes, reopen
from tui.engine.text import line, normalize_address

LAST_WORD = 1.5
"""Seconds that quitting waits for the answer to a message that is being handed over (``Engine.stop`` waits for 2)."""
UNKNOWN = (
    "The connection was lost after the message was handed over, so it may or may not have been sent;"
    " ask the recipient, then retry or cancel it."
)


class Withdrawn(DealdeskError):
    """A person took the message back before it was handed over."""


async def send(account: Account, context: Context, entry: Entry, tally: Tally) -> None:
    """Hand one message to the SMTP server, at most once.

    The intent is committed just before the text; a message found in that state later is never sent again by itself.
    Once it is handed over, a cancellation waits a moment for the answer, so that quitting leaves no doubt behind.

    Raises:
        NetworkError: before the text; nothing was sent, it stays queued.
    """
    begun = asyncio.Event()
    delivery = asyncio.create_task(_deliver(account, context, entry, tally, begun))
    try:
        await asyncio.shield(delivery)
    except asyncio.CancelledError:
        if begun.is_set():
            await asyncio.wait([delivery], timeout=LAST_WORD)
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)
        raise


async def _deliver(account: Account, context: Context, entry: Entry, tally: Tally, begun: asyncio.Event) -> None:
    reads, journal = context.desk.mailbox.reads, context.journal
    if entry.progress.get("transmitting"):
        await journal.fail(entry, UNKNOWN)
        return
    raw = await bodies.raw(reads, entry.message_id) if entry.message_id is not None else None
    if raw is None or account.smtp is None:
        why = "its text is no longer here" if raw is None else f"{account.email} has no SMTP server"
        await journal.refuse([entry], f"The message can't be sent: {why}.")
        return

    async def intend() -> None:
        async with context.desk.mailbox.write() as tx:
            if not await operations.still_open(tx, [entry]):
                raise Withdrawn("The message was taken back while its server was being asked; it is not sent.")
            await operations.set_progress(tx, entry.id, {"transmitting": True})
        begun.set()

    try:
        submitted = await submit(
            account.smtp,
            account.user,
            await context.secret(account),
            auth=account.auth,
            sender=entry.payload["sender"],
            recipients=entry.payload["recipients"],
            raw=without_bcc(raw),
            before_text=intend,
            report=entry.payload.get("report", ""),
        )
    except Withdrawn:
        return
    except OutcomeUnknown:
        await journal.fail(entry, UNKNOWN)
        return
    except (Refused, InvalidInput) as error:
        tally.refused += 1
        await journal.refuse([entry], (error.text if isinstance(error, Refused) else "") or str(error))
        return
    except (AuthError, CertificateError, CredentialsError) as error:
        raise NetworkError(str(error)) from error
    except NetworkError:
        # "Later" as the answer to DATA: the server has said that it does not have the message.
        async with context.desk.mailbox.write() as tx:
            await operations.set_progress(tx, entry.id, {})
        raise
    refused = "; ".join(f"{address}: {reason}" for address, reason in submitted.refused.items())
    words = [f"Not accepted: {refused}"] if refused else []
    if entry.payload.get("report") and not submitted.reports:
        words.append(f"{account.smtp.host} gives no delivery reports (DSN).")
    await _has_left(context, account, entry, " ".join(words), submitted.limit)
    tally.pushed += 1
    journal.told([entry])
    journal.wake(account.id)
    if words:
        subject = line(parse_header(split_message(raw)[0]).subject, 60) or "(no subject)"
        sent = f'Sent "{subject}"' + (", but not to everybody." if refused else ".")
        context.bus.publish(events.Notified(" ".join((sent, *words)), "warning"))


async def _has_left(context: Context, account: Account, entry: Entry, note: str = "", limit: int | None = None) -> None:
    """The message left: end the operation, queue its copy for Sent and the marks of the message that it answers.

    ``limit`` is what the server said of its largest message, remembered so that a larger one is told of while writing.
    """
    async with context.desk.mailbox.write() as tx:
        if limit is not None and (await accounts.learned(tx, account.id)).get("smtp_size") != limit:
            await accounts.learn(tx, account.id, smtp_size=limit)
        await context.journal.finish(tx, [entry], note=note)
        await operations.add(tx, entry.action_id, account.id, "append", entry.message_id, {})
        await operations.forget_undo(tx, entry.action_id)
        for original, flag in entry.payload.get("marks", []):
            await messages.set_flags(tx, [original], [flag], ())
            await operations.add(tx, entry.action_id, account.id, "flag", original, {"add": [flag], "remove": []})


async def settle_by_copy(account: Account, context: Context) -> bool:
    """End as sent what was lost between DATA and its answer, once a copy of it shows up on the server (R36).

    Returns:
        True when there was such a message, so that there is work in the journal.
    """
    proven = await operations.proven_sent(context.desk.mailbox.reads, account.id)
    for entry in proven:
        await _has_left(context, account, entry)
    context.journal.told(proven)
    return bool(proven)


async def file_copy(session: Session, account: Account, context: Context, entry: Entry, tally: Tally) -> None:
    """See to it that the server's Sent folder holds the message once: the provider's own copy, else ours.

    Raises:
        NetworkError: the connection failed, or the server said "later"; the copy is looked for before it is appended
            again.
    """
    journal = context.journal
    try:
        await _file_copy(session, account, context, entry)
    except Refused as error:
        if passes(error, BUG_TRIES):
            raise NetworkError(f"{account.email}: {error}") from error
        tally.refused += 1
        await journal.refuse([entry], error.text or str(error))


async def _file_copy(session: Session, account: Account, context: Context, entry: Entry) -> None:
    reads, journal = context.desk.mailbox.reads, context.journal
    stored = await messages.get(reads, [entry.message_id] if entry.message_id else [])
    raw = await bodies.raw(reads, stored[0].id) if stored else None
    if not stored or raw is None or await _is_filed(context, account, stored[0].id):
        async with context.desk.mailbox.write() as tx:
            await journal.finish(tx, [entry])
        journal.told([entry])
        return
    if entry.progress.get("appending"):
        # The folder that it was appended to may bear another name by now.
        await discover(session, account, context)
    folder = await _sent_folder(session, account, context)
    habit = str((await accounts.learned(reads, account.id)).get("files_own_copy", "unknown"))
    looks = int(entry.progress.get("looks", 0))
    sought = await messages.traits(reads, stored[0].id)
    assert sought is not None
    anywhere = not await _comes_back(reads, raw)
    for looked_at in await may_hold(session, reads, entry.progress, folder, anywhere=anywhere):
        spot = await find_copy(session, looked_at, sought, reads, stored[0].id)
        if spot is not None:
            learned = {} if entry.progress.get("appending") else {"files_own_copy": "yes"}
            await _filed(context, account, entry, looked_at, spot, "sync", learned)
            return
    times = context.times
    waits = {"yes": times.files_own, "no": times.files_none}.get(habit, times.unknown)
    if looks + 1 < len(waits) and not entry.progress.get("appending"):
        async with context.desk.mailbox.write() as tx:
            await operations.set_progress(tx, entry.id, {"looks": looks + 1})
            await operations.set_state(
                tx, [entry.id], OperationState.QUEUED, next_try=messages.now() + waits[looks + 1]
            )
        return
    async with context.desk.mailbox.write() as tx:
        await operations.set_progress(tx, entry.id, begun_in(folder))
    uid = await session.append(folder.wire, raw, flags=("seen",), validity=folder.uidvalidity)
    validity = await reopen(session, folder)
    known = await placements.taken(context.desk.mailbox.reads, folder.id, validity, [uid] if uid else [])
    place = (validity, uid) if uid and not known else await find_copy(session, folder, sought, reads, stored[0].id)
    await _filed(context, account, entry, folder, place, "append", {"files_own_copy": "no"})


async def _comes_back(reads: Tx, raw: bytes) -> bool:
    """Whether a message goes to the person too: then a copy of it is delivered, and may lie in any folder."""
    written = parse_header(raw)
    to = {normalize_address(address.email) for address in (*written.to, *written.cc, *written.bcc)}
    return bool(to & await accounts.own_addresses(reads))


async def _is_filed(context: Context, account: Account, message_id: int) -> bool:
    """True when Sent is known to hold the message; a copy elsewhere may be the one that it sent to itself."""
    reads = context.desk.mailbox.reads
    folder = await folders.by_role(reads, account.id, Role.SENT)
    spots = await placements.of_messages(reads, [message_id], account.id)
    return folder is not None and any(spot.folder_id == folder.id for spot in spots.get(message_id, []))


async def _filed(
    context: Context,
    account: Account,
    entry: Entry,
    folder: FolderState,
    spot: tuple[int, int] | None,
    origin: str,
    learned: dict[str, str],
) -> None:
    assert entry.message_id is not None
    async with context.desk.mailbox.write() as tx:
        now = await folders.get(tx, folder.id)
        # Sent may have been made anew, or renamed, since a pass saw it: the next one sees which copies it has.
        if spot is not None and now is not None and now.uidvalidity in (None, spot[0]):
            await placements.add(tx, entry.message_id, folder.id, spot[0], spot[1], origin=origin, flags="seen")
        await context.journal.finish(tx, [entry])
        if learned:
            await accounts.learn(tx, account.id, **learned)
    context.journal.told([entry])


async def _sent_folder(session: Session, account: Account, context: Context) -> FolderState:
    """Return the account's Sent folder, found, or made on the server (R9 to R11, R14)."""
    folder = await folders.by_role(context.desk.mailbox.reads, account.id, Role.SENT)
    if folder is None:
        async with context.desk.mailbox.write() as tx:
            number = await folders.add_local(tx, account.id, "Sent", Role.SENT)
            folder = await folders.get(tx, number)
    assert folder is not None
    if folder.on_server:
        try:
            await session.select(folder.wire)
            return folder
        except Refused as error:
            if error.code not in ("NONEXISTENT", "TRYCREATE", ""):
                raise
    return await make(session, account, folder, context)


async def drop_double(session: Session, account: Account, context: Context) -> None:
    """Take our copy out of Sent again where the provider filed its own a little later, and remember that (R12).

    Both must be there still: what is known of a folder may be old, and one that is not synced is never looked at.
    """
    reads = context.desk.mailbox.reads
    folder = await folders.by_role(reads, account.id, Role.SENT)
    if folder is None or not folder.on_server or not session.has("UIDPLUS"):
        return
    for spot in await placements.doubled(reads, folder.id):
        validity = (await session.select(folder.wire)).uidvalidity
        known = (await placements.of_messages(reads, [spot.message_id], account.id))[spot.message_id]
        copies = [copy.uid for copy in known if (copy.folder_id, copy.uidvalidity) == (folder.id, validity)]
        there = await session.uids(range=UidSet(copies)) if copies else UidSet()
        if spot.uidvalidity != validity or spot.uid not in there or len(there) < 2:
            continue
        await session.store([spot.uid], add=("deleted",))
        await session.expunge([spot.uid])
        async with context.desk.mailbox.write() as tx:
            await placements.mark_gone(tx, folder.id, spot.uidvalidity, [spot.uid])
            await accounts.learn(tx, account.id, files_own_copy="yes")
