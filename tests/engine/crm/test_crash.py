"""What the CRM has committed is in the journal, too, whatever came between the commits of the two databases."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.conftest import ROOT, Mailbox
from tests.engine.crm.files import rows
from tests.engine.rules.desk import ANN, Desk, desk
from tui.engine.commands import CloseDeal, DeleteDeal
from tui.engine.commands.crm import applied
from tui.engine.core import Engine
from tui.engine.paths import Paths

TITLES = {
    "add": "Added Second",
    "close": "Marked as won: Rollout",
    "delete": "Deleted Rollout",
    "delete person": "Deleted Ann Archer",
}


@dataclass(frozen=True)
class State:
    """What a person sees of the CRM: its rows, and who a mail is linked to."""

    crm: dict[str, list[tuple[object, ...]]]
    linked: tuple[list[int], list[int]]


async def state(d: Desk) -> State:
    """Return what there is."""
    await d.engine.publish()
    found = await rows(d.engine)
    told = ("persons", "deals", "person_emails", "deal_persons", "mail_deals", "mail_persons", "meta")
    row = d.row("Offer")
    return State({name: found[name] for name in told}, ([one.id for one in row.persons], [one.id for one in row.deals]))


async def killed(what: str, when: str) -> None:
    """Change the CRM in a process of its own and kill it with SIGKILL between two commits."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.engine.crm.victim", what, when, cwd=ROOT, env=os.environ, stdout=-1
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        said = await process.stdout.readline()
    process.kill()
    await process.wait()
    assert said == b"here\n", f"{what} never stood"


@asynccontextmanager
async def ready(mailbox: Mailbox) -> AsyncIterator[Desk]:
    """Give a desk with Ann, her deal and a mail that is linked to both; nothing can be undone."""
    async with desk(mailbox) as d:
        await d.deal("Rollout", [await d.person()])
        d.deliver(d.mail("Offer", from_=ANN))
        await d.sync()
        await d.engine.forget_history()
        yield d


@pytest.mark.parametrize("when", ["between", "after"])
@pytest.mark.parametrize("what", list(TITLES))
async def test_a_change_of_a_killed_process_is_known_to_undo_once(mailbox: Mailbox, what: str, when: str) -> None:
    async with ready(mailbox) as d:
        before = await state(d)
    await killed(what, when)
    async with desk(mailbox) as d:
        changed = await state(d)
        assert changed != before
        assert changed.crm["meta"] == before.crm["meta"], "the CRM keeps no note of what the journal has"
        assert [title for _, title in await d.engine.history()] == [TITLES[what]]
        if what.startswith("delete"):
            assert 1 not in changed.linked[what == "delete"]
        assert await d.engine.undo() == TITLES[what]
        assert await state(d) == before
        assert await d.engine.undo() is None


@pytest.mark.parametrize("when", ["between", "after"])
@pytest.mark.parametrize("command", [CloseDeal(1, "won"), DeleteDeal(1)])
async def test_what_a_killed_process_took_back_is_taken_back(
    mailbox: Mailbox, command: CloseDeal | DeleteDeal, when: str
) -> None:
    async with ready(mailbox) as d:
        before = await state(d)
        title = (await d.do(command)).title
        done = await state(d)
    await killed("undo", when)
    async with desk(mailbox) as d:
        assert await state(d) == before
        assert await d.engine.history() == []
        assert await d.engine.redo() == title
        assert (await state(d)).linked == done.linked
    async with desk(mailbox) as d:
        assert await d.engine.undo() == title
        assert await state(d) == before


@pytest.mark.parametrize("when", ["between", "after"])
async def test_what_a_killed_process_did_again_can_be_taken_back(mailbox: Mailbox, when: str) -> None:
    async with ready(mailbox) as d:
        before = await state(d)
        title = (await d.do(DeleteDeal(1))).title
        assert await d.engine.undo() == title
    await killed("redo", when)
    async with desk(mailbox) as d:
        assert (await state(d)).linked == ([1], [])
        assert await d.engine.redo() is None
        assert await d.engine.undo() == title
        assert await state(d) == before


async def test_what_was_done_again_is_taken_back_though_time_has_passed(mailbox: Mailbox) -> None:
    async with ready(mailbox) as d:
        moment = d.engine.crm.clock()
        for passed, act in enumerate((lambda: d.do(CloseDeal(1, "won")), d.engine.undo, d.engine.redo, d.engine.undo)):
            d.engine.crm.clock = lambda at=moment + 100 * passed: at  # type: ignore[misc]
            await act()
        assert [deal.status for deal in await d.engine.deals.list()] == ["open"]


async def test_a_change_is_written_down_once_though_another_process_starts_meanwhile(mailbox: Mailbox) -> None:
    """It takes what it finds for what a crash left; it is the same action."""
    async with ready(mailbox) as d:
        changed = await d.engine.deals.add("Second", [1])
        other = await Engine.open(Paths.of())
        try:
            assert [title for _, title in await other.history()] == ["Added Second"]
            done = await d.engine.journal.record(applied(changed))
            assert await other.history() == [(done.action_id, "Added Second")]
        finally:
            await other.close()
        assert await d.engine.undo() == "Added Second"
        assert await d.engine.undo() is None
