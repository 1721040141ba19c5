"""What is written many at a time is what would be written one by one, files that never are in memory included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.engine.model import Account, Role, Security, Server
from tui.engine.store import accounts, bodies, folders
from tui.engine.store.bodies import StoredBody
from tui.engine.store.db import ROWS, open_mailbox, row, rows, value, write_rows

INSERT = "INSERT INTO never_link (pattern, created) VALUES {rows}"


@pytest.mark.parametrize("count", [0, 1, 2, 3, ROWS - 1, ROWS, ROWS + 1, 5 * ROWS + 77])
async def test_any_number_of_rows_is_written_once_each(tmp_path: Path, count: int) -> None:
    database = await open_mailbox(tmp_path / "mailbox.db")
    wanted = [(f"p{number:05d}", number) for number in range(count)]
    async with database.write() as tx:
        await write_rows(tx, INSERT, wanted)
    found = await rows(database.reads, "SELECT pattern, created FROM never_link ORDER BY pattern")
    await database.close()
    assert [tuple(one) for one in found] == wanted


async def test_bodies_in_memory_and_in_files_are_stored_byte_for_byte_and_found(tmp_path: Path) -> None:
    """R1, R43: sources keep every octet, each message its own text, preview and state."""
    database = await open_mailbox(tmp_path / "mailbox.db")
    big = bytes(range(256)) * 3000
    (tmp_path / "big").write_bytes(big)
    sources: list[bytes | Path] = [b"a\r\n\x00\xff", tmp_path / "big", b""]
    async with database.write() as tx:
        server = Server("127.0.0.1", 1, Security.NONE)
        account = await accounts.add(tx, Account(0, "me@our.example", "Me", "me", server, None))
        folder = await folders.add(tx, account, "INBOX", "INBOX", role=Role.INBOX, selected=True)
        await write_rows(
            tx,
            "INSERT INTO messages (id, identity, header_key, thread_id, folder_id, direction, date, from_name,"
            " from_email, recipients, subject, ingested_at) VALUES {rows}",
            [(n, f"i{n}", f"k{n}", n, folder, "in", n, "Ann", "ann@x.example", "{}", f"S{n}", 1) for n in (1, 2, 3)],
        )
        made = [StoredBody(n, raw, "full", f"word{n}", f"p{n}", ()) for n, raw in enumerate(sources, 1)]
        await bodies.save(tx, made)
    assert [await bodies.raw(database.reads, n) for n in (1, 2, 3)] == [b"a\r\n\x00\xff", big, b""]
    shown = await rows(database.reads, "SELECT body_state, preview, size FROM messages ORDER BY id")
    assert [tuple(one) for one in shown] == [("full", "p1", 5), ("full", "p2", len(big)), ("full", "p3", 0)]
    assert await value(database.reads, "SELECT rowid FROM search WHERE search MATCH 'word2'") == 2
    assert await row(database.reads, "SELECT 1 FROM search WHERE search MATCH 'word4'") is None
    made[1].forget()
    assert not (tmp_path / "big").exists()
    await database.close()
