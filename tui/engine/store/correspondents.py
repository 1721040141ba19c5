"""Who was written to, for completing addresses."""

from __future__ import annotations

from tui.engine.model import Address
from tui.engine.store.mailreads import MailReads

_SENT = """WITH sent AS (
  SELECT id, date, recipients FROM messages WHERE direction = 'out' AND gone = 0 ORDER BY date DESC LIMIT ?),
 named AS (
  SELECT json_extract(a.value, '$[0]') AS name, json_extract(a.value, '$[1]') AS email, sent.date AS date
  FROM sent, json_each(sent.recipients) AS role, json_each(role.value) AS a WHERE json_valid(sent.recipients))
SELECT max(name) AS name, email, count(*) AS times, max(date) AS last FROM named
 WHERE email LIKE '%_@_%' GROUP BY lower(email) ORDER BY last DESC"""

LATEST = 3000
"""Messages of ours that are looked at."""


def correspondents(reader: MailReads) -> list[Address]:
    """Return everybody to whom one of the latest own messages went, the last one first."""
    found = reader.mailbox.execute(_SENT, (LATEST,))
    return [Address(record["name"] or "", record["email"]) for record in found]
