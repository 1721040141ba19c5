"""The generated mail is valid, repeatable and of the promised shape."""

from __future__ import annotations

import statistics
from email import message_from_bytes
from email.policy import default

from tests.conftest import Mailbox
from tests.servers.mailgen import fill, mailbox, make_mail


def test_one_message_has_what_was_asked_for() -> None:
    raw = make_mail(
        "Anna Ek <anna@example.org>",
        "bo@example.org",
        "Grüße",
        "Hi Bö",
        in_reply_to="<1@example.org>",
        references=("<0@example.org>",),
        html="<p>Hi</p>",
        attachments=[("a.pdf", "application/pdf", b"%PDF")],
    )
    mail = message_from_bytes(raw, policy=default)
    assert mail["Subject"] == "Grüße"
    assert mail["References"] == "<0@example.org> <1@example.org>"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_mailbox_is_repeatable_and_realistic() -> None:
    mails = list(mailbox(600, seed=7))
    assert mails == list(mailbox(600, seed=7))
    parsed = [message_from_bytes(raw, policy=default) for raw in mails]
    assert len({mail["Message-ID"] for mail in parsed}) == 600
    assert not any(part.defects for mail in parsed for part in mail.walk())
    assert 0.35 < sum("In-Reply-To" in mail for mail in parsed) / 600 < 0.55
    assert 0.5 < sum(b"text/html" in raw for raw in mails) / 600 < 0.8
    assert 0.02 < sum(b"multipart/mixed" in raw for raw in mails) / 600 < 0.09
    assert 10_000 < statistics.mean(map(len, mails)) < 50_000


def test_a_folder_is_filled_at_once(mailbox: Mailbox) -> None:
    assert fill(mailbox.server, mailbox.user, 50) == 50
    assert fill(mailbox.server, mailbox.user, [make_mail("a@b.example", "c@d.example", "x", "y")], "Deals/Big") == 1
    with mailbox.client() as client:
        assert client.select("INBOX")[1] == [b"50"]
        assert len(client.search(None, "UNSEEN")[1][0].split()) == 5
        first, last = (client.fetch(number, "(INTERNALDATE)")[1][0] for number in ("1", "50"))
        assert b"2024" in first
        assert b"2025" in last
        assert client.select("Deals/Big")[1] == [b"1"]
        assert client.fetch("1", "(BODY.PEEK[])")[0] == "OK"
    assert "rror" not in mailbox.server.log()
