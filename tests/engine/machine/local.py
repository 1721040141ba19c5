"""What an engine's files say of its messages, read without the engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.machine.boxes import token_of

FLAGS = ("seen", "flagged", "answered", "forwarded")


@dataclass(frozen=True)
class Message:
    """One message with all that hangs on it.

    Args:
        token: which mail it is; None where nothing tells.
        whole: its source is here.
        links: (person, deal, whether it is a tombstone).
        decision: what the rules said, and when.
        places: the copies that servers are believed to hold, as (account, folder, UIDVALIDITY, UID).
    """

    id: int
    token: int | None
    whole: bool
    account: int | None
    folder: str | None
    role: str
    gone: bool
    flags: frozenset[str]
    links: frozenset[tuple[int | None, int | None, bool]]
    decision: tuple[Any, ...] | None
    places: tuple[tuple[int, str, int, int], ...]
    identity: str

    @property
    def linked(self) -> bool:
        """Whether a link of it stands."""
        return any(not removed for _, _, removed in self.links)


@dataclass(frozen=True)
class Operation:
    """One operation of the journal."""

    id: int
    account: int
    kind: str
    message: int | None
    payload: dict[str, Any]
    progress: dict[str, Any]
    state: str
    error: str

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in ("queued", "running")


@dataclass(frozen=True)
class Local:
    """Everything that the files of a home hold."""

    messages: list[Message]
    operations: list[Operation]
    folders: dict[int, tuple[int, str, str, bool, bool]]
    """id -> (account, name, role, selected, on the server)."""
    published: set[str]
    """The identities of the mails in the CRM."""


def read(home: Path, ever: Sequence[Mapping[tuple[int, int], int]] = ()) -> Local:
    """Read the files of a home.

    Args:
        home: its folder.
        ever: for each account what its server ever held, so that a message without source has a token, too.
    """
    with closing(sqlite3.connect(home / "data" / "mailbox.db")) as db, closing(_crm(home)) as crm:
        db.row_factory = sqlite3.Row
        links: dict[int, set[tuple[int | None, int | None, bool]]] = {}
        for row in db.execute("SELECT message_id, person_id, deal_id, removed_at FROM links"):
            links.setdefault(row[0], set()).add((row[1], row[2], row[3] is not None))
        places: dict[int, list[tuple[int, str, int, int]]] = {}
        for row in db.execute(
            "SELECT p.message_id, f.account_id, f.wire, p.uidvalidity, p.uid FROM placements p"
            " JOIN folders f ON f.id = p.folder_id WHERE p.gone_at IS NULL ORDER BY p.id"
        ):
            places.setdefault(row[0], []).append((row[1], row[2], row[3], row[4]))
        known: dict[int, int] = {}
        for row in db.execute(
            "SELECT p.message_id, f.account_id, p.uidvalidity, p.uid FROM placements p"
            " JOIN folders f ON f.id = p.folder_id WHERE f.account_id <= ?",
            (len(ever),),
        ):
            token = ever[row[1] - 1].get((row[2], row[3]))
            if token is not None:
                known[row[0]] = token
        decisions = {
            row[0]: tuple(row) for row in db.execute("SELECT message_id, at, rule, result, reason FROM decisions")
        }
        messages = [
            Message(
                row["id"],
                token_of(row["raw"]) if row["raw"] is not None else known.get(row["id"]),
                row["raw"] is not None,
                row["account_id"],
                row["wire"],
                row["role"] or "",
                bool(row["gone"]),
                frozenset(name for name in FLAGS if row[name]),
                frozenset(links.get(row["id"], ())),
                decisions.get(row["id"]),
                tuple(places.get(row["id"], ())),
                row["identity"],
            )
            for row in db.execute(
                "SELECT m.*, s.raw, f.wire, f.role FROM messages m LEFT JOIN sources s ON s.message_id = m.id"
                " LEFT JOIN folders f ON f.id = m.folder_id ORDER BY m.id"
            )
        ]
        operations = [
            Operation(
                row["id"],
                row["account_id"],
                row["kind"],
                row["message_id"],
                json.loads(row["payload"]),
                json.loads(row["progress"]),
                row["state"],
                row["error"],
            )
            for row in db.execute("SELECT * FROM operations ORDER BY id")
        ]
        folders = {
            row["id"]: (row["account_id"], row["wire"], row["role"], bool(row["selected"]), bool(row["on_server"]))
            for row in db.execute("SELECT * FROM folders ORDER BY id")
        }
        published = {row[0] for row in crm.execute("SELECT identity FROM mails")}
    return Local(messages, operations, folders, published)


def fingerprint(home: Path) -> object:
    """Return what tells whether a sync changed anything that a later sync goes by."""
    with closing(sqlite3.connect(home / "data" / "mailbox.db")) as db:
        return [
            db.execute(query).fetchall()
            for query in (
                "SELECT * FROM placements",
                "SELECT id, state, progress, error FROM operations",
                "SELECT id, folder_id, body_state, gone, publish, seen, flagged, answered, forwarded FROM messages",
                "SELECT id, wire, on_server, uidvalidity, uidnext, highestmodseq, complete, error FROM folders",
            )
        ]


def crm_bytes(home: Path) -> bytes:
    """Return every byte of the CRM with its log."""
    return b"".join(path.read_bytes() for path in sorted((home / "data").glob("crm.db*")))


def _crm(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "data" / "crm.db")
