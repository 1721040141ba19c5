"""What stored mail says of addresses and senders: failed deliveries, and mail that fails its domain's DMARC."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.widgets.test_corpus_reading import OWN, fill
from tui.engine.core import Engine
from tui.engine.mail import testimony as told
from tui.engine.model import View
from tui.engine.paths import Paths
from tui.engine.store.reader import Reader
from tui.engine.store.undelivered import PATIENCE, undelivered

DAY = 86_400
SENT = 1_763_000_000
FAILED = SENT + 60
NOW = SENT + 20 * DAY
ANN = "ann@acme.example"


def letter(sender: str, to: str, at: int, name: str, *more: str, body: str = "Hello\r\n") -> bytes:
    date = format_datetime(datetime.fromtimestamp(at, UTC))
    fields = [f"From: {sender}", f"To: {to}", f"Date: {date}", f"Subject: {name}", f"Message-ID: <{name}@x.example>"]
    return "\r\n".join([*fields, *more, "", body]).encode()


def report(about: str, at: int, action: str = "failed", code: str = "5.1.1", of: str = ANN) -> bytes:
    parts = [
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.",
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n",
        f"Final-Recipient: rfc822; {of}\r\nAction: {action}\r\nStatus: {code}",
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{about}@x.example>\r\n",
        "--b--",
    ]
    return letter("MAILER-DAEMON@mx.acme.example", OWN, at, f"report-{at}-{action}", *parts)


FIRST = [letter(OWN, f"Ann <{ANN.upper()}>", SENT, "offer"), report("offer", FAILED)]


@pytest.mark.parametrize(
    ("later", "still"),
    [
        ([], True),
        ([letter(f"Ann <{ANN}>", OWN, FAILED + DAY, "back")], False),
        ([letter(f"Ann <{ANN}>", OWN, SENT - DAY, "before")], True),
        ([letter(OWN, ANN, FAILED + DAY, "again")], False),
        ([letter(OWN, ANN, NOW - PATIENCE + 60, "fresh")], True),
        ([letter(OWN, ANN, FAILED + DAY, "again"), report("again", FAILED + 2 * DAY)], True),
        ([letter(OWN, ANN, NOW - 60, "again"), report("again", NOW, "delivered", "2.1.5")], False),
        ([letter(f"Ann <{ANN}>", OWN, FAILED + DAY, "fake", "Authentication-Results: mx.our; dmarc=fail")], True),
    ],
)
async def test_an_address_is_marked_until_mail_works_again(tmp_path: Path, later: list[bytes], still: bool) -> None:
    await fill(Paths.of(tmp_path), [*FIRST, *later])
    reader = Reader(Paths.of(tmp_path))
    try:
        found = undelivered(reader.mailbox, NOW)
    finally:
        reader.close()
    assert list(found) == ([ANN] if still else [])
    assert all(one.why == "there is no such mailbox" for one in found.values())


@pytest.mark.parametrize(
    "mails",
    [
        [report("never-sent", FAILED)],
        [FIRST[0], report("offer", FAILED, "delayed", "4.4.1")],
        [letter("Ann <ann@acme.example>", OWN, SENT, "offer"), FIRST[1]],
    ],
)
async def test_a_report_about_nothing_that_was_sent_from_here_marks_nobody(tmp_path: Path, mails: list[bytes]) -> None:
    await fill(Paths.of(tmp_path), mails)
    reader = Reader(Paths.of(tmp_path))
    try:
        assert undelivered(reader.mailbox, NOW) == {}
    finally:
        reader.close()


def checked(domain: str, server: str, result: str, at: int = SENT) -> bytes:
    said = f"Authentication-Results: {server}; dmarc={result} header.from={domain}"
    return letter(f"Ann <ann@{domain}>", OWN, at, f"{domain}-{result}-{server}", said)


async def test_mail_that_fails_dmarc_is_flagged_by_the_receiving_server_alone(tmp_path: Path) -> None:
    """The server is known once it judged mail of several domains; what was stored before that is flagged then."""
    known = [checked(f"d{number}.example", "mx.our", "pass") for number in range(4)]
    mails = [checked("bank.example", "mx.our", "fail"), checked("shop.example", "mx.forger", "fail"), *known]
    await fill(Paths.of(tmp_path), mails)
    reader = Reader(Paths.of(tmp_path))
    try:
        rows = reader.rows(reader.ids(View("all")))
    finally:
        reader.close()
    assert [row.sender.email for row in rows if row.forged] == ["ann@bank.example"]


async def test_what_was_stored_before_is_looked_through_once(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path)
    await fill(paths, FIRST)
    with sqlite3.connect(paths.mailbox) as db:
        db.execute("DELETE FROM deliveries")
        db.execute("INSERT INTO to_examine SELECT id FROM messages")
    db.close()
    engine = await Engine.open(paths)
    try:
        assert list(undelivered(engine.reader.mailbox, NOW)) == [ANN]
        assert engine.reader.mailbox.execute("SELECT count(*) FROM to_examine").fetchone()[0] == 0
    finally:
        await engine.close()


def test_a_plain_mail_says_nothing() -> None:
    assert told.testimony(letter(ANN, OWN, SENT, "plain"), "Hello") is told.NOTHING
    assert told.testimony(checked("acme.example", "mx.our", "pass"), "Hello") == told.NOTHING
