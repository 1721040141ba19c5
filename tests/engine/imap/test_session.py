"""The typed commands against a real Dovecot."""

from __future__ import annotations

import asyncio

from tests.conftest import Mailbox
from tests.servers.mailgen import make_mail
from tui.engine.imap.session import Session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Role


def mail(subject: str, body: str = "Hi") -> bytes:
    return make_mail("Ann <ann@x.example>", "me@our.example", subject, body, message_id=f"<{subject}@x.example>")


async def test_lists_folders_with_roles_and_counts_in_one_round_trip(session: Session) -> None:
    folders = {folder.name: folder for folder in await session.list_folders()}
    assert folders["INBOX"].role is Role.INBOX
    assert {folder.role for folder in folders.values()} >= {Role.SENT, Role.TRASH, Role.DRAFTS, Role.JUNK, Role.ARCHIVE}
    status = folders["INBOX"].status
    assert status is not None
    assert (status.messages, status.uidnext) == (0, 1)
    assert await session.namespace() == ("", "/")


async def test_append_fetch_flags_move_and_expunge(session: Session) -> None:
    uid = await session.append("INBOX", mail("one"), date=1_700_000_000)
    assert uid == 1
    opened = await session.select("INBOX")
    assert (opened.exists, opened.uidnext, opened.readonly) == (1, 2, False)
    assert opened.uidvalidity > 0
    [got] = await session.fetch([1], flags=True, header=True, body=True, size=True, date=True)
    assert got.body == mail("one") or (isinstance(got.body, bytes) and b"Subject: one" in got.body)
    assert got.flags is not None
    assert "seen" in got.flags
    assert got.internaldate == 1_700_000_000
    assert got.header is not None
    assert b"Subject: one" in got.header
    assert got.guid
    await session.store([1], add=["flagged", "forwarded"], remove=["seen"])
    [got] = await session.fetch([1], flags=True)
    assert got.flags is not None
    assert got.flags >= {"flagged", "forwarded"}
    assert "seen" not in got.flags
    assert await session.find("<one@x.example>") == [1]
    assert await session.move([1], "Archive") == {1: 1}
    assert await session.uids() == UidSet()
    await session.select("Archive")
    assert list(await session.uids()) == [1]
    await session.store([1], add=["deleted"])
    await session.expunge([1])
    assert list(await session.uids()) == []


async def test_idle_wakes_when_mail_arrives(session: Session, mailbox: Mailbox) -> None:
    await session.select("INBOX")
    waiting = asyncio.create_task(session.idle(seconds=20))
    await asyncio.to_thread(mailbox.deliver, mail("pushed"))
    assert await waiting
    assert session.take_facts().exists == 1
    assert not await session.idle(seconds=0.1)


async def test_notify_wakes_for_every_folder(session: Session, mailbox: Mailbox) -> None:
    await session.select("INBOX")
    assert await session.notify()
    waiting = asyncio.create_task(session.idle(seconds=20))
    await asyncio.to_thread(mailbox.deliver, mail("elsewhere"), "Archive")
    assert await waiting
    facts = session.take_facts()
    assert facts.folders["Archive"].messages == 1
    assert facts.exists is None
