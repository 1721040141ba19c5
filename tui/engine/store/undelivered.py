"""Addresses to which mail failed and has not got through since; what reports say is held against what was sent."""

from __future__ import annotations

import json
import sqlite3

from tui.engine.model import Undelivered

PATIENCE = 5 * 86_400
"""Seconds after which a message that nobody reported as failed has got through (RFC 5321, 4.5.4.1: 4 to 5 days)."""

_SAID = """SELECT d.address, d.message_id, d.at, d.action, d.why FROM deliveries d
 WHERE EXISTS (SELECT 1 FROM messages s WHERE s.message_id = d.returned AND s.message_id <> '' AND s.direction = 'out')
 ORDER BY d.at, d.message_id"""

_WROTE = """SELECT lower(from_email) AS address, max(date) AS at FROM messages
 WHERE direction = 'in' AND date > :since AND dmarc_failed = ''
 AND lower(from_email) IN (SELECT value FROM json_each(:addresses)) GROUP BY 1"""

_SENT = """SELECT lower(json_extract(a.value, '$[1]')) AS address, max(m.date) AS at FROM messages m
 LEFT JOIN folders f ON f.id = m.folder_id, json_each(m.recipients) role, json_each(role.value) a
 WHERE m.direction = 'out' AND m.date > :since AND m.date < :until AND coalesce(f.role, '') <> 'drafts'
 AND lower(json_extract(a.value, '$[1]')) IN (SELECT value FROM json_each(:addresses)) GROUP BY 1"""


def undelivered(mailbox: sqlite3.Connection, now: int) -> dict[str, Undelivered]:
    """Return the normalised addresses that mail does not reach, each with its last failure.

    An address is no longer among them once it wrote, a report says that mail got there, or a later message to it was
    not reported as failed within ``PATIENCE``.

    Args:
        mailbox: the database.
        now: the present, in seconds since the epoch.
    """
    failed: dict[str, Undelivered] = {}
    for record in mailbox.execute(_SAID):
        if record["action"] == "failed":
            failed[record["address"]] = Undelivered(
                record["address"], record["at"], record["why"], record["message_id"]
            )
        else:
            failed.pop(record["address"], None)
    if not failed:
        return failed
    asked = {
        "addresses": json.dumps(sorted(failed)),
        "since": min(one.at for one in failed.values()),
        "until": now - PATIENCE,
    }
    for query in (_WROTE, _SENT):
        for record in mailbox.execute(query, asked).fetchall():
            if record["address"] in failed and record["at"] > failed[record["address"]].at:
                del failed[record["address"]]
    return failed
