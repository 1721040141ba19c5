"""Threads: messages that name each other (Message-ID, In-Reply-To, References) belong together, whenever they come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tui.engine.store.db import Tx, rows, write_rows


async def assign(tx: Tx, keys: Mapping[int, Sequence[str]]) -> dict[int, int]:
    """Give each new message its thread, uniting threads that it connects.

    Args:
        keys: new message id -> the ids it belongs with (``mail.threading.thread_keys``).

    Returns:
        message id -> thread id; a thread is named by one of its messages.
    """
    wanted = json.dumps(sorted({key for named in keys.values() for key in named}))
    found = await rows(
        tx, "SELECT key, thread_id FROM thread_keys WHERE key IN (SELECT value FROM json_each(?))", wanted
    )
    of_key: dict[str, int] = {record["key"]: record["thread_id"] for record in found}
    known = dict(of_key)
    parent: dict[int, int] = {}

    def root(thread: int) -> int:
        while parent.get(thread, thread) != thread:
            parent[thread] = parent.get(parent[thread], parent[thread])
            thread = parent[thread]
        return thread

    of_message: dict[int, int] = {}
    for message, named in keys.items():
        threads = sorted({root(of_key[key]) for key in named if key in of_key})
        thread = threads[0] if threads else message
        for other in threads[1:]:
            parent[other] = thread
        of_message[message] = thread
        for key in named:
            of_key[key] = thread
    merged = [(root(thread), thread) for thread in parent if root(thread) != thread]
    for table in ("messages", "thread_keys", "private_threads", "thread_choices"):
        verb = "UPDATE OR IGNORE" if table.startswith(("private", "thread_c")) else "UPDATE"
        await tx.executemany(f"{verb} {table} SET thread_id = ? WHERE thread_id = ?", merged)
    fresh = [(key, root(thread)) for key, thread in of_key.items() if key not in known]
    await write_rows(tx, "INSERT INTO thread_keys (key, thread_id) VALUES {rows} ON CONFLICT DO NOTHING", fresh)
    return {message: root(thread) for message, thread in of_message.items()}
