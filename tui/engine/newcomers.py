"""Somebody new, made from a message: read from its headers and signature, added after the form was looked at.

Nothing earlier is linked by it (R19); how much earlier mail there is can be asked, for the offer to review it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tui.engine.errors import InvalidInput
from tui.engine.mail import signature
from tui.engine.model import Address, Deal, Direction, View
from tui.engine.store.reader import Reader

if TYPE_CHECKING:
    from tui.engine.core import Engine


class Newcomer(NamedTuple):
    """What a form about a new person and deal says.

    Args:
        person: the person when the address is somebody's already; the person's fields are empty then.
        name: the person's; "" adds nobody.
        deal: the title of the deal; "" adds none.
        value: its amount as it was typed, ``7,500 EUR``.
    """

    person: int | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    title: str = ""
    organization: str = ""
    deal: str = ""
    value: str = ""


class Added(NamedTuple):
    """Who and what was added; ``person`` also when it was there before."""

    person: int | None
    deal: Deal | None
    titles: tuple[str, ...]


def read(reader: Reader, message_id: int | None, other: Address | None) -> Newcomer:
    """Return what headers and signature say of the other side.

    Args:
        reader: of mailbox and CRM.
        message_id: the message; its signature counts when the other side wrote it. None for none.
        other: the other side; None when there are several.
    """
    if other is None or not other.email:
        return Newcomer()
    known = list(reader.crm.by_address([other.email]).values())
    if known:
        return Newcomer(known[0].id, known[0].name, other.email)
    said = signature.Signature()
    if message_id is not None and reader.row(message_id).direction is Direction.IN:
        said = signature.parse(reader.body(message_id).text, other.name)
    organization = said.organization or organization_of(reader, other.email)
    return Newcomer(None, other.name or other.email, other.email, said.phone, said.title, organization)


def organization_of(reader: Reader, email: str) -> str:
    """Return the organization that people with addresses of the same domain are at, "" when that isn't one."""
    domain = email.rpartition("@")[2].lower()
    if not domain:
        return ""
    people = [
        one for one in reader.crm.persons(f"@{domain}") if any(e.lower().endswith(f"@{domain}") for e in one.emails)
    ]
    names = {one.organization.name for one in people if one.organization is not None}
    return names.pop() if len(names) == 1 else ""


def wrong(what: Newcomer) -> tuple[str, str] | None:
    """Return the first field that can't be what it says, and why, in one sentence; None when all can."""
    from tui.engine.crm import money, names

    checks: dict[str, Callable[[], object]] = {
        "value": lambda: money.read(what.value, "EUR") if what.value.strip() else None,
        "email": lambda: names.valid_address(what.email) if what.name.strip() and what.email.strip() else None,
    }
    for field, check in checks.items():
        try:
            check()
        except InvalidInput as error:
            return field, str(error)
    return None


async def add(engine: Engine, what: Newcomer) -> Added:
    """Add the person and the deal that the form names; each is one action that can be undone.

    Raises:
        InvalidInput: the form names neither, or a field can't be what it says.
    """
    from tui.engine.crm import money

    if not what.deal.strip() and (what.person is not None or not what.name.strip()):
        raise InvalidInput("The form names neither a person nor a deal; fill in one of them.")
    value, currency = money.read(what.value, "EUR") if what.value.strip() else (0, "EUR")
    titles, person = [], what.person
    if person is None and what.name.strip():
        changed = await engine.people.add(
            what.name,
            emails=[what.email] if what.email.strip() else [],
            phones=[what.phone] if what.phone.strip() else [],
            org=what.organization.strip() or None,
            title=what.title,
        )
        await engine.record(changed)
        person = changed.id
        titles.append(changed.title)
    if not what.deal.strip():
        return Added(person, None, tuple(titles))
    persons = [person] if person is not None else []
    made = await engine.deals.add(what.deal, persons=persons, value=value, currency=currency)
    await engine.record(made)
    return Added(person, await engine.deals.get(made.id), (*titles, made.title))


def earlier(email: str) -> View:
    """Return the mail from and to an address that isn't linked: what may be reviewed, never linked by itself (R19)."""
    either = " OR ".join(f'{field}:"{email}"' for field in ("from", "to", "cc"))
    return View("all", query=f"({either}) is:unlinked")
