"""The quiet proof: folders are compared with the server UID by UID now and then, and what differs is mended.

What the server tells of changes (QRESYNC, CONDSTORE, counts) is believed between two such looks; a server or a line
that left something out is found out here. Missing messages are fetched, vanished copies noted, flags compared.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from tui.engine.errors import Refused
from tui.engine.imap.session import Session
from tui.engine.model import Account
from tui.engine.store import folders
from tui.engine.store.folders import FolderState
from tui.engine.sync.context import Context, Tally
from tui.engine.sync.plan import in_order
from tui.engine.sync.pull import FolderPull


def due(every: Sequence[FolderState], now: int, interval: int) -> list[FolderState]:
    """Return the folders to compare in this pass: all that were asked for, and the one that waits longest; pure.

    One whose download is not complete is left out: every pass compares it anyway until it is.

    Args:
        every: the synced folders of an account.
        now: seconds since the epoch.
        interval: seconds between two comparisons of a folder.
    """
    waiting = [f for f in every if f.complete and (not f.proved_at or not 0 <= now - f.proved_at < interval)]
    asked = [folder for folder in waiting if folder.proved_at == 0]
    others = sorted((f for f in waiting if f.proved_at != 0), key=lambda folder: folder.proved_at or 0)
    return asked + others[:1]


async def reconcile(
    session: Session,
    account: Account,
    context: Context,
    tally: Tally,
    checkpoint: Callable[[], Awaitable[None]],
) -> int:
    """Compare the folders whose turn it is: one a pass, so that news never wait long, and those that were asked for.

    Args:
        checkpoint: awaited between batches of what is fetched.
    Returns:
        How many folders were compared.

    Raises:
        NetworkError: the connection failed; the folder under way is compared again in the next pass.
    """
    mailbox = context.desk.mailbox
    every = in_order(await folders.of_account(mailbox.reads, account.id))
    compared = 0
    for folder in due(every, int(time.time()), context.desk.config.reconcile_seconds):
        async with mailbox.write() as tx:
            await folders.look_anew(tx, folder.id)
        fresh = await folders.get(mailbox.reads, folder.id)
        assert fresh is not None, "only discovery and a person remove folders"
        try:
            await FolderPull(session, account, fresh, context, tally, checkpoint).run()
        except Refused as error:
            async with mailbox.write() as tx:
                await folders.set_error(tx, folder.id, f"{folder.name}: {error.text}")
        async with mailbox.write() as tx:
            await folders.set_proved(tx, [folder.id])
        compared += 1
    return compared
