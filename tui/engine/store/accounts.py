"""Accounts in the mailbox database: settings as JSON (never a secret), state, what was learned of the provider."""

from __future__ import annotations

import json
import time
from typing import Any

from tui.engine.model import Account, AccountState, Server
from tui.engine.store.db import Tx, insert, row, rows, value
from tui.engine.store.records import account_of, own_of


def to_settings(account: Account) -> str:
    """Return the JSON that is stored for an account."""
    return json.dumps(
        {
            "name": account.name,
            "user": account.user,
            "imap": _server_json(account.imap),
            "smtp": _server_json(account.smtp),
            "auth": account.auth,
            "secret": account.secret,
            "kind": account.kind,
            "team": account.team,
            "aliases": list(account.aliases),
            "since": account.since,
            "folders": list(account.folders) if account.folders is not None else None,
        }
    )


async def add(tx: Tx, account: Account) -> int:
    """Store a new account and return its id."""
    return await insert(
        tx,
        "INSERT INTO accounts (email, settings, created) VALUES (?, ?, ?)",
        account.email,
        to_settings(account),
        int(time.time()),
    )


async def save(tx: Tx, account: Account) -> None:
    """Store changed settings."""
    await tx.execute("UPDATE accounts SET settings = ? WHERE id = ?", (to_settings(account), account.id))


async def remove(tx: Tx, account_id: int) -> None:
    """Delete an account with its folders, placements and operations; its messages must have been seen to before."""
    await tx.execute("DELETE FROM accounts WHERE id = ?", (account_id,))


async def all_of(tx: Tx) -> list[Account]:
    """Return every account, oldest first."""
    return [account_of(record) for record in await rows(tx, "SELECT * FROM accounts ORDER BY id")]


async def get(tx: Tx, account_id: int) -> Account | None:
    """Return one account."""
    record = await row(tx, "SELECT * FROM accounts WHERE id = ?", account_id)
    return account_of(record) if record is not None else None


async def set_state(
    tx: Tx, account_id: int, state: AccountState, error: str = "", synced_at: int | None = None
) -> None:
    """Store what the connection of an account does and its last error."""
    await tx.execute(
        "UPDATE accounts SET state = ?, error = ?, synced_at = coalesce(?, synced_at) WHERE id = ?",
        (state.value, error, synced_at, account_id),
    )


async def learned(tx: Tx, account_id: int) -> dict[str, Any]:
    """Return what was learned of the provider, such as ``files_own_copy`` (R12)."""
    stored = await value(tx, "SELECT learned FROM accounts WHERE id = ?", account_id)
    facts: dict[str, Any] = json.loads(str(stored)) if stored else {}
    return facts


async def learn(tx: Tx, account_id: int, **facts: object) -> None:
    """Remember facts about the provider."""
    merged = {**await learned(tx, account_id), **facts}
    await tx.execute("UPDATE accounts SET learned = ? WHERE id = ?", (json.dumps(merged), account_id))


async def unsent(tx: Tx, account_id: int) -> int:
    """Return how many messages written here have not left: queued, refused, or waiting for a person to settle."""
    found = await value(
        tx,
        "SELECT count(*) FROM operations WHERE account_id = ? AND kind = 'send' AND state NOT IN ('done', 'cancelled')",
        account_id,
    )
    return int(str(found))


async def own_addresses(tx: Tx) -> frozenset[str]:
    """Return every own address and alias of all accounts, normalised (RULES.md, Own address)."""
    return own_of(await all_of(tx))


def _server_json(server: Server | None) -> list[object] | None:
    return [server.host, server.port, server.security.value] if server is not None else None
