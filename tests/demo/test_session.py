"""The engine's own IMAP session speaks with the embedded server; what that server lacks it does without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tui.demo.letter import Letter
from tui.demo.mail import sample
from tui.demo.world import FOLDERS, HOST, ME, World
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Role, Security, Server

NOW = 1_790_000_000


@pytest.fixture
async def session(world: World, tmp_path: Path) -> AsyncIterator[Session]:
    opened = await open_session(Server(HOST, world.imap_port, Security.NONE), ME, world.password, spool=tmp_path)
    yield opened
    await opened.close()
    await opened.close()


async def test_folders_have_their_roles(session: Session) -> None:
    """Without SPECIAL-USE the well-known names tell Sent, Drafts, Archive and Trash (R10)."""
    listed = {folder.name: folder for folder in await session.list_folders()}
    assert set(listed) == {"INBOX", *FOLDERS}
    roles = {name: folder.role for name, folder in listed.items()}
    assert roles["INBOX"] is Role.INBOX
    assert roles["Sent"] is Role.SENT
    assert roles["Drafts"] is Role.DRAFTS
    assert roles["Archive"] is Role.ARCHIVE
    assert roles["Trash"] is Role.TRASH
    assert roles["Clients"] is Role.NONE
    assert all(folder.status is not None for folder in listed.values())


async def test_every_message_is_fetched_whole(world: World, session: Session) -> None:
    """Each message of the sample comes back byte for byte, with its flags and date."""
    letters = [letter for letter in sample(NOW) if letter.user == ME and letter.folder == "INBOX"]
    uids = await asyncio.to_thread(world.fill, letters)
    selected = await session.select("INBOX")
    assert selected.exists == len(letters)
    fetched = {one.uid: one for one in await session.fetch(uids, flags=True, body=True, date=True, size=True)}
    for uid, letter in zip(uids, letters, strict=True):
        body = fetched[uid].body
        assert isinstance(body, bytes)
        assert body == letter.raw
        assert fetched[uid].internaldate == letter.at
        assert ("seen" in (fetched[uid].flags or ())) == ("\\Seen" in letter.flags)
        assert fetched[uid].size == len(letter.raw)


async def test_headers_search_move_and_append(world: World, session: Session) -> None:
    """The commands that the sync needs work: headers, SEARCH by Message-ID and date, MOVE, STORE, APPEND, EXPUNGE."""
    letters = [letter for letter in sample(NOW) if letter.user == ME and letter.folder == "INBOX"][:5]
    uids = await asyncio.to_thread(world.fill, letters)
    await session.select("INBOX")
    headers = await session.fetch(uids, header=True)
    assert all(one.header and b"essage-I" in one.header for one in headers)
    first = (headers[0].header or b"").decode("latin-1")
    named = next(row.split(": ", 1)[1].strip() for row in first.splitlines() if row.lower().startswith("message-id"))
    assert list(await session.find(named.strip("<>"))) == [headers[0].uid]
    assert len(list(await session.uids(since=NOW - 400 * 86400))) == len(letters)
    await session.store([uids[0]], add=["flagged"])
    moved = await session.move([uids[0]], "Archive")
    assert moved is not None
    assert set(moved) == {uids[0]}
    appended = await session.append("Sent", letters[1].raw, flags=("seen",), date=NOW)
    assert appended is not None
    await session.store([uids[1]], add=["deleted"])
    await session.expunge([uids[1]])
    assert sorted(await session.uids()) == sorted(uids[2:])
    await session.select("Archive")
    found = await session.fetch([moved[uids[0]]], flags=True)
    assert "flagged" in (found[0].flags or ())


async def test_idle_hears_a_delivery(world: World, session: Session) -> None:
    """IDLE ends when a message is filed."""
    await session.select("INBOX")
    idling = asyncio.create_task(session.idle(seconds=20))
    while not idling.done():
        await asyncio.to_thread(world.fill, [Letter(ME, "INBOX", b"Subject: now\r\n\r\nHello\r\n")])
        await asyncio.wait([idling], timeout=0.2)
    assert await idling is True
