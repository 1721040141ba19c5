"""What the link picker offers for messages, the likeliest first, each with why.

In this order: the deals of the thread; those of the people in it, and the people alone; the deals of their
organizations; where nobody is registered those of the domain; closed deals. What was last used is asked for itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence

from tui.engine.accounts.providers import PROVIDERS
from tui.engine.model import Address, Deal, DealRef, Direction, LinkCandidate, Person, PersonRef, Row
from tui.engine.store.mailreads import MailReads
from tui.engine.store.records import own_of
from tui.engine.text import age, normalize_address

DOMAIN_PEOPLE = 20
"""People of a stranger's domain that are offered."""

RECENT = 5
"""Deals linked by hand that are offered."""

LOOKED_AT = 20_000
"""The newest links among which those made by hand are looked for."""


def found(reader: MailReads, text: str) -> list[LinkCandidate]:
    """Return the deals and people that ``text`` finds."""
    persons, deals = reader.crm.search(text, limit=30)
    return [*(_of_deal(deal, "found") for deal in deals), *(_of_person(one, "person, no deal") for one in persons)]


def likely(reader: MailReads, message_ids: Sequence[int]) -> list[LinkCandidate]:
    """Return the likely answers for these messages."""
    rows = reader.rows(message_ids)
    people = _people(reader, rows)
    sources = [
        _of_thread(reader, rows),
        _of_people(reader, people),
        (_of_person(one, "person, no deal") for one in people),
        _of_organizations(reader, people),
        _of_domains(reader, rows) if not people else (),
        _closed(reader, people),
    ]
    seen: dict[tuple[int | None, int | None], LinkCandidate] = {}
    for one in (candidate for source in sources for candidate in source):
        person = one.person.id if one.person is not None and one.deal is None else None
        seen.setdefault((person, one.deal.id if one.deal is not None else None), one)
    return list(seen.values())


def recent(reader: MailReads) -> list[LinkCandidate]:
    """Return the open deals that were last linked by hand, whatever to."""
    used = reader.mailbox.execute(
        "SELECT deal_id, max(created) FROM links WHERE id > (SELECT coalesce(max(id), 0) - ? FROM links)"
        " AND deal_id IS NOT NULL AND removed_at IS NULL AND origin IN ('manual', 'compose')"
        " GROUP BY deal_id ORDER BY 2 DESC, 1 DESC LIMIT ?",
        (LOOKED_AT, 4 * RECENT),
    ).fetchall()
    deals = {deal.id: deal for deal in reader.crm.deals_by_ids([record[0] for record in used])}
    open_ones = [(deal, at) for number, at in used if (deal := deals.get(number)) is not None and deal.status == "open"]
    return [_of_deal(deal, f"used {age(time.time() - at)} ago") for deal, at in open_ones[:RECENT]]


def counterpart(reader: MailReads, row: Row) -> Address | None:
    """Return the other side of a message; None when there is none but us."""
    own = own_of(reader.accounts())
    others = (row.sender,) if row.direction is Direction.IN else (*row.to, *row.cc)
    return next((one for one in others if normalize_address(one.email) not in own), None)


def _people(reader: MailReads, rows: Sequence[Row]) -> list[Person]:
    own = own_of(reader.accounts())
    addresses = {
        normalize_address(one.email)
        for row in rows
        for one in ((row.sender,) if row.direction is Direction.IN else (*row.to, *row.cc))
    }
    refs = reader.crm.by_address(addresses - own)
    linked = {person.id for row in rows for person in row.persons}
    return reader.crm.persons_by_ids(linked | {person.id for person in refs.values()})


def _of_thread(reader: MailReads, rows: Sequence[Row]) -> Iterator[LinkCandidate]:
    linked = reader.mailbox.execute(
        "SELECT DISTINCT k.deal_id FROM links k JOIN messages m ON m.id = k.message_id WHERE k.deal_id IS NOT NULL"
        " AND k.removed_at IS NULL AND m.thread_id IN (SELECT value FROM json_each(?))",
        (json.dumps([row.thread for row in rows]),),
    )
    for deal in reader.crm.deals_by_ids([record[0] for record in linked]):
        yield _of_deal(deal, "this thread is linked to it")


def _of_people(reader: MailReads, people: Sequence[Person]) -> Iterator[LinkCandidate]:
    for person in people:
        deals = reader.crm.deals_of_persons([person.id], open_only=True)
        for deal in _lively_first(reader, deals):
            yield _of_deal(deal, f"{person.name} is its contact")


def _of_organizations(reader: MailReads, people: Iterable[Person]) -> Iterator[LinkCandidate]:
    for one in dict.fromkeys(person.organization for person in people if person.organization is not None):
        deals = [deal for deal in reader.crm.deals_of_organization(one.id) if deal.status == "open"]
        for deal in _lively_first(reader, deals):
            yield _of_deal(deal, f"a deal of {one.name}")


def _of_domains(reader: MailReads, rows: Sequence[Row]) -> Iterator[LinkCandidate]:
    """Give the open deals, then the people, of the domains of strangers; who is at a provider has that in common."""
    others = [one for row in rows if (one := counterpart(reader, row)) is not None]
    for domain in sorted({one.email.rpartition("@")[2].lower() for one in others} - {"", *PROVIDERS}):
        people = [
            one
            for one in reader.crm.persons(f"@{domain}")[:DOMAIN_PEOPLE]
            if any(email.lower().endswith(f"@{domain}") for email in one.emails)
        ]
        for deal in reader.crm.deals_of_persons([one.id for one in people], open_only=True):
            yield _of_deal(deal, f"its people write from {domain}")
        for person in people:
            yield _of_person(person, f"also at {domain}")


def _closed(reader: MailReads, people: Iterable[Person]) -> Iterator[LinkCandidate]:
    for person in people:
        for deal in reader.crm.deals_of_persons([person.id], open_only=False):
            if deal.status != "open":
                yield _of_deal(deal, f"{deal.status}; {person.name} is its contact")


def _lively_first(reader: MailReads, deals: Sequence[Deal]) -> list[Deal]:
    last = reader.crm.last_mail([deal.id for deal in deals])
    return sorted(deals, key=lambda deal: last.get(deal.id, 0), reverse=True)


def _of_deal(deal: Deal, reason: str) -> LinkCandidate:
    ref = DealRef(deal.id, deal.title, deal.stage, deal.status)
    return LinkCandidate(None, ref, deal.value, deal.currency, reason)


def _of_person(person: Person, reason: str) -> LinkCandidate:
    return LinkCandidate(PersonRef(person.id, person.name), None, 0, "", reason)
