"""Pushing the journal: operations in order, like ones together: 200 deletions are three commands (R32 to R38)."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.commands.operations import FOLDER_KINDS, MAIL_KINDS, SEND_KINDS
from tui.engine.errors import NetworkError, ServerError
from tui.engine.imap.session import Session
from tui.engine.model import Account
from tui.engine.store import messages, operations
from tui.engine.store.operations import Entry
from tui.engine.sync import drafting, foldering, sent
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.moves import Replay
from tui.engine.sync.restoring import put_back

TOGETHER = 500
"""Operations that one batch may hold."""


def waits(entry: Entry, now: int, force: bool) -> bool:
    """True while an operation may not be tried; ``force`` ends the back-off after a fault, not a time that was set."""
    return entry.next_try is not None and entry.next_try > now and not (force and entry.attempts)


def head(entries: Sequence[Entry], now: int, force: bool = False) -> list[Entry]:
    """Return the operations to do next: the first that is due, with those right behind that say the same.

    An operation that waits holds up those behind it, except a copy for Sent or Drafts, which nothing depends on.
    """
    batch: list[Entry] = []
    for entry in entries:
        held = waits(entry, now, force)
        if held and entry.kind in ("append", "draft") and not batch:
            continue
        if held or (batch and (entry.kind, _same(entry)) != (batch[0].kind, _same(batch[0]))):
            break
        batch.append(entry)
        if entry.kind in ("append", "draft") or len(batch) == TOGETHER:
            break
    return batch


def _same(entry: Entry) -> object:
    """What must be equal for two operations to share a command; where a message came from need not be."""
    return {name: value for name, value in entry.payload.items() if name != "from"}


async def push_mail(session: Session, account: Account, context: Context, tally: Tally, force: bool = False) -> None:
    """Do everything over IMAP that is due.

    Raises:
        NetworkError: the connection failed, or the server said "later"; what is left stays queued in order.
    """
    while True:
        entries = await operations.open_of(context.desk.mailbox.reads, account.id, MAIL_KINDS)
        batch = head(entries, messages.now(), force)
        if not batch:
            return
        try:
            if batch[0].kind == "append":
                await sent.file_copy(session, account, context, batch[0], tally)
            elif batch[0].kind == "draft":
                await drafting.store_draft(session, account, context, batch[0], tally)
            elif batch[0].kind in FOLDER_KINDS:
                await foldering.replay(session, account, context, batch[0], tally)
            elif batch[0].kind == "restore":
                await put_back(session, account, context, batch[0], tally)
            else:
                await Replay(session, account, context, tally).run(batch)
        except ServerError as error:
            await context.journal.postpone(batch, str(error))
            raise


async def push_sends(account: Account, context: Context, tally: Tally, force: bool = False) -> None:
    """Send everything that is due; a server that can't be reached holds up the outbox only.

    Raises:
        NetworkError: the SMTP server can't be reached; messages stay queued.
    """
    while True:
        entries = await operations.open_of(context.desk.mailbox.reads, account.id, SEND_KINDS)
        now = messages.now()
        due = [entry for entry in entries if not waits(entry, now, force)]
        if not due:
            return
        try:
            await sent.send(account, context, due[0], tally)
        except NetworkError as error:
            await context.journal.postpone([due[0]], str(error))
            raise
        force = force and len(due) > 1
