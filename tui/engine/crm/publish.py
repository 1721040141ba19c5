"""The only door through which a message enters the CRM: a link opens it, the last link gone closes it again.

Idempotent by message identity, so that a crash between mailbox and CRM repeats the copy and never doubles it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from tui.engine.crm.db import CrmDb, Transaction
from tui.engine.crm.mails import PublishedMail, addresses_json, without_bcc
from tui.engine.crm.rows import chunks, marks
from tui.engine.errors import InvalidInput


class Publisher:
    """Copies linked messages into the CRM and takes them out again."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db
        self._to_scrub = False

    async def publish(self, mail: PublishedMail) -> int:
        """Put a message there, or bring what is there up to date; its links become exactly those given.

        Links to people or deals that are gone are left out; a merged person's become those of the kept one.
        Returns the id of the mail in the CRM. A message without any link is withdrawn instead and gives 0.

        Raises:
            InvalidInput: the identity is empty.
        """
        if not mail.identity:
            raise InvalidInput("A message without identity can't be published; ingest it first.")
        async with self._db.transaction() as tx:
            persons = await _existing_persons(tx, mail.persons)
            deals = await _existing_deals(tx, mail.deals)
            if persons or deals:
                id = await _upsert(tx, mail)
                await _replace(tx, "person", id, persons, mail.owner_only_persons)
                await _replace(tx, "deal", id, deals, mail.owner_only_deals)
                return id
        await self.withdraw(mail.identity)
        return 0

    async def withdraw(self, *identities: str) -> int:
        """Take messages out, content and all; return how many were there. Unknown ones are no error."""
        gone = 0
        async with self._db.transaction() as tx:
            for chunk in chunks(identities):
                sql = f"DELETE FROM mails WHERE identity IN ({marks(chunk)}) RETURNING id"
                gone += len(await tx.execute(sql, chunk))
        if gone or self._to_scrub:
            # secure_delete zeroes the pages; what they held stays in the write-ahead log until that is emptied.
            self._to_scrub = not await self._db.scrub()
        return gone

    async def published(self, identities: Iterable[str]) -> dict[str, int]:
        """Return identity -> mail id for those that are in the CRM."""
        found: dict[str, int] = {}
        for chunk in chunks(list(identities)):
            rows = await self._db.fetch(f"SELECT identity, id FROM mails WHERE identity IN ({marks(chunk)})", chunk)
            found.update((identity, id) for identity, id in rows)
        return found

    async def kept(self, identities: Iterable[str]) -> set[str]:
        """Return those that a deal of any status holds, and that therefore outlive their account (R44)."""
        found: set[str] = set()
        for chunk in chunks(list(identities)):
            sql = (
                "SELECT DISTINCT m.identity FROM mails m JOIN mail_deals md ON md.mail_id = m.id"
                f" WHERE m.identity IN ({marks(chunk)})"
            )
            found.update(row[0] for row in await self._db.fetch(sql, chunk))
        return found


async def _upsert(tx: Transaction, mail: PublishedMail) -> int:
    row: dict[str, object] = {
        "identity": mail.identity,
        "message_id": mail.message_id,
        "mailbox": mail.mailbox,
        "direction": mail.direction.value,
        "date": mail.date,
        "sender": addresses_json([mail.from_]),
        "recipients": addresses_json(mail.to),
        "copies": addresses_json(mail.cc),
        "subject": mail.subject,
        "body": mail.text,
        "raw": None if mail.raw is None else without_bcc(mail.raw),
        "attachments": mail.attachments,
        "published_at": int(time.time()),
    }
    # A second publication may come while the body is not here again; what is there stays then.
    kept = {"raw": "coalesce(excluded.raw, mails.raw)", "published_at": "mails.published_at"}
    kept["body"] = "CASE WHEN excluded.body = '' THEN mails.body ELSE excluded.body END"
    sets = ",".join(f"{name} = {kept.get(name, 'excluded.' + name)}" for name in row if name != "identity")
    sql = (
        f"INSERT INTO mails ({','.join(row)}) VALUES ({marks(list(row))})"
        f" ON CONFLICT (identity) DO UPDATE SET {sets} RETURNING id"
    )
    return int((await tx.execute(sql, tuple(row.values())))[0][0])


async def _replace(
    tx: Transaction, noun: str, mail_id: int, links: Mapping[int, tuple[str, set[int]]], owner_only: frozenset[int]
) -> None:
    await tx.execute(f"DELETE FROM mail_{noun}s WHERE mail_id = ?", (mail_id,))
    for target, (origin, asked) in links.items():
        sql = f"INSERT INTO mail_{noun}s (mail_id, {noun}_id, origin, owner_only) VALUES (?, ?, ?, ?)"
        await tx.execute(sql, (mail_id, target, origin, int(asked <= owner_only)))


async def _existing_persons(tx: Transaction, links: Mapping[int, str]) -> dict[int, tuple[str, set[int]]]:
    """Target -> (origin, ids under which it was asked for); merged people lead to the kept one."""
    sql = f"SELECT id, coalesce(merged_into, id) FROM persons WHERE id IN ({marks(list(links))}) ORDER BY id"
    return _united(await tx.execute(sql, tuple(links)), links) if links else {}


async def _existing_deals(tx: Transaction, links: Mapping[int, str]) -> dict[int, tuple[str, set[int]]]:
    sql = f"SELECT id, id FROM deals WHERE id IN ({marks(list(links))}) ORDER BY id"
    return _united(await tx.execute(sql, tuple(links)), links) if links else {}


def _united(rows: Iterable[tuple[int, ...]], links: Mapping[int, str]) -> dict[int, tuple[str, set[int]]]:
    found: dict[int, tuple[str, set[int]]] = {}
    for asked, target in rows:
        found.setdefault(target, (links[asked], set()))[1].add(asked)
    return found


__all__ = ["PublishedMail", "Publisher", "without_bcc"]
