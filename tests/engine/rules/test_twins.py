"""R8, R46: mails that only look alike, both here or one of them gone; and the same mail in another form."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest

from tests.conftest import Mailbox
from tests.engine.hostile.conftest import beset
from tests.engine.hostile.server import Hostile, Said, running
from tests.engine.rules.desk import ANN, BOB, Desk, days_ago, desk
from tui.engine.commands import DeleteForever
from tui.engine.imap.uidset import UidSet

WHEN = days_ago(1)
ONE, TWO = "Please pay 100 to account one, as agreed.", "Please pay 900 to account two, as agreed."


def letter(d: Desk, body: str, when: datetime = WHEN, subject: str = "Invoice", **changes: object) -> bytes:
    """Return a mail of Ann's; all have one header."""
    return d.mail(subject, from_=ANN, date=when, message_id="<same@acme.example>", body=body, **changes)  # type: ignore[arg-type]


def encoded(raw: bytes) -> bytes:
    """Return a mail as a relay passes it on that writes its text in base64."""
    header, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = [one for one in header.split(b"\n") if not one.lower().startswith(b"content-transfer-encoding")]
    text = base64.encodebytes(body.replace(b"\n", b"\r\n"))
    return b"\r\n".join([*kept, b"Content-Transfer-Encoding: base64", b"", text.replace(b"\n", b"\r\n")])


def rules(d: Desk) -> dict[str, str]:
    """Return the word after "pay" of each text -> the rule that decided about it."""
    found = {}
    for row in d.rows():
        why = d.reader.why(row.id)
        assert why is not None
        found[d.reader.body(row.id).text.split()[2]] = why.rule
    return found


async def again(d: Desk, mailbox: Mailbox) -> None:
    """Remove the account and add it again."""
    await d.engine.remove_account(d.account.id)
    d.accounts.clear()
    await d.add(mailbox)
    await d.sync()


async def test_R46_another_mail_with_the_header_of_one_that_left_is_linked(mailbox: Mailbox) -> None:
    """Of two mails with one header the one was here before its account was removed, the other one is new."""
    async with desk(mailbox) as d:
        d.deliver(letter(d, ONE))
        await d.sync()
        deal = await d.deal(persons=[await d.person()])
        d.deliver(letter(d, TWO), "Projects")
        await again(d, mailbox)
        said = rules(d)
        assert said.pop("100") == "R46"
        assert said.keys() == {"900"}
        assert d.in_deal(deal) == ["Invoice"]
        assert d.deal_mail(deal, "Invoice") == d.copies("Projects")[0].raw
        await d.sync()
        assert (len(d.rows()), d.in_deal(deal)) == (2, ["Invoice"])


async def test_R37_a_deal_keeps_the_mail_that_was_deleted_beside_its_twin(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        d.deliver(letter(d, ONE))
        await d.sync()
        await d.do(DeleteForever([d.id("Invoice")]))
        await d.sync()
        assert d.rows() == []
        d.deliver(letter(d, TWO))
        await d.sync()
        assert d.in_deal(deal) == ["Invoice", "Invoice"]
        kept = [d.reader.crm.mail(entry.id).raw for entry in d.reader.crm.timeline(deal_id=deal) if entry.id]
        assert {b"account one" in (raw or b"") for raw in kept} == {True, False}


async def test_R46_what_left_is_known_again_in_another_transfer_form_and_with_its_lists_footer(
    mailbox: Mailbox,
) -> None:
    """A relay encodes the text anew; of a mail that came directly and over a list only the list's copy is left."""
    async with desk(mailbox) as d:
        direct = letter(d, ONE)
        listed = letter(d, f"{ONE}\n\n____\nsales mailing list\nhttps://lists.example\n", subject="[sales] Invoice")
        d.deliver(direct)
        d.deliver(listed, "Lists")
        d.deliver(letter(d, TWO, subject="Reminder"))
        await d.sync()
        assert d.subjects() == ["Invoice", "Reminder"]
        await d.deal(persons=[await d.person()])
        d.delete_elsewhere("Invoice")
        d.delete_elsewhere("Reminder")
        d.deliver(encoded(letter(d, TWO, subject="Reminder")))
        await again(d, mailbox)
        assert rules(d) == {"100": "R46", "900": "R46"}


async def test_R46_many_that_come_again_are_here_with_their_texts_after_one_pass(mailbox: Mailbox) -> None:
    mailbox.stock(300)
    async with desk(mailbox) as d:
        await d.sync()
        await again(d, mailbox)
        assert len(d.rows()) == 300
        assert all(d.reader.body(row.id).state == "full" for row in d.rows())
        assert all(proof.complete for proof in await d.engine.verify())


@pytest.mark.parametrize("together", [True, False])
async def test_R8_mails_that_differ_in_the_octets_of_an_attachment_stay_two(mailbox: Mailbox, together: bool) -> None:
    async with desk(mailbox) as d:
        drafts = [b"%PDF first draft", b"%PDF other draft"]
        for data in drafts:
            d.deliver(letter(d, ONE, attachments=[("offer.pdf", "application/pdf", data)]), at=WHEN)
            if not together:
                await d.sync()
        d.deliver(letter(d, ONE, attachments=[("renamed.pdf", "application/pdf", drafts[0])]), "Projects")
        await d.sync()
        await d.sync()
        assert sorted(d.reader.attachment(row.id, 1)[1] for row in d.rows()) == drafts


class Withheld:
    """Refuses the source of one message, alone and among others."""

    def __init__(self, uid: int) -> None:
        self.uid = uid

    def __call__(self, said: Said) -> bytes:
        asked = b"BODY.PEEK[]" in said.line and self.uid in UidSet.parse(said.line.split(b" ")[3])
        return said.tag + b" NO this one is broken\r\n" if asked else said.honest


@pytest.mark.parametrize("withheld", [1, 2])
async def test_R8_what_can_not_be_read_is_not_taken_for_what_can(mailbox: Mailbox, withheld: int) -> None:
    """Two mails with equal headers and sizes on one server, which gives the source of one alone."""
    del mailbox
    lie = Withheld(withheld)
    async with running(Hostile({"UID FETCH": lie}, mails=0)) as server, beset(server) as d:
        for body in (ONE, TWO):
            server.boxes[b"INBOX"].add(letter(d, body))
            await d.sync()
        await d.sync()
        states = [d.reader.body(row.id).state for row in d.rows()]
        assert sorted(states) == ["full", "header"]
        [proof] = [one for one in await d.engine.verify(d.account.id) if one.folder == "INBOX"]
        assert (proof.here, proof.failed) == (1, 1)
        assert "this one is broken" in str(proof)


async def test_R30_a_mail_that_was_moved_before_it_could_be_read_is_one(mailbox: Mailbox) -> None:
    """Its header came, then another client moved it: the copy in the other folder, of equal size, is it."""
    async with desk(mailbox) as d:
        d.deliver(d.mail("Moved", from_=BOB))
        await d.sync()
        async with d.engine.mailbox.write() as tx:
            await tx.execute("DELETE FROM sources")
            await tx.execute("DELETE FROM texts")
            await tx.execute("UPDATE messages SET body_state = 'header'")
        d.elsewhere("INBOX", "Projects", "Moved")
        await d.sync()
        await d.sync()
        assert d.reader.body(d.id("Moved")).state == "full"
