"""One template to the people of many deals: a letter for each, shown before it is sent, filed under its deal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.engine.identities import Identity
from tui.engine.mail.typed import written
from tui.engine.model import Address, Draft
from tui.engine.templates import Template, fields_of, fill

if TYPE_CHECKING:
    from tui.engine.store.reader import Reader

MOST = 500
"""Letters of one go; who writes to more people than that needs another program."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of many: the deal's title, whom it is for, the draft, and what it lacks ("" fields, an address)."""

    deal: str
    person: str
    draft: Draft
    missing: tuple[str, ...]


def letters(reader: Reader, template: Template, deal_ids: Iterable[int], identity: Identity) -> list[Letter]:
    """Return a letter for each person of each deal, in the order of the deals; at most ``MOST``.

    Args:
        reader: reads the CRM.
        template: what is written.
        deal_ids: the deals; each letter is filed under its own.
        identity: who writes.

    Raises:
        InvalidInput: the template is not well formed.
    """
    wanted = list(dict.fromkeys(deal_ids))
    deals = {deal.id: deal for deal in reader.crm.deals_by_ids(wanted)}
    found: list[Letter] = []
    for deal in (deals[number] for number in wanted if number in deals):
        for one in deal.persons:
            person = reader.crm.person(one.id)
            to = written(Address(person.name, person.emails[0])) if person.emails else ""
            draft = Draft(identity.account_id, to=to, deal_id=deal.id, sender=identity.sender)
            filled = fill(template, fields_of(reader, draft, identity))
            missing = (*filled.missing, *(() if to else ("an address",)), *(() if filled.subject else ("a subject",)))
            draft = Draft(
                identity.account_id,
                to=to,
                subject=filled.subject,
                body=filled.body + identity.block,
                deal_id=deal.id,
                sender=identity.sender,
            )
            found.append(Letter(deal.title, person.name, draft, missing))
            if len(found) == MOST:
                return found
    return found
