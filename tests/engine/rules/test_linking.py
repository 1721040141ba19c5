"""R15 to R28 end to end: mail that really arrives or leaves, linked by what the CRM knows at that moment."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.rules.desk import ANN, BOB, Desk, desk, strings
from tests.servers.smtp import SmtpSink
from tui.engine.commands import Delete, LinkMessages, MarkPrivate, NeverLink, Send, UnlinkMessages
from tui.engine.model import LinkState, View


def deals(d: Desk, subject: str) -> list[int]:
    """The deals that a message is linked to."""
    return [deal.id for deal in d.row(subject).deals]


def persons(d: Desk, subject: str) -> list[int]:
    """The people that a message is linked to."""
    return [person.id for person in d.row(subject).persons]


async def arrive(d: Desk, subject: str, from_: str = ANN, **more: object) -> None:
    """Have a message delivered and synced."""
    d.deliver(d.mail(subject, from_=from_, **more))  # type: ignore[arg-type]
    await d.sync()


async def test_R15_mail_from_a_person_with_one_open_deal_is_linked_with_its_reason(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        deal = await d.deal("Rollout", [ann])
        await arrive(d, "Offer?", body="How much for 40 seats?")
        row = d.row("Offer?")
        assert (persons(d, "Offer?"), deals(d, "Offer?"), row.link_state) == ([ann], [deal], LinkState.LINKED)
        why = d.reader.why(row.id)
        assert why is not None
        assert (why.rule, why.origin, why.matched) == ("R15", "auto", (("ann@acme.example", ann, "Ann Archer"),))
        assert "Rollout" in why.reason
        assert d.in_deal(deal) == ["Offer?"]
        assert b"How much for 40 seats?" in (d.deal_mail(deal, "Offer?") or b"")


async def test_R15_addresses_are_compared_without_case_and_by_idna(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person("Jörg", "jörg@müller.example".replace("jörg", "joerg"))])
        await arrive(d, "Umlaut", "Joerg <JOERG@xn--mller-kva.EXAMPLE>")
        assert deals(d, "Umlaut") == [deal]
        await arrive(d, "Quoted", 'Joerg <"joe\\rg"@xn--mller-kva.example>')
        assert deals(d, "Quoted") == [deal], "RFC 5321 section 4.1.2: the quotes mean nothing here"


async def test_R16_a_strangers_mail_is_linked_to_nothing_and_creates_nothing(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Hello", BOB)
        assert d.row("Hello").link_state is LinkState.NONE
        assert d.reader.crm.persons() == []
        why = d.reader.why(d.id("Hello"))
        assert why is not None
        assert why.rule == "R16"


@pytest.mark.parametrize(("config", "linked"), [("", False), ('[linking]\ncontact_link = "always"\n', True)])
async def test_R17_a_person_without_an_open_deal(mailbox: Mailbox, config: str, linked: bool) -> None:
    async with desk(mailbox, config=config) as d:
        ann = await d.person()
        await arrive(d, "Hello")
        assert persons(d, "Hello") == ([ann] if linked else [])
        assert deals(d, "Hello") == []


async def test_R18_a_deal_with_only_the_organization_or_nobody_links_nothing(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.person(org="Acme")
        await d.deal("Acme's", org="Acme")
        await d.deal("Nobody's")
        await arrive(d, "Hello")
        assert (persons(d, "Hello"), deals(d, "Hello")) == ([], [])


async def test_R19_nothing_is_linked_backwards_by_itself(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Before the person")
        ann = await d.person("Ann Archer", "other@acme.example")
        await d.engine.record(await d.engine.people.edit(ann, add_emails=["ann@acme.example"]))
        await arrive(d, "Before the deal")
        deal = await d.deal()
        await arrive(d, "Before she was attached")
        await d.engine.record(await d.engine.deals.edit(deal, add_persons=[ann]))
        await d.engine.record(await d.engine.deals.won(deal))
        await arrive(d, "While it was won")
        await d.engine.record(await d.engine.deals.reopen(deal))
        await d.sync()
        assert all(row.link_state is LinkState.NONE for row in d.rows())
        assert d.in_deal(deal) == []
        await arrive(d, "Now")
        assert [row.subject for row in d.rows() if row.deals] == ["Now"]


async def test_R20_the_next_mail_of_the_thread_is_linked_and_the_older_are_not(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "Question", message_id="<q@acme.example>")
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "Re: Question", in_reply_to="<q@acme.example>")
        assert deals(d, "Re: Question") == [deal]
        assert deals(d, "Question") == []
        assert d.row("Question").thread == d.row("Re: Question").thread
        assert d.in_deal(deal) == ["Re: Question"]


async def test_R21_a_closed_deal_keeps_its_mail_and_takes_no_more(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "While open", message_id="<open@acme.example>")
        await d.engine.record(await d.engine.deals.won(deal))
        await arrive(d, "After it was won", in_reply_to="<open@acme.example>")
        assert deals(d, "While open") == [deal]
        assert deals(d, "After it was won") == []
        await d.engine.record(await d.engine.deals.reopen(deal))
        await d.engine.record(await d.engine.deals.lost(deal, "price"))
        await arrive(d, "After it was lost")
        assert d.in_deal(deal) == ["While open"]


async def test_R22_any_message_is_linked_by_hand_to_several_and_that_can_be_undone(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann, bo = await d.person(), await d.person("Bo", "bo@acme.example")
        first, second = await d.deal("First"), await d.deal("Second")
        await d.engine.record(await d.engine.deals.lost(second, "budget"))
        await arrive(d, "Hello", BOB)
        await d.do(LinkMessages([d.id("Hello")], [ann, bo], [first, second]))
        assert (persons(d, "Hello"), deals(d, "Hello")) == ([ann, bo], [first, second])
        assert (d.in_deal(first), d.in_deal(second)) == (["Hello"], ["Hello"])
        why = d.reader.why(d.id("Hello"))
        assert why is not None
        assert why.origin == "manual"
        await d.engine.undo()
        await d.engine.publish()
        assert d.row("Hello").link_state is LinkState.NONE
        assert (d.in_deal(first), d.in_deal(second)) == ([], [])
        await d.engine.redo()
        await d.engine.publish()
        assert d.in_deal(second) == ["Hello"]


async def test_R23_what_was_unlinked_is_never_linked_again_by_a_rule(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        raw = d.mail("No", from_=ANN)
        d.deliver(raw)
        await d.sync()
        await d.do(UnlinkMessages([d.id("No")]))
        assert d.in_deal(deal) == []
        d.deliver(raw, "Projects")
        mailbox.doveadm("mailbox update", "--uid-validity", "4242", "INBOX")
        await d.sync()
        await d.sync()
        assert d.row("No").link_state is LinkState.NONE
        assert d.in_deal(deal) == []


async def test_R24_mail_sent_to_her_is_linked_from_here_and_from_another_client(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        deal = await d.deal(persons=[await d.person()])
        await d.do(Send(d.draft("From here")))
        d.deliver(d.mail("From my phone", from_=d.email, to=ANN), "Sent")
        await d.sync()
        assert (deals(d, "From here"), deals(d, "From my phone")) == ([deal], [deal])
        assert d.in_deal(deal) == ["From here", "From my phone"]


async def test_R24_a_bcc_link_is_the_owners_alone_and_its_copy_in_the_crm_names_nobody(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    async with desk(mailbox, smtp) as d:
        await d.learned()
        deal = await d.deal(persons=[await d.person("Ann", "ann@acme.example")])
        await d.do(Send(d.draft("Quietly", to="bob@stranger.example", bcc="ann@acme.example")))
        await d.sync()
        [got] = smtp.messages
        assert sorted(got.recipients) == ["ann@acme.example", "bob@stranger.example"]
        assert b"ann@acme.example" not in got.raw
        assert deals(d, "Quietly") == [deal]
        kept = d.deal_mail(deal, "Quietly")
        assert kept is not None
        assert b"ann@acme.example" not in kept
        [entry] = [one for one in d.reader.crm.timeline(deal_id=deal) if one.kind == "mail"]
        assert entry.id is not None
        assert deal in d.reader.crm.mail(entry.id).owner_only_deals


async def test_R25_the_deal_chosen_in_the_composer_wins_and_the_copy_from_sent_changes_nothing(
    mailbox: Mailbox, smtp: SmtpSink
) -> None:
    smtp.file_copy_to = (mailbox.server, mailbox.user)
    async with desk(mailbox, smtp) as d:
        ann = await d.person()
        await d.deal("First", [ann])
        chosen = await d.deal("Second", [ann])
        await d.do(Send(d.draft("Offer", deal_id=chosen)))
        await d.sync()
        await d.sync()
        assert deals(d, "Offer") == [chosen]
        why = d.reader.why(d.id("Offer"))
        assert why is not None
        assert (why.rule, why.origin) == ("R25", "compose")
        assert d.server("Sent") == ["Offer"]
        await d.engine.record(await d.engine.deals.lost(chosen, "x"))
        await d.do(Send(d.draft("To a closed deal", deal_id=chosen)))
        assert deals(d, "To a closed deal") == [chosen]


async def test_R26_a_team_account_links_likewise(mailbox: Mailbox) -> None:
    async with desk(mailbox, kind="team", team="Sales") as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "To the team")
        await arrive(d, "From nobody", BOB)
        assert deals(d, "To the team") == [deal]
        assert d.row("From nobody").link_state is LinkState.NONE


async def test_R27_an_unlinked_message_is_nowhere_in_the_crm_not_even_its_subject(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        secret = [("Salary-4711", "SecretBody-4711"), ("Unlinked-4712", "SecretBody-4712"), ("Gone-4713", "x-4713-x")]
        await arrive(d, secret[0][0], BOB, body=secret[0][1])
        await arrive(d, secret[1][0], ANN, body=secret[1][1])
        await arrive(d, secret[2][0], ANN, body=secret[2][1])
        await arrive(d, "Linked-4714", ANN, body="PublicBody-4714")
        await d.do(UnlinkMessages([d.id(secret[1][0]), d.id(secret[2][0])]))
        await d.sync()
        assert d.in_deal(deal) == ["Linked-4714"]
        assert sum(entry.kind == "mail" for entry in d.reader.timeline(deal_id=deal)) == 1
        kept = strings(d.engine.paths.crm)
        assert b"PublicBody-4714" in kept
        for subject, body in secret:
            assert subject.encode() not in kept
            assert body.encode() not in kept


async def test_R28_a_deals_mail_is_readable_without_the_mailbox_and_names_it(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "Contract", body="Signed.", attachments=[("c.pdf", "application/pdf", b"%PDF-contract")])
        [entry] = d.reader.crm.timeline(deal_id=deal)[:1]
        assert (entry.mailbox, entry.attachments) == (d.email, 1)
        d.engine.paths.mailbox.rename(d.engine.paths.mailbox.with_suffix(".elsewhere"))
        assert entry.id is not None
        mail = d.reader.crm.mail(entry.id)
        assert "Signed." in mail.text
        assert mail.raw is not None
        assert b"c.pdf" in mail.raw
        assert mail.mailbox == d.email
        d.engine.paths.mailbox.with_suffix(".elsewhere").rename(d.engine.paths.mailbox)


async def test_R15_several_open_deals_link_the_person_and_ask_for_the_deal(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        first = await d.deal("First", [ann])
        await d.deal("Second", [ann])
        await arrive(d, "Which?", message_id="<which@acme.example>")
        assert (persons(d, "Which?"), deals(d, "Which?")) == ([ann], [])
        assert d.row("Which?").link_state is LinkState.NEEDS_DEAL
        assert list(d.reader.ids(View("needs_deal"))) == [d.id("Which?")]
        assert d.reader.status().needs_deal == 1
        await d.do(LinkMessages([d.id("Which?")], deals=[first]))
        assert list(d.reader.ids(View("needs_deal"))) == []
        await arrive(d, "Re: Which?", in_reply_to="<which@acme.example>")
        assert deals(d, "Re: Which?") == [first], "a reply follows the deal of what it answers"


async def test_R22_always_this_deal_for_this_thread(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        await d.deal("First", [ann])
        chosen = await d.deal("Second", [ann])
        await arrive(d, "Plans", message_id="<plans@acme.example>")
        await d.do(LinkMessages([d.id("Plans")], deals=[chosen], remember=True))
        await d.do(UnlinkMessages([d.id("Plans")], deals=[chosen]))
        await arrive(d, "Re: Plans", in_reply_to="<plans@acme.example>")
        assert deals(d, "Re: Plans") == [chosen]


@pytest.mark.parametrize("setting", ["newest", "all"])
async def test_R15_the_setting_for_several_deals(mailbox: Mailbox, setting: str) -> None:
    async with desk(mailbox, config=f'[linking]\nmulti_deal = "{setting}"\n') as d:
        ann = await d.person()
        both = [await d.deal("First", [ann]), await d.deal("Second", [ann])]
        await arrive(d, "Which?")
        assert sorted(deals(d, "Which?")) == (both if setting == "all" else both[1:])


async def test_R15_drafts_junk_trash_own_mail_bulk_and_the_never_link_list_link_nothing(mailbox: Mailbox) -> None:
    async with desk(mailbox, folders=("INBOX", "drafts", "junk", "trash")) as d:
        await d.deal(persons=[await d.person()])
        for folder in ("Drafts", "Junk", "Trash"):
            d.deliver(d.mail(folder, from_=ANN), folder)
        d.deliver(d.mail("Own", from_=d.email))
        d.deliver(d.mail("Bulk", from_=BOB, cc=ANN, headers=[("List-Id", "<news.example>")]))
        await d.engine.do(NeverLink("*@listed.example"))
        await d.person("Listed", "l@listed.example")
        await d.sync()
        await arrive(d, "Listed", "Listed <l@listed.example>", cc=ANN)
        assert {row.subject: row.link_state for row in d.rows()} == dict.fromkeys(
            ("Drafts", "Junk", "Trash", "Own", "Bulk", "Listed"), LinkState.NONE
        )


async def test_R15_a_private_thread_is_not_linked_and_its_links_are_the_owners(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "Secret", message_id="<s@acme.example>")
        await d.do(MarkPrivate([d.id("Secret")]))
        await arrive(d, "Re: Secret", in_reply_to="<s@acme.example>")
        assert deals(d, "Secret") == [deal]
        assert deals(d, "Re: Secret") == []
        assert {row.link_state for row in d.rows()} == {LinkState.PRIVATE}
        why = d.reader.why(d.id("Secret"))
        assert why is not None
        assert "Its thread is private" in why.reason
        [entry] = [one for one in d.reader.crm.timeline(deal_id=deal) if one.kind == "mail"]
        assert entry.id is not None
        assert deal in d.reader.crm.mail(entry.id).owner_only_deals
        await d.engine.undo()
        await d.engine.publish()
        assert d.row("Secret").link_state is LinkState.LINKED


async def test_R20_a_strangers_answer_in_a_linked_thread_is_suggested(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        await arrive(d, "Plans", message_id="<p@acme.example>")
        await arrive(d, "Re: Plans", BOB, in_reply_to="<p@acme.example>")
        assert d.row("Re: Plans").link_state is LinkState.SUGGESTED
        assert deals(d, "Re: Plans") == []
        assert [one.id for one in d.reader.deal_pane(d.id("Re: Plans")).suggestions] == [deal]
        assert d.in_deal(deal) == ["Plans"]


async def test_R15_the_first_backfill_links_by_the_crm_as_it_is_now(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal(persons=[await d.person()])
        for number in range(5):
            d.deliver(d.mail(f"Old {number}", from_=ANN))
        await d.sync()
        assert d.in_deal(deal) == [f"Old {number}" for number in range(5)]


async def test_R22_what_was_done_to_a_message_that_left_for_good_is_no_longer_undone(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        deal = await d.deal()
        await arrive(d, "Hello", BOB)
        await arrive(d, "Other", BOB)
        await d.do(LinkMessages([d.id("Hello"), d.id("Other")], deals=[deal]))
        await d.do(UnlinkMessages([d.id("Hello"), d.id("Other")]))
        await d.do(LinkMessages([d.id("Hello")], deals=[deal]))
        for _ in range(2):
            await d.do(Delete([d.id("Hello")]))
            await d.sync()
        assert d.subjects() == ["Other"]
        assert await d.engine.undo() == "Unlinked 2 messages"
        await d.engine.publish()
        assert deals(d, "Other") == [deal]
        assert d.in_deal(deal) == ["Hello", "Other"], "the deal keeps its copy of what the mailbox let go"
        await arrive(d, "Next", BOB)
        assert d.row("Next").link_state is LinkState.NONE
        assert await d.engine.undo() == "Linked 2 messages to Rollout"
        await d.engine.publish()
        assert (d.subjects(), deals(d, "Other"), deals(d, "Next")) == (["Next", "Other"], [], [])


async def test_R15_a_link_made_while_the_crm_is_being_told_reaches_it(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        first, second = await d.deal("First"), await d.deal("Second")
        await arrive(d, "Hello", BOB)
        number = d.id("Hello")
        await asyncio.gather(
            d.do(LinkMessages([number], deals=[first])),
            d.engine.publish(),
            d.do(LinkMessages([number], deals=[second])),
        )
        assert (d.in_deal(first), d.in_deal(second)) == (["Hello"], ["Hello"])


async def test_R26_a_colleagues_and_my_own_account_are_both_own_addresses(mailbox: Mailbox) -> None:
    other = Mailbox(mailbox.server, fresh_user())
    async with desk(mailbox) as d:
        team = await d.add(other, kind="team", team="Sales")
        await d.deal(persons=[await d.person("Me", team.email)])
        d.deliver(d.mail("Between us", from_=team.email))
        await d.sync()
        assert d.row("Between us").link_state is LinkState.NONE
