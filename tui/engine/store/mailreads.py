"""Synchronous reads of accounts, folders, lists and messages, on read-only connections of their own.

A list is a vector of ids per view plus pages of rows by id: no OFFSET, no count(*) on the way to a paint.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence

from tui.engine.crm.reader import CrmReader
from tui.engine.errors import Ambiguous, ConfigError, NotFound
from tui.engine.model import (
    Account,
    Address,
    Attachment,
    Body,
    DealRef,
    Direction,
    Folder,
    LinkState,
    Operation,
    OperationState,
    Order,
    PersonRef,
    Role,
    Row,
    Status,
    View,
    short_name,
)
from tui.engine.paths import Paths
from tui.engine.store import ordering
from tui.engine.store.records import account_of, operation_of
from tui.engine.store.reminders import due_count
from tui.engine.text import line

_ROW = """SELECT m.*, coalesce(f.name, '') AS folder, coalesce(a.email, '') AS account,
 EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL) AS on_server,
 EXISTS (SELECT 1 FROM operations o WHERE o.message_id = m.id AND o.state IN ('queued', 'running')) AS pending,
 EXISTS (SELECT 1 FROM operations o WHERE o.message_id = m.id AND o.state IN ('refused', 'failed')) AS refused,
 m.dmarc_failed <> '' AND EXISTS (SELECT 1 FROM json_each(a.learned, '$.judges') j WHERE j.value = m.dmarc_failed)
 AS forged
 FROM messages m LEFT JOIN folders f ON f.id = m.folder_id LEFT JOIN accounts a ON a.id = m.account_id
 WHERE m.id IN (SELECT value FROM json_each(?))"""

_THREADS = """SELECT value AS thread, (SELECT count(*) FROM
 (SELECT 1 FROM messages t WHERE t.thread_id = value AND t.gone = 0 LIMIT ?)) AS size FROM json_each(?)"""

COUNTED = 1000
"""Messages of a thread up to which they are counted for a row: a list mailed for years costs no more than that."""

_FOLDER = """SELECT f.*, a.email AS account,
 (SELECT count(*) FROM messages m WHERE m.folder_id = f.id AND m.gone = 0) AS total,
 (SELECT count(*) FROM messages m WHERE m.folder_id = f.id AND m.seen = 0 AND m.gone = 0) AS unread,
 (SELECT min(m.date) FROM messages m WHERE m.folder_id = f.id AND m.gone = 0) AS oldest
 FROM folders f JOIN accounts a ON a.id = f.account_id"""

_VIEWS = {
    "folder": "folder_id = :folder AND gone = 0",
    "account": "account_id = :account AND gone = 0",
    "inbox": "folder_id IN (SELECT id FROM folders WHERE role = 'inbox') AND gone = 0",
    "needs_deal": "link_state = 'needs_deal' AND gone = 0",
    "all": "gone = 0",
}


class MailReads:
    """The part of ``reader.Reader`` that needs little of the CRM.

    Args:
        paths: the home; its databases must exist.
    """

    def __init__(self, paths: Paths) -> None:
        try:
            self.mailbox = sqlite3.connect(f"file:{paths.mailbox}?mode=ro", uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise ConfigError(f"The database {paths.mailbox} can't be read ({error}).") from error
        self.mailbox.row_factory = sqlite3.Row
        self.mailbox.execute("PRAGMA busy_timeout = 5000")
        ordering.teach(self.mailbox)
        self.crm = CrmReader(paths.crm)

    def close(self) -> None:
        """Close both connections."""
        self.mailbox.close()
        self.crm.close()

    # --- accounts and folders

    def accounts(self) -> list[Account]:
        """Return every account, oldest first."""
        return [account_of(record) for record in self.mailbox.execute("SELECT * FROM accounts ORDER BY id")]

    def account(self, ref: str | int) -> Account:
        """Return an account by id or address.

        Raises:
            NotFound: there is none.
        """
        wanted = str(ref).strip().lower()
        for account in self.accounts():
            if wanted in (str(account.id), account.email.lower()):
                return account
        raise NotFound("account", ref)

    def folders(self, account_id: int | None = None) -> list[Folder]:
        """Return the folders of an account or of all, the inbox first; those deleted on both sides are left out."""
        where = "" if account_id is None else " WHERE f.account_id = ?"
        order = " ORDER BY f.account_id, f.role <> 'inbox', f.name COLLATE NOCASE"
        found = self.mailbox.execute(_FOLDER + where + order, () if account_id is None else (account_id,))
        every = [_folder(record) for record in found]
        return [one for one in every if one.on_server or one.selected or one.total]

    def folder(self, ref: str | int, account_id: int | None = None) -> Folder:
        """Return a folder by id, name, role, or name without the INBOX that its server puts before all.

        Raises:
            NotFound: there is none.
            Ambiguous: several accounts have one of that name.
        """
        wanted = str(ref).strip().casefold()
        every = self.folders(account_id)
        for test in (_has_id, _has_name, _has_role, _has_short_name):
            found = [folder for folder in every if test(folder, wanted)]
            if len(found) > 1:
                raise Ambiguous("folder", ref, [f"{f.id}: {f.name} of {f.account}" for f in found])
            if found:
                return found[0]
        raise NotFound("folder", ref)

    # --- lists

    def ids(self, view: View, limit: int = -1, order: Order = Order.NEWEST) -> array[int]:
        """Return the ids of a view; with ``threads`` the newest of each thread alone.

        Args:
            limit: at most so many; -1 for all.
            order: what they are sorted by.
        """
        where = _VIEWS[view.kind]
        values: dict[str, object] = {"folder": view.folder_id, "account": view.account_id}
        if view.query.strip():
            # The search language is needed only once somebody searches.
            from tui.engine.store import search

            condition, more = search.condition(view.query, self.crm)
            where = f"{where} AND {condition}"
            values.update(more)
        if view.threads:
            where = f"{where} GROUP BY thread_id HAVING date = max(date)"
        values["limit"] = limit
        found = self.mailbox.execute(
            f"SELECT id FROM messages m WHERE {where} ORDER BY {ordering.ORDER_BY[order]} LIMIT :limit", values
        )
        return array("q", (record[0] for record in found))

    def counts(self, view: View) -> tuple[int, int]:
        """Return how many messages a view holds and how many of them are unread."""
        where = _VIEWS[view.kind]
        values = {"folder": view.folder_id, "account": view.account_id}
        found = self.mailbox.execute(
            f"SELECT (SELECT count(*) FROM messages WHERE {where}),"
            f" (SELECT count(*) FROM messages WHERE {where} AND seen = 0)",
            values,
        )
        total, unread = found.fetchone()
        return int(total), int(unread)

    def rows(self, ids: Iterable[int]) -> list[Row]:
        """Return rows in the order asked; unknown ids are left out."""
        wanted = list(ids)
        found = {r["id"]: r for r in self.mailbox.execute(_ROW, (json.dumps(wanted),))}
        persons, deals = self._links(found)
        threads = json.dumps(list({record["thread_id"] for record in found.values()}))
        sizes = {thread: size for thread, size in self.mailbox.execute(_THREADS, (COUNTED, threads))}
        return [
            _row(one, persons.get(number, ()), deals.get(number, ()), sizes[one["thread_id"]])
            for number in wanted
            if (one := found.get(number)) is not None
        ]

    def thread(self, thread_id: int) -> array[int]:
        """Return the ids of a thread, oldest first."""
        found = self.mailbox.execute(
            "SELECT id FROM messages WHERE thread_id = ? AND gone = 0 ORDER BY date, id", (thread_id,)
        )
        return array("q", (record[0] for record in found))

    def unread(self, view: View) -> set[int]:
        """Return the unread ids of a view without its query; where threads are lines, all of those with unread ones."""
        values = {"folder": view.folder_id, "account": view.account_id}
        query = f"SELECT id FROM messages WHERE {_VIEWS[view.kind]} AND seen = 0"
        if view.threads:
            query = f"SELECT id FROM messages WHERE thread_id IN ({query.replace('SELECT id', 'SELECT thread_id')})"
        return {record[0] for record in self.mailbox.execute(query, values)}

    def _links(self, ids: Iterable[int]) -> tuple[dict[int, tuple[PersonRef, ...]], dict[int, tuple[DealRef, ...]]]:
        found = self.mailbox.execute(
            "SELECT message_id, person_id, deal_id FROM links WHERE removed_at IS NULL"
            " AND message_id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(ids)),),
        ).fetchall()
        people = self.crm.person_refs({r["person_id"] for r in found if r["person_id"] is not None})
        sales = self.crm.deal_refs({r["deal_id"] for r in found if r["deal_id"] is not None})
        persons: dict[int, tuple[PersonRef, ...]] = {}
        deals: dict[int, tuple[DealRef, ...]] = {}
        for record in found:
            if record["person_id"] in people:
                persons[record["message_id"]] = (*persons.get(record["message_id"], ()), people[record["person_id"]])
            if record["deal_id"] in sales:
                deals[record["message_id"]] = (*deals.get(record["message_id"], ()), sales[record["deal_id"]])
        return persons, deals

    # --- one message

    def row(self, message_id: int) -> Row:
        """Return one message's row.

        Raises:
            NotFound: there is no such message.
        """
        found = self.rows([message_id])
        if not found:
            raise NotFound("message", message_id)
        return found[0]

    def body(self, message_id: int) -> Body:
        """Return a message for reading; ``state`` is ``header`` while its body is not here yet.

        Raises:
            NotFound: there is no such message.
        """
        found = self.mailbox.execute(
            "SELECT m.*, coalesce(t.text, '') AS text, coalesce(t.parts, '[]') AS parts FROM messages m"
            " LEFT JOIN texts t ON t.message_id = m.id WHERE m.id = ?",
            (message_id,),
        ).fetchone()
        if found is None:
            raise NotFound("message", message_id)
        parts = tuple(Attachment(*part) for part in json.loads(found["parts"]))
        return Body(message_id, found["body_state"], found["text"], _headers(found), parts)

    def raw(self, message_id: int) -> bytes | None:
        """Return the source byte for byte, None while it is not here."""
        found = self.mailbox.execute("SELECT raw FROM sources WHERE message_id = ?", (message_id,)).fetchone()
        return bytes(found["raw"]) if found is not None else None

    def attachment(self, message_id: int, part: int) -> tuple[Attachment, bytes]:
        """Return an attachment and its decoded bytes.

        Raises:
            NotFound: the message, its source or the attachment is not here.
        """
        # Parsers are slow to import and no list needs them.
        from tui.engine.mail.mime import attachment_bytes

        raw = self.raw(message_id)
        if raw is None:
            raise NotFound("source of message", message_id)
        if not any(found.part == part for found in self.body(message_id).attachments):
            raise NotFound(f"attachment of message {message_id}", part)
        info, data = attachment_bytes(raw, part)
        return Attachment(info.part, info.name, info.type, info.size), data

    # --- the journal

    def operations(self, state: OperationState | None = None) -> list[Operation]:
        """Return the journal, newest first; only those in one state when it is given."""
        where = "" if state is None else "WHERE o.state = ?"
        found = self.mailbox.execute(
            f"SELECT o.*, a.title FROM operations o JOIN actions a ON a.id = o.action_id {where}"
            " ORDER BY o.id DESC LIMIT 5000",
            () if state is None else (state.value,),
        )
        return [operation_of(record) for record in found]

    def status(self) -> Status:
        """Return what the status line says."""
        counts: Mapping[str, int] = dict(
            self.mailbox.execute(
                "SELECT CASE WHEN state IN ('queued', 'running') THEN CASE kind WHEN 'send' THEN 'outbox'"
                " ELSE 'pending' END ELSE 'refused' END, count(*) FROM operations"
                " WHERE state IN ('queued', 'running', 'refused', 'failed') GROUP BY 1"
            ).fetchall()
        )
        needs = self.mailbox.execute(
            "SELECT count(*) FROM messages WHERE link_state = 'needs_deal' AND gone = 0"
        ).fetchone()[0]
        synced = self.mailbox.execute("SELECT max(synced_at) FROM accounts").fetchone()[0]
        waiting = self.mailbox.execute(
            "SELECT min(next_try) FROM operations WHERE kind = 'send' AND state = 'queued' AND attempts = 0"
        ).fetchone()[0]
        return Status(
            tuple(self.accounts()),
            counts.get("pending", 0),
            counts.get("refused", 0),
            counts.get("outbox", 0),
            needs,
            synced,
            waiting,
            due_count(self.mailbox),
        )

    def never_link(self) -> list[str]:
        """Return the never-link list."""
        return [record[0] for record in self.mailbox.execute("SELECT pattern FROM never_link ORDER BY pattern")]


def _has_id(folder: Folder, wanted: str) -> bool:
    return str(folder.id) == wanted


def _has_name(folder: Folder, wanted: str) -> bool:
    return folder.name.casefold() == wanted


def _has_role(folder: Folder, wanted: str) -> bool:
    return folder.role is not Role.NONE and folder.role.value == wanted


def _has_short_name(folder: Folder, wanted: str) -> bool:
    return short_name(folder.name) == short_name(wanted)


def _folder(record: sqlite3.Row) -> Folder:
    return Folder(
        id=record["id"],
        account_id=record["account_id"],
        account=record["account"],
        name=record["name"],
        role=Role(record["role"]),
        selected=bool(record["selected"]),
        total=record["total"],
        unread=record["unread"],
        synced=record["total"],
        expected=max(record["expected"], record["total"]) if not record["complete"] else record["total"],
        oldest=record["oldest"],
        on_server=bool(record["on_server"]),
        selectable=bool(record["selectable"]),
        error=record["error"],
    )


def _addresses(recipients: Mapping[str, Sequence[Sequence[str]]], role: str) -> tuple[Address, ...]:
    return tuple(Address(name, email) for name, email in recipients.get(role, ()))


def _row(record: sqlite3.Row, persons: tuple[PersonRef, ...], deals: tuple[DealRef, ...], thread_size: int) -> Row:
    recipients = json.loads(record["recipients"])
    return Row(
        id=record["id"],
        account_id=record["account_id"] or 0,
        account=record["account"],
        folder_id=record["folder_id"],
        folder=record["folder"],
        message_id=record["message_id"],
        thread=record["thread_id"],
        date=record["date"],
        sender=Address(record["from_name"], record["from_email"]),
        to=_addresses(recipients, "to"),
        cc=_addresses(recipients, "cc"),
        subject=record["subject"],
        preview=record["preview"],
        seen=bool(record["seen"]),
        flagged=bool(record["flagged"]),
        answered=bool(record["answered"]),
        forwarded=bool(record["forwarded"]),
        has_attachments=record["attachments"] > 0,
        attachments=record["attachments"],
        direction=Direction(record["direction"]),
        on_server=bool(record["on_server"]),
        pending=bool(record["pending"]),
        refused=bool(record["refused"]),
        thread_size=thread_size,
        link_state=LinkState(record["link_state"]),
        persons=persons,
        deals=deals,
        size=record["size"],
        forged=bool(record["forged"]),
    )


def _headers(record: sqlite3.Row) -> tuple[tuple[str, str], ...]:
    recipients = json.loads(record["recipients"])
    shown = [("From", _written([[record["from_name"], record["from_email"]]]))]
    shown += [(role.title(), _written(recipients.get(role, []))) for role in ("to", "cc", "bcc")]
    return tuple((name, text) for name, text in [*shown, ("Subject", record["subject"])] if text)


def _written(addresses: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{name} <{email}>" if name else email for name, email in (map(line, pair) for pair in addresses))
