"""The people, organizations and deals of the demo, and how they get into the CRM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from tui.demo.cast import ANN, BO, CARLA, DANA, EVE, FRANK, GRACE, SATO, Actor

if TYPE_CHECKING:
    from tui.engine.crm.activities import Activities, Notes
    from tui.engine.crm.db import CrmDb
    from tui.engine.crm.deals import Deals
    from tui.engine.crm.people import People


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody for the CRM."""

    actor: Actor
    organization: str
    title: str
    phone: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal for the CRM.

    Args:
        value: minor units of ``currency``.
        stages: those that it went through, the last being where it is.
        close: the expected close, in days from today; None for none.
        age: days since it was created; it went through its stages evenly since.
        ends: ``won`` or ``lost`` when it is over once the mail is here, so that its mail is linked (R21).
        reason: why it was lost.
        role: what the person is in the deal.
    """

    title: str
    person: Actor
    organization: str
    value: int
    stages: tuple[str, ...]
    currency: str = "EUR"
    close: int | None = None
    age: int = 40
    ends: str = ""
    reason: str = ""
    role: str = ""
    tags: tuple[str, ...] = ()


CONTACTS = (
    Contact(ANN, "Acme GmbH", "Head of IT", "+49 30 5550 1234", ("key account",)),
    Contact(BO, "Beta Ltd", "Procurement lead", "+44 117 496 0102"),
    Contact(CARLA, "Gamma S.A.", "Operations manager", "+34 91 555 0188", ("reference",)),
    Contact(DANA, "Delta Inc", "Compliance officer", "+44 20 7946 0301"),
    Contact(EVE, "Epsilon s.r.o.", "Office manager"),
    Contact(FRANK, "Zeta Group", "Director", "+44 161 496 0450", ("reference",)),
    Contact(GRACE, "Eta AB", "Facility manager", "+46 8 555 012 34"),
    Contact(SATO, "海洋商事株式会社", "情報システム部", "+81 3 5550 0147"),
)

SALES = (
    Sale(
        "Acme licences",
        ANN,
        "Acme GmbH",
        1_200_000,
        ("Lead", "Offer"),
        age=18,
        close=21,
        tags=("new business",),
    ),
    Sale(
        "Beta renewal",
        BO,
        "Beta Ltd",
        3_000_000,
        ("Lead", "Offer", "Negotiation"),
        age=41,
        close=14,
        tags=("renewal",),
    ),
    Sale("Beta training", BO, "Beta Ltd", 450_000, ("Lead",), age=33, close=45),
    Sale(
        "Delta audit",
        DANA,
        "Delta Inc",
        600_000,
        ("Lead", "Offer", "Verbal"),
        age=24,
        close=7,
        role="decision maker",
    ),
    Sale("Eta maintenance", GRACE, "Eta AB", 960_000, ("Lead", "Offer"), age=13, close=30),
    Sale("Kaiyo pilot", SATO, "海洋商事株式会社", 1_200_000, ("Offer",), currency="JPY", age=17, close=20),
    Sale("Gamma rollout", CARLA, "Gamma S.A.", 820_000, ("Lead", "Offer", "Verbal"), age=75, ends="won"),
    Sale(
        "Epsilon seats",
        EVE,
        "Epsilon s.r.o.",
        390_000,
        ("Lead", "Offer"),
        age=60,
        ends="lost",
        reason="another offer was cheaper",
    ),
)


@dataclass(frozen=True, slots=True)
class Todo:
    """Something to be done about a deal, ``due`` days from today (below 0: it is late)."""

    subject: str
    deal: str
    kind: str
    due: int


TODOS = (
    Todo("Call Ann about seats", "Acme licences", "call", 2),
    Todo("Third draft of the terms", "Beta renewal", "task", -2),
    Todo("Send the names of the auditors", "Delta audit", "task", 0),
    Todo("Send the contract", "Kaiyo pilot", "deadline", 4),
)
"""Beta training and Eta maintenance deliberately have no next step."""

NOTES = (
    ("Acme licences", 11, "Budget until the end of the quarter, after that she has to ask again."),
    (
        "Beta renewal",
        20,
        "**Legal decides.** Bo is on our side.\n\n- Their people start at 7, so clause 4 matters\n- [ ] ask for a date",
    ),
    ("Gamma rollout", 4, "Good reference, asked and agreed."),
)
"""Title of the deal, days since it was written, text of the note."""


ENDED = 2
"""Days since the deals that are over were closed."""


@contextmanager
def days_ago(crm: CrmDb, days: float) -> Iterator[None]:
    """Date what is written inside as if it had been written so many days ago."""
    present = crm.clock
    crm.clock = lambda: present() - days * 86_400
    try:
        yield
    finally:
        crm.clock = present


async def fill(crm: CrmDb, people: People, deals: Deals) -> None:
    """Put everybody and every deal into an empty CRM; all deals are open, as they were when their mail came.

    Raises:
        InvalidInput: somebody is there already.
    """
    for contact in CONTACTS:
        await people.add(
            contact.actor.name,
            emails=(contact.actor.email,),
            phones=(contact.phone,) if contact.phone else (),
            org=contact.organization,
            title=contact.title,
            tags=contact.tags,
        )
    for sale in SALES:
        await _sell(crm, deals, sale)


async def _sell(crm: CrmDb, deals: Deals, sale: Sale) -> None:
    close = None if sale.close is None else (date.today() + timedelta(days=sale.close)).isoformat()
    with days_ago(crm, sale.age):
        await deals.add(
            sale.title,
            persons=(sale.person.email,),
            org=sale.organization,
            value=sale.value,
            currency=sale.currency,
            stage=sale.stages[0],
            close=close,
            roles={sale.person.email: sale.role},
            tags=sale.tags,
        )
    for number, stage in enumerate(sale.stages[1:], 1):
        with days_ago(crm, sale.age * (1 - number / len(sale.stages))):
            await deals.move(sale.title, stage)


async def plan(crm: CrmDb, activities: Activities, notes: Notes) -> None:
    """Write down the next steps and notes of the deals that ``fill`` made."""
    for todo in TODOS:
        day = date.today() + timedelta(days=todo.due)
        due = int(datetime.combine(day, time(), UTC).timestamp())  # a whole day, as the activities want it
        await activities.add(todo.subject, due, deal=todo.deal, kind=todo.kind)
    for deal, days, body in NOTES:
        with days_ago(crm, days):
            await notes.add(body, deal=deal)


async def close(crm: CrmDb, deals: Deals) -> None:
    """Close the deals that are over, as somebody did after their last mail."""
    for sale in SALES:
        with days_ago(crm, ENDED):
            if sale.ends == "won":
                await deals.won(sale.title)
            elif sale.ends == "lost":
                await deals.lost(sale.title, sale.reason)
