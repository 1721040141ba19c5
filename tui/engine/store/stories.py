"""A story with its files: what is attached to its mail, told from the mailbox, or from the CRM's own copy."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from tui.engine.crm import dossier
from tui.engine.crm.reader import CrmReader
from tui.engine.model import TimelineEntry

MOST_READ = 100
"""Mails without a copy in the mailbox whose source is read for the names of their files, the newest ones."""


def placed(mailbox: sqlite3.Connection, crm: CrmReader, entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Return a story in which each mail that is in the mailbox names its message."""
    identities = crm.mail_identities([e.id for e in entries if e.kind == "mail" and e.id is not None])
    found = mailbox.execute(
        "SELECT identity, id FROM messages WHERE gone = 0 AND identity IN (SELECT value FROM json_each(?))",
        (json.dumps(list(identities.values())),),
    )
    here = dict(found.fetchall())
    return [
        entry._replace(message=here.get(identities.get(entry.id or 0, ""))) if entry.kind == "mail" else entry
        for entry in entries
    ]


def with_files(mailbox: sqlite3.Connection, crm: CrmReader, entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Return a story in which the files of each mail follow it.

    Args:
        mailbox: the mailbox database.
        crm: reads the CRM.
        entries: the story, in which mails name their messages.
    """
    parts = _parts(mailbox, [one.message for one in entries if one.attachments and one.message is not None])
    found: list[TimelineEntry] = []
    read = 0
    for one in entries:
        found.append(one)
        if one.kind != "mail" or not one.attachments:
            continue
        names = parts.get(one.message or 0)
        if names is None and one.id is not None and read < MOST_READ:
            read += 1
            names = [name for name, _ in dossier.files(crm.mail(one.id))]
        with_ = f"with: {one.title}"
        found += [one._replace(kind="file", title=name, detail=with_, attachments=0) for name in names or ()]
    return found


def _parts(mailbox: sqlite3.Connection, messages: Sequence[int]) -> dict[int, list[str]]:
    """Return message -> the names of its files, for those whose text is here."""
    found = mailbox.execute(
        "SELECT message_id, parts FROM texts WHERE message_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(messages)),),
    )
    return {id: [name for _, name, *_ in json.loads(parts)] for id, parts in found.fetchall()}
