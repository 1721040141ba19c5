"""Delivery reports: who did not get it and why, in one sentence; what is forged is told apart by its caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.mail.samples import UNSAFE, messages_in
from tui.engine.mail.delivery import Report, addresses, read_report, sentence
from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.headers import facts_of
from tui.engine.mail.mime import parse
from tui.engine.mail.parts import parse_tree

STATUS = b"""Reporting-MTA: dns; mx.acme.example

Original-Recipient: rfc822;ann@acme.example
Final-Recipient: rfc822; a.archer@internal.acme.example
Action: failed
Status: %s
Diagnostic-Code: smtp; 550 %s Nobody here
 of that name

Final-Recipient: rfc822; bo@acme.example
Action: delayed
Status: 4.4.1
"""


def report_of(raw: bytes) -> Report | None:
    header, body, _ = split_message(raw)
    fields = parse_fields(header)
    sender = next((one.email for one in facts_of(values_of(fields)).from_ if one.email), "")
    return read_report(parse_tree(values_of(fields), body)[0], sender, parse(raw).text)


def bounce(status: bytes = b"5.1.1", said: bytes = b"5.1.1") -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.acme.example\nContent-Type: multipart/report; boundary=B;"
        b" report-type=delivery-status\n"
        b"\n--B\n\nSorry.\n--B\nContent-Type: message/delivery-status\n\n"
        + STATUS % (status, said)
        + b"\n--B\nContent-Type: text/rfc822-headers\n\nFrom: me@our.example\nMessage-ID: <sent-1@our.example>\n--B--\n"
    )


def test_a_report_says_who_did_not_get_it_and_why() -> None:
    found = report_of(bounce())
    assert found is not None
    assert found.returned == "sent-1@our.example"
    assert [sentence(one) for one in found.failures] == [
        "Not delivered to ann@acme.example: there is no such mailbox (5.1.1).",
        "Not yet delivered to bo@acme.example: their server did not answer (4.4.1); their server goes on trying.",
    ]
    assert addresses(found) == {"ann@acme.example"}


def test_a_status_that_says_nothing_gives_way_to_the_servers_own() -> None:
    found = report_of(bounce(b"5.0.0", b"5.2.2"))
    assert found is not None
    assert found.failures[0].why == "the mailbox is full"


def test_a_full_mailbox_in_time_is_not_an_address_that_failed() -> None:
    found = report_of(bounce(b"4.2.2", b"4.2.2"))
    assert found is not None
    assert addresses(found) == frozenset()


def test_prose_is_believed_of_mailer_daemons_alone() -> None:
    text = b"\n\nHi. This is the qmail-send program.\n\n<ann@acme.example>:\n550 user unknown\n\n"
    text += b"Message-ID: <a@our.example>\n"
    found = report_of(b"From: MAILER-DAEMON@mx.example" + text)
    assert found is not None
    assert (found.failures[0].recipient, found.returned) == ("ann@acme.example", "a@our.example")
    assert report_of(b"From: someone@mx.example" + text) is None


@pytest.mark.parametrize(("name", "least"), [("sisimai-bounces", 401), ("flufl-bounce", 34)])
def test_real_bounces_are_understood(corpus: Path, name: str, least: int) -> None:
    """As many as are understood today, of 548 and 82; the others are abuse reports and prose of the nineties."""
    paths = [one for one in sorted((corpus / "real" / name).rglob("*")) if one.suffix in (".eml", ".txt")]
    mails = [messages_in(path)[0] for path in paths]
    found = [one for one in map(report_of, mails) if one is not None]
    for one in found:
        for failure in one.failures:
            assert not UNSAFE.search(sentence(failure) + failure.said)
    print(f"{name}: {len(found)} of {len(mails)} bounces understood")
    assert len(found) >= least
