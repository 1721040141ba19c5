"""The same random life, shorter, against a real Dovecot: what holds there when everything is at rest."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mailbox
from tests.engine.machine import local as files
from tests.engine.machine.boxes import Box, Store, token_of
from tests.engine.machine.boxes import Copy as Held
from tests.engine.machine.invariants import Model, check
from tests.engine.machine.mails import mail, twin
from tests.engine.machine.tried import TRIED
from tests.engine.rules.desk import account_of
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Archive, Command, Copy, Delete, DeleteForever, LinkMessages, Move, Send, SetFlags
from tui.engine.core import Engine
from tui.engine.errors import DealdeskError
from tui.engine.model import Draft
from tui.engine.paths import Paths

LIVES = int(os.environ.get("DEALDESK_LIVES", "3"))
STEPS = 25


class Life:
    """One account on a real server, driven by dice."""

    def __init__(self, mailbox: Mailbox, smtp: SmtpSink, home: Path, seed: int) -> None:
        self.mailbox = mailbox
        self.smtp = smtp
        self.home = home
        self.dice = random.Random(seed)
        self.model = Model()
        self.tokens = 0
        self.homes = 0
        self.engine: Engine

    # --- the server

    def server(self) -> Store:
        """Return what the server holds."""
        store = Store()
        store.boxes.clear()
        with self.mailbox.client() as client:
            listed = [re.search(rb'"?([^" ]+)"?$', line) for line in client.list()[1] if isinstance(line, bytes)]
            for name in [found[1].decode() for found in listed if found]:
                if client.select(name, readonly=True)[0] != "OK":
                    continue
                box = Box(name, int(client.response("UIDVALIDITY")[1][0]))  # type: ignore[arg-type]
                for head, raw in (
                    p for p in client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")[1] if isinstance(p, tuple)
                ):
                    uid = int(re.search(rb"UID (\d+)", head)[1])  # type: ignore[index]
                    flags = re.search(rb"FLAGS \(([^)]*)\)", head)[1].decode().split()  # type: ignore[index]
                    named = {flag.lstrip("\\$").lower() for flag in flags} & {*files.FLAGS, "deleted"}
                    box.copies[uid] = Held(uid, raw, named, 0, 0)
                store.boxes[name] = box
        return store

    def other(self) -> None:
        """Another client does something."""
        what = self.dice.choice(
            ("deliver", "deliver", "twin", "delete", "move", "move", "copy", "flag", "renumber", "folder")
        )
        store = self.server()
        copies = [(box.name, copy) for box in store.boxes.values() for copy in box.copies.values()]
        if what in ("deliver", "twin") or not copies:
            self.tokens += 1
            raw = mail(
                self.tokens, self.dice.choice(("ann", "stranger")), 0, message_id=self.dice.choice((None, "", ""))
            )
            if what == "twin" and copies:
                raw = twin(self.dice.choice(copies)[1].raw, self.tokens, self.dice.choice(("id", "header")))
            self.mailbox.deliver(raw, self.dice.choice([*store.boxes]))
        elif what == "renumber":
            name = self.dice.choice([*store.boxes])
            self.mailbox.doveadm("mailbox update", "--uid-validity", str(store.boxes[name].validity + 7), name)
        else:
            self._client(what, *self.dice.choice(copies), [*store.boxes])

    def _client(self, what: str, name: str, copy: Held, names: list[str]) -> None:
        with self.mailbox.client() as client:
            if what == "folder":
                plain = [one for one in names if one.startswith("Extra")]
                if plain and self.dice.random() < 0.5:
                    client.delete(plain[0])
                elif plain:
                    client.rename(plain[0], f"Extra{self.dice.randrange(99)}")
                else:
                    client.create(f"Extra{self.dice.randrange(99)}")
                return
            client.select(name)
            if what in ("move", "copy"):
                client.uid("COPY", str(copy.uid), self.dice.choice(names))
            if what in ("move", "delete"):
                client.uid("STORE", str(copy.uid), "+FLAGS.SILENT", r"(\Deleted)")
                client.expunge()
            if what == "flag":
                client.uid("STORE", str(copy.uid), self.dice.choice(("+FLAGS", "-FLAGS")), r"(\Flagged \Seen)")

    # --- a person

    def command(self) -> Command:
        """Return something that a person does."""
        local = files.read(self.home)
        shown = [message for message in local.messages if not message.gone and message.account is not None]
        if not shown or self.dice.random() < 0.15:
            self.tokens += 1
            body = f"This is the whole text of one mail, token-{self.tokens}-, and nothing more than that."
            return Send(Draft(1, to="ann@acme.example", subject=f"Subject {self.tokens}", body=body))
        chosen = self.dice.choice(shown)
        ids, target = (chosen.id,), self.dice.choice([n for n, folder in local.folders.items() if folder[0] == 1])
        commands: list[Command] = [
            *(Move(ids, target), Move(ids, target), Copy(ids, target), Archive(ids), Delete(ids), DeleteForever(ids)),
            *(SetFlags(ids, add=frozenset({"seen"})), SetFlags(ids, remove=frozenset({"seen"}))),
            LinkMessages(ids, persons=(1,)),
        ]
        picked = self.dice.choice(commands)
        if isinstance(picked, DeleteForever) or (isinstance(picked, Delete) and chosen.role == "trash"):
            self.model.forever.add(chosen.token or 0)
        return picked

    async def act(self) -> None:
        """A person does something, or takes it back."""
        with contextlib.suppress(DealdeskError):
            await (self.engine.do(self.command()) if self.dice.random() < 0.85 else self.engine.undo())
        local = files.read(self.home)
        self.model.learn(local)
        self.model.relink(local)
        sends = {op.message: op for op in local.operations if op.kind == "send"}
        self.model.sends.update({m.token: m.id for m in local.messages if m.id in sends and m.token is not None})
        cancelled = {number for number, op in sends.items() if op.state == "cancelled"}
        self.model.unsent |= {m.token for m in local.messages if m.id in cancelled and m.token is not None}

    # --- the clock

    async def sync(self, dies: bool) -> None:
        """Sync; where the program dies, another goes on with its files as they were at that commit."""
        TRIED["syncs"] += 1
        dead = asyncio.Event()
        left = [self.dice.randrange(12)]
        original = self.engine.mailbox.write

        @contextlib.asynccontextmanager
        async def gated() -> AsyncIterator[Any]:
            async with original() as tx:
                yield tx
            left[0] -= 1
            if dies and left[0] < 0:
                dead.set()
                await asyncio.Event().wait()

        self.engine.mailbox.write = gated  # type: ignore[method-assign]
        task, died = asyncio.ensure_future(self.engine.sync()), asyncio.ensure_future(dead.wait())
        await asyncio.wait({task, died}, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        self.engine.mailbox.write = original  # type: ignore[method-assign]
        if not dead.is_set():
            reports = await task
            assert dies or not reports[0].error, reports
            return
        TRIED["kills"] += 1
        self.homes += 1
        home = self.home.with_name(f"home{self.homes}")
        shutil.copytree(self.home, home, ignore=shutil.ignore_patterns("*-shm", "network.lock"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.engine.close()
        self.home, self.engine = home, await Engine.open(Paths.of(home))

    async def rest(self) -> None:
        """Sync until nothing is left to be done, and ask whether all is well."""
        TRIED["quiets"] += 1
        for _ in range(4):
            await self.sync(dies=False)
        local, store = files.read(self.home), self.server()
        self.model.learn(local)
        # How many copies there are to be is asked of the servers in memory, which count; here, who holds what.
        self.model.touched |= set(range(1, self.tokens + 1))
        took = Counter(token_of(got.raw) for got in self.smtp.messages)
        check(local, [store], self.model, took, files.crm_bytes(self.home))


@pytest.mark.parametrize("seed", range(LIVES))
async def test_R36_a_random_life_with_a_real_server(
    mailbox: Mailbox, smtp: SmtpSink, tmp_path: Path, seed: int
) -> None:
    """Whatever happens in whatever order, with deaths in between: nothing is lost, nothing is doubled."""
    life = Life(mailbox, smtp, tmp_path / "home0", seed)
    life.engine = await Engine.open(Paths.of(life.home))
    await life.engine.people.add("Ann Archer", ("ann@acme.example",))
    await life.engine.forget_history()
    await life.engine.add_account(account_of(mailbox, smtp), mailbox.password, check=False)
    try:
        for _ in range(STEPS):
            TRIED["steps"] += 1
            chance = life.dice.random()
            if chance < 0.45:
                await asyncio.to_thread(life.other)
            elif chance < 0.75:
                await life.act()
            else:
                await life.sync(dies=life.dice.random() < 0.5)
        await life.rest()
    finally:
        await life.engine.close()
