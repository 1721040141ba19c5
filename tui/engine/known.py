"""What the CRM knows at the moment of an ingest: the people in some headers and the deals that are open for them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm import fetch, opendeals
from tui.engine.crm.db import CrmDb
from tui.engine.linking import Known
from tui.engine.mail.headers import HeaderFacts
from tui.engine.store import links
from tui.engine.store.db import Tx
from tui.engine.store.ingest import participants


async def look_up(crm: CrmDb, tx: Tx, facts: Sequence[HeaderFacts]) -> Known:
    """Return what the link rules need to know about a batch of headers, in a handful of queries.

    Args:
        tx: the mailbox, for the deals of the threads that the headers answer.
    """
    persons = await crm.read(fetch.by_address({one.address for header in facts for one in participants(header)}))
    deals = await crm.read(opendeals.open_for({person.id for person in persons.values()}))
    named = {name for header in facts for name in (*header.in_reply_to, *header.references)}
    answered = await links.deals_of_message_ids(tx, named)
    candidates = {deal for linked in answered.values() for deal in linked} | set(await links.chosen_deals(tx, named))
    candidates |= {deal.id for found in deals.values() for deal in found}
    open_now = await crm.read(opendeals.open_deals(candidates)) if candidates else {}
    return Known(persons, {person: tuple(found) for person, found in deals.items()}, open_now)
