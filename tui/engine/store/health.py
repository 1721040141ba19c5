"""Whether a database file is sound: asked of the file itself, read-only, before anything else opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

MOST_FAULTS = 3


def faults(path: Path) -> list[str]:
    """Return what SQLite finds wrong with a database, nothing for a sound or a missing one.

    Reads the whole file, which takes about a second for each gigabyte: call it in a thread.

    Raises:
        sqlite3.Error: it can't be looked at, as it is no database, or can't be opened.
    """
    if not path.exists():
        return []
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MOST_FAULTS})")]
        broken = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_FAULTS)
    finally:
        connection.close()
    return [one for one in found if one != "ok"] + [
        f"a row of {row[0]} refers to nothing in {row[2]}" for row in broken
    ]


def newest_received(path: Path) -> int | None:
    """Return when, by its server's clock, the newest message arrived; None where there is none or it can't be read."""
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("SELECT max(received) FROM messages").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return None if found is None or found[0] is None else int(found[0])
