"""What is doubtful is seen where it matters: an address that mail does not reach, a sender who proves nothing."""

from __future__ import annotations

import sqlite3
import time

import pytest

from tests.screens.driving import composer, find, press, until
from tests.screens.home import workspace
from tests.widgets.goldens import screen_text
from tui.engine.paths import Paths
from tui.screens.contacts import ContactsScreen
from tui.screens.stories import PersonScreen
from tui.widgets.recipients import Recipients

ANN = "ann@acme.example"


def change(paths: Paths, *statements: str) -> None:
    with sqlite3.connect(paths.mailbox) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


@pytest.fixture
def lost(paths: Paths) -> Paths:
    """A home in which the last mail to Ann came back a moment ago."""
    change(
        paths,
        f"INSERT INTO deliveries SELECT '{ANN}', 999, {int(time.time())}, 'failed', 'there is no such mailbox',"
        f" message_id FROM messages WHERE direction = 'out' AND recipients LIKE '%{ANN}%' LIMIT 1",
    )
    return paths


async def test_an_address_that_mail_does_not_reach_is_marked_among_people_and_on_its_page(lost: Paths) -> None:
    async with workspace(lost, 140) as (pilot, screen):
        await press(pilot, "g", "c")
        assert isinstance(pilot.app.screen, ContactsScreen)
        await until(pilot, lambda: f"✗ {ANN}" in screen_text(pilot.app))
        people = pilot.app.screen.people
        assert screen_text(pilot.app).count("✗") == 1
        people.go_to(next(one for one in people.ids if ANN in screen.dealdesk.host.reader.crm.person(one).emails))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, PersonScreen)
        await until(pilot, lambda: f"✗ Mail to {ANN} failed at" in screen_text(pilot.app))
        words = " ".join(line.partition("│")[0].strip() for line in screen_text(pilot.app).splitlines())
        assert "there is no such mailbox." in words


async def test_completion_and_the_composer_say_so_too(lost: Paths) -> None:
    """What is noted behind an offer is never taken with it."""
    async with workspace(lost, 140) as (pilot, _):
        await press(pilot, "m")
        screen = composer(_)
        field = screen.query_one("#to", Recipients)
        await until(pilot, lambda: field.candidates)
        await press(pilot, *ANN[:5])
        assert f"✗ Mail to {ANN} failed" in field._suggestion
        await press(pilot, "right")
        assert field.value == f"Ann Archer <{ANN}>, "
        await until(pilot, lambda: f"mail to {ANN} failed: there is no such mailbox" in screen_text(pilot.app))


async def test_mail_that_fails_dmarc_has_no_badge_of_the_person_it_names(paths: Paths) -> None:
    """R15 links it by its address all the same; list, reader and deal say that it may not be theirs."""
    change(
        paths,
        "UPDATE messages SET dmarc_failed = 'mx.our' WHERE subject = 'Re: Offer for 40 seats'",
        """UPDATE accounts SET learned = json_set(learned, '$.judges', json('["mx.our"]'))""",
    )
    async with workspace(paths, 160) as (pilot, screen):
        forged = find(screen, "Re: Offer for 40 seats")
        assert forged.forged
        assert forged.deals
        screen.messages.go_to(forged.id)
        await press(pilot, "2")
        listed = next(line for line in screen_text(pilot.app).splitlines() if "! forged?" in line)
        assert "Ann Archer" in listed
        assert "◆" not in listed.partition("│")[2].partition("│")[0]
        assert "DMARC failed: whoever" in screen_text(pilot.app)
