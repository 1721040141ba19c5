"""A world in memory: an engine on files of its own, two accounts on two servers, and every way to disturb them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.engine.machine import clock, inline, local
from tests.engine.machine.boxes import Store
from tests.engine.machine.faults import Faults, Trap
from tests.engine.machine.imap import ImapService
from tests.engine.machine.loop import MemoryLoop
from tests.engine.machine.smtp import SmtpService
from tests.engine.machine.tried import TRIED
from tests.servers.mailserver import in_memory
from tui.engine import network
from tui.engine.commands import Command
from tui.engine.core import Engine
from tui.engine.errors import DealdeskError
from tui.engine.model import Account, Security, Server
from tui.engine.paths import Paths
from tui.engine.store import accounts
from tui.engine.sync.context import Times
from tui.engine.sync.waking import Senses

AT_ONCE = Times(files_own=(0, 0, 0), unknown=(0, 0, 0), glance=3600)
"""A provider in memory files its copies at once, so that nothing is gained by waiting for them."""
T = TypeVar("T")
LONGEST_WATCH = 100_000.0
"""Seconds, on a clock that jumps, after which a watch hangs."""


@dataclass(frozen=True)
class Kind:
    """What the servers of an example can do.

    Args:
        offered: IMAP capabilities besides the basic ones.
        files_own: the provider files sent mail in Sent itself.
    """

    offered: frozenset[str] = frozenset(
        ("QRESYNC", "CONDSTORE", "MOVE", "UIDPLUS", "ESEARCH", "LIST-EXTENDED", "SPECIAL-USE")
    )
    files_own: bool = False


PATIENCE = 90.0
"""Seconds of the world's clock after which something hangs: a login that is never answered is given up after 30."""


class World:
    """One example's world; ``close`` ends it."""

    _template: Path | None = None

    def __init__(self, kind: Kind) -> None:
        inline.enter()
        self.kind = kind
        self.loop = MemoryLoop()
        clock.enter(lambda: self.loop.jumped)
        self._looks, network.WATCH_SECONDS = network.WATCH_SECONDS, 60.0
        self.stores = [Store("SPECIAL-USE" in kind.offered) for _ in range(2)]
        self.took: Counter[int] = Counter()
        self.root = Path(tempfile.mkdtemp(prefix="dd-machine-", dir=in_memory()))
        self._homes = itertools.count(1)
        self.faults = Faults(TRIED)
        self._lines: list[ImapService | SmtpService] = []
        self.engine: Engine
        self.people: dict[str, int] = {}
        self.deals: dict[str, int] = {}
        self._serve()
        self.run(self._begin())

    # --- life

    def run(self, work: Coroutine[Any, Any, T], timeout: float = PATIENCE) -> T:
        """Run something to its end on the world's loop."""

        task = self.loop.create_task(work)
        done, _ = self.loop.run_until_complete(asyncio.wait({task}, timeout=timeout))
        if not done:
            raise AssertionError(f"R36: it hangs after {self.faults.heard[-12:]}:\n{self._stacks()}")
        return task.result()

    def _stacks(self) -> str:
        """Return where each task waits."""
        written = io.StringIO()
        for task in asyncio.all_tasks(self.loop):
            task.print_stack(limit=8, file=written)
        return written.getvalue()

    def close(self) -> None:
        """End everything and remove the files."""
        try:
            self.run(self.engine.close())
        finally:
            self._end_loop()
            inline.leave()
            clock.leave()
            network.WATCH_SECONDS = self._looks
            shutil.rmtree(self.root, ignore_errors=True)

    def _end_loop(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    def _serve(self) -> None:
        for number, store in enumerate(self.stores):
            self.loop.servers[f"imap{number}.machine"] = self._imap(store)
            self.loop.servers[f"smtp{number}.machine"] = self._smtp(store)

    def _imap(self, store: Store) -> Callable[[], asyncio.Protocol]:
        def connected() -> asyncio.Protocol:
            if self.faults.offline:
                raise ConnectionRefusedError(111, "Connection refused")
            self._lines.append(ImapService(store, self.kind.offered, self.faults.gate))
            return self._lines[-1]

        return connected

    def _smtp(self, store: Store) -> Callable[[], asyncio.Protocol]:
        def connected() -> asyncio.Protocol:
            if self.faults.offline:
                raise ConnectionRefusedError(111, "Connection refused")
            self._lines.append(SmtpService(self.took, self.faults.gate, store if self.kind.files_own else None))
            return self._lines[-1]

        return connected

    async def _begin(self) -> None:
        home = self._home()
        if World._template is None:
            engine = await Engine.open(Paths.of(home))
            ann = await engine.people.add("Ann Archer", ("ann@acme.example",))
            bob = await engine.people.add("Bob Brook", ("bob@brook.example",))
            await engine.deals.add("Rollout", [ann.id])
            await engine.deals.add("Other", [])
            assert (ann.id, bob.id) == (1, 2)
            await engine.forget_history()
            await engine.close()
            World._template = Path(tempfile.mkdtemp(prefix="dd-template-", dir=in_memory())) / "home"
            shutil.copytree(home, World._template)
        else:
            home.rmdir()
            shutil.copytree(World._template, home)
        await self._open(home)
        for number in range(len(self.stores)):
            account = await self.engine.add_account(self._account(number), "secret", check=False)
            if not self.kind.files_own:
                async with self.engine.mailbox.write() as tx:
                    await accounts.learn(tx, account.id, files_own_copy="no")

    @staticmethod
    def _account(number: int) -> Account:
        return Account(
            0,
            f"me{number}@desk.example",
            "Desk Owner",
            f"me{number}",
            Server(f"imap{number}.machine", 143, Security.NONE),
            Server(f"smtp{number}.machine", 25, Security.NONE),
            secret="file",
        )

    def _home(self) -> Path:
        home = self.root / f"home{next(self._homes)}"
        home.mkdir()
        return home

    async def _open(self, home: Path) -> None:
        self.home = home
        self.engine = await Engine.open(Paths.of(home))
        self.engine.network.times = AT_ONCE
        self.engine.network.senses = Senses(route=lambda: ("here",))
        for database, name in ((self.engine.mailbox, "write"), (self.engine.crm, "transaction")):
            setattr(database, name, self._gated(getattr(database, name)))

    def _gated(self, original: Callable[[], Any]) -> Callable[[], Any]:
        """Make every commit a point at which a run can be disturbed."""
        faults = self.faults

        @contextlib.asynccontextmanager
        async def gated() -> AsyncIterator[Any]:
            async with original() as tx:
                yield tx
            await faults.gate("COMMIT", True)

        return gated

    # --- what is disturbed

    def disturbed(self, work: Callable[[], Awaitable[T]], *traps: Trap, timeout: float = PATIENCE) -> T | None:
        """Do something while traps are set; after a kill the engine is opened anew, and None returned."""
        return self.run(self._disturbed(work, traps), timeout)

    async def _disturbed(self, work: Callable[[], Awaitable[T]], traps: tuple[Trap, ...]) -> T | None:
        self.faults.traps = list(traps)
        task = asyncio.ensure_future(work())
        dead = asyncio.ensure_future(self.faults.killed.wait())
        try:
            await asyncio.wait({task, dead}, return_when=asyncio.FIRST_COMPLETED)
            self.faults.traps = []
            if self.faults.killed.is_set():
                await self._die(task)
                return None
            beside, self.faults.beside = self.faults.beside, []
            await asyncio.gather(*beside)
            if self.faults.killed.is_set():
                await self._die(task)
                return None
            return await task
        finally:
            dead.cancel()

    async def _die(self, task: asyncio.Future[Any]) -> None:
        """Take the files as they are at this moment, put away the engine that made them, and open another on them."""
        home = self.root / f"home{next(self._homes)}"
        shutil.copytree(self.home, home, ignore=shutil.ignore_patterns("*-shm", "network.lock"))
        self.faults.buried.set()
        while self._lines:
            self._lines.pop().cut()
        old = self.faults.beside
        for one in (task, *old):
            one.cancel()
        await asyncio.gather(task, *old, return_exceptions=True)
        await self.engine.close()
        shutil.rmtree(self.home)
        self.faults = Faults(TRIED)
        await self._open(home)

    # --- what a person and the clock do

    def sync(self, number: int, *traps: Trap) -> str:
        """Sync one account; return its error, "" when all went well or the engine was killed."""
        TRIED["syncs"] += 1
        reports = self.disturbed(lambda: self.engine.sync(number + 1), *traps)
        return reports[0].error if reports else ""

    def watch(self, life: Callable[[], Awaitable[None]], *traps: Trap) -> None:
        """Have every account listen while something happens."""
        TRIED["watches"] += 1

        async def watching() -> None:
            await self.engine.start()
            try:
                await life()
            finally:
                await self.engine.stop()

        self.disturbed(watching, *traps, timeout=LONGEST_WATCH)

    def lines(self, do: Callable[[ImapService], None]) -> None:
        """Do something with every IMAP connection."""
        for line in self._lines:
            if isinstance(line, ImapService):
                do(line)

    def act(self, work: Callable[[], Awaitable[T]], *traps: Trap) -> T | None:
        """Do what a person does; what the engine refuses with a sentence was not done."""

        async def done() -> T | None:
            try:
                return await work()
            except DealdeskError:
                return None

        return self.disturbed(done, *traps)

    async def act_now(self, command: Command) -> None:
        """Do what a person does while something else is under way."""
        with contextlib.suppress(DealdeskError):
            await self.engine.do(command)

    def settle(self) -> None:
        """Sync without disturbance until nothing is left to be done and nothing changes any more."""
        rested: dict[int, object] = {}
        errors: dict[int, str] = {}
        for _ in range(12):
            for number in range(len(self.stores)):
                before = self._fingerprint()
                if rested.get(number) == before:
                    continue
                errors[number] = self.sync(number)
                rested[number] = before if not errors[number] and self._fingerprint() == before else None
            if all(state == before for state in rested.values()):
                return
        raise AssertionError(f"It never comes to rest: {errors}")

    def _fingerprint(self) -> object:
        held = [
            (box.name, box.validity, sorted((c.uid, sorted(c.flags)) for c in box.copies.values()))
            for store in self.stores
            for box in store.boxes.values()
        ]
        return held, local.fingerprint(self.home)
