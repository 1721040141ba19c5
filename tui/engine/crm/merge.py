"""Two people made one: what one of them has alone the other gets; nothing is lost."""

from __future__ import annotations

from tui.engine.crm import phones, tags
from tui.engine.crm.db import Transaction


async def into(tx: Transaction, kept: int, gone: int) -> None:
    """Give a person all that another has; the other is gone then, and leads to the kept one."""
    await _fill(tx, kept, gone)
    await _move(tx, kept, gone)
    await tx.update("persons", gone, {"deleted_at": tx.now, "merged_into": kept})
    for row in await tx.execute("SELECT id FROM persons WHERE merged_into = ?", (gone,)):
        await tx.update("persons", row[0], {"merged_into": kept})


async def _fill(tx: Transaction, kept: int, gone: int) -> None:
    """Give the kept person what only the other has: organization, title, note, phones, tags, fields."""
    sql = "SELECT organization_id, title, note FROM persons WHERE id = ?"
    (org, title, note), (other_org, other_title, other_note) = [
        (await tx.execute(sql, (id,)))[0] for id in (kept, gone)
    ]
    both = "\n".join(part for part in (note, other_note) if part)
    values = {"organization_id": org or other_org, "title": title or other_title, "note": both, "updated_at": tx.now}
    await tx.update("persons", kept, values)
    sql = "SELECT phone FROM person_phones WHERE person_id IN (?, ?) ORDER BY person_id <> ?, position"
    await phones.put(tx, kept, [row[0] for row in await tx.execute(sql, (kept, gone, kept))])
    sql = "SELECT name FROM tags JOIN person_tags ON tag_id = id WHERE person_id IN (?, ?)"
    await tags.put(tx, "person", kept, [row[0] for row in await tx.execute(sql, (kept, gone))])
    sql = (
        "SELECT field_id, value FROM person_fields WHERE person_id = ?"
        " AND field_id NOT IN (SELECT field_id FROM person_fields WHERE person_id = ?)"
    )
    for field_id, value in await tx.execute(sql, (gone, kept)):
        await tx.insert("person_fields", {"person_id": kept, "field_id": field_id, "value": value})


async def _move(tx: Transaction, kept: int, gone: int) -> None:
    """Hand the other person's addresses, deals, mails, notes and activities to the kept one."""
    rows = await tx.execute("SELECT coalesce(max(position), -1) FROM person_emails WHERE person_id = ?", (kept,))
    start = int(rows[0][0]) + 1
    sql = "SELECT id FROM person_emails WHERE person_id = ? ORDER BY position"
    for position, row in enumerate(await tx.execute(sql, (gone,)), start):
        await tx.update("person_emails", row[0], {"person_id": kept, "position": position})
    for table, other in (("deal_persons", "deal_id"), ("mail_persons", "mail_id")):
        sql = f"SELECT {other} FROM {table} WHERE person_id = ?"
        present = {row[0] for row in await tx.execute(sql, (kept,))}
        for (id,) in await tx.execute(sql, (gone,)):
            key = {other: id, "person_id": gone}
            if id in present:
                await _keep_role(tx, table, key, kept)
                await tx.delete(table, key)
            else:
                await tx.update(table, key, {"person_id": kept})
    for table in ("notes", "activities"):
        for row in await tx.execute(f"SELECT id FROM {table} WHERE person_id = ?", (gone,)):
            await tx.update(table, row[0], {"person_id": kept})


async def _keep_role(tx: Transaction, table: str, key: dict[str, int], kept: int) -> None:
    """Where both are in a deal: a role that the kept one lacks, and the better place."""
    if table != "deal_persons":
        return
    sql = "SELECT role, position FROM deal_persons WHERE deal_id = ? AND person_id = ?"
    [(role, position)] = await tx.execute(sql, (key["deal_id"], kept))
    [(other_role, other_position)] = await tx.execute(sql, (key["deal_id"], key["person_id"]))
    better = {"role": role or other_role, "position": min(position, other_position)}
    if better != {"role": role, "position": position}:
        await tx.update(table, {"deal_id": key["deal_id"], "person_id": kept}, better)
