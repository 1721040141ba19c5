"""Rows of the mailbox database as values of the model; nothing here waits, so that screens can use it at once."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tui.engine.model import Account, AccountState, Operation, OperationState, Security, Server
from tui.engine.text import normalize_address


def account_of(record: sqlite3.Row) -> Account:
    """Build the account of a row of ``accounts``."""
    settings: dict[str, Any] = json.loads(record["settings"])
    imap = _server(settings["imap"])
    assert imap is not None
    return Account(
        id=record["id"],
        email=record["email"],
        name=settings["name"],
        user=settings["user"],
        imap=imap,
        smtp=_server(settings["smtp"]),
        auth=settings["auth"],
        secret=settings["secret"],
        kind=settings["kind"],
        team=settings["team"],
        aliases=tuple(settings["aliases"]),
        since=settings["since"],
        folders=tuple(settings["folders"]) if settings["folders"] is not None else None,
        state=AccountState(record["state"]),
        error=record["error"],
        push=str(json.loads(record["learned"] or "{}").get("push", "")),
    )


def operation_of(record: sqlite3.Row) -> Operation:
    """Build the public view of a row of ``operations`` joined with its action's title."""
    return Operation(
        record["id"],
        record["action_id"],
        record["account_id"],
        record["kind"],
        record["message_id"],
        record["title"],
        OperationState(record["state"]),
        record["attempts"],
        record["error"],
        record["created"],
        record["next_try"],
    )


def own_of(accounts: list[Account]) -> frozenset[str]:
    """Return the own addresses of the given accounts, normalised."""
    return frozenset(normalize_address(a) for account in accounts for a in (account.email, *account.aliases))


def _server(stored: list[Any] | None) -> Server | None:
    return Server(stored[0], stored[1], Security(stored[2])) if stored is not None else None
