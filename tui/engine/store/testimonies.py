"""What sources said, kept and judged: failed deliveries by address, and mail that fails its domain's DMARC."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tui.engine.mail import verdicts
from tui.engine.mail.fields import parse_fields
from tui.engine.mail.testimony import NOTHING, Testimony, testimony
from tui.engine.store import accounts, evidence
from tui.engine.store.db import Database, Tx, rows

LEARNT_FROM = 40
"""Received messages from which the account's own server is learnt."""
BATCH = 50
"""Messages that are looked through in one transaction."""


async def keep(tx: Tx, said: Sequence[tuple[int, Testimony]]) -> list[int]:
    """Store what sources say, by message; return the other messages that are judged otherwise now.

    A server's word counts once the account's mail shows that it is the one that receives it (``verdicts.learn``).
    """
    told = [(number, one) for number, one in said if one != NOTHING]
    await tx.executemany(
        "UPDATE messages SET dmarc_failed = ? WHERE id = ?", [(one.dmarc_failed, number) for number, one in told]
    )
    await tx.executemany(
        "INSERT INTO deliveries (address, message_id, at, action, why, returned)"
        " SELECT ?, id, date, ?, ?, ? FROM messages WHERE id = ? ON CONFLICT DO NOTHING",
        [(d.address, d.action, d.why, d.returned, number) for number, one in told for d in one.deliveries],
    )
    return await _judge(tx, [number for number, _ in said])


async def _judge(tx: Tx, message_ids: Sequence[int]) -> list[int]:
    """Learn the servers of the accounts of these messages, where one that is not known yet says that mail fails."""
    changed: list[int] = []
    pending = await rows(
        tx,
        "SELECT DISTINCT f.account_id, f.dmarc_failed AS server FROM messages f WHERE f.dmarc_failed <> ''"
        " AND f.account_id IN (SELECT account_id FROM messages WHERE id IN (SELECT value FROM json_each(?)))",
        json.dumps(list(message_ids)),
    )
    for account_id in sorted({record["account_id"] for record in pending}):
        judges = set((await accounts.learned(tx, account_id)).get("judges", ()))
        unknown = {record["server"] for record in pending if record["account_id"] == account_id} - judges
        if not unknown:
            continue
        found = await rows(tx, evidence.RECEIVED, evidence.HEADER, account_id, LEARNT_FROM)
        fresh = unknown & verdicts.learn((parse_fields(head), domain) for head, domain in evidence.headers_of(found))
        if fresh:
            await accounts.learn(tx, account_id, judges=sorted(judges | fresh))
            flagged = await rows(
                tx,
                "SELECT id FROM messages WHERE account_id = ? AND dmarc_failed IN (SELECT value FROM json_each(?))",
                account_id,
                json.dumps(sorted(fresh)),
            )
            changed += [record["id"] for record in flagged]
    return changed


async def examine_all(mailbox: Database) -> None:
    """Look through the messages that were stored before anybody asked what they say; once, a batch at a time."""
    while True:
        async with mailbox.write() as tx:
            found = await rows(
                tx,
                "SELECT x.message_id AS id, s.raw AS raw, coalesce(t.text, '') AS text FROM to_examine x"
                " LEFT JOIN sources s ON s.message_id = x.message_id LEFT JOIN texts t ON t.message_id = x.message_id"
                " LIMIT ?",
                BATCH,
            )
            if not found:
                return
            await keep(tx, [(r["id"], testimony(bytes(r["raw"]), r["text"])) for r in found if r["raw"] is not None])
            ids = json.dumps([record["id"] for record in found])
            await tx.execute("DELETE FROM to_examine WHERE message_id IN (SELECT value FROM json_each(?))", (ids,))
