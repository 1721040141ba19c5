"""News of any folder: pushed by NOTIFY (RFC 5465) where it is offered, else asked for."""

from __future__ import annotations

import asyncio

from tests.conftest import Mailbox
from tests.engine.push.relay import relay
from tests.engine.push.running import idle, learned, running
from tests.engine.rules.desk import days_ago, server

WITHOUT = (
    "IMAP4rev1 IDLE UIDPLUS NAMESPACE ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH UNSELECT"
)


async def test_R1_mail_in_any_folder_is_here_without_being_asked_for(mailbox: Mailbox) -> None:
    mailbox.deliver(b"Subject: First\r\nFrom: a@b.example\r\n\r\nHi\r\n", "Projects")
    async with relay(mailbox) as line, running(mailbox, line) as d:
        for number in range(3):
            await asyncio.to_thread(d.deliver, f"News {number}", "Projects")
            await d.until(lambda number=number: f"News {number}" in d.subjects("Projects"))  # type: ignore[misc]
        assert (line.count(b"NOTIFY SET"), len(await line.wait_for_idling())) == (1, 1), (
            "one connection hears of every folder"
        )
        assert "every folder at once" in str((await learned(d))["push"])


async def test_R1_news_of_folders_that_are_not_synced_start_nothing(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line) as d:
        await asyncio.to_thread(d.deliver, "First")
        await d.until(lambda: "First" in d.subjects())
        await idle(d)
        listed = line.count(b"LIST")
        await asyncio.to_thread(d.deliver, "Rubbish", "Junk")
        await line.wait_for(b"* STATUS Junk")
        await asyncio.to_thread(d.deliver, "News")
        await d.until(lambda: "News" in d.subjects())
        assert line.count(b"LIST") == listed + 1


async def test_R1_a_server_that_refuses_notify_is_heard_by_idle(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line:
        line.answer = lambda command: (
            b"%TAG% NO [BADEVENT (MessageNew)] no such event\r\n" if command.startswith(b"NOTIFY") else None
        )
        async with running(mailbox, line) as d:
            assert [b"FlagChange" in one for one in line.commands if one.startswith(b"NOTIFY")] == [True, False]
            await asyncio.to_thread(d.deliver, "News")
            await d.until(lambda: "News" in d.subjects())
            assert "the inbox at once" in str((await learned(d))["push"])


async def test_R1_a_server_that_gives_up_notify_is_heard_by_idle(mailbox: Mailbox) -> None:
    async with relay(mailbox) as line, running(mailbox, line) as d:
        await asyncio.to_thread(d.deliver, "Before", "INBOX")
        await d.until(lambda: "Before" in d.subjects())
        line.answer = lambda command: b"%TAG% NO no more\r\n" if command.startswith(b"NOTIFY") else None
        [sync] = d.engine.network.syncs()
        await d.until(lambda: sync.listening)
        await line.wait_for_idling()
        opened = line.opened
        line.say(b"* OK [NOTIFICATIONOVERFLOW] too much happens")
        await d.until(lambda: line.opened > opened and sync.listening)
        assert line.count(b"NOTIFY SET") == 1, "it isn't asked for again"
        await asyncio.to_thread(d.deliver, "After")
        await d.until(lambda: "After" in d.subjects())


async def test_R1_without_notify_an_opened_folder_and_a_sync_are_asked_at_once() -> None:
    with server(capability=WITHOUT) as poor:
        poor.deliver(b"Subject: First\r\nFrom: a@b.example\r\n\r\nHi\r\n", "Projects")
        async with running(poor, first_wait=0.01) as d:
            await asyncio.to_thread(d.deliver, "Opened", "Projects")
            await d.engine.look(d.folder("Projects").id)
            await d.until(lambda: "Opened" in d.subjects("Projects"))
            await asyncio.to_thread(d.deliver, "Asked", "Projects")
            await d.engine.sync_now()
            await d.until(lambda: "Asked" in d.subjects("Projects"))


async def test_R1_without_notify_other_folders_are_asked_every_poll_seconds() -> None:
    with server(capability=WITHOUT) as poor:
        poor.deliver(b"Subject: First\r\nFrom: a@b.example\r\n\r\nHi\r\n", "Projects")
        async with running(poor, poll=1) as d:
            await asyncio.to_thread(d.deliver, d.mail("News"), "Projects", at=days_ago(0))
            await d.until(lambda: "News" in d.subjects("Projects"))
