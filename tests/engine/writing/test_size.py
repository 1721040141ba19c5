"""What is larger than the server takes is told while writing, not hours later."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.errors import InvalidInput
from tui.engine.store import accounts


async def test_the_servers_limit_is_remembered_and_checked_before_queuing(mailbox: Mailbox, smtp: SmtpSink) -> None:
    """RFC 1870: what the server said when it took a message counts for the next one; nothing is queued or filed."""
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.sync()
        await d.do(Send(d.draft("First")))
        await d.sync()
        said = (await accounts.learned(d.engine.mailbox.reads, d.account.id))["smtp_size"]
        assert said > 1_000_000
        await d.learned(smtp_size=2000)
        with pytest.raises(InvalidInput, match=r"0\.0 MB at most"):
            await d.do(Send(d.draft("Second", body="x" * 3000)))
        assert d.open_operations() == []
        assert [row.subject for row in d.rows("Sent")] == ["First"]
