"""Messages whose server state differs from ours, and which of them a person wants left so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.engine.model.divergence import Difference, Divergence
from tui.engine.store.db import Tx, rows
from tui.engine.store.ingest import FLAGS
from tui.engine.store.placements import UNKNOWN

_LIVE = "p.message_id = m.id AND p.gone_at IS NULL"
_OWN = f"placements p JOIN folders f ON f.id = p.folder_id AND f.account_id = m.account_id WHERE {_LIVE}"
_SAME = " AND ".join(f"(instr(' ' || p.flags || ' ', ' {name} ') > 0) = m.{name}" for name in FLAGS)
_EQUAL = f"(p.flags = '{UNKNOWN}' OR {_SAME})"

_DIFFERENCE = f"""CASE
 WHEN m.gone = 1 THEN CASE WHEN EXISTS (SELECT 1 FROM {_OWN}) THEN 'deleted here' END
 WHEN NOT EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id) THEN CASE WHEN EXISTS (SELECT 1
  FROM operations o WHERE o.message_id = m.id AND o.kind = 'append' AND o.state IN ('refused', 'failed', 'cancelled'))
  THEN 'only here' END
 WHEN NOT EXISTS (SELECT 1 FROM placements p WHERE {_LIVE}) THEN 'gone'
 WHEN NOT EXISTS (SELECT 1 FROM {_OWN} AND p.folder_id = m.folder_id) THEN
  CASE WHEN EXISTS (SELECT 1 FROM {_OWN}) THEN 'moved' END
 WHEN (SELECT selected AND on_server FROM folders WHERE id = m.folder_id)
  AND NOT EXISTS (SELECT 1 FROM placements p WHERE {_LIVE} AND p.folder_id = m.folder_id AND {_EQUAL}) THEN 'flags'
 END"""

_SOME = " AND m.id IN (SELECT value FROM json_each(?))"
_FOUND = f"""WITH found AS (SELECT m.id, {_DIFFERENCE} AS difference FROM messages m
 WHERE m.account_id IS NOT NULL<which>
 AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.message_id = m.id AND (o.state IN ('queued', 'running')
  OR o.kind = 'send' AND o.state IN ('refused', 'failed')))),
 spots AS (SELECT d.id AS message_id, p.folder_id, p.flags, row_number() OVER (PARTITION BY d.id
  ORDER BY p.folder_id <> coalesce(m.folder_id, 0), p.id DESC) AS rank FROM found d JOIN messages m ON m.id = d.id
  JOIN {_OWN} AND d.difference IS NOT NULL),
 told AS (SELECT d.id, d.difference, s.folder_id AS there_id, s.flags AS there_flags,
  d.difference || '|' || coalesce((SELECT group_concat(folder_id) FROM (SELECT DISTINCT folder_id FROM spots
   WHERE message_id = d.id ORDER BY folder_id)), '') || '|'
  || CASE d.difference WHEN 'flags' THEN s.flags ELSE '' END AS state
  FROM found d LEFT JOIN spots s ON s.message_id = d.id AND s.rank = 1 WHERE d.difference IS NOT NULL)
 SELECT t.*, m.account_id, a.email, m.folder_id, m.date, m.from_name, m.from_email, m.subject, m.body_state,
 m.seen, m.flagged, m.answered, m.forwarded, coalesce(h.name, '') AS here_name, coalesce(f.name, '') AS there_name,
 coalesce((SELECT o.error FROM operations o WHERE o.message_id = t.id AND o.state = 'refused'
  ORDER BY o.id DESC LIMIT 1), '') AS refused, l.message_id IS NOT NULL AS left_alone
 FROM told t JOIN messages m ON m.id = t.id JOIN accounts a ON a.id = m.account_id
 LEFT JOIN folders h ON h.id = m.folder_id LEFT JOIN folders f ON f.id = t.there_id
 LEFT JOIN left_alone l ON l.message_id = t.id AND l.state = t.state"""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What a command needs to know of a message that differs.

    Args:
        there: the folder in which the server has it, None where it has none.
        theirs: the server's flags; ours: those here.
        whole: True when its source is here, so that it can be put back.
        state: equal as long as the server's state is.
    """

    id: int
    account_id: int
    folder_id: int | None
    difference: Difference
    there: int | None
    theirs: frozenset[str]
    ours: frozenset[str]
    whole: bool
    state: str


async def of_messages(tx: Tx, message_ids: Iterable[int]) -> list[Disagreement]:
    """Return those of the messages that differ from what their server has."""
    statement = _FOUND.replace("<which>", _SOME)
    return [_disagreement(record) for record in await rows(tx, statement, json.dumps(list(message_ids)))]


def listed(mailbox: sqlite3.Connection, account_id: int | None, left: bool) -> list[Divergence]:
    """Return every message that differs, newest first.

    Args:
        account_id: only this account's; None for all.
        left: also those that a person wants left so.
    """
    found = mailbox.execute(_FOUND.replace("<which>", "") + " ORDER BY m.date DESC, m.id DESC")
    every = [_divergence(record) for record in found]
    return [one for one in every if (left or not one.left) and (account_id is None or one.account_id == account_id)]


async def leave(tx: Tx, found: Sequence[Disagreement]) -> list[list[object]]:
    """Keep messages out of the list until their server's state changes; returns what takes it back."""
    ids = json.dumps([one.id for one in found])
    before = await rows(
        tx, "SELECT message_id, state FROM left_alone WHERE message_id IN (SELECT value FROM json_each(?))", ids
    )
    states = {record["message_id"]: record["state"] for record in before}
    await put_left(tx, [[one.id, one.state] for one in found])
    return [[one.id, states.get(one.id)] for one in found]


async def put_left(tx: Tx, states: Sequence[Sequence[object]]) -> None:
    """Store (message id, state that is left alone, or None for none)."""
    await tx.executemany("DELETE FROM left_alone WHERE message_id = ?", [(number,) for number, _ in states])
    await tx.executemany(
        "INSERT INTO left_alone (message_id, state) SELECT id, ? FROM messages WHERE id = ?",
        [(state, number) for number, state in states if state is not None],
    )


async def answered(tx: Tx, message_ids: Iterable[int]) -> None:
    """A person decided about these messages: what the server refused of them no longer waits for an answer."""
    await tx.execute(
        "UPDATE operations SET state = 'cancelled' WHERE state = 'refused' AND kind <> 'send'"
        " AND message_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )


async def forgotten(tx: Tx) -> list[int]:
    """Return hidden messages that no server holds, no operation waits for, and no undo brings back."""
    found = await rows(
        tx,
        "SELECT m.id FROM messages m WHERE m.gone = 1 AND NOT EXISTS (SELECT 1 FROM placements p"
        " WHERE p.message_id = m.id AND p.gone_at IS NULL) AND NOT EXISTS (SELECT 1 FROM operations o"
        " WHERE o.message_id = m.id AND o.state IN ('queued', 'running', 'refused', 'failed')) AND NOT EXISTS"
        " (SELECT 1 FROM actions a, json_each(a.before, '$.messages') k WHERE json_extract(k.value, '$[0]') = m.id)",
    )
    return [record["id"] for record in found]


def _disagreement(record: sqlite3.Row) -> Disagreement:
    return Disagreement(
        record["id"],
        record["account_id"],
        record["folder_id"],
        Difference(record["difference"]),
        record["there_id"],
        frozenset((record["there_flags"] or "").split()) & set(FLAGS),
        _flags(record),
        record["body_state"] in ("full", "raw"),
        record["state"],
    )


def _divergence(record: sqlite3.Row) -> Divergence:
    difference = Difference(record["difference"])
    here, there = record["here_name"], record["there_name"]
    if difference is Difference.FLAGS:
        theirs, ours = frozenset((record["there_flags"] or "").split()), _flags(record)
        here, there = _words(ours, theirs), _words(theirs, ours)
    elif difference is Difference.DELETED:
        here = ""
    return Divergence(
        record["id"],
        record["account_id"],
        record["email"],
        difference,
        record["date"],
        record["from_name"] or record["from_email"],
        record["subject"],
        here,
        there,
        record["refused"],
        bool(record["left_alone"]),
    )


def _flags(record: sqlite3.Row) -> frozenset[str]:
    return frozenset(name for name in FLAGS if record[name])


def _words(flags: frozenset[str], others: frozenset[str]) -> str:
    """Return what flags say where they differ from others: ``unread, flagged, not answered``."""
    shown = {"seen": ("read", "unread")}
    differing = [name for name in FLAGS if (name in flags) != (name in others)]
    return ", ".join(shown.get(name, (name, f"not {name}"))[name not in flags] for name in differing)
