"""The only door through which a message enters the CRM: a link opens it, the last link gone closes it again.

Idempotent by message identity, so that a crash between mailbox and CRM repeats the copy and never doubles it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tui.engine.crm.db import CrmDb, Transaction
from tui.engine.crm.mails import PublishedMail, addresses_json, without_bcc
from tui.engine.crm.rows import chunks, marks
from tui.engine.errors import InvalidInput

AT_ONCE = 50
"""Mails that one statement writes."""


class Publisher:
    """Copies linked messages into the CRM and takes them out again."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db
        # A process that died between the two steps of ``withdraw`` left the second one to us.
        self._to_scrub = True

    async def publish(self, mail: PublishedMail) -> int:
        """Put one message there, as ``publish_all`` does; return its id in the CRM, 0 when it has no link."""
        return (await self.publish_all([mail]))[mail.identity]

    async def publish_all(self, mails: Sequence[PublishedMail]) -> dict[str, int]:
        """Put messages there, or bring what is there up to date; their links become exactly those given.

        Links to people or deals that are gone are left out; a merged person's become those of the kept one.
        Returns identity -> id of the mail in the CRM. A message without any link is withdrawn instead and gives 0.

        Raises:
            InvalidInput: an identity is empty; nothing is published.
        """
        if not all(mail.identity for mail in mails):
            raise InvalidInput("A message without identity can't be published; ingest it first.")
        ids: dict[str, int] = dict.fromkeys((mail.identity for mail in mails), 0)
        async with self._db.transaction() as tx:
            persons, deals = await _targets(tx, "person", mails), await _targets(tx, "deal", mails)
            linked = [mail for mail in mails if mail.persons.keys() & persons or mail.deals.keys() & deals]
            for chunk in _chunks(linked):
                ids.update(await _upsert(tx, chunk))
            await _replace(tx, "person", [(ids[m.identity], m.persons, m.owner_only_persons) for m in linked], persons)
            await _replace_automatic(tx, [(ids[mail.identity], mail.automatic) for mail in linked])
            await _replace(tx, "deal", [(ids[m.identity], m.deals, m.owner_only_deals) for m in linked], deals)
        gone = [identity for identity, id in ids.items() if not id]
        if gone:
            await self.withdraw(*gone)
        return ids

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


def _chunks(mails: Sequence[PublishedMail]) -> Iterator[Sequence[PublishedMail]]:
    for start in range(0, len(mails), AT_ONCE):
        yield mails[start : start + AT_ONCE]


async def _upsert(tx: Transaction, mails: Sequence[PublishedMail]) -> dict[str, int]:
    """Write the mails themselves; return identity -> id."""
    rows = [_row(mail) for mail in mails]
    # A second publication may come while the body is not here again; what is there stays then.
    kept = {"raw": "coalesce(excluded.raw, mails.raw)", "published_at": "mails.published_at"}
    kept["body"] = "CASE WHEN excluded.body = '' THEN mails.body ELSE excluded.body END"
    sets = ",".join(f"{name} = {kept.get(name, 'excluded.' + name)}" for name in rows[0] if name != "identity")
    one = f"({marks(list(rows[0]))})"
    sql = (
        f"INSERT INTO mails ({','.join(rows[0])}) VALUES {','.join([one] * len(rows))}"
        f" ON CONFLICT (identity) DO UPDATE SET {sets} RETURNING identity, id"
    )
    return dict(await tx.execute(sql, [value for row in rows for value in row.values()]))


def _row(mail: PublishedMail) -> dict[str, object]:
    return {
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


async def _replace(
    tx: Transaction,
    noun: str,
    mails: Sequence[tuple[int, Mapping[int, str], frozenset[int]]],
    targets: Mapping[int, int],
) -> None:
    """Give mails, each as (id, who was asked for -> origin, whom only the owner sees), exactly these links."""
    for chunk in chunks(mails):
        ids = [id for id, _, _ in chunk]
        await tx.execute(f"DELETE FROM mail_{noun}s WHERE mail_id IN ({marks(ids)})", ids)
    rows: list[tuple[int, int, str, int]] = []
    for id, links, owner_only in mails:
        asked_for: dict[int, list[int]] = {}
        for asked in sorted(links.keys() & targets):
            asked_for.setdefault(targets[asked], []).append(asked)
        rows += [
            (id, target, links[asked[0]], int(owner_only.issuperset(asked))) for target, asked in asked_for.items()
        ]
    for some in chunks(rows):
        sql = f"INSERT INTO mail_{noun}s (mail_id, {noun}_id, origin, owner_only) VALUES "
        await tx.execute(sql + ",".join(["(?,?,?,?)"] * len(some)), [value for row in some for value in row])


async def _replace_automatic(tx: Transaction, mails: Sequence[tuple[int, bool]]) -> None:
    """Note which mails, each as (id, whether that is so), no person wrote."""
    for chunk in chunks([id for id, _ in mails]):
        await tx.execute(f"DELETE FROM automatic_mails WHERE mail_id IN ({marks(chunk)})", chunk)
    for chunk in chunks([id for id, automatic in mails if automatic]):
        await tx.execute(f"INSERT INTO automatic_mails (mail_id) VALUES {','.join(['(?)'] * len(chunk))}", chunk)


async def _targets(tx: Transaction, noun: str, mails: Sequence[PublishedMail]) -> dict[int, int]:
    """Return who is asked for -> whom that is; merged people lead to the kept one, who is gone is left out."""
    is_ = "coalesce(merged_into, id)" if noun == "person" else "id"
    wanted = list({asked for mail in mails for asked in (mail.persons if noun == "person" else mail.deals)})
    found: dict[int, int] = {}
    for chunk in chunks(wanted):
        found.update(await tx.execute(f"SELECT id, {is_} FROM {noun}s WHERE id IN ({marks(chunk)})", chunk))
    return found


__all__ = ["PublishedMail", "Publisher", "without_bcc"]
