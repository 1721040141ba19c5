"""A CRM of any size, through the CRM's own bulk rows: people, open deals, their mail, notes and tasks."""

from __future__ import annotations

import time

from tui.engine.core import Engine
from tui.engine.crm.bulk import Bulk
from tui.engine.crm.rows import fold

DAY = 86_400
STAGES = 4


def address(number: int) -> str:
    """Return the address of a person."""
    return f"person{number}@company{number // 50}.example"


async def fill(engine: Engine, people: int, deals: int, entries: int = 0, mails: bool = True) -> None:
    """Fill an empty CRM.

    Args:
        people: how many; the first ones have the deals.
        deals: open ones, a person each; every tenth person has two.
        entries: how many entries the story of the first deal has.
        mails: whether deals have a mail each.
    """
    now = int(time.time())
    async with engine.crm.transaction() as tx:
        bulk = Bulk(tx)
        stamp = {"created_at": now - 90 * DAY, "updated_at": now}
        names = [f"Zoë{at} Müller-{at % 997}" for at in range(people)]
        ids = await bulk.add("persons", [{"name": name, "key": fold(name), **stamp} for name in names])
        await bulk.add(
            "person_emails",
            [{"person_id": id, "address": address(at), "norm": address(at)} for at, id in enumerate(ids)],
        )
        rows: list[dict[str, object]] = [
            {
                "title": f"Deal {at} of company {at % 311}" if at else "Harbour lights",
                "key": f"deal {at} of company {at % 311}" if at else "harbour lights",
                "pipeline_id": 1,
                "stage_id": 1 + at % STAGES,
                "value": at % 977 * 10_000,
                "currency": "EUR",
                "stage_entered_at": now - at % 60 * DAY,
                **stamp,
            }
            for at in range(deals)
        ]
        numbers = await bulk.add("deals", rows)
        owners = [ids[at - 1 if at % 10 == 9 else at] for at in range(deals)]
        pairs = list(zip(numbers, owners, strict=True))
        await bulk.add("deal_persons", [{"deal_id": deal, "person_id": person} for deal, person in pairs])
        await bulk.add("deal_events", [_event(deal, now - 80 * DAY) for deal in numbers])
        await bulk.add("activities", [_task(deal, now + (deal % 30 - 5) * DAY) for deal in numbers if deal % 2])
        written = [(deal, now - deal % 50 * DAY) for deal in numbers] if mails else []
        if entries:
            written += [(numbers[0], now - at * 600) for at in range(entries * 8 // 10)]
            await bulk.add("notes", [_note(numbers[0], now - at * 3000) for at in range(entries // 10)])
            await bulk.add("deal_events", [_event(numbers[0], now - at * 4000) for at in range(entries // 10)])
        stored = await bulk.add(
            "mails", [_mail(at, at if at < deals else at % 3, when) for at, (_, when) in enumerate(written)]
        )
        links = [{"mail_id": mail, "deal_id": deal} for mail, (deal, _) in zip(stored, written, strict=True)]
        await bulk.add("mail_deals", [{**one, "origin": "auto"} for one in links])


def _event(deal: int, at: int) -> dict[str, object]:
    return {"deal_id": deal, "at": at, "kind": "stage", "old_value": "Lead", "new_value": "Offer"}


def _task(deal: int, due: int) -> dict[str, object]:
    return {"subject": f"Call about deal {deal}", "due_at": due, "deal_id": deal, "created_at": due - 9 * DAY}


def _note(deal: int, at: int) -> dict[str, object]:
    return {
        "body": f"Said at {at}: the budget is open until March.",
        "deal_id": deal,
        "created_at": at,
        "updated_at": at,
    }


def _mail(at: int, whose: int, when: int) -> dict[str, object]:
    other, me = f'[["Zoë{whose}", "{address(whose)}"]]', '[["Me", "me@our.example"]]'
    direction = "out" if at % 3 == 0 else "in"
    return {
        **{"identity": f"bench-{at}", "mailbox": "me@our.example", "direction": direction},
        **{
            "date": when,
            "sender": me if direction == "out" else other,
            "recipients": other if direction == "out" else me,
            "subject": f"Question {at}",
        },
        **{"body": "Thank you, the offer is fine.\nCan you do it by March?", "published_at": when},
    }
