"""The addresses of people and those that an organization shares: each belongs to one of them alone.

Mail is linked by a person's address only; a shared one is never a person's, so it never links (RULES.md, Details).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.engine.crm.names import valid_address
from tui.engine.crm.rows import Query, marks
from tui.engine.errors import InvalidInput
from tui.engine.text import line, normalize_address

if TYPE_CHECKING:
    from tui.engine.crm.db import Transaction

_OWNERS = (
    "SELECT 'person', p.id, p.name FROM person_emails e JOIN persons p ON p.id = e.person_id"
    " WHERE e.norm = ? AND e.live = 1 UNION ALL SELECT 'organization', o.id, o.name FROM organization_emails e"
    " JOIN organizations o ON o.id = e.organization_id WHERE e.norm = ? AND e.live = 1"
)
_TWICE = (
    "SELECT e.address FROM person_emails e JOIN organization_emails s ON s.norm = e.norm"
    " WHERE e.live = 1 AND s.live = 1 LIMIT 1"
)


def shared(norms: Sequence[str]) -> Query[dict[str, str]]:
    """Return normalised address -> the organization that shares it, for those that one does."""
    rows = yield (
        "SELECT e.norm, o.name FROM organization_emails e JOIN organizations o ON o.id = e.organization_id"
        f" WHERE e.live = 1 AND e.norm IN ({marks(norms)})",
        norms,
    )
    return dict(rows)


def refusal(written: str, organization: str) -> str:
    """Return why an address that an organization shares can't be a person's."""
    return f"{written} is shared by {organization}, which never links mail; take it away there first."


async def add(tx: Transaction, noun: str, id: int, emails: Sequence[str]) -> None:
    """Give a ``person`` or an ``organization`` more addresses.

    Raises:
        InvalidInput: one is malformed or belongs to somebody else.
    """
    table = f"{noun}_emails"
    rows = await tx.execute(f"SELECT coalesce(max(position), -1) FROM {table} WHERE {noun}_id = ?", (id,))
    position = int(rows[0][0])
    for address in emails:
        written, norm = valid_address(address)
        owners = await tx.execute(_OWNERS, (norm, norm))
        for whose, owner, name in owners:
            if (whose, owner) == (noun, id):
                continue
            if whose == "organization":
                raise InvalidInput(refusal(written, name))
            remedy = "merge the two or take it away there" if noun == "person" else "take it away there"
            raise InvalidInput(f"{written} already belongs to {name} (id {owner}); {remedy}.")
        if not owners:
            position += 1
            row = {f"{noun}_id": id, "address": written, "norm": norm, "position": position}
            await tx.insert(table, row)


async def remove(tx: Transaction, noun: str, id: int, emails: Sequence[str]) -> None:
    """Take addresses away.

    Raises:
        InvalidInput: one is not theirs.
    """
    for address in emails:
        sql = f"SELECT id FROM {noun}_emails WHERE {noun}_id = ? AND norm = ? AND live = 1"
        rows = await tx.execute(sql, (id, normalize_address(address)))
        if not rows:
            raise InvalidInput(f"{line(address)} is not an address of this {noun}; show the {noun} to see which are.")
        await tx.delete(f"{noun}_emails", rows[0][0])


async def put(tx: Transaction, noun: str, id: int, emails: Sequence[str]) -> None:
    """Give exactly these addresses, in this order.

    Raises:
        InvalidInput: as ``add``.
    """
    table = f"{noun}_emails"
    wanted = [valid_address(address)[1] for address in emails]
    for number, norm in await tx.execute(f"SELECT id, norm FROM {table} WHERE {noun}_id = ?", (id,)):
        if norm not in wanted:
            await tx.delete(table, number)
    await add(tx, noun, id, emails)
    for number, norm, position in await tx.execute(
        f"SELECT id, norm, position FROM {table} WHERE {noun}_id = ?", (id,)
    ):
        if wanted.index(norm) != position:
            await tx.update(table, number, {"position": wanted.index(norm)})


async def release(tx: Transaction, noun: str, id: int) -> None:
    """Let the addresses of somebody who is deleted be anybody's; they are kept for undo."""
    for row in await tx.execute(f"SELECT id FROM {noun}_emails WHERE {noun}_id = ? AND live = 1", (id,)):
        await tx.update(f"{noun}_emails", row[0], {"live": 0})


async def check(tx: Transaction) -> None:
    """See to it, after an undo, that no shared address has become a person's meanwhile.

    Raises:
        InvalidInput: one has.
    """
    for row in await tx.execute(_TWICE):
        raise InvalidInput(f"It can't be undone: {row[0]} would be a person's and shared by an organization.")
