"""A real submission server with AUTH and STARTTLS: Dovecot's, which relays to the sink that keeps every message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import Desk, desk
from tests.servers.kinds import mailbox_on
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.model import OperationState, Security, Server
from tui.engine.store import accounts


@pytest.fixture
def submitting(smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mailbox whose server also takes mail, with TLS."""
    with mailbox_on("dovecot", tls=True, submission=True, relay_port=smtp.port) as mailbox:
        monkeypatch.setenv("DEALDESK_CA_FILE", str(mailbox.server.cafile))
        yield mailbox


async def submit_through_it(d: Desk) -> None:
    """Have the account send by the mailbox's own server, whose provider is known to file no copy."""
    account = d.account._replace(smtp=Server("localhost", d.mailbox.server.smtp_port, Security.STARTTLS))
    async with d.engine.mailbox.write() as tx:
        await accounts.save(tx, account)
    await d.learned()


async def test_R4_and_R12_through_a_submission_server_it_arrives_once_and_is_filed_once(
    submitting: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(submitting) as d:
        await submit_through_it(d)
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        await d.sync()
        assert [got.recipients for got in smtp.messages] == [("ann@acme.example",)]
        assert d.server("Sent") == ["Offer"]


async def test_R13_a_recipient_that_the_relay_refuses_is_told_in_its_words(submitting: Mailbox, smtp: SmtpSink) -> None:
    smtp.refuse["ann@acme.example"] = "550 5.1.1 No such user here"
    async with desk(submitting) as d:
        await submit_through_it(d)
        await d.do(Send(d.draft("Offer")))
        assert (await d.sync()).refused == 1
        [refused] = d.operations(OperationState.REFUSED)
        assert "No such user here" in refused.error
        assert (smtp.messages, d.server("Sent")) == ([], [])
