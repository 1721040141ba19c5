"""Many letters of one template: sent as one action, taken back as one."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.servers.smtp import SmtpSink
from tui.engine.commands import SendAll
from tui.engine.errors import InvalidInput
from tui.engine.store.messages import now


async def test_one_undo_takes_back_all_letters_that_have_not_left(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.sync()
        letters = tuple(d.draft(name, to=f"{name.lower()}@acme.example") for name in ("A", "B", "C"))
        await d.do(SendAll(letters, 3600))
        assert (d.subjects("Sent"), len(d.open_operations())) == (["A", "B", "C"], 3)
        assert await d.engine.undo() == "Sent 3 letters"
        assert (d.subjects("Sent"), d.subjects("Drafts")) == ([], ["A", "B", "C"])
        await d.sync()
        assert smtp.messages == []


async def test_what_left_stays_sent_and_a_letter_cancelled_alone_keeps_the_others_undoable(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.sync()
        later = now() + 3600
        letters = [d.draft("A", to="a@acme.example")]
        letters += [d.draft(name, to="b@acme.example")._replace(at=later) for name in ("B", "C")]
        await d.do(SendAll(tuple(letters)))
        await d.sync()
        await smtp.wait_for(1)
        first = next(one for one in d.open_operations() if one.message == d.id("B"))
        await d.engine.cancel(first.id)
        assert await d.engine.undo() == "Sent 3 letters, but 1 had left already"
        assert (d.subjects("Sent"), d.subjects("Drafts")) == (["A"], ["B", "C"])
        with pytest.raises(InvalidInput, match="nobody"):
            await d.do(SendAll((letters[0], d.draft("D", to=""))))
        assert (d.subjects("Sent"), len(smtp.messages)) == (["A"], 1)
