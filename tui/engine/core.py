"""The engine: opens the two databases, runs the accounts, takes commands, tells what happened.

It lives on one asyncio loop: in its own thread under the app (``host.py``), on the caller's in the command line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tui.engine import config, secrets
from tui.engine.accounts import editing, setup
from tui.engine.accounts.autodetect import Found, detect
from tui.engine.bus import EventBus
from tui.engine.commands import Command, DeleteDeal, DeletePerson, Desk
from tui.engine.commands.crm import applied
from tui.engine.crm.activities import Activities, Notes
from tui.engine.crm.db import Changed, CrmDb
from tui.engine.crm.deals import Deals
from tui.engine.crm.fields import Fields
from tui.engine.crm.organizations import Organizations
from tui.engine.crm.people import People
from tui.engine.crm.pipelines import Pipelines
from tui.engine.crm.publish import Publisher
from tui.engine.journal import Done, Journal
from tui.engine.model import Account, Check, FolderProof, SyncReport
from tui.engine.network import Network
from tui.engine.pace import Pace
from tui.engine.paths import Paths
from tui.engine.publishing import Publishing
from tui.engine.store import accounts, divergence, folders, messages, operations, placements, testimonies
from tui.engine.store.db import Database, open_mailbox
from tui.engine.store.reader import Reader
from tui.engine.sync.context import Context
from tui.engine.sync.verify import prove
from tui.engine.text import line

HISTORY = 90 * 86_400
"""Seconds that finished operations, and what undo knows of them, are kept."""


class Engine:
    """The workspace without a screen. Make it with ``Engine.open``."""

    def __init__(self, paths: Paths, settings: config.Config, mailbox: Database, crm: CrmDb) -> None:
        self.paths = paths
        self.events = EventBus()
        self.pace = Pace()
        self.people = People(crm)
        self.organizations = Organizations(crm)
        self.deals = Deals(crm)
        self.pipelines = Pipelines(crm)
        self.fields = Fields(crm)
        self.activities = Activities(crm)
        self.notes = Notes(crm)
        self.mailbox = mailbox
        self.crm = crm
        self.desk = Desk(mailbox, crm, self.people, self.deals, settings, paths.settings)
        self.journal = Journal(self.desk, self.events, self.wake)
        self._publishing = Publishing(mailbox, Publisher(crm), self.events)
        self._readers: list[Reader] = []
        self._reader: Reader | None = None
        self.network = Network(paths, mailbox, crm, self.events, self._publishing.run, self.context)

    @property
    def config(self) -> config.Config:
        """The settings as they are now."""
        return self.desk.config

    @classmethod
    async def open(cls, paths: Paths) -> Engine:
        """Open the home: folders, config, both databases. No network.

        Raises:
            ConfigError: the config file or a database can't be used.
        """
        paths.create()
        settings = config.load(paths.settings)
        async with AsyncExitStack() as stack:
            mailbox = await open_mailbox(paths.mailbox)
            stack.push_async_callback(mailbox.close)
            async with mailbox.write() as tx:
                await operations.prune(tx, int(time.time()) - HISTORY)
                await messages.purge(tx, await divergence.forgotten(tx))
            await testimonies.examine_all(mailbox)
            crm = await CrmDb.open(paths.crm)
            stack.push_async_callback(crm.close)
            engine = cls(paths, settings, mailbox, crm)
            await engine._introduce()
            await engine.journal.recover()
            stack.pop_all()
        return engine

    async def close(self) -> None:
        """Stop the network and close everything; what is queued stays queued."""
        await asyncio.gather(self.stop(), self._publishing.finish())
        self.events.flush()
        for reader in self._readers:
            reader.close()
        await self.mailbox.close()
        await self.crm.close()

    @property
    def user(self) -> str:
        """Who works here, as the CRM knows them: a name or an address, "" while there is no account."""
        return self.crm.actor

    async def _introduce(self) -> None:
        """Say whose changes and deals these are from now on: as the settings say, else by the first account."""
        known = await accounts.all_of(self.mailbox.reads)
        self.crm.actor = line(self.config.user, 200) or next((one.email for one in known), "")
        for reader in self._readers:
            reader.crm.user = self.user

    # --- reads

    @property
    def reader(self) -> Reader:
        """A reader for the thread of the loop."""
        if self._reader is None:
            self._reader = self.new_reader()
        return self._reader

    def new_reader(self) -> Reader:
        """Open another reader, for another thread; it is closed with the engine."""
        reader = Reader(self.paths)
        reader.crm.user = self.user
        self._readers.append(reader)
        return reader

    # --- commands

    async def do(self, command: Command) -> Done:
        """Do what a person wants: at once here, then on the server; deals hear of it in the background.

        Raises:
            InvalidInput, NotFound: it can't be done; nothing was changed.
        """
        done = await self.journal.do(command)
        self._publishing.soon()
        return done

    async def undo(self) -> str | None:
        """Take back the last action; returns what it was, or None."""
        title = await self.journal.undo()
        self._publishing.soon()
        return title

    async def history(self, limit: int = 50) -> list[tuple[int, str]]:
        """Return what ``undo`` can take back, the last first, as (action id, title)."""
        return [(action.id, action.title) for action in await operations.history(self.mailbox.reads, limit)]

    async def redo(self) -> str | None:
        """Do again what was undone last; returns what it was, or None."""
        title = await self.journal.redo()
        self._publishing.soon()
        return title

    async def record(self, changed: Changed) -> Changed:
        """Write down a change of the CRM, so that undo knows it and the screens hear of it."""
        await self.journal.record(applied(changed))
        return changed

    async def forget_history(self) -> None:
        """Let everything done so far be settled: undo begins anew (a demo that was just set up)."""
        async with self.mailbox.write() as tx:
            await operations.settle(tx)
        await self.crm.journalled([change.token for change in await self.crm.unjournalled()])

    async def delete_deal(self, deal_id: int) -> Done:
        """Delete a deal; its links go, messages stay in the mailbox (RULES.md, Details)."""
        return await self.do(DeleteDeal(deal_id))

    async def delete_person(self, person_id: int) -> Done:
        """Delete a person; links go, deals and messages stay (RULES.md, Details)."""
        return await self.do(DeletePerson(person_id))

    async def retry(self, operation_id: int) -> None:
        """Try a refused or failed operation again."""
        await self.journal.retry(operation_id)

    async def cancel(self, operation_id: int) -> None:
        """Cancel an operation that has not begun; a message that wasn't sent is a draft again."""
        await self.journal.cancel(operation_id)
        self._publishing.soon()

    async def keep_local(self, operation_id: int) -> None:
        """Do a refused operation here alone."""
        await self.journal.keep_local(operation_id)

    # --- accounts

    async def add_account(self, account: Account, password: str | None, check: bool = True) -> Account:
        """Test and save an account; see ``accounts.setup.add``."""
        added = await setup.add(self, account, password, check)
        await self._introduce()
        return added

    async def edit_account(self, changed: Account, password: str | None = None, check: bool = True) -> Account:
        """Save changed settings of an account; see ``accounts.editing.edit``."""
        return await editing.edit(self, changed, password, check)

    async def detect(self, email: str) -> Found:
        """Find the servers of an address; see ``accounts.autodetect.detect``."""
        return await detect(email)

    async def test_account(self, account_id: int) -> list[Check]:
        """Try an account's secret and servers; see ``accounts.setup.test``."""
        return await setup.test(self, account_id)

    async def removal(self, account_id: int) -> tuple[int, int]:
        """Return (kept, removed) of a removal; see ``accounts.setup.removal``."""
        return await setup.removal(self, account_id)

    async def unsent(self, account_id: int) -> int:
        """Return how many messages that have not been sent a removal loses; see ``accounts.setup.unsent``."""
        return await setup.unsent(self, account_id)

    async def remove_account(self, account_id: int) -> tuple[int, int]:
        """Remove an account and return (kept, removed); see ``accounts.setup.remove``."""
        try:
            removed = await setup.remove(self, account_id)
            await self._introduce()
            return removed
        except BaseException:
            account = await accounts.get(self.mailbox.reads, account_id)
            if account is not None and self.running:
                self.start_account(account)
            raise

    async def publish(self) -> None:
        """Tell the CRM about linked messages that it doesn't know yet."""
        await self._publishing.run()

    async def withdraw(self, identities: list[str]) -> None:
        """Take messages out of the CRM that go with their account (R44)."""
        await self._publishing.withdraw(identities)

    # --- network

    async def start(self, account_id: int | None = None) -> None:
        """Take the network for this home and keep every account, or one alone, in step until ``stop``.

        Raises:
            Busy: another process has it, or this one is syncing.
        """
        await self.network.start(account_id)
        self._publishing.soon()

    async def stop(self) -> None:
        """End the network; never longer than about 2 s."""
        await self.network.stop()

    @property
    def running(self) -> bool:
        """True while this process has the network."""
        return self.network.running

    def start_account(self, account: Account) -> None:
        """Keep one more account in step."""
        self.network.start_account(account)

    async def restart_account(self, account: Account) -> None:
        """Let a running account go on with changed settings; one that does not run is left alone."""
        if self.network.syncs([account.id]):
            self.network.start_account(account)

    async def stop_account(self, account_id: int) -> None:
        """End the sync of one account."""
        await self.network.stop_account(account_id)

    async def sync(self, account_id: int | None = None) -> list[SyncReport]:
        """Do one full pass over one account or all: push the queue, pull, finish.

        Raises:
            Busy: another process has the network of this home, or this one is in push mode: then ``sync_now`` is meant.
        """
        return await self.network.sync(account_id)

    async def sync_now(self, account_id: int | None = None) -> None:
        """In push mode: look at the servers now."""
        for sync in self.network.syncs(None if account_id is None else [account_id]):
            sync.pull_now()

    async def look(self, folder_id: int) -> None:
        """A person opened a folder: in push mode its server is asked, unless it tells of that folder by itself."""
        folder = await folders.get(self.mailbox.reads, folder_id)
        for sync in self.network.syncs([folder.account_id] if folder is not None else []):
            sync.look()

    async def want(self, message_id: int) -> None:
        """Fetch the body of a message before anything else, from an account that has it; MessagesChanged follows."""
        for sync in self.network.syncs(await placements.accounts_with(self.mailbox.reads, message_id)):
            sync.want(message_id)

    async def verify(self, account_id: int | None = None) -> list[FolderProof]:
        """Prove that everything the window holds is here (R47): ask the server for every UID and add up."""
        proofs: list[FolderProof] = []
        for account in await accounts.all_of(self.mailbox.reads):
            if account_id is None or account.id == account_id:
                async with self.network.lend(account.id):
                    proofs += await prove(account, self.context())
        return proofs

    async def select_folders(self, account_id: int, names: Sequence[str], selected: bool) -> None:
        """Select or deselect folders for sync; see ``accounts.editing.select_folders``."""
        await editing.select_folders(self, account_id, names, selected)

    def context(self) -> Context:
        """Return what the sync of an account works with."""
        return Context(
            self.desk,
            self.events,
            self.journal,
            self.secret,
            self._publishing.run,
            self.paths.spool,
            self.pace,
            self.network.times,
        )

    def wake(self, account_id: int) -> None:
        """There is something in the journal of an account."""
        self.network.wake(account_id)

    async def secret(self, account: Account) -> str:
        """Return the secret of an account, from where it lives."""
        return await secrets.read(account, self.paths)
