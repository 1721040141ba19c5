"""Delivery reports that were asked for (RFC 3461), and addresses that not every server takes (RFC 6531)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.findings import findings
from tui.engine.mail.dsn import from_xtext, of_message, of_recipient, xtext
from tui.engine.model import OperationState

REPORT = """From: MAILER-DAEMON@mx.acme.example
To: me@desk.example
Subject: Successful Mail Delivery Report
Message-ID: <report@mx.acme.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: text/plain

Your message was delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.acme.example
Original-Envelope-Id: {envid}

Original-Recipient: rfc822;ann@acme.example
Final-Recipient: rfc822; ann@acme.example
Action: delivered
Status: 2.0.0

--B--
"""


async def test_a_report_is_asked_for_and_tied_to_the_message_that_it_is_about(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.reports = True
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer", to="ann@acme.example, bo+x@beta.example", report=True)))
        await d.sync()
        [got] = smtp.messages
        name = d.row("Offer").message_id
        assert got.asked == (
            "RET=HDRS",
            f"ENVID={name}",
            "NOTIFY=SUCCESS,FAILURE,DELAY",
            "ORCPT=rfc822;ann@acme.example",
            "NOTIFY=SUCCESS,FAILURE,DELAY",
            "ORCPT=rfc822;bo+2Bx@beta.example",
        )
        envid = got.asked[1].removeprefix("ENVID=")
        d.deliver(REPORT.format(envid=envid).replace("\n", "\r\n").encode())
        await d.sync()
        lines = [text for text, _ in findings(d.reader, d.id("Successful Mail Delivery Report")).lines]
        assert any("Delivered to ann@acme.example." in one for one in lines), lines
        assert any("Offer" in one for one in lines), lines


async def test_nothing_is_asked_that_was_not_wished_for(mailbox: Mailbox, smtp: SmtpSink) -> None:
    smtp.reports = True
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer")))
        await d.sync()
        assert smtp.messages[0].asked == ()


async def test_a_server_that_gives_no_reports_gets_the_message_and_that_is_said(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer", report=True)))
        await d.sync()
        assert [(got.recipients, got.asked) for got in smtp.messages] == [(("ann@acme.example",), ())]
        [sent] = [op for op in d.operations() if op.kind == "send"]
        assert (sent.state, sent.error) == (OperationState.DONE, "127.0.0.1 gives no delivery reports (DSN).")


@pytest.mark.parametrize("offered", [True, False])
async def test_an_address_outside_ascii_goes_where_the_server_takes_it(
    mailbox: Mailbox, smtp: SmtpSink, offered: bool
) -> None:
    """Else the sending is refused, naming the address; nothing is sent to the others alone."""
    smtp.utf8 = offered
    async with desk(mailbox, smtp) as d:
        await d.learned()
        await d.do(Send(d.draft("Offer", to="grüße@acme.example, bo@beta.example")))
        await d.sync()
        assert [got.recipients for got in smtp.messages] == [("grüße@acme.example", "bo@beta.example")] * offered
        [sent] = [op for op in d.operations() if op.kind == "send"]
        if offered:
            assert "SMTPUTF8" in smtp.messages[0].mail_options
        else:
            assert sent.state is OperationState.REFUSED
            assert "grüße@acme.example" in sent.error


@given(st.text(max_size=40))
def test_a_parameter_is_one_word_of_ascii_and_read_back(value: str) -> None:
    words = (*of_message(value), *of_recipient(value))
    assert all(word.isascii() and word.isprintable() and " " not in word for word in words)
    kept = value.encode("utf-8", "replace").decode("utf-8")
    assert from_xtext(xtext(kept)) == kept
