"""R1 to R8: mail comes in once, from folders that are synced, whatever the server can do."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, BOB, NO_MOVE, POOR, days_ago, desk, server
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Send
from tui.engine.model import Direction, LinkState

KINDS: dict[str, dict[str, object]] = {
    "no MOVE": {"capability": NO_MOVE},
    "poor": {"capability": POOR, "special_use": False},
    "INBOX.": {"prefix": "INBOX."},
    "no QRESYNC": {"capability": "IMAP4rev1 IDLE UIDPLUS MOVE NAMESPACE ENABLE CONDSTORE LIST-EXTENDED SPECIAL-USE"},
}


async def test_R1_mail_in_the_inbox_is_here_once_with_body_and_attachments(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        d.deliver(
            d.mail(
                "Offer", from_=ANN, body="The price is 1,200.", attachments=[("a.pdf", "application/pdf", b"%PDF-1")]
            )
        )
        assert (await d.sync()).new == 1
        assert (await d.sync()).new == 0
        row = d.row("Offer")
        assert (row.folder, row.attachments, row.seen) == ("INBOX", 1, False)
    async with desk(mailbox) as offline:
        body = offline.reader.body(row.id)
        assert "The price is 1,200." in body.text
        assert offline.reader.attachment(row.id, body.attachments[0].part)[1] == b"%PDF-1"
        assert offline.reader.raw(row.id) == offline.copies()[0].raw


@pytest.mark.parametrize("kind", KINDS)
async def test_R1_on_servers_of_every_kind(kind: str) -> None:
    with server(**KINDS[kind]) as mailbox:
        async with desk(mailbox) as d:
            first = d.deliver("First")
            d.deliver("Second", flags=r"\Seen")
            assert (await d.sync()).new == 2
            d.delete_elsewhere("First")
            d.flag_elsewhere("Second", r"\Flagged")
            d.deliver("Third")
            report = await d.sync()
            assert (report.new, report.gone) == (1, 1), first
            assert d.subjects("INBOX") == ["First", "Second", "Third"]
            assert not d.row("First").on_server
            assert (d.row("Second").seen, d.row("Second").flagged) == (True, True)
            again = await d.sync()
            assert (again.new, again.gone, again.updated) == (0, 0, 0)


async def test_R2_a_folder_that_is_not_selected_is_left_alone(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX", "sent")) as d:
        person = await d.person()
        await d.deal(persons=[person])
        d.deliver(d.mail("Elsewhere", from_=ANN), "Projects")
        await d.sync()
        assert d.rows() == []
        assert not d.folder("Projects").selected
        assert d.folder("Projects").total == 0


async def test_R3_mail_moved_into_a_synced_folder_is_ingested_then_and_linked(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX",)) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(d.mail("Moved in", from_=ANN), "Projects")
        await d.sync()
        assert d.rows() == []
        d.elsewhere("Projects", "INBOX", "Moved in")
        await d.sync()
        assert d.row("Moved in").folder == "INBOX"
        assert [one.id for one in d.row("Moved in").deals] == [deal]


async def test_R3_selecting_the_folder_later_brings_its_mail_in(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX",)) as d:
        d.deliver("Waiting", "Projects")
        await d.sync()
        await d.engine.select_folders(d.account.id, [mailbox.server.shown("Projects")], True)
        await d.sync()
        assert d.subjects("Projects") == ["Waiting"]
        await d.engine.select_folders(d.account.id, [mailbox.server.shown("Projects")], False)
        d.deliver("Not any more", "Projects")
        await d.sync()
        assert d.subjects() == ["Waiting"]


async def test_R4_a_sent_message_is_delivered_once_and_filed_once(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.do(Send(d.draft("Offer")))
        assert d.row("Offer").folder == "Sent"
        await d.sync()
        await d.sync()
        [got] = smtp.messages
        assert got.recipients == ("ann@acme.example",)
        [copy] = d.copies("Sent")
        assert copy.flags >= {r"\Seen"}
        row = d.row("Offer")
        assert (row.folder, row.direction, row.on_server, row.pending) == ("Sent", Direction.OUT, True, False)
        assert f"<{row.message_id}>".encode() in copy.raw
        assert f"<{row.message_id}>".encode() in got.raw


async def test_R4_a_message_to_oneself_is_filed_in_sent_too(mailbox: Mailbox, smtp: SmtpSink) -> None:
    async with desk(mailbox, smtp) as d:
        await d.do(Send(d.draft("Note to self", to=d.email)))
        row = d.row("Note to self")
        d.deliver(bytes(d.reader.raw(row.id) or b""))
        await d.sync()
        await d.sync()
        assert d.server("Sent") == ["Note to self"]
        assert d.row("Note to self").id == row.id


async def test_R5_mail_sent_by_another_client_is_outgoing_and_linked(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(d.mail("From my phone", from_=d.email, to=ANN), "Sent", r"\Seen")
        await d.sync()
        row = d.row("From my phone")
        assert (row.direction, row.folder) == (Direction.OUT, "Sent")
        assert [one.id for one in row.deals] == [deal]


async def test_R7_a_message_in_two_folders_is_one_with_two_placements(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        raw = d.mail("Twice", from_=ANN)
        d.deliver(raw)
        await d.sync()
        await d.engine.deals.won(deal)
        d.deliver(raw, "Projects")
        assert (await d.sync()).new == 0
        assert d.row("Twice").folder == "INBOX"
        assert [one.id for one in d.row("Twice").deals] == [deal]
        d.delete_elsewhere("Twice")
        await d.sync()
        assert d.row("Twice").on_server


async def test_R7_a_new_uidvalidity_brings_nothing_twice(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        for number in range(3):
            d.deliver(f"Kept {number}")
        await d.sync()
        mailbox.doveadm("mailbox update", "--uid-validity", "7777", "INBOX")
        report = await d.sync()
        assert (report.new, len(d.rows())) == (0, 3)
        assert all(row.on_server for row in d.rows())
        d.delete_elsewhere("Kept 1")
        await d.sync()
        assert not d.row("Kept 1").on_server


@pytest.mark.parametrize("message_id", [None, "<one@acme.example>"])
async def test_R7_one_mail_to_two_accounts_is_one_message(
    mailbox: Mailbox, dovecot: object, message_id: str | None
) -> None:
    other = mailbox.another()
    async with desk(mailbox) as d:
        await d.add(other)
        raw = d.mail("To both", from_=ANN, message_id=message_id, body="The same words for the both of you.")
        if message_id is None:
            raw = without_id(raw)
        d.deliver(b"Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0000\r\n" + raw)
        d.deliver(b"Received: from a by a much longer name; Mon, 2 Mar 2026 10:00:07 +0000\r\n" + raw, box=other)
        await d.sync()
        await d.sync()
        assert len(d.rows()) == 1
        d.delete_elsewhere("To both")
        await d.sync()
        assert d.row("To both").on_server, "the other account still holds it"


async def test_R8_a_mail_without_message_id_seen_twice_is_one(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        raw = without_id(d.mail("Nameless", from_=BOB, body="A text without a name."))
        d.deliver(raw)
        await d.sync()
        d.deliver(raw, "Projects")
        d.deliver(raw)
        await d.sync()
        assert len(d.rows()) == 1


async def test_R8_both_copies_of_a_nameless_mail_in_the_first_sync_are_one(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        raw = without_id(d.mail("Nameless", from_=BOB, body="A text without a name."))
        d.deliver(raw)
        d.deliver(raw)
        d.deliver(raw, "Projects")
        await d.sync()
        assert len(d.rows()) == 1


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("message_id", ["<same@acme.example>", None])
async def test_R8_different_mails_with_equal_headers_and_size_stay_two(
    mailbox: Mailbox, together: bool, message_id: str | None
) -> None:
    async with desk(mailbox) as d:
        when = days_ago(1)
        raws = [
            d.mail("Twin", from_=BOB, message_id=message_id, date=when, body=body)
            for body in ("Please pay 100 to account one.", "Please pay 900 to account two.")
        ]
        if message_id is None:
            raws = [without_id(raw) for raw in raws]
        assert len(raws[0]) == len(raws[1])
        d.deliver(raws[0], at=when)
        if not together:
            await d.sync()
        d.deliver(raws[1], at=when)
        await d.sync()
        await d.sync()
        texts = [d.reader.body(row.id).text for row in d.rows()]
        assert sorted(text.split()[2] for text in texts) == ["100", "900"]


async def test_R8_mails_that_differ_in_an_attachment_stay_two(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        when = days_ago(1)
        for data in (b"first draft", b"second draft, longer"):
            attached = [("offer.pdf", "application/pdf", data)]
            raw = d.mail(
                "Offer", from_=BOB, message_id="<o@acme.example>", date=when, body="Here.", attachments=attached
            )
            d.deliver(raw, at=when)
        await d.sync()
        assert sorted(d.engine.reader.attachment(row.id, 1)[1] for row in d.rows()) == [
            b"first draft",
            b"second draft, longer",
        ]


@pytest.mark.parametrize("together", [True, False])
async def test_R8_a_mailing_lists_footer_does_not_make_a_second_message(mailbox: Mailbox, together: bool) -> None:
    async with desk(mailbox) as d:
        when = days_ago(1)
        body = "Shall we meet on Tuesday to talk about the contract?"
        plain = d.mail("Meeting", from_=ANN, message_id="<meet@acme.example>", date=when, body=body)
        listed = d.mail(
            "[sales] Meeting",
            from_=ANN,
            message_id="<meet@acme.example>",
            date=when,
            body=f"{body}\n\n_______________\nsales mailing list\nhttps://lists.example/sales\n",
            headers=[("List-Id", "<sales.lists.example>")],
        )
        d.deliver(plain)
        if not together:
            await d.sync()
        d.deliver(listed, "Lists")
        await d.sync()
        await d.sync()
        assert len(d.rows()) == 1
        assert all(len(d.copies(folder)) == 1 for folder in ("INBOX", "Lists"))


async def test_R7_a_known_mail_is_not_decided_again(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        raw = d.mail("Before Ann was known", from_=ANN)
        d.deliver(raw)
        await d.sync()
        await d.deal(persons=[await d.person()])
        d.deliver(raw, "Projects")
        mailbox.doveadm("mailbox update", "--uid-validity", "4711", "INBOX")
        await d.sync()
        assert d.row("Before Ann was known").link_state is LinkState.NONE


def without_id(raw: bytes) -> bytes:
    """Take the Message-ID out of a message."""
    head, _, rest = raw.partition(b"Message-ID:")
    return head + rest.partition(b"\r\n")[2]
