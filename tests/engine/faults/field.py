"""Where a fault is tried: a home and a mailbox that are prepared once for a work and copied for every trial."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.conftest import Mailbox, fresh_user
from tests.engine.faults.listening import OPEN
from tests.engine.faults.verdict import held_by, verdict
from tests.engine.faults.works import BYSTANDER, LATECOMER, SUBJECT, UIDPLUS_CODES, WORKS, Work, letter
from tests.servers.dialogue import Dialogue, Trap
from tests.servers.dovecot import DovecotServer
from tests.servers.mailserver import MailServer
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.core import Engine
from tui.engine.model import Account, Row, Security, Server, View
from tui.engine.paths import Paths
from tui.engine.store import accounts, messages
from tui.engine.store.db import open_mailbox
from tui.engine.sync import rounds
from tui.engine.sync.plan import FIRST_WINDOW

PASSES = 4
"""Passes after which everything must have come to rest."""


@dataclass
class Lines:
    """The SMTP sink and the proxies in front of it and of the IMAP server, on free ports, used by trial after trial."""

    sink: SmtpSink
    imap: Proxy
    smtp: Proxy
    uidplus: bool

    @classmethod
    @contextmanager
    def open(cls, server: MailServer, *, uidplus: bool = True) -> Iterator[Lines]:
        """Open them for a server; without ``uidplus`` it never says where a message went."""
        with (
            SmtpSink.start() as sink,
            Proxy.start(server.host, server.port) as imap,
            Proxy.start(sink.host, sink.port) as smtp,
        ):
            lines = cls(sink, imap, smtp, uidplus)
            lines.listen()
            yield lines

    def listen(self, imap: Trap | None = None, smtp: Trap | None = None) -> tuple[Dialogue, Dialogue]:
        """Record what is said from now on over IMAP and over SMTP, with a trap or without."""
        dialogues = Dialogue("imap", imap, None if self.uidplus else UIDPLUS_CODES), Dialogue("smtp", smtp)
        for proxy, dialogue in zip((self.imap, self.smtp), dialogues, strict=True):
            proxy.listen_in(dialogue)
        return dialogues


@dataclass(frozen=True)
class Field:
    """A work that was done here and is still to reach the server, kept as files.

    Args:
        named: the message has a Message-ID.
        done: the work was done here; else it is still to be done.
    """

    work: Work
    mailbox: Mailbox
    home: Path
    lines: Lines
    named: bool = True
    done: bool = True

    @classmethod
    async def prepare(
        cls, work: str, mailbox: Mailbox, home: Path, lines: Lines, *, named: bool = True, done: bool = True
    ) -> Field:
        """Have a message arrive beside a bystander, do the work, and close."""
        field = cls(WORKS[work], mailbox, home, lines, named, done)
        lines.listen()
        await asyncio.to_thread(field._fill)
        async with field.opened() as engine:
            account = await engine.add_account(field.account(mailbox.user), mailbox.password, check=False)
            async with engine.mailbox.write() as tx:
                await accounts.learn(tx, account.id, files_own_copy="no")
            if field.work.fillers:
                return field
            await _passes(engine)
            if field.work.lost:
                await asyncio.to_thread(field._lose)
                await _passes(engine)
            if field.work.twin:
                await _in_inbox(engine)
            if done:
                await do(engine, work)
        if field.work.late:
            await asyncio.to_thread(field.arrives, LATECOMER, "Projects")
        return field

    def _fill(self) -> None:
        """Have what the work needs on the server."""
        wire = self.mailbox.wire
        with self.mailbox.client() as client:
            for folder in ("Projects", *(["Projects/Deep"] if "Projects/Deep" in self.work.folders else ())):
                assert client.create(wire(folder))[0] == "OK"
            if self.work.at not in ("", "INBOX", "Projects"):
                client.create(wire(self.work.at))  # which some servers have already
            for subject, folder in self.work.others.items():
                client.append(wire(folder), "", "", self._letter(subject))
            client.append("INBOX", "", "", self._letter(BYSTANDER))
            raw = self._letter(SUBJECT)
            for folder in (["Projects"] if self.work.twin else []) + ([self.work.at] if self.work.at else []):
                assert client.append(wire(folder), "", "", raw)[0] == "OK"

    def _letter(self, subject: str) -> bytes:
        return letter(subject, f"{self.mailbox.user}@desk.example", named=self.named)

    def _lose(self) -> None:
        """Another client deletes the message."""
        [uid] = held_by(self.mailbox).uids[self.work.at][SUBJECT]
        with self.mailbox.client() as client:
            client.select(self.mailbox.wire(self.work.at))
            client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def arrives(self, subject: str, folder: str = "INBOX") -> None:
        """Have another message arrive."""
        with self.mailbox.client() as client:
            assert client.append(self.mailbox.wire(folder), "", "", self._letter(subject))[0] == "OK"

    def account(self, user: str) -> Account:
        """Return the account of a user of the server, through the proxies."""
        return Account(
            id=0,
            email=f"{self.mailbox.user}@desk.example",
            name="Desk Owner",
            user=user,
            imap=Server(self.lines.imap.host, self.lines.imap.port, Security.NONE),
            smtp=Server(self.lines.smtp.host, self.lines.smtp.port, Security.NONE),
            secret="file",
        )

    @asynccontextmanager
    async def opened(self, stall: float = 60.0) -> AsyncIterator[Engine]:
        """Open the engine on the home; a server that is silent for ``stall`` seconds is given up."""
        engine = await Engine.open(Paths.of(self.home))
        impatient(engine, stall)
        try:
            with beside():
                yield engine
        finally:
            await engine.close()

    async def copy(self, number: int) -> Field:
        """Return a copy of everything: a home of its own and a user of its own with the same mail.

        Where the server's files are its own business everything is made anew.
        """
        home = self.home.with_name(f"{self.home.name}-{number}")
        self.lines.sink.messages.clear()
        if not isinstance(self.mailbox.server, DovecotServer):
            another = self.mailbox.another()
            return await Field.prepare(self.work.name, another, home, self.lines, named=self.named, done=self.done)
        user = fresh_user()
        mail = self.mailbox.server.root / "mail"
        for source, target in ((mail / self.mailbox.user, mail / user), (self.home, home)):
            await asyncio.to_thread(_copy, source, target)
        mailbox = await open_mailbox(Paths.of(home).mailbox)
        [account] = await accounts.all_of(mailbox.reads)
        async with mailbox.write() as tx:
            await accounts.save(tx, account._replace(user=user))
        await mailbox.close()
        return replace(self, mailbox=Mailbox(self.mailbox.server, user), home=home)

    def forget(self) -> None:
        """Take the copies off the disk."""
        shutil.rmtree(self.home, ignore_errors=True)
        if isinstance(self.mailbox.server, DovecotServer):
            shutil.rmtree(self.mailbox.server.root / "mail" / self.mailbox.user, ignore_errors=True)

    async def listened(self) -> tuple[Dialogue, Dialogue]:
        """Do an undisturbed pass; return what was said over IMAP and over SMTP."""
        said = self.lines.listen()
        async with self.opened() as engine:
            await engine.sync()
        return said

    async def come_to_rest(self, arrived: Mapping[str, str] | None = None) -> tuple[list[str], bool]:
        """Start the engine again, let it do what is left, and judge; see ``verdict``."""
        self.lines.listen()
        async with self.opened() as engine:
            for _ in range(PASSES):
                [report] = await engine.sync()
                if report.error:
                    return [f"it doesn't come to rest: {report.error}"], False
                if not any(op.state in OPEN for op in engine.reader.operations()):
                    break
            await engine.sync()
            late = {LATECOMER: "Trash"} if self.work.late else {}
            others = {**self.work.others, **late, **(arrived or {})}
            return await verdict(engine, self.mailbox, self.lines.sink, self.work, others)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with everything in it, its times and its owner."""
    shutil.copytree(source, target)
    owner = source.stat()
    if owner.st_uid != os.geteuid():
        for made in (target, *target.rglob("*")):
            os.chown(made, owner.st_uid, owner.st_gid)


async def do(engine: Engine, work: str) -> None:
    """Do a work here."""
    shown, command = _shown(engine), WORKS[work].command
    if command is not None:
        await engine.do(command(engine, shown[0].id if shown else 0))


async def _passes(engine: Engine) -> None:
    for _ in range(2):
        [report] = await engine.sync()
        assert not report.error, report.error


async def _in_inbox(engine: Engine) -> None:
    """Have the message shown in the inbox, whichever of its two copies was seen first."""
    [account] = engine.reader.accounts()
    async with engine.mailbox.write() as tx:
        await messages.move_local(tx, [row.id for row in _shown(engine)], engine.reader.folder("INBOX", account.id).id)


def _shown(engine: Engine) -> list[Row]:
    return [row for row in engine.reader.rows(engine.reader.ids(View("all"))) if row.subject == SUBJECT]


@contextmanager
def beside() -> Iterator[None]:
    """For the length of a block a first sync of few messages has a second connection too, however late a server is."""
    before = rounds.MANY, rounds.NEAR
    rounds.MANY, rounds.NEAR = FIRST_WINDOW, 60.0
    try:
        yield
    finally:
        rounds.MANY, rounds.NEAR = before


def impatient(engine: Engine, stall: float) -> None:
    """Have an engine give up a silent server after so many seconds."""
    engine.network.times = replace(engine.network.times, stall=stall)
