"""The demo's people and deals get into a real CRM through its writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.demo.mail import sample
from tui.demo.people import CONTACTS, SALES, close, fill, plan
from tui.engine.crm import opendeals
from tui.engine.crm.activities import Activities, Notes
from tui.engine.crm.db import CrmDb
from tui.engine.crm.deals import Deals
from tui.engine.crm.people import People
from tui.engine.errors import InvalidInput


async def test_everybody_and_every_deal_is_there(tmp_path: Path) -> None:
    """All deals are open after fill, at the last of their stages, each with its person; close ends two of them."""
    db = await CrmDb.open(tmp_path / "crm.db")
    try:
        people, deals = People(db), Deals(db)
        await fill(db, people, deals)
        assert {deal.title: deal.stage for deal in await deals.list("open")} == {
            sale.title: sale.stages[-1] for sale in SALES
        }
        acme = await deals.get("Acme licences")
        assert 17 < (db.clock() - acme.created) / 86_400 < 19
        assert 8 < (db.clock() - acme.stage_entered) / 86_400 < 10
        registered = await people.by_address(contact.actor.email for contact in CONTACTS)
        assert len(registered) == len(CONTACTS)
        bo = registered["bo@beta.example"].id
        assert len((await db.read(opendeals.open_for([bo])))[bo]) == 2
        await plan(db, Activities(db), Notes(db))
        await close(db, deals)
        assert [deal.title for deal in await deals.list("won")] == ["Gamma rollout"]
        assert [deal.lost_reason for deal in await deals.list("lost")] == ["another offer was cheaper"]
        assert (await deals.get("Acme licences")).value == 1_200_000
        assert (await deals.get("Kaiyo pilot")).currency == "JPY"
    finally:
        await db.close()


async def test_a_filled_crm_is_not_filled_again(tmp_path: Path) -> None:
    """Filling twice is refused in one sentence that names who is there already."""
    db = await CrmDb.open(tmp_path / "crm.db")
    try:
        await fill(db, People(db), Deals(db))
        with pytest.raises(InvalidInput, match="ann@acme"):
            await fill(db, People(db), Deals(db))
    finally:
        await db.close()


def test_everybody_in_the_crm_has_mail() -> None:
    """Each contact appears in the sample, so that no deal pane is empty."""
    everything = b"\n".join(letter.raw for letter in sample(1_790_000_000))
    for contact in CONTACTS:
        assert contact.actor.email.encode() in everything
