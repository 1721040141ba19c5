"""How an empty home becomes the demo's workspace; the screen and the headless run share it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.demo import people
from tui.demo.cast import BY_ADDRESS
from tui.demo.mail import message_id, sample
from tui.demo.talks import TALKS, Talk
from tui.demo.world import FOLDERS, HOST, TEAM, World
from tui.engine.commands.link import LinkMessages, MarkPrivate
from tui.engine.crm.activities import Notes
from tui.engine.errors import DealdeskError
from tui.engine.model import Account, Row, Security, Server, View
from tui.engine.text import normalize_message_id

if TYPE_CHECKING:
    from tui.engine.core import Engine

WATCHED = ("INBOX", *FOLDERS)
EVERYTHING = View("all")


def stock(world: World) -> int:
    """Fill the servers' mailboxes with the sample mail and return how many messages that is."""
    return len(world.fill(sample(int(time.time()))))


async def setup(world: World, engine: Engine) -> None:
    """Make the workspace: people and deals, both accounts, one full sync, and what was decided by hand in the past.

    The servers must have been stocked. The engine must be open and not yet started.

    Raises:
        DealdeskError: a step failed; the sentence says which.
    """
    await people.fill(engine.crm, engine.people, engine.deals)
    await people.plan(engine.crm, engine.activities, Notes(engine.crm))
    for user in world.users:
        await engine.add_account(account(world, user), world.password)
    for report in await engine.sync():
        if report.error:
            raise DealdeskError(f"The first sync of {report.email} failed: {report.error}")
    await _past(engine)
    await people.close(engine.crm, engine.deals)
    await engine.forget_history()


def account(world: World, user: str) -> Account:
    """Return how a user of the world is connected: everything since ever, all folders, the team's mail shared."""
    return Account(
        id=0,
        email=user,
        name=BY_ADDRESS[user].name,
        user=user,
        imap=Server(HOST, world.imap_port, Security.NONE),
        smtp=Server(HOST, world.smtp_port, Security.NONE),
        kind="team" if user == TEAM else "personal",
        team="Sales" if user == TEAM else "",
        folders=WATCHED,
    )


def rows(engine: Engine) -> dict[str, Row]:
    """Return every message of the workspace by its Message-ID."""
    found = engine.reader.rows(engine.reader.ids(EVERYTHING))
    return {row.message_id: row for row in found}


def identity(talk: Talk, number: int) -> str:
    """Return the Message-ID (without brackets) of line ``number`` of a conversation."""
    sender = talk.us if talk.lines[number].ours else talk.them
    return normalize_message_id(message_id(talk.key, number, sender.domain))


async def _past(engine: Engine) -> None:
    """Choose the deals that the rules would not guess, and mark what is private, as was done when the mail came."""
    here = rows(engine)
    for talk in TALKS:
        ids = [here[name].id for number in range(len(talk.lines)) if (name := identity(talk, number)) in here]
        if talk.deal:
            deal = await engine.deals.get(talk.deal)
            await engine.do(LinkMessages(ids, deals=(deal.id,)))
        elif talk.private:
            await engine.do(MarkPrivate(ids))
    await engine.publish()
