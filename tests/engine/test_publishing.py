"""The CRM hears of linked messages in the background: a command over thousands returns at once."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import Desk, desk
from tests.servers.mailgen import fill
from tui.engine import publishing
from tui.engine.commands import LinkMessages
from tui.engine.store import outbound


async def many(d: Desk, count: int) -> tuple[int, list[int]]:
    fill(d.mailbox.server, d.mailbox.user, count)
    await d.sync()
    return await d.deal(), [row.id for row in d.rows()]


async def test_R22_linking_hundreds_returns_before_the_deal_has_them_all(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal, ids = await many(d, 300)
        await d.engine.do(LinkMessages(ids, deals=[deal]))
        assert len(d.in_deal(deal)) < 300
        assert await outbound.is_due(d.engine.mailbox.reads)
        await d.until(lambda: len(d.in_deal(deal)) == 300)
        await d.engine.publish()
        assert not await outbound.is_due(d.engine.mailbox.reads)


async def test_R22_what_is_linked_while_others_are_published_is_published_too(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal, ids = await many(d, 40)
        for number in ids:
            await d.engine.do(LinkMessages([number], deals=[deal]))
        await d.until(lambda: len(d.in_deal(deal)) == 40)


async def test_R36_closing_in_the_middle_leaves_no_message_half_published(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "FINISH_SECONDS", 0.0)
    async with desk(mailbox) as d:
        deal, ids = await many(d, 60)
        await d.engine.do(LinkMessages(ids, deals=[deal]))
    async with desk(mailbox) as d:
        assert len(d.in_deal(deal)) < 60
        await d.engine.publish()
        assert len(d.in_deal(deal)) == 60
        raw = {copy.subject: copy.raw for copy in d.copies()}
        for subject in d.in_deal(deal)[:1]:
            assert d.deal_mail(deal, subject) == raw[subject]


async def test_R22_what_a_killed_process_left_is_published_at_the_next_start(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "FINISH_SECONDS", 0.0)
    async with desk(mailbox) as d:
        deal, ids = await many(d, 60)
        await d.engine.do(LinkMessages(ids, deals=[deal]))
    async with desk(mailbox) as d:
        await d.engine.start()
        await d.until(lambda: len(d.in_deal(deal)) == 60)
