"""Changing one field of a deal, a person or an organization by what somebody typed. Run on the engine's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.engine.errors import InvalidInput
from tui.engine.model import Deal, Organization, Person

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.crm.db import Changed


def deal_fields(deal: Deal) -> dict[str, str]:
    """Return the fields of a deal that can be changed, with what they say as somebody would type it."""
    from tui.engine.crm import money

    return {
        "title": deal.title,
        "value": money.show(deal.value, deal.currency),
        "expected close": deal.expected_close or "",
        "organization": deal.organization.name if deal.organization is not None else "",
        "add a person": "",
        "take off a person": deal.persons[-1].name if deal.persons else "",
    }


def person_fields(person: Person) -> dict[str, str]:
    """Return the fields of a person that can be changed, with what they say as somebody would type it."""
    return {
        "name": person.name,
        "addresses": ", ".join(person.emails),
        "phones": ", ".join(person.phones),
        "organization": person.organization.name if person.organization is not None else "",
        "title": person.title,
        "tags": ", ".join(person.tags),
        "note": person.note,
    }


def organization_fields(organization: Organization) -> dict[str, str]:
    """Return the fields of an organization that can be changed, with what they say."""
    return {"name": organization.name, "website": organization.website, "note": organization.note}


async def add_person(engine: Engine, text: str) -> str:
    """Add a person from ``Ann Archer <ann@acme.example>, Acme Ltd``; return what was done.

    Raises:
        InvalidInput: there is no name or address, or the address is somebody else's.
    """
    from tui.engine.mail.addresses import parse_addresses

    written, mark, organization = text.partition(">" if ">" in text else ",")
    found = parse_addresses((written + mark.strip(",")).encode())
    if not found or not found[0].email:
        raise InvalidInput(f'"{text}" names nobody; write it like Ann Archer <ann@acme.example>, Acme Ltd.')
    one = found[0]
    organization = organization.strip(" ,")
    return await _recorded(
        engine, await engine.people.add(one.name or one.email, emails=(one.email,), org=organization or None)
    )


async def amend_deal(engine: Engine, deal_id: int, field: str, text: str) -> str:
    """Change a field of a deal; return what was done.

    Raises:
        InvalidInput, NotFound, Ambiguous: what was typed is no such thing.
    """
    from tui.engine.crm import dates, money

    edit, text = engine.deals.edit, text.strip()
    match field:
        case "title":
            changed = await edit(deal_id, title=text)
        case "value":
            before = await engine.deals.get(deal_id)
            amount, currency = money.read(text, before.currency)
            changed = await edit(deal_id, value=amount, currency=currency)
        case "expected close":
            changed = await edit(deal_id, close=dates.parse(text).isoformat() if text else "")
        case "organization":
            changed = await edit(deal_id, org=text)
        case "add a person":
            changed = await edit(deal_id, add_persons=(text,))
        case "take off a person":
            changed = await edit(deal_id, remove_persons=(text,))
        case _:
            raise InvalidInput(f'A deal has no field "{field}".')
    return await _recorded(engine, changed)


async def amend_person(engine: Engine, person_id: int, field: str, text: str) -> str:
    """Change a field of a person; return what was done. Several addresses, phones and tags are set apart by commas.

    Raises:
        InvalidInput: what was typed is no such thing, or an address is somebody else's.
    """
    edit, several = engine.people.edit, [part.strip() for part in text.split(",") if part.strip()]
    match field:
        case "name":
            changed = await edit(person_id, name=text)
        case "addresses":
            changed = await edit(person_id, emails=several)
        case "phones":
            changed = await edit(person_id, phones=several)
        case "organization":
            changed = await edit(person_id, org=text)
        case "title":
            changed = await edit(person_id, title=text)
        case "tags":
            changed = await edit(person_id, tags=several)
        case "note":
            changed = await edit(person_id, note=text)
        case _:
            raise InvalidInput(f'A person has no field "{field}".')
    return await _recorded(engine, changed)


async def amend_organization(engine: Engine, organization_id: int, field: str, text: str) -> str:
    """Change a field of an organization; return what was done.

    Raises:
        InvalidInput: the name is empty or taken.
    """
    edit = engine.organizations.edit
    match field:
        case "name":
            changed = await edit(organization_id, name=text)
        case "website":
            changed = await edit(organization_id, website=text)
        case "note":
            changed = await edit(organization_id, note=text)
        case _:
            raise InvalidInput(f'An organization has no field "{field}".')
    return await _recorded(engine, changed)


async def _recorded(engine: Engine, changed: Changed) -> str:
    return (await engine.record(changed)).title
