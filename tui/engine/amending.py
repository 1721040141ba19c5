"""Changing one field of a deal, a person, an organization or an activity by what somebody typed, on its loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.engine.errors import InvalidInput
from tui.engine.model import Activity, Deal, Field, Organization, Person, PersonRef

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.crm.db import Changed
    from tui.engine.crm.reader import CrmReader


NAMED = "role of "
"""What the field of somebody's role in a deal begins with."""


def deal_fields(deal: Deal, own: Sequence[Field] = ()) -> dict[str, str]:
    """Return the fields of a deal that can be changed, with what they say as somebody would type it.

    Args:
        own: the fields that people declared for deals.
    """
    from tui.engine.crm import money

    return {
        "title": deal.title,
        "value": money.show(deal.value, deal.currency),
        "expected close": deal.expected_close or "",
        "owner": deal.owner,
        "tags": ", ".join(deal.tags),
        "organization": deal.organization.name if deal.organization is not None else "",
        **_values(own, deal.fields),
        "first person": deal.persons[0].name if deal.persons else "",
        **{label: one.role for label, one in _roles(deal).items()},
        "add a person": "",
        "take off a person": deal.persons[-1].name if deal.persons else "",
    }


def person_fields(person: Person, own: Sequence[Field] = ()) -> dict[str, str]:
    """Return the fields of a person that can be changed, with what they say as somebody would type it."""
    return {
        "name": person.name,
        "addresses": ", ".join(person.emails),
        "phones": ", ".join(person.phones),
        "organization": person.organization.name if person.organization is not None else "",
        "title": person.title,
        "tags": ", ".join(person.tags),
        **_values(own, person.fields),
        "note": person.note,
    }


def organization_fields(organization: Organization, own: Sequence[Field] = ()) -> dict[str, str]:
    """Return the fields of an organization that can be changed, with what they say."""
    return {
        "name": organization.name,
        "website": organization.website,
        "shared addresses": ", ".join(organization.emails),
        "tags": ", ".join(organization.tags),
        **_values(own, organization.fields),
        "note": organization.note,
    }


def activity_fields(one: Activity) -> dict[str, str]:
    """Return the fields of an activity that can be changed, with what they say."""
    from tui.engine.crm import dates

    due = dates.show_due(one.due, one.all_day)
    return {"subject": one.subject, "due": due, "kind": one.kind, "repeat": one.repeat or "never"}


def choices(own: Sequence[Field] = (), deal: Deal | None = None) -> dict[str, Sequence[str]]:
    """Return the fields for which there is something to choose from, with that; a role may also be typed."""
    from tui.engine.crm.attached import ROLES

    found: dict[str, Sequence[str]] = {one.name: one.choices for one in own if one.type == "choice"}
    if deal is not None:
        found |= dict.fromkeys(_roles(deal), ROLES)
    return found


def activity_choices() -> dict[str, Sequence[str]]:
    """Return what an activity's kind and repeat can be; another repeat may also be typed."""
    from tui.engine.crm.activities import KINDS

    return {"kind": KINDS, "repeat": ("never", "every day", "every week", "every 2 weeks", "every month", "every year")}


def removal(crm: CrmReader, entity: str, id: int) -> str:
    """Return in two sentences what goes and what stays with a ``person``, ``organization`` or ``deal``."""
    from tui.engine.crm.removal import told

    return told(crm.removal(entity, id))


def _roles(deal: Deal) -> dict[str, PersonRef]:
    """Return the field of each person's role; two of one name are told apart by their numbers."""
    names = [one.name for one in deal.persons]
    return {f"{NAMED}{one.name}" + (f" ({one.id})" if names.count(one.name) > 1 else ""): one for one in deal.persons}


def _values(own: Sequence[Field], said: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {one.name: dict(said).get(one.name, "") for one in own}


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
        case "owner":
            changed = await edit(deal_id, owner=engine.user if text.lower() == "me" else text)
        case "tags":
            changed = await edit(deal_id, tags=_several(text))
        case "first person":
            changed = await edit(deal_id, primary=text)
        case "add a person":
            changed = await edit(deal_id, add_persons=(text,))
        case "take off a person":
            changed = await edit(deal_id, remove_persons=(text,))
        case _ if field.startswith(NAMED):
            who = _roles(await engine.deals.get(deal_id)).get(field)
            changed = await edit(deal_id, roles={who.id if who else field.removeprefix(NAMED): text})
        case _:
            changed = await edit(deal_id, fields={field: text})
    return await _recorded(engine, changed)


async def amend_person(engine: Engine, person_id: int, field: str, text: str) -> str:
    """Change a field of a person; return what was done. Several addresses, phones and tags are set apart by commas.

    Raises:
        InvalidInput: what was typed is no such thing, or an address is somebody else's.
    """
    edit, several = engine.people.edit, _several(text)
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
            changed = await edit(person_id, fields={field: text})
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
        case "shared addresses":
            changed = await edit(organization_id, emails=_several(text))
        case "tags":
            changed = await edit(organization_id, tags=_several(text))
        case _:
            changed = await edit(organization_id, fields={field: text})
    return await _recorded(engine, changed)


async def amend_activity(engine: Engine, activity_id: int, field: str, text: str) -> str:
    """Change a field of an activity; return what was done.

    Raises:
        InvalidInput: what was typed is no such thing.
    """
    from tui.engine.crm import dates

    edit = engine.activities.edit
    match field:
        case "subject":
            changed = await edit(activity_id, subject=text)
        case "due":
            due, all_day = dates.parse_due(text)
            changed = await edit(activity_id, due=due, all_day=all_day)
        case "kind":
            changed = await edit(activity_id, kind=text)
        case _:
            changed = await edit(activity_id, repeat=text)
    return await _recorded(engine, changed)


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


async def _recorded(engine: Engine, changed: Changed) -> str:
    return (await engine.record(changed)).title
