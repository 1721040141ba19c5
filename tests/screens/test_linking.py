"""R15 to R28 on the screen: mail comes while the workspace is open, keys link it, and the rows say what is so."""

from __future__ import annotations

import pytest

from tests.screens.driving import find, press, row, until
from tests.screens.home import workspace
from tests.screens.test_deals import deal, rest
from tests.servers.mailgen import make_mail
from tests.widgets.goldens import screen_text
from tui.demo.world import ME, TEAM
from tui.engine.core import Engine
from tui.engine.mail.headers import parse_header
from tui.engine.model import LinkState
from tui.engine.paths import Paths
from tui.engine.store import folders
from tui.engine.store.derive import derive
from tui.engine.store.ingest import Arrival
from tui.engine.sync.arriving import take
from tui.engine.sync.context import Tally
from tui.engine.sync.intake import store
from tui.screens.pipeline import PipelineScreen
from tui.screens.settings import SettingsScreen, Value
from tui.screens.workspace import Workspace

ANN, BO, CARLA = "Ann Archer <ann@acme.example>", "Bo Chen <bo@beta.example>", "Carla <carla@gamma.example>"
KIM = "Kim Kappa <kim@kappa.example>"


def mail(subject: str, from_: str, to: str = ME) -> bytes:
    """A message, always with the same name."""
    return make_mail(from_, to, subject, f"About {subject}.", message_id=f"<{subject.replace(' ', '-')}@new.example>")


async def arrive(screen: Workspace, *mails: bytes, folder: str = "INBOX", account: str = ME, uid: int = 9000) -> None:
    """Have mail taken in as a sync does, at these UIDs."""

    async def come(engine: Engine) -> None:
        whose = next(one.id for one in engine.reader.accounts() if one.email == account)
        there = await folders.of_account(engine.mailbox.reads, whose)
        here = next(one for one in there if one.name == folder)
        arrivals = [
            Arrival(uid + at, parse_header(raw.partition(b"\r\n\r\n")[0]), frozenset(), len(raw), None)
            for at, raw in enumerate(mails)
        ]
        done = await take(engine.context(), here, 1, arrivals, Tally())
        await store(
            engine.context(),
            [derive(done.new[uid + at], raw) for at, raw in enumerate(mails) if uid + at in done.new],
        )

    await screen.dealdesk.ask(come)


@pytest.mark.parametrize(
    ("contact_link", "multi_deal"),
    [("with_open_deal", "ask"), ("always", "newest"), ("with_open_deal", "last_active"), ("always", "all")],
)
async def test_R15_R16_R17_every_setting_chosen_by_key(paths: Paths, contact_link: str, multi_deal: str) -> None:
    async with workspace(paths, 160, 50) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        both = {one: deal(screen, one) for one in ("Beta renewal", "Beta training")}
        last = reader.crm.last_mail([one.id for one in both.values()])
        wanted = {
            "ask": set(),
            "newest": {max(both, key=lambda one: both[one].created)},
            "last_active": {max(both, key=lambda one: last[both[one].id])},
            "all": set(both),
        }[multi_deal]
        await rest(pilot, "g", "comma")
        page = pilot.app.screen
        assert isinstance(page, SettingsScreen)
        for name, value in (("contact_link", contact_link), ("multi_deal", multi_deal)):
            page.lines.go_to(Value(name, value))
            await rest(pilot, "enter")
            if page.now[name] != value:
                await rest(pilot, "y")
        await rest(pilot, "q")
        new = [mail("From Ann", ANN), mail("From Bo", BO), mail("From Carla", CARLA), mail("Hello", KIM)]
        await arrive(screen, *new)
        await until(pilot, lambda: "From Carla" in screen_text(pilot.app))
        await press(pilot)
        assert [one.title for one in find(screen, "From Ann").deals] == ["Acme licences"]
        assert {one.title for one in find(screen, "From Bo").deals} == wanted
        carla = find(screen, "From Carla")
        assert [one.name for one in carla.persons] == (["Carla Díaz"] if contact_link == "always" else [])
        assert not carla.deals
        assert find(screen, "Hello").link_state is LinkState.NONE
        of_bo = next(line for line in screen_text(pilot.app).splitlines() if "From Bo" in line)
        assert ("◇ which?" in of_bo) == (multi_deal == "ask")


async def test_R18_R19_R20_R21_R22_R23_links_by_key_and_by_rule_side_by_side(paths: Paths) -> None:
    async with workspace(paths, 150, 50) as (pilot, screen):

        async def known(engine: Engine) -> None:
            await engine.record(await engine.people.add("Kim Kappa", emails=["kim@kappa.example"], org="Kappa"))
            await engine.record(await engine.deals.add("Kappa frame", org="Kappa"))

        async def attached(engine: Engine) -> None:
            kim = engine.reader.crm.person("Kim Kappa").id
            await engine.record(await engine.deals.edit("Kappa frame", add_persons=[kim]))

        await arrive(screen, mail("First", KIM))
        await screen.dealdesk.ask(known)
        await arrive(screen, mail("Second", KIM), uid=9100)
        await screen.dealdesk.ask(attached)
        again = mail("Third", KIM)
        await arrive(screen, again, uid=9200)
        await until(pilot, lambda: "Third" in screen_text(pilot.app))
        await press(pilot)
        assert find(screen, "First").link_state is LinkState.NONE, "R19"
        assert find(screen, "Second").link_state is LinkState.NONE, "R18, R19"
        third = find(screen, "Third")
        assert [one.title for one in third.deals] == ["Kappa frame"], "R20"
        await rest(pilot, "g", "p", "\\", *"kappa", "enter", "W", "q", "q")
        assert not isinstance(pilot.app.screen, PipelineScreen)
        assert deal(screen, "Kappa frame").status == "won"
        await arrive(screen, mail("Fourth", KIM), uid=9300)
        await until(pilot, lambda: "Fourth" in screen_text(pilot.app))
        await press(pilot)
        assert [one.status for one in find(screen, "Third").deals] == ["won"], "R21: the link stays"
        assert not find(screen, "Fourth").deals, "R21: what comes now does not link"
        screen.messages.go_to(find(screen, "Fourth").id)
        await press(pilot, "l", *"kappa frame", "enter")
        assert [one.title for one in row(screen).deals] == ["Kappa frame"], "R22: a closed one too"
        await press(pilot, "u")
        assert not row(screen).deals
        screen.messages.go_to(third.id)
        await press(pilot, "L")
        if pilot.app.screen is not screen:  # it asks which, for there are a person and a deal
            await press(pilot, "1")
        assert find(screen, "Third").link_state is LinkState.NONE
        await rest(pilot, "g", "p", "q")
        await screen.dealdesk.ask(lambda engine: engine.deals.reopen("Kappa frame"))
        await arrive(screen, again, uid=9400)
        await press(pilot)
        assert [one.subject for one in screen.dealdesk.host.reader.rows(screen.messages.ids)].count("Third") == 1
        assert find(screen, "Third").link_state is LinkState.NONE, "R23"


async def test_R24_R26_R28_what_was_sent_elsewhere_and_the_teams_mail_are_in_the_deals_story(paths: Paths) -> None:
    async with workspace(paths, 160, 50) as (pilot, screen):
        await arrive(screen, mail("Sent from the phone", ME, ANN), folder="Sent")
        await arrive(screen, mail("To the team", ANN, TEAM), account=TEAM)
        await rest(pilot, "g", "s")
        await until(pilot, lambda: "Sent from the phone" in screen_text(pilot.app))
        await press(pilot)
        assert [one.title for one in find(screen, "Sent from the phone").deals] == ["Acme licences"], "R24"
        await rest(pilot, "g", "p", "\\", *"acme", "enter", "enter")
        story = screen_text(pilot.app).splitlines()
        ours = next(line for line in story if "Sent from the phone" in line)
        teams = next(line for line in story if "To the team" in line)
        assert ("→" in ours, "←" in teams) == (True, True)
        assert (ME in ours, TEAM in teams) == (True, True), "R28: whose mailbox it came from"
