"""The phone numbers of people, written."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm.db import Transaction
from tui.engine.errors import InvalidInput
from tui.engine.text import line


async def put(tx: Transaction, person_id: int, phones: Sequence[str]) -> None:
    """Give a person exactly these phone numbers, in this order."""
    wanted = list(dict.fromkeys(phone for one in phones if (phone := line(one, 60))))
    rows = await tx.execute("SELECT id, phone, position FROM person_phones WHERE person_id = ?", (person_id,))
    present = {phone: (id, position) for id, phone, position in rows}
    for phone, (id, _) in present.items():
        if phone not in wanted:
            await tx.delete("person_phones", id)
    for position, phone in enumerate(wanted):
        if phone not in present:
            await tx.insert("person_phones", {"person_id": person_id, "phone": phone, "position": position})
        elif present[phone][1] != position:
            await tx.update("person_phones", present[phone][0], {"position": position})


async def change(
    tx: Transaction, person_id: int, phones: Sequence[str] | None, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Give a person these phone numbers (None: those that are there), and more, and fewer.

    Raises:
        InvalidInput: one to remove is not theirs.
    """
    if phones is None and not add and not remove:
        return
    if phones is None:
        sql = "SELECT phone FROM person_phones WHERE person_id = ? ORDER BY position, id"
        phones = [row[0] for row in await tx.execute(sql, (person_id,))]
    gone = {_digits(one) for one in remove}
    for one in remove:
        if _digits(one) not in {_digits(phone) for phone in phones}:
            raise InvalidInput(f"{line(one, 60)} is no phone number of this person; show the person to see which are.")
    await put(tx, person_id, [phone for phone in (*phones, *add) if _digits(phone) not in gone])


def _digits(phone: str) -> str:
    """Return a phone number as it is compared: spaces and punctuation are how somebody writes it."""
    return "".join(char for char in phone if char.isalnum() or char == "+") or phone
