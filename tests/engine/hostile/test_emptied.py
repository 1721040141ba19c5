"""A folder that is suddenly empty is told of, once, and costs no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Hostile, Said, running
from tests.engine.rules.desk import desk
from tests.servers.kinds import NO_MOVE, POOR, server
from tui.engine import events
from tui.engine.model import Role
from tui.engine.sync.plan import EMPTIED, emptied


@pytest.mark.parametrize("capability", [None, NO_MOVE, POOR])
async def test_R29_a_folder_that_is_suddenly_empty_is_told_once(capability: str | None) -> None:
    told: list[object] = []
    with server(capability=capability) as mailbox:
        mailbox.stock(EMPTIED)
        async with desk(mailbox) as d:
            d.engine.events.subscribe(told.extend)
            await d.sync()
            mailbox.doveadm("expunge", "mailbox", "INBOX", "all")
            report = await d.sync(ok=False)
            assert (report.gone, len(d.rows())) == (EMPTIED, EMPTIED)
            assert f'"INBOX" is suddenly empty on the server; its {EMPTIED} messages stay here' in report.error
            await d.until(lambda: any(isinstance(one, events.Notified) and one.text in report.error for one in told))
            await d.sync()
            assert d.reader.accounts()[0].error == ""


async def test_R29_a_few_that_go_and_a_folder_that_was_always_empty_are_nothing_to_tell(mailbox: Mailbox) -> None:
    mailbox.stock(EMPTIED - 1)
    async with desk(mailbox) as d:
        await d.sync()
        mailbox.doveadm("expunge", "mailbox", "INBOX", "all")
        assert (await d.sync()).gone == EMPTIED - 1
        await d.sync()


def test_R29_trash_may_be_emptied() -> None:
    assert emptied(EMPTIED, 0, Role.ARCHIVE)
    assert not emptied(EMPTIED, 1, Role.ARCHIVE)
    assert not any(emptied(10_000, 0, role) for role in (Role.TRASH, Role.JUNK, Role.DRAFTS))


async def test_R29_a_server_that_denies_everything_and_takes_it_back_costs_nothing(home: Path) -> None:
    """Not even the search finds anything; afterwards each message is here once, the same as before."""
    async with running(Hostile(mails=EMPTIED)) as lying, beset(lying) as d:
        await d.sync()
        ids = {row.id for row in d.rows()}
        lost = dict(lying.boxes[b"INBOX"].mails)

        def nothing(said: Said) -> bytes:
            return b"* 0 EXISTS\r\n" + said.untagged.partition(b"\r\n")[2] + said.tagged

        lying.lies.update({"SELECT": nothing, "UID SEARCH": lambda said: b"* ESEARCH UID\r\n" + said.tagged})
        lying.boxes[b"INBOX"].modseq += 1
        lying.boxes[b"INBOX"].mails.clear()
        report = await d.sync(ok=False)
        assert "suddenly empty" in report.error
        assert not any(row.on_server for row in d.rows())
        lying.lies.clear()
        lying.boxes[b"INBOX"].mails.update(lost)
        lying.boxes[b"INBOX"].modseq += 1
        await d.sync()
        await d.engine.verify(d.account.id)
        await d.sync()
        assert {row.id for row in d.rows()} == ids
        assert all(row.on_server for row in d.rows())
