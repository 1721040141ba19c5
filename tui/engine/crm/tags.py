"""The tags of people, organizations and deals, written; a tag is known by its folded name."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm.db import Transaction
from tui.engine.crm.rows import fold
from tui.engine.text import line


async def put(tx: Transaction, noun: str, id: int, tags: Sequence[str]) -> None:
    """Give a ``person``, ``organization`` or ``deal`` exactly these tags."""
    wanted = {fold(tag): line(tag, 60) for tag in tags if line(tag)}
    present = await _present(tx, noun, id)
    for key, tag_id in present.items():
        if key not in wanted:
            await tx.delete(f"{noun}_tags", {f"{noun}_id": id, "tag_id": tag_id})
    for key, name in wanted.items():
        if key not in present:
            rows = await tx.execute("SELECT id FROM tags WHERE key = ?", (key,))
            tag_id = rows[0][0] if rows else await tx.insert("tags", {"name": name, "key": key})
            await tx.insert(f"{noun}_tags", {f"{noun}_id": id, "tag_id": tag_id})


async def change(
    tx: Transaction, noun: str, id: int, tags: Sequence[str] | None, add: Sequence[str], remove: Sequence[str]
) -> None:
    """Give these tags (None: those that are there), and more, and fewer."""
    if tags is None and not add and not remove:
        return
    if tags is None:
        sql = f"SELECT t.name FROM {noun}_tags x JOIN tags t ON t.id = x.tag_id WHERE x.{noun}_id = ?"
        tags = [row[0] for row in await tx.execute(sql, (id,))]
    gone = {fold(tag) for tag in remove}
    await put(tx, noun, id, [tag for tag in (*tags, *add) if fold(tag) not in gone])


async def _present(tx: Transaction, noun: str, id: int) -> dict[str, int]:
    sql = f"SELECT t.key, t.id FROM {noun}_tags x JOIN tags t ON t.id = x.tag_id WHERE x.{noun}_id = ?"
    return dict(await tx.execute(sql, (id,)))
