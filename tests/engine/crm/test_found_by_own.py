"""With mail on a real server: an organization's shared address links nothing, and tags, owners and fields find mail."""

from __future__ import annotations

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import ANN, desk
from tui.engine.commands import ChooseRule
from tui.engine.model import View


@pytest.mark.parametrize("contact_link", ["with_open_deal", "always"])
async def test_R16_mail_from_a_shared_address_links_to_nothing_though_its_organization_has_an_open_deal(
    mailbox: Mailbox, contact_link: str
) -> None:
    async with desk(mailbox) as d:
        await d.engine.do(ChooseRule("contact_link", contact_link))
        await d.engine.organizations.add("Acme", emails=["info@acme.example"])
        await d.engine.deals.add("Rollout", org="Acme")
        d.deliver(d.mail("Hello", from_="Acme <info@acme.example>"))
        await d.sync()
        assert d.row("Hello").link_state == "none"


async def test_mail_is_found_by_the_tag_the_owner_and_the_fields_of_what_it_is_linked_to(mailbox: Mailbox) -> None:
    async with desk(mailbox) as d:
        engine = d.engine
        await engine.fields.add("deal", "Size", "choice", ["Small", "Large"])
        ann = await d.person()
        await engine.people.edit(ann, tags=["vip"], org="Acme")
        await engine.organizations.edit("Acme", tags=["key"])
        deal = await d.deal("Rollout", [ann])
        await engine.deals.edit(deal, tags=["big"], owner="Kim Lee", fields={"Size": "Large"})
        d.deliver(d.mail("Offer", from_=ANN))
        d.deliver(d.mail("Other", from_="x@stranger.example"))
        await d.sync()

        def found(query: str) -> list[str]:
            return [row.subject for row in d.reader.rows(d.reader.ids(View("all", query=query)))]

        for query in (
            "tag:vip",
            "tag:key",
            "tag:big",
            'owner:"kim lee"',
            "owner:kim",
            "field:size",
            "field:size=large",
        ):
            assert found(query) == ["Offer"], query
        for query in ("-tag:vip", "-owner:kim", "-field:size=large"):
            assert found(query) == ["Other"], query
        for query in ("tag:nothing", "owner:me", "field:size=small", "field:colour", "tag:vip subject:other"):
            assert found(query) == [], query
        await engine.deals.edit(deal, owner=engine.user)
        assert engine.user
        assert found("owner:me") == ["Offer"]
