"""What the CRM knows at the moment of an ingest: the people in some headers and the deals that are open for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tui.engine.crm import fetch, opendeals
from tui.engine.crm.db import CrmDb
from tui.engine.linking import Known, OpenDeal
from tui.engine.mail.headers import HeaderFacts
from tui.engine.model import PersonRef
from tui.engine.store import links
from tui.engine.store.db import Tx
from tui.engine.store.ingest import participants


async def look_up(crm: CrmDb, tx: Tx, facts: Sequence[HeaderFacts]) -> Known:
    """Return what the link rules need to know about a batch of headers, in a handful of queries.

    Args:
        tx: the mailbox, for the deals of the threads that the headers answer.
    """
    named_in = [[one.address for one in participants(header)] for header in facts]
    persons = await crm.read(fetch.by_address({address for addresses in named_in for address in addresses}))
    deals: Mapping[int, Sequence[OpenDeal]] = {}
    if persons:
        deals = await crm.read(opendeals.open_for({person.id for person in persons.values()}))
    if rivals := _rivals(named_in, persons, deals):
        dates = await crm.read(fetch.last_mail(rivals))
        deals = {
            person: [deal._replace(last_mail=dates.get(deal.id, 0)) if deal.id in rivals else deal for deal in found]
            for person, found in deals.items()
        }
    named = {name for header in facts for name in (*header.in_reply_to, *header.references)}
    answered = await links.deals_of_message_ids(tx, named)
    candidates = {deal for linked in answered.values() for deal in linked} | set(await links.chosen_deals(tx, named))
    of_people = {deal.id: deal for found in deals.values() for deal in found}
    others = candidates - of_people.keys()
    return Known(persons, deals, of_people | (await crm.read(opendeals.open_deals(others)) if others else {}))


def _rivals(
    named_in: Iterable[Sequence[str]], persons: Mapping[str, PersonRef], deals: Mapping[int, Sequence[OpenDeal]]
) -> set[int]:
    """Return the deals of messages that lead to several: which of them had mail last may decide (``multi_deal``)."""
    rivals: set[int] = set()
    ids = {address: [deal.id for deal in deals[person.id]] for address, person in persons.items() if person.id in deals}
    for addresses in named_in:
        known = [ids[address] for address in addresses if address in ids]
        found = set().union(*known)
        if len(found) > 1:
            rivals |= found
    return rivals
