"""The proof of completeness: every UID that the server has is here, outside the window, or named as failed (R47)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from tui.engine.errors import Refused
from tui.engine.imap.session import Session, open_session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Account, FolderProof
from tui.engine.store import folders, placements
from tui.engine.store.folders import FolderState
from tui.engine.sync.context import Context
from tui.engine.sync.plan import in_order

NAMED = 1000
"""At most so many missing or failed UIDs are named."""
MOST = 5_000_000
"""More messages than this in one folder are not added up."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where each message of a folder of the server belongs; the columns share no UID and miss none."""

    here: int
    outside: int
    failed: Mapping[int, str]
    missing: Set[int]
    vanished: Set[int]


def add_up(every: UidSet, window: UidSet, placed: Set[int], textless: Set[int], failures: Mapping[int, str]) -> Ledger:
    """Put every UID of the server into exactly one column; pure.

    Args:
        every: what the server lists.
        window: what it lists within the window.
        placed: the UIDs whose messages are here.
        textless: those of them whose text is not here yet.
        failures: UID -> why it, or its text, could not be taken.
    """
    here = outside = 0
    failed: dict[int, str] = {}
    missing: set[int] = set()
    for uid in every.limited(MOST):
        if uid in placed and uid not in textless:
            here += 1
        elif uid in failures:
            failed[uid] = failures[uid]
        elif uid in placed or uid in window:
            missing.add(uid)
        else:
            outside += 1
    return Ledger(here, outside, failed, missing, {uid for uid in placed if uid not in every})


async def prove(account: Account, context: Context) -> list[FolderProof]:
    """Ask the server for every UID of every selected folder and add up; no message is touched on either side.

    Folders in which something is missing, failed or vanished are compared UID by UID in the next pass.

    Raises:
        ServerError: the account can't be asked.
    """
    secret = await context.secret(account)
    session = await open_session(account.imap, account.user, secret, auth=account.auth, spool=context.spool)
    try:
        selected = in_order(await folders.of_account(context.desk.mailbox.reads, account.id))
        return [await prove_folder(session, account, context, folder) for folder in selected]
    finally:
        await session.close()


async def prove_folder(session: Session, account: Account, context: Context, folder: FolderState) -> FolderProof:
    """Add up one folder; see ``prove``.

    Raises:
        NetworkError: the connection failed.
    """
    try:
        exists, validity, every, window = await _listed(session, account, folder)
    except Refused as error:
        return FolderProof(account.email, folder.name, 0, 0, 0, 0, False, (), error=error.text or str(error))
    reads = context.desk.mailbox.reads
    placed = await placements.in_folder(reads, folder.id, validity)
    textless = await placements.textless(reads, folder.id, validity)
    ledger = add_up(every, window, placed.keys(), textless, await folders.failures(reads, folder.id, validity))
    if ledger.failed or ledger.vanished or ledger.missing - placed.keys():
        async with context.desk.mailbox.write() as tx:
            await folders.set_proved(tx, [folder.id], 0)
    odd = "" if len(every) == exists else f"the server counts {exists:,} messages but lists {len(every):,}"
    return FolderProof(
        account.email,
        folder.name,
        len(every),
        ledger.here,
        ledger.outside,
        len(ledger.failed),
        not (ledger.failed or ledger.missing or odd),
        tuple(sorted(ledger.missing)[:NAMED]),
        tuple(sorted(ledger.failed.items())[:NAMED]),
        len(ledger.vanished),
        odd,
    )


async def _listed(session: Session, account: Account, folder: FolderState) -> tuple[int, int, UidSet, UidSet]:
    """Return (count, UIDVALIDITY, every UID, those in the window); asked twice where mail came in between."""
    for _ in range(2):
        opened = await session.select(folder.wire, readonly=True)
        every = await session.uids()
        window = await session.uids(since=account.since) if account.since is not None else every
        if len(every) == opened.exists:
            break
    return opened.exists, opened.uidvalidity, every, window
