"""Reminders of what nobody answers: they end when an answer comes, and survive everything else."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, Desk, desk
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Remind, Send
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.reads import unanswered
from tui.engine.store import reminders


def waiting(d: object) -> list[str]:
    return [row.subject for row, _ in unanswered(d.reader)]  # type: ignore[attr-defined]


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def owed(d: Desk, deal: int) -> list[tuple[str, str]]:
    return [(one.owed_by, one.subject) for one in d.reader.crm.waiting(int(time.time()), deal)]


async def test_a_reminder_ends_when_the_answer_comes(mailbox: Mailbox, smtp: SmtpSink) -> None:
    """It waits from sending on, is due after its days, and an answer in the thread is what ends it, not other mail."""
    async with desk(mailbox, smtp) as d:
        ann = await d.person()
        deal = await d.deal("Rollout", [ann])
        await d.learned()
        await d.sync()
        [sent] = (await d.do(Send(d.draft("Offer", remind_days=3)))).added
        await d.sync()
        [(row, due)] = unanswered(d.reader)
        assert (row.id, due >= row.date + 3 * 86_400) == (sent, True)
        assert d.reader.status().unanswered == 0
        async with d.engine.mailbox.write() as tx:
            await reminders.put(tx, sent, row.date)
        assert d.reader.status().unanswered == 1
        d.deliver(d.mail("Something else", from_=ANN, date=moment(row.date - 60)))
        await d.sync()
        assert waiting(d) == ["Offer"]
        away = [("Auto-Submitted", "auto-replied")]
        later = moment(row.date + 60)
        d.deliver(d.mail("Out of office", from_=ANN, in_reply_to=f"<{row.message_id}>", headers=away, date=later))
        d.deliver(d.mail("Delayed", from_="MAILER-DAEMON@acme.example", in_reply_to=f"<{row.message_id}>"))
        await d.sync()
        assert waiting(d) == ["Offer"], "a machine's answer is none"
        await d.engine.publish()
        assert "Out of office" in d.in_deal(deal)
        assert owed(d, deal) == [("them", "Offer")], "nor for the deal"
        d.deliver(d.mail("Re: Offer", from_=ANN, in_reply_to=f"<{row.message_id}>", date=later))
        await d.sync()
        assert waiting(d) == []
        assert d.reader.status().unanswered == 0
        await d.engine.publish()
        assert owed(d, deal) == [("us", "Re: Offer")]


async def test_a_reminder_is_set_moved_undone_and_taken_off(mailbox: Mailbox, smtp: SmtpSink) -> None:
    """Any message can have one; undo gives back the one before."""
    async with desk(mailbox, smtp) as d:
        d.deliver(d.mail("Quote", from_=ANN))
        await d.sync()
        number = d.row("Quote").id
        await d.do(Remind(number, 2))
        [(_, first)] = unanswered(d.reader)
        await d.do(Remind(number, 9))
        assert unanswered(d.reader)[0][1] == pytest.approx(first + 7 * 86_400, abs=60)
        await d.engine.undo()
        assert unanswered(d.reader)[0][1] == first
        await d.do(Remind(number, None))
        assert waiting(d) == []
        with pytest.raises(InvalidInput, match="0 days"):
            await d.do(Remind(number, 0))
        with pytest.raises(NotFound):
            await d.do(Remind(999_999, 1))


async def test_what_was_taken_back_reminds_of_nothing(mailbox: Mailbox, smtp: SmtpSink) -> None:
    """A message that never left waits for no answer; the draft keeps the days."""
    async with desk(mailbox, smtp) as d:
        await d.sync()
        await d.do(Send(d.draft("Offer", remind_days=3), hold=60))
        assert waiting(d) == ["Offer"]
        await d.sync()
        assert smtp.messages == []
        await d.engine.undo()
        assert waiting(d) == []
