"""Links between messages and the CRM, their tombstones, and the stored decisions (R15 to R28)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted

from tui.engine.linking import Decision
from tui.engine.model import LinkState
from tui.engine.store.db import Tx, row, rows, write_rows


@dataclass(frozen=True, slots=True)
class Link:
    """One row of ``links``: exactly one of person and deal; ``removed_at`` makes it a tombstone (R23)."""

    message_id: int
    person_id: int | None
    deal_id: int | None
    origin: str
    owner_only: bool
    created: int
    removed_at: int | None


def decision_row(message_id: int, decision: Decision, now: int) -> tuple[object, ...]:
    """Return the row of ``decisions`` for a fresh decision."""
    return (
        message_id,
        now,
        decision.rule,
        decision.state.value,
        decision.reason,
        decision.origin,
        _array([f"[{_quoted(address)}, {person}, {_quoted(name)}]" for address, person, name in decision.matched]),
        _array([f"[{d.id}, {_quoted(d.title)}, {_quoted(d.stage)}, {_quoted(d.status)}]" for d in decision.open_deals]),
        _array([f"{deal}" for deal in decision.suggested]),
    )


def _array(items: list[str]) -> str:
    """Return a JSON array of JSON; ``json`` builds an encoder for each, three times the work where it is so small."""
    return f"[{', '.join(items)}]" if items else "[]"


def link_rows(message_id: int, decision: Decision, now: int) -> list[tuple[object, ...]]:
    """Return the rows of ``links`` for a fresh decision."""
    if not decision.persons and not decision.deals:
        return []
    shared = decision.origin, now
    found: list[tuple[object, ...]] = [
        (message_id, person, None, person in decision.bcc_only, *shared) for person in decision.persons
    ]
    found += [(message_id, None, deal, deal in decision.bcc_only_deals, *shared) for deal in decision.deals]
    return found


async def insert_decisions(
    tx: Tx, decisions: Sequence[tuple[object, ...]], links: Sequence[tuple[object, ...]]
) -> None:
    """Store decisions and their links; a link that stands, tombstone included, is left as it is (R23)."""
    await write_rows(
        tx,
        "INSERT INTO decisions (message_id, at, rule, result, reason, origin, matched, open_deals, suggested)"
        " VALUES {rows} ON CONFLICT (message_id) DO NOTHING",
        decisions,
    )
    await write_rows(
        tx,
        "INSERT INTO links (message_id, person_id, deal_id, owner_only, origin, created) VALUES {rows}"
        " ON CONFLICT DO NOTHING",
        links,
    )


async def add(tx: Tx, message_ids: Iterable[int], persons: Iterable[int], deals: Iterable[int], origin: str) -> None:
    """Link messages to persons and deals by hand; a tombstone comes to life again (R22)."""
    now = int(time.time())
    people, sales = list(persons), list(deals)
    targets = [*((person, None) for person in people), *((None, deal) for deal in sales)]
    await write_rows(
        tx,
        "INSERT INTO links (message_id, person_id, deal_id, origin, created) VALUES {rows}"
        " ON CONFLICT (message_id, ifnull(person_id, 0), ifnull(deal_id, 0)) DO UPDATE SET removed_at = NULL,"
        " origin = CASE WHEN removed_at IS NULL THEN origin ELSE excluded.origin END, owner_only = 0",
        [(message_id, person, deal, origin, now) for message_id in message_ids for person, deal in targets],
    )


async def remove(tx: Tx, message_ids: Iterable[int], persons: Iterable[int], deals: Iterable[int]) -> None:
    """Unlink, leaving tombstones (R23); with neither persons nor deals, everything is unlinked."""
    people, sales = list(persons), list(deals)
    await tx.execute(
        "UPDATE links SET removed_at = ? WHERE removed_at IS NULL"
        " AND message_id IN (SELECT value FROM json_each(?))"
        " AND (? OR person_id IN (SELECT value FROM json_each(?)) OR deal_id IN (SELECT value FROM json_each(?)))",
        (
            int(time.time()),
            json.dumps(list(message_ids)),
            not people and not sales,
            json.dumps(people),
            json.dumps(sales),
        ),
    )


async def of_messages(tx: Tx, message_ids: Iterable[int], *, live: bool = True) -> list[Link]:
    """Return the links of messages; with ``live`` False tombstones too."""
    found = await rows(
        tx,
        "SELECT message_id, person_id, deal_id, origin, owner_only, created, removed_at FROM links"
        " WHERE message_id IN (SELECT value FROM json_each(?)) AND (removed_at IS NULL OR NOT ?) ORDER BY id",
        json.dumps(list(message_ids)),
        live,
    )
    return [Link(r[0], r[1], r[2], r[3], bool(r[4]), r[5], r[6]) for r in found]


async def restore(tx: Tx, message_ids: Sequence[int], links: Iterable[Link]) -> None:
    """Put the links of messages back to exactly what they were (undo)."""
    await tx.execute(
        "DELETE FROM links WHERE message_id IN (SELECT value FROM json_each(?))", (json.dumps(message_ids),)
    )
    await tx.executemany(
        "INSERT INTO links (message_id, person_id, deal_id, origin, owner_only, created, removed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(k.message_id, k.person_id, k.deal_id, k.origin, k.owner_only, k.created, k.removed_at) for k in links],
    )


async def refresh(tx: Tx, message_ids: Iterable[int]) -> None:
    """Derive the badge of messages from their links, decision and privacy, and mark them for the CRM."""
    ids = json.dumps(list(message_ids))
    await tx.execute(
        "UPDATE messages SET link_state = CASE"
        "  WHEN private THEN 'private'"
        "  WHEN EXISTS (SELECT 1 FROM links WHERE message_id = messages.id AND removed_at IS NULL"
        "    AND (deal_id IS NOT NULL OR origin = 'manual')) THEN 'linked'"
        "  WHEN EXISTS (SELECT 1 FROM links WHERE message_id = messages.id AND removed_at IS NULL) THEN"
        "    CASE (SELECT result FROM decisions WHERE message_id = messages.id)"
        "      WHEN 'needs_deal' THEN CASE WHEN EXISTS (SELECT 1 FROM links WHERE message_id = messages.id"
        "        AND deal_id IS NOT NULL) THEN 'linked' ELSE 'needs_deal' END ELSE 'linked' END"
        "  WHEN EXISTS (SELECT 1 FROM decisions WHERE message_id = messages.id AND result = 'suggested')"
        "    AND NOT EXISTS (SELECT 1 FROM links WHERE message_id = messages.id) THEN 'suggested'"
        "  ELSE 'none' END,"
        " publish = CASE WHEN publish <> '' OR EXISTS (SELECT 1 FROM links WHERE message_id = messages.id) THEN 'due'"
        "  ELSE '' END"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (ids,),
    )


async def set_private(tx: Tx, message_ids: Iterable[int], private: bool) -> None:
    """Mark the threads of messages private, or no longer so; their links are kept (RULES.md, Details)."""
    ids = json.dumps(list(message_ids))
    threads = "(SELECT thread_id FROM messages WHERE id IN (SELECT value FROM json_each(?)))"
    if private:
        await tx.execute(
            f"INSERT OR IGNORE INTO private_threads SELECT thread_id FROM messages WHERE thread_id IN {threads}", (ids,)
        )
    else:
        await tx.execute(f"DELETE FROM private_threads WHERE thread_id IN {threads}", (ids,))
    await tx.execute(f"UPDATE messages SET private = ? WHERE thread_id IN {threads}", (private, ids))


async def private(tx: Tx, message_ids: Iterable[int]) -> list[tuple[int, bool]]:
    """Return (message, whether its thread is private)."""
    ids = json.dumps(list(message_ids))
    found = await rows(tx, "SELECT id, private FROM messages WHERE id IN (SELECT value FROM json_each(?))", ids)
    return [(record["id"], bool(record["private"])) for record in found]


async def thread_choices(tx: Tx, message_ids: Iterable[int]) -> list[tuple[int, int | None]]:
    """Return (message, the deal that was chosen for its thread or None)."""
    found = await rows(
        tx,
        "SELECT m.id, c.deal_id FROM messages m LEFT JOIN thread_choices c ON c.thread_id = m.thread_id"
        " WHERE m.id IN (SELECT value FROM json_each(?))",
        json.dumps(list(message_ids)),
    )
    return [(record["id"], record["deal_id"]) for record in found]


async def set_thread_choices(tx: Tx, choices: Iterable[tuple[int, int | None]]) -> None:
    """Remember "always this deal for this thread" as (one of its messages, the deal); None forgets it."""
    for message_id, deal_id in choices:
        if deal_id is None:
            await tx.execute(
                "DELETE FROM thread_choices WHERE thread_id = (SELECT thread_id FROM messages WHERE id = ?)",
                (message_id,),
            )
            continue
        await tx.execute(
            "INSERT INTO thread_choices (thread_id, deal_id) SELECT thread_id, ? FROM messages WHERE id = ?"
            " ON CONFLICT (thread_id) DO UPDATE SET deal_id = excluded.deal_id",
            (deal_id, message_id),
        )


async def thread_messages(tx: Tx, message_ids: Iterable[int]) -> list[int]:
    """Return every message of the threads that the given messages belong to."""
    found = await rows(
        tx,
        "SELECT id FROM messages WHERE thread_id IN"
        " (SELECT thread_id FROM messages WHERE id IN (SELECT value FROM json_each(?)))",
        json.dumps(list(message_ids)),
    )
    return [record["id"] for record in found]


async def deals_of_message_ids(tx: Tx, message_ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return Message-ID -> deals linked to that message, for the given Message-IDs (the rule of replies)."""
    found = await rows(
        tx,
        "SELECT m.message_id, k.deal_id FROM messages m JOIN links k ON k.message_id = m.id"
        " WHERE m.message_id IN (SELECT value FROM json_each(?)) AND m.message_id <> '' AND k.deal_id IS NOT NULL"
        " AND k.removed_at IS NULL ORDER BY k.id",
        json.dumps(list(message_ids)),
    )
    result: dict[str, tuple[int, ...]] = {}
    for record in found:
        result[record["message_id"]] = (*result.get(record["message_id"], ()), record["deal_id"])
    return result


async def never_link(tx: Tx) -> tuple[str, ...]:
    """Return the never-link list."""
    return tuple(record["pattern"] for record in await rows(tx, "SELECT pattern FROM never_link ORDER BY pattern"))


async def set_never_link(tx: Tx, pattern: str, listed: bool) -> bool:
    """Put an address, domain or pattern on the never-link list, or take it off; return whether it was on it."""
    was = await row(tx, "SELECT 1 FROM never_link WHERE pattern = ?", pattern) is not None
    if listed and not was:
        await tx.execute("INSERT INTO never_link (pattern, created) VALUES (?, ?)", (pattern, int(time.time())))
    elif was and not listed:
        await tx.execute("DELETE FROM never_link WHERE pattern = ?", (pattern,))
    return was


def state_of(decision: Decision, private: bool) -> LinkState:
    """Return the badge of a message that was just decided."""
    return LinkState.PRIVATE if private else decision.state


async def chosen_deals(tx: Tx, message_ids: Iterable[str]) -> list[int]:
    """Return the deals chosen for the threads that the given Message-IDs belong to."""
    found = await rows(
        tx,
        "SELECT DISTINCT c.deal_id FROM thread_keys k JOIN thread_choices c ON c.thread_id = k.thread_id"
        " WHERE k.key IN (SELECT value FROM json_each(?))",
        json.dumps(list(message_ids)),
    )
    return [record["deal_id"] for record in found]


async def linked_to(tx: Tx, persons: Iterable[int], deals: Iterable[int]) -> list[int]:
    """Return the messages that have, or had, a link to any of these people and deals.

    All links are looked through, 40 ms for a million: to be equal to one id is seen twice as fast as to be one of some.
    """
    found: set[int] = set()
    for column, ids in (("person_id", list(persons)), ("deal_id", list(deals))):
        if len(ids) == 1:
            records = await rows(tx, f"SELECT message_id FROM links WHERE {column} = ?", ids[0])
        elif ids:
            some = f"SELECT message_id FROM links WHERE {column} IN (SELECT value FROM json_each(?))"
            records = await rows(tx, some, json.dumps(ids))
        else:
            continue
        found.update([record["message_id"] for record in records])
    return sorted(found)


async def drop(tx: Tx, messages: Iterable[int], persons: Iterable[int], deals: Iterable[int]) -> None:
    """Drop the links of messages (``linked_to``) to people and deals that are gone; the messages stay."""
    touched = list(messages)
    if touched:
        await tx.execute(
            "DELETE FROM links WHERE message_id IN (SELECT value FROM json_each(?)) AND"
            " (person_id IN (SELECT value FROM json_each(?)) OR deal_id IN (SELECT value FROM json_each(?)))",
            (json.dumps(touched), json.dumps(list(persons)), json.dumps(list(deals))),
        )
        await refresh(tx, touched)
