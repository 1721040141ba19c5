"""The people of a deal, written: who they are, which of them is the primary one, and what role each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.engine.crm import fetch, resolve
from tui.engine.crm.db import Transaction
from tui.engine.crm.resolve import Ref
from tui.engine.errors import InvalidInput
from tui.engine.text import line

ROLES = ("decision maker", "buyer", "technical", "user", "influencer", "legal", "finance", "partner")
"""Roles that are offered; any other can be written."""


async def event(tx: Transaction, deal_id: int, kind: str, old: str, new: str) -> None:
    """Write an entry of a deal's story."""
    row = {"deal_id": deal_id, "at": tx.now, "actor": tx.actor, "kind": kind, "old_value": old, "new_value": new}
    await tx.insert("deal_events", row)


async def put(tx: Transaction, deal_id: int, refs: Sequence[Ref], tell: bool = True) -> list[int]:
    """Attach exactly these people, in this order, the first the primary one; return them and those taken off."""
    wanted = list(dict.fromkeys([await tx.read(resolve.person(ref)) for ref in refs]))
    rows = await tx.execute("SELECT person_id, position FROM deal_persons WHERE deal_id = ?", (deal_id,))
    present: dict[int, int] = {person_id: position for person_id, position in rows}
    names = await tx.read(fetch.person_refs([*wanted, *present]))
    for person_id in present.keys() - set(wanted):
        await tx.delete("deal_persons", {"deal_id": deal_id, "person_id": person_id})
        await event(tx, deal_id, "person", names[person_id].name, "")
    for position, person_id in enumerate(wanted):
        key = {"deal_id": deal_id, "person_id": person_id}
        if person_id not in present:
            await tx.insert("deal_persons", {**key, "position": position})
            if tell:
                await event(tx, deal_id, "person", "", names[person_id].name)
        elif present[person_id] != position:
            await tx.update("deal_persons", key, {"position": position})
    return [*wanted, *(present.keys() - set(wanted))]


async def give_roles(tx: Transaction, deal_id: int, roles: Mapping[Ref, str], tell: bool = True) -> None:
    """Give people of the deal their roles; an empty one takes it away.

    Raises:
        NotFound, Ambiguous: somebody.
        InvalidInput: somebody is not of this deal.
    """
    for ref, text in roles.items():
        person_id, role = await tx.read(resolve.person(ref)), line(text, 60)
        key = {"deal_id": deal_id, "person_id": person_id}
        name = (await tx.read(fetch.person_refs([person_id])))[person_id].name
        rows = await tx.execute(
            "SELECT role FROM deal_persons WHERE deal_id = ? AND person_id = ?", (deal_id, person_id)
        )
        if not rows:
            raise InvalidInput(f"{name} is not of this deal and can have no role in it; add the person first.")
        old = str(rows[0][0])
        if old != role:
            await tx.update("deal_persons", key, {"role": role})
            if tell:
                await event(tx, deal_id, f"role of {name}", old, role)
