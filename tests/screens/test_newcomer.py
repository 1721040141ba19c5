"""A new person or deal from a message: one form filled from headers and signature, and the offer of earlier mail."""

from __future__ import annotations

import re

from textual.widgets import Input

from tests.screens.driving import find, press, send, stored, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.core import Engine
from tui.engine.model import LinkState, View
from tui.engine.paths import Paths
from tui.screens.dialogs import Confirm
from tui.screens.newcomer import NewcomerForm


async def test_the_form_is_filled_from_headers_and_signature(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        stranger = find(screen, "Price for 12 seats?")
        screen.messages.go_to(stranger.id)
        await press(pilot, "l")
        await press(pilot, "1")
        form = pilot.app.screen
        assert isinstance(form, NewcomerForm)
        said = {field.id: field.value for field in form.query(Input)}
        assert said["email"] == stranger.sender.email
        assert said["name"] == stranger.sender.name
        await until(pilot, lambda: "Enter adds" in screen_text(pilot.app))
        shown = [line.partition("█")[2] for line in screen_text(pilot.app).splitlines() if "█" in line]
        names = ("Deal", "Value", "Name", "Address", "Phone", "Title", "Organization")
        assert shown[0].strip() == "New deal with Nadia Haddad"
        assert [line.split()[0] for line in shown[1:-1]] == list(names)
        assert shown[-1].strip() == "Tab next field · Enter adds · Esc leaves"
        await press(pilot, *"Kappa", "tab", *"4,500 USD", "enter")
        await until(pilot, lambda: "could mean" in screen_text(pilot.app))
        send(pilot, "shift+tab", *"XY", "backspace", "backspace", "tab", "end", "1", "backspace", "down", "up")
        await press(pilot)
        assert [form.query_one(f"#{name}", Input).value for name in ("deal", "value")] == ["Kappa", "4,500 USD"]
        assert pilot.app.screen is form
        await press(pilot, *["backspace"] * 9, *"4500 USD", "shift+tab", *" seats", "enter")
        await until(pilot, lambda: stored(screen, stranger.id).deals)
        deal = screen.dealdesk.host.reader.crm.deal("Kappa seats")
        assert (deal.value, deal.currency, len(deal.persons)) == (450_000, "USD", 1)


async def test_R19_earlier_mail_is_offered_and_nothing_is_linked_by_it(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        rows = reader.rows(reader.ids(View("inbox")))
        every = reader.rows(reader.ids(View("all")))
        senders = [one.sender.email for one in every if one.link_state is LinkState.NONE]
        chosen = next(one for one in rows if senders.count(one.sender.email) > 1)
        email = chosen.sender.email
        screen.messages.go_to(chosen.id)
        await press(pilot, "l", "2")
        assert isinstance(pilot.app.screen, NewcomerForm)
        assert "deal" not in {field.id for field in pilot.app.screen.query(Input)}
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        others = senders.count(email) - 1
        assert f"{others} earlier mail" in screen_text(pilot.app)
        assert [one.name for one in stored(screen, chosen.id).persons] == [chosen.sender.name or email]
        await press(pilot, "y")
        await until(pilot, lambda: len(screen.messages.ids) == others and screen.shown.view.kind == "all")
        assert all(one.link_state is not LinkState.LINKED for one in reader.rows(screen.messages.ids))


async def test_a_form_that_names_nothing_is_one_sentence(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        screen.messages.go_to(find(screen, "Price for 12 seats?").id)
        before = screen.dealdesk.host.reader.crm.persons()
        await press(pilot, "l", "2", *["backspace"] * 40, "enter")
        assert any("names neither a person nor a deal" in one.message for one in pilot.app._notifications)
        assert screen.dealdesk.host.reader.crm.persons() == before


async def test_a_stranger_of_a_known_domain_is_offered_its_deals(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (_, screen):
        reader = screen.dealdesk.host.reader
        stranger = find(screen, "Price for 12 seats?")
        assert reader.link_candidates([stranger.id]) == []
        assert "Kim Kappa" not in [one.name for one in reader.crm.search("kim kap")[0]]
        domain = stranger.sender.email.partition("@")[2]

        async def colleague(engine: Engine) -> None:
            person = await engine.record(await engine.people.add("Kim Kappa", emails=[f"kim@{domain}"]))
            await engine.record(await engine.deals.add("Kappa framework", persons=[person.id]))

        await screen.dealdesk.ask(colleague)
        assert "Kim Kappa" in [one.name for one in reader.crm.search("kim kap")[0]]
        found = reader.link_candidates([stranger.id])
        assert [(one.deal.title if one.deal else one.person and one.person.name, one.reason) for one in found] == [
            ("Kappa framework", f"its people write from {domain}"),
            ("Kim Kappa", f"also at {domain}"),
        ]
        assert not stored(screen, stranger.id).deals


async def test_the_picker_offers_the_deals_of_the_organization_and_those_last_used_with_when(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        acme = find(screen, "Re: Offer for 40 seats")

        async def more(engine: Engine) -> None:
            await engine.record(await engine.deals.add("Acme second site", org="Acme GmbH"))

        await screen.dealdesk.ask(more)
        reasons = {one.deal.title: one.reason for one in reader.link_candidates([acme.id]) if one.deal}
        assert list(reasons)[-1] == "Acme second site"
        assert reasons["Acme second site"] == "a deal of Acme GmbH"
        before = [one.deal for one in reader.recent_deals()]
        stranger = find(screen, "Price for 12 seats?")
        screen.messages.go_to(acme.id)
        await press(pilot, "l", *"delta", "enter")
        screen.messages.go_to(stranger.id)
        await press(pilot, "l")
        await until(pilot, lambda: "new deal with" in screen_text(pilot.app))
        in_order = r"new deal with[\s\S]*3 +◆ Delta audit .* used \d+ s ago"
        await until(pilot, lambda: re.search(in_order, screen_text(pilot.app)))
        assert [one.deal for one in reader.recent_deals()][1:] == before
        await press(pilot, "3")
        assert [one.title for one in stored(screen, stranger.id).deals] == ["Delta audit"]
