"""What a person says about linking is undone like any change: the never-link list, the settings, threads."""

from __future__ import annotations

import asyncio

from tests.conftest import Mailbox
from tests.engine.rules.desk import desk
from tests.engine.rules.test_linking import arrive, deals
from tui.engine import config
from tui.engine.commands import ChooseRule, LinkMessages, MarkPrivate, NeverLink
from tui.engine.core import Engine
from tui.engine.model import LinkState
from tui.engine.store import links


async def test_R15_the_never_link_list_and_the_settings_of_the_rules_are_undone_and_done_again(
    mailbox: Mailbox,
) -> None:
    async with desk(mailbox) as d:
        await d.person()
        engine, listed = d.engine, d.reader.never_link
        for command in (
            NeverLink("Acme.example"),
            NeverLink("acme.example"),  # nothing new, so nothing for undo
            ChooseRule("contact_link", "always"),
            NeverLink("acme.example", listed=False),
        ):
            await engine.do(command)
        assert [title for _, title in await engine.history()][:3] == [
            "acme.example is off the never-link list",
            "contact_link is always",
            "acme.example is never linked by itself",
        ]
        assert (listed(), engine.config.contact_link) == ([], "always")
        await engine.undo()
        await arrive(d, "Listed")
        assert d.row("Listed").link_state is LinkState.NONE
        await engine.undo()
        await engine.undo()
        assert (listed(), engine.config.contact_link) == ([], "with_open_deal")
        assert config.load(engine.paths.settings).contact_link == "with_open_deal"
        await engine.redo()
        await engine.redo()
        assert (listed(), engine.config.contact_link) == (["acme.example"], "always")


async def test_R15_the_rules_that_another_process_chose_count_from_the_next_message_on(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await d.person()
        heard = asyncio.Event()
        d.engine.events.subscribe(lambda _: heard.set() if d.engine.config.contact_link == "always" else None)
        await d.engine.start()
        other = await Engine.open(d.engine.paths)
        await other.do(ChooseRule("contact_link", "always"))
        await other.close()
        await asyncio.wait_for(heard.wait(), 60)
        await d.engine.stop()
        await arrive(d, "After")
        assert d.row("After").link_state is LinkState.LINKED


async def test_R22_undo_forgets_always_this_deal_for_this_thread(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        ann = await d.person()
        first, second = await d.deal("First", [ann]), await d.deal("Second", [ann])
        await arrive(d, "Which?", message_id="<w@acme.example>")
        await d.do(LinkMessages([d.id("Which?")], deals=[first], remember=True))
        await d.do(LinkMessages([d.id("Which?")], deals=[second], remember=True))
        await d.engine.undo()
        await arrive(d, "Re: Which?", in_reply_to="<w@acme.example>", message_id="<w2@acme.example>")
        assert deals(d, "Re: Which?") == [first]
        await d.engine.undo()
        await arrive(d, "Re: Re: Which?", in_reply_to="<w@acme.example>")
        assert d.row("Re: Re: Which?").link_state is LinkState.NEEDS_DEAL


async def test_R15_undo_of_private_leaves_what_was_private_before(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        await arrive(d, "One")
        await arrive(d, "Two")
        await d.do(MarkPrivate([d.id("One")]))
        await d.do(MarkPrivate([d.id("One"), d.id("Two")]))
        await d.engine.undo()
        states = {row.subject: row.link_state for row in d.rows()}
        assert states == {"One": LinkState.PRIVATE, "Two": LinkState.NONE}


async def test_R22_who_leaves_the_crm_takes_their_links_along_one_or_many_and_no_others(mailbox: Mailbox) -> None:
    async with desk(mailbox, config='[linking]\ncontact_link = "always"\n') as d:
        people = [await d.person(name, f"{name}@acme.example") for name in ("a", "b", "c")]
        for name in ("a", "b", "c"):
            await arrive(d, name, f"{name}@acme.example")
        deal = await d.deal("Rollout")
        await d.do(LinkMessages([d.id("a")], deals=[deal]))
        async with d.engine.mailbox.write() as tx:
            assert await links.linked_to(tx, people[:1], ()) == [d.id("a")]
            assert await links.linked_to(tx, people[1:], [deal]) == [d.id("a"), d.id("b"), d.id("c")]
            await links.drop(tx, await links.linked_to(tx, people[:2], ()), people[:2], ())
        assert {row.subject: row.link_state for row in d.rows()} == {
            "a": LinkState.LINKED,  # to the deal
            "b": LinkState.NONE,
            "c": LinkState.LINKED,
        }
