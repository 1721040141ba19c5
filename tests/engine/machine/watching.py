"""The state machine with accounts that listen: what happens to them while they do, and what push mode brings about."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.engine.machine import local as files
from tests.engine.machine.faults import LISTENING, LOOKING, WORKING, Trap
from tests.engine.machine.imap import ImapService
from tests.engine.machine.invariants import check
from tests.engine.machine.machine import NAMES, Machine, kills, nth, number
from tests.engine.machine.tried import TRIED
from tui.engine.commands import Command, CreateFolder, DeleteFolder, RenameFolder

LONG = 1_000.0
"""Seconds after which an account that listens must have mended what broke and done what was left; it polls each 60."""
waits = st.sampled_from((0.0, 0.0, 0.01, 1.0, 30.0, 400.0))
steps = st.lists(st.tuples(waits, st.integers(0, 9), number, number), min_size=1, max_size=4)
faults = st.tuples(number, nth, st.booleans(), st.sampled_from(("cut", "kill", "stall", "cut", "[UNAVAILABLE] later")))
VERBS = (*LISTENING * 3, *LOOKING, "COMMIT", *(verb for kind in ("move", "flag", "append") for verb in WORKING[kind]))


class Watching(Machine):
    """A machine whose accounts may listen, with everything that may happen meanwhile."""

    @rule(life=steps, traps=st.lists(faults, max_size=2))
    def watch(self, life: list[tuple[float, int, int, int]], traps: list[tuple[int, int, bool, str]]) -> None:
        """Every account listens for a while; things are done here and elsewhere, lines break, the program may die."""
        TRIED["steps"] += 1

        async def live() -> None:
            for wait, what, which, other in life:
                await asyncio.sleep(wait)
                await self._meanwhile(what, which, other)
            await asyncio.sleep(1.0)

        self.world.watch(live, *(self._sprung(*trap) for trap in traps))
        self._done()

    @rule(
        what=st.sampled_from(("create", "rename", "delete")),
        which=number,
        other=number,
        trap=st.one_of(st.none(), kills),
    )
    def own_folder(self, what: str, which: int, other: int, trap: Trap | None) -> None:
        """A person makes, renames or deletes a folder; the program may die meanwhile."""
        command = self._folder_command(what, which, other)
        if command is not None:
            self.world.act(lambda: self.world.engine.do(command), *([replace(trap)] if trap else []))
            self._done(links=True)

    def _folder_command(self, what: str, which: int, other: int) -> Command | None:
        every = [(number, account, name) for number, (account, name, _, _, _) in self._local().folders.items()]
        chosen, account, name = every[which % len(every)] if every else (0, 1, "")
        free = [one for one in NAMES if one not in self.world.stores[account - 1].boxes]
        if what == "create" or not every:
            return CreateFolder(account, free[other % len(free)]) if free else None
        # What it does to the mail inside is no operation of each, so that the servers are asked about it elsewhere.
        box = self.world.stores[account - 1].boxes.get(name)
        self.model.touched |= {copy.token for copy in box.copies.values()} if box is not None else set()
        if what == "rename":
            return RenameFolder(chosen, free[other % len(free)]) if free else None
        return DeleteFolder(chosen, messages=1_000)

    @staticmethod
    def _sprung(which: int, passed: int, after: bool, act: str) -> Trap:
        verb = VERBS[which % len(VERBS)]
        if verb == "COMMIT":
            return Trap(verb, passed, True, "kill")
        return Trap(verb, passed, after, "cut" if verb in LISTENING and act.startswith("[") else act)

    async def _meanwhile(self, what: int, which: int, other: int) -> None:
        if what <= 1:
            self.deliver(which % 2, ("INBOX", "Work")[what], "ann", bool(other % 3))
        elif what == 2:
            self.other_client(which, other % 6, other)
        elif what == 3:
            self.other_folder(which % 2, which, ("rename", "delete", "create", "renumber")[other % 4], other)
        elif what == 4:
            self.world.lines(ImapService.cut)
        elif what == 5:
            self.world.lines(ImapService.mute)
        else:
            folder = ("create", "rename", "delete")[other % 3]
            command = self._command(other % 7, which, other) if what < 9 else self._folder_command(folder, which, other)
            if command is not None:
                await self.world.act_now(command)
                self.model.learn(self._local())

    @rule()
    def quiet_watching(self) -> None:
        """Every account listens and nothing happens for long: everything is as the rules say, without a pass."""
        TRIED["quiets"] += 1
        self.world.watch(lambda: asyncio.sleep(LONG))
        local = self._local()
        self.model.learn(local)
        check(local, self.world.stores, self.model, self.world.took, files.crm_bytes(self.world.home))
