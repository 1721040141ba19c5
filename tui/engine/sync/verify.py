"""The proof of completeness: every UID that the server has is here, outside the window, or named as failed (R47)."""

from __future__ import annotations

from tui.engine.errors import Refused
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Account, FolderProof
from tui.engine.store import folders, placements
from tui.engine.store.folders import FolderState
from tui.engine.sync.context import Context
from tui.engine.sync.plan import in_order

NAMED = 1000
"""At most so many missing UIDs are named."""


async def prove(account: Account, context: Context) -> list[FolderProof]:
    """Ask the server for every UID of every selected folder and add up; nothing is changed on either side.

    Raises:
        ServerError: the account can't be asked.
    """
    secret = await context.secret(account)
    session = await open_session(account.imap, account.user, secret, auth=account.auth, spool=context.spool)
    try:
        selected = in_order(await folders.of_account(context.desk.mailbox.reads, account.id))
        return [await _prove(session, account, context, folder) for folder in selected]
    finally:
        await session.close()


async def _prove(session: Session, account: Account, context: Context, folder: FolderState) -> FolderProof:
    try:
        opened = await session.select(folder.wire, readonly=True)
        every = await session.uids()
        window = await session.uids(since=account.since) if account.since is not None else every
    except Refused as error:
        return FolderProof(account.email, f"{folder.name} ({error.text})", 0, 0, 0, 0, False, ())
    reads = context.desk.mailbox.reads
    placed = await placements.in_folder(reads, folder.id, opened.uidvalidity)
    failed = await folders.failures(reads, folder.id, opened.uidvalidity)
    here = sum(1 for uid in placed if uid in every)
    unaccounted = [uid for uid in window.limited(5_000_000) if uid not in placed and uid not in failed]
    broken = sum(1 for uid in failed if uid in every and uid not in placed)
    outside = len(every) - here - broken - len(unaccounted)
    complete = not unaccounted and not broken and outside >= 0 and here + outside == len(every)
    return FolderProof(
        account.email,
        folder.name,
        len(every),
        here,
        max(outside, 0),
        broken,
        complete,
        tuple(sorted(unaccounted)[:NAMED]),
    )
