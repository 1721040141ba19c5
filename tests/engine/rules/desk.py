"""A real engine on a home of its own, connected to a real Dovecot user: what every rule's test works on.

async with desk(mailbox, smtp) as d:
    d.deliver(d.mail("Hello", from_=ANN))
    await d.sync()
    assert d.row("Hello").folder == "INBOX"
    await d.do(Delete([d.row("Hello").id]))
    await d.sync()
    assert d.server("Trash") == ["Hello"]
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TypeVar

from tests.conftest import Mailbox
from tests.servers.kinds import NO_MOVE as NO_MOVE
from tests.servers.kinds import POOR as POOR
from tests.servers.kinds import server as server
from tests.servers.mailgen import Attachment, make_mail
from tests.servers.proxy import Proxy
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Command
from tui.engine.core import Engine
from tui.engine.imap import names
from tui.engine.journal import Done
from tui.engine.model import (
    Account,
    Draft,
    Folder,
    Operation,
    OperationState,
    Role,
    Row,
    Security,
    Server,
    SyncReport,
    View,
)
from tui.engine.paths import Paths
from tui.engine.store import accounts
from tui.engine.store.reader import Reader

T = TypeVar("T")
ANN = "Ann Archer <ann@acme.example>"
BOB = "Bob Brook <bob@stranger.example>"
PATIENCE = 40.0
"""Seconds that something is waited for, which only a broken program needs; folders are asked every 60 s anyway."""


@dataclass(frozen=True)
class Copy:
    """One message as the server has it: UID, subject, flags and source."""

    uid: int
    subject: str
    flags: frozenset[str]
    raw: bytes


class Desk:
    """An open engine as a person sees it (``rows``), and the server as another client sees it (``server``)."""

    def __init__(self, engine: Engine, mailbox: Mailbox, smtp: SmtpSink | Proxy | None) -> None:
        self.engine = engine
        self.mailbox = mailbox
        self.smtp = smtp
        self.accounts: list[Account] = []

    @property
    def account(self) -> Account:
        """The first account."""
        return self.accounts[0]

    @property
    def email(self) -> str:
        """The first account's address."""
        return self.account.email

    @property
    def reader(self) -> Reader:
        """The reader of this loop."""
        return self.engine.reader

    async def add(self, mailbox: Mailbox, **changes: object) -> Account:
        """Connect another mailbox, or a removed one again."""
        account = account_of(mailbox, self.smtp, **changes)
        added = await self.engine.add_account(account, mailbox.password, check=False)
        self.accounts.append(added)
        return added

    async def sync(self, *, ok: bool = True) -> SyncReport:
        """Do a pass over all accounts; return the first one's report. No report may show an error while ``ok``."""
        reports = await self.engine.sync()
        assert not ok or not any(report.error for report in reports), reports
        return reports[0]

    async def learned(self, **facts: object) -> None:
        """Have the first account know its provider already; "no" for ``files_own_copy`` saves the wait for a copy."""
        async with self.engine.mailbox.write() as tx:
            await accounts.learn(tx, self.account.id, **(facts or {"files_own_copy": "no"}))

    async def do(self, command: Command) -> Done:
        """Do what a person wants, and wait until the CRM has heard of it."""
        done = await self.engine.do(command)
        await self.engine.publish()
        return done

    # --- what is here

    def rows(self, folder: str | int | None = None) -> list[Row]:
        """Return everything that is shown, or what a folder shows, newest first."""
        view = View("all") if folder is None else View("folder", self.folder(folder).id)
        local = self.mailbox.server.local
        return [row._replace(folder=local(row.folder)) for row in self.reader.rows(self.reader.ids(view))]

    def subjects(self, folder: str | int | None = None) -> list[str]:
        """Return the subjects of ``rows``, sorted."""
        return sorted(row.subject for row in self.rows(folder))

    def row(self, subject: str) -> Row:
        """Return the one message with this subject."""
        found = [row for row in self.rows() if row.subject == subject]
        assert len(found) == 1, f"{len(found)} messages are called {subject!r}: {self.subjects()}"
        return found[0]

    def id(self, subject: str) -> int:
        """Return the id of the one message with this subject."""
        return self.row(subject).id

    def folder(self, ref: str | int, account: Account | None = None) -> Folder:
        """Return a folder of the first account by id, name (without the server's prefix) or role."""
        server = self.mailbox.server
        named = isinstance(ref, str) and ref not in {role.value for role in Role}
        found = self.reader.folder(server.shown(str(ref)) if named else ref, (account or self.account).id)
        return found._replace(name=server.local(found.name))

    def operations(self, state: OperationState | None = None) -> list[Operation]:
        """Return the journal, newest first."""
        return self.reader.operations(state)

    def open_operations(self) -> list[Operation]:
        """Return what is still to be done."""
        return [op for op in self.operations() if op.state in (OperationState.QUEUED, OperationState.RUNNING)]

    def in_deal(self, deal_id: int) -> list[str]:
        """Return the subjects of a deal's mails as the CRM has them, sorted."""
        return sorted(entry.title for entry in self.reader.crm.timeline(deal_id=deal_id) if entry.kind == "mail")

    def deal_mail(self, deal_id: int, subject: str) -> bytes | None:
        """Return the source of a deal's mail as the CRM keeps it."""
        [entry] = [one for one in self.reader.crm.timeline(deal_id=deal_id) if one.title == subject]
        assert entry.id is not None
        return self.reader.crm.mail(entry.id).raw

    # --- the CRM

    async def person(self, name: str = "Ann Archer", *emails: str, org: str | None = None) -> int:
        """Add a person, with Ann's address when none is given; return the id."""
        return (
            await self.engine.record(await self.engine.people.add(name, emails or ("ann@acme.example",), org=org))
        ).id

    async def deal(self, title: str = "Rollout", persons: Sequence[int] = (), org: str | None = None) -> int:
        """Add an open deal; return the id."""
        return (await self.engine.record(await self.engine.deals.add(title, list(persons), org=org))).id

    # --- the server, as another client sees it

    def mail(
        self,
        subject: str,
        *,
        from_: str = BOB,
        to: str = "",
        body: str = "Hello, this is the text of the message.",
        message_id: str | None = None,
        in_reply_to: str | None = None,
        cc: str = "",
        date: datetime | None = None,
        attachments: Sequence[Attachment] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """Return a message to the first account, unless ``to`` says otherwise."""
        return make_mail(
            from_,
            to or self.email,
            subject,
            body,
            message_id=message_id,
            in_reply_to=in_reply_to,
            cc=cc,
            date=date,
            attachments=attachments,
            headers=headers,
        )

    def deliver(
        self,
        raw: bytes | str,
        folder: str = "INBOX",
        flags: str = "",
        *,
        at: datetime | None = None,
        box: Mailbox | None = None,
    ) -> int:
        """Put a message (or a fresh one with that subject) into a folder of the server; return its UID.

        Args:
            at: INTERNALDATE, now when None.
        """
        raw = self.mail(raw) if isinstance(raw, str) else raw
        return put(box or self.mailbox, raw, folder, flags, at=at)

    def server(self, folder: str = "INBOX", box: Mailbox | None = None) -> list[str]:
        """Return the subjects that the server has in a folder, sorted; [] for one that isn't there."""
        return sorted(copy.subject for copy in self.copies(folder, box))

    def copies(self, folder: str = "INBOX", box: Mailbox | None = None) -> list[Copy]:
        """Return the messages that the server has in a folder, by UID."""
        with (box or self.mailbox).client() as client:
            if client.select(self._wire(folder), readonly=True)[0] != "OK":
                return []
            _, data = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
            return [_copy(head, raw) for head, raw in (part for part in data if isinstance(part, tuple))]

    def elsewhere(self, source: str, target: str, subject: str) -> None:
        """Another client moves a message, by COPY and expunge where the server hides MOVE."""
        [copy] = [one for one in self.copies(source) if one.subject == subject]
        with self.mailbox.client() as client:
            client.create(self._wire(target))
            client.select(self._wire(source))
            assert client.uid("COPY", str(copy.uid), self._wire(target))[0] == "OK"
            client.uid("STORE", str(copy.uid), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def delete_elsewhere(self, subject: str, folder: str = "INBOX") -> None:
        """Another client deletes a message for good."""
        [copy] = [one for one in self.copies(folder) if one.subject == subject]
        with self.mailbox.client() as client:
            client.select(self._wire(folder))
            client.uid("STORE", str(copy.uid), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def flag_elsewhere(self, subject: str, flags: str, folder: str = "INBOX", *, how: str = "+FLAGS") -> None:
        """Another client changes flags."""
        [copy] = [one for one in self.copies(folder) if one.subject == subject]
        with self.mailbox.client() as client:
            client.select(self._wire(folder))
            assert client.uid("STORE", str(copy.uid), how, f"({flags})")[0] == "OK"

    def _wire(self, folder: str) -> str:
        return _quoted(self.mailbox.server.wire(folder))

    # --- waiting

    async def until(self, check: Callable[[], T]) -> T:
        """Return what ``check`` gives as soon as it is true: asked after each batch of events, which tell of the store.

        What lies outside of it, such as a server's side of a connection, is no event: that is asked for now and then.

        Raises:
            TimeoutError: it didn't become true in time.
        """
        told = asyncio.Event()
        end = self.engine.events.subscribe(lambda _: told.set())
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := check()):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(told.wait(), 0.05)
                    told.clear()
                return found
        finally:
            end()

    async def settled(self) -> None:
        """Wait until nothing is left to be done on the server."""
        await self.until(lambda: not self.open_operations())

    def draft(self, subject: str, to: str = "ann@acme.example", **changes: object) -> Draft:
        """Return a message to send from the first account."""
        values: dict[str, object] = {"to": to, "subject": subject, "body": "Dear Ann, here it is.", **changes}
        return Draft(self.account.id, **values)  # type: ignore[arg-type]


async def arrive(d: Desk, *subjects: str, folder: str = "INBOX") -> None:
    """Have messages delivered and synced."""
    for subject in subjects:
        d.deliver(d.mail(subject, from_=ANN), folder)
    await d.sync()


def account_of(mailbox: Mailbox, smtp: SmtpSink | Proxy | None = None, **changes: object) -> Account:
    """Return the account of a mailbox, not yet added."""
    values: dict[str, object] = {
        "id": 0,
        "email": f"{mailbox.user}@desk.example",
        "name": "Desk Owner",
        "user": mailbox.user,
        "imap": Server(mailbox.host, mailbox.port, Security.NONE),
        "smtp": Server(smtp.host, smtp.port, Security.NONE) if smtp is not None else None,
        "secret": "file",
        **changes,
    }
    return Account(**values)  # type: ignore[arg-type]


@asynccontextmanager
async def desk(
    mailbox: Mailbox,
    smtp: SmtpSink | None = None,
    *,
    config: str = "",
    proxy: Proxy | None = None,
    smtp_proxy: Proxy | None = None,
    **changes: object,
) -> AsyncIterator[Desk]:
    """Open an engine on this test's home with one account, and close it at the end.

    Args:
        smtp: where the account sends to; None for an account that can't send.
        config: the text of ``config.toml``.
        proxy: reach the IMAP server through it; smtp_proxy: the SMTP server.
        changes: fields of the account, such as ``since`` and ``folders``.
    """
    paths = Paths.of()
    if config:
        paths.create()
        paths.settings.write_text(config, "utf-8")
    engine = await Engine.open(paths)
    d = Desk(engine, mailbox, smtp_proxy or smtp)
    if proxy is not None:
        changes["imap"] = Server(proxy.host, proxy.port, Security.NONE)
    try:
        known = engine.reader.accounts()
        if known:
            d.accounts += known
        else:
            await d.add(mailbox, **changes)
        yield d
    finally:
        await engine.close()


def put(mailbox: Mailbox, raw: bytes, folder: str = "INBOX", flags: str = "", *, at: datetime | None = None) -> int:
    """APPEND a message, with an INTERNALDATE where one is given; return its UID."""
    if at is None:
        return mailbox.deliver(raw, names.encode(folder), flags)
    with mailbox.client() as client:
        moment = imaplib.Time2Internaldate(at.timestamp())
        typ, data = client.append(_quoted(mailbox.server.wire(folder)), f"({flags})" if flags else "", moment, raw)
        assert typ == "OK", data
        found = re.search(rb"APPENDUID \d+ (\d+)", data[0])
        return int(found[1]) if found else 0


def days_ago(days: float) -> datetime:
    """Return a moment in the past."""
    return datetime.fromtimestamp(time.time() - days * 86_400, UTC)


def strings(path: Path) -> bytes:
    """Return every byte of a database with its log, as ``strings`` would see them."""
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(path.name + "*")))


def _quoted(folder: str) -> str:
    wire = names.encode(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{wire}"'


def _copy(head: bytes, raw: bytes) -> Copy:
    uid = re.search(rb"UID (\d+)", head)
    flags = re.search(rb"FLAGS \(([^)]*)\)", head)
    assert uid is not None
    subject = str(message_from_bytes(raw, policy=default)["Subject"] or "")
    return Copy(int(uid[1]), subject, frozenset((flags[1].decode() if flags else "").split()), raw)
