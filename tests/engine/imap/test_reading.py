"""Fetching, searching and following a folder on a real Dovecot."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.imap.conftest import Opener
from tests.engine.imap.test_session import mail
from tests.servers.dialogue import Dialogue, Trap
from tests.servers.proxy import Proxy
from tui.engine.errors import Refused
from tui.engine.imap import names, searching
from tui.engine.imap.facts import Fetched
from tui.engine.imap.session import Session, open_session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Role, Security, Server


async def filled(session: Session, count: int, folder: str = "INBOX") -> None:
    await asyncio.gather(*(session.append(folder, mail(f"m{at}"), flags=()) for at in range(count)))
    await session.select(folder)


async def test_pipelined_fetches_never_mix_up(session: Session) -> None:
    """Sixty commands at once on one connection, each with its own answer."""
    await filled(session, 60)
    calls = [session.fetch([uid], header=True, body=True, flags=True) for uid in range(1, 61)]
    calls += [session.fetch(UidSet.span(1, 60), flags=True) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    for uid, [got] in enumerate(answers[:60], 1):
        assert got.uid == uid
        assert isinstance(got.body, bytes)
        assert got.header is not None
        assert got.header.splitlines()[:1]
        subject = next(line for line in got.body.splitlines() if line.startswith(b"Subject:"))
        assert subject in got.header
    assert all(len(answer) == 60 for answer in answers[60:])


async def test_a_long_uid_list_is_cut_into_commands(session: Session) -> None:
    await filled(session, 40)
    odd = UidSet(range(1, 20_000, 2))
    assert len(str(odd)) > 16_000
    got = await session.fetch(odd, flags=True)
    assert [fetched.uid for fetched in got] == list(range(1, 41, 2))


async def test_a_big_body_is_spooled_to_a_private_file(session: Session, tmp_path: Path) -> None:
    raw = mail("big", "0123456789" * 300_000)
    await session.append("INBOX", raw)
    await session.select("INBOX")
    [got] = await session.fetch([1], body=True, size=True)
    assert isinstance(got.body, Path)
    assert got.body.parent == tmp_path / "spool"
    assert got.body.stat().st_mode & 0o777 == 0o600
    assert got.body.read_bytes() == raw
    assert got.size == len(raw)
    got.body.unlink()


async def test_results_are_handed_over_and_a_slow_taker_slows_the_server(session: Session) -> None:
    """With an awaiting ``on_fetched`` little piles up, however much there is."""
    for at in range(12):
        await session.append("INBOX", mail(f"b{at}", "x" * 900_000))
    await session.select("INBOX")
    seen: list[int] = []
    gate = asyncio.Event()

    async def take(got: Fetched) -> None:
        seen.append(got.uid)
        await gate.wait()

    asyncio.get_running_loop().call_later(0.3, gate.set)
    assert await session.fetch(UidSet.span(1, 12), body=True, on_fetched=take) == []
    assert seen == list(range(1, 13))


async def test_an_error_of_the_taker_ends_the_fetch_and_leaves_the_session(session: Session) -> None:
    await filled(session, 30)

    def take(got: Fetched) -> None:
        raise KeyError(got.uid)

    with pytest.raises(KeyError):
        await session.fetch(UidSet.span(1, 30), body=True, on_fetched=take)
    assert len(await session.fetch(UidSet.span(1, 30), flags=True)) == 30
    assert not session.take_facts()


async def test_qresync_tells_what_happened_since(session: Session, opens: Opener) -> None:
    await filled(session, 5)
    before = await session.select("INBOX")
    assert before.highestmodseq is not None
    other = await opens()
    await other.select("INBOX")
    await other.store([2], add=["flagged"])
    await other.store([4], add=["deleted"])
    await other.expunge([4])
    after = await session.select("INBOX", qresync=(before.uidvalidity, before.highestmodseq))
    assert list(after.vanished) == [4]
    assert [(got.uid, got.flags) for got in after.changed] == [(2, {"flagged"})]
    changed = await session.fetch(UidSet.span(1), changed_since=before.highestmodseq)
    assert [(got.uid, got.flags) for got in changed] == [(2, {"flagged"})]
    assert changed[0].modseq is not None


async def test_what_others_do_comes_as_facts(session: Session, opens: Opener) -> None:
    await filled(session, 4)
    news = asyncio.Event()
    session.pushed = news.set
    other = await opens()
    await other.select("INBOX")
    await other.store([1], add=["answered"])
    await other.store([3], add=["deleted"])
    await other.expunge([3])
    await session.noop()
    await news.wait()
    facts = session.take_facts()
    assert list(facts.vanished) == [3]
    assert facts.unknown == 0
    assert {got.uid: got.flags for got in facts.fetched}[1] == {"answered"}
    assert not session.take_facts()


async def test_search_by_day_range_and_criteria(session: Session) -> None:
    day = 86_400
    for at, date in enumerate((1_600_000_000, 1_650_000_000, 1_700_000_000)):
        await session.append("INBOX", mail(f"d{at}"), flags=("seen",) if at else (), date=date)
    await session.select("INBOX")
    assert list(await session.uids()) == [1, 2, 3]
    assert list(await session.uids(since=1_650_000_000)) == [2, 3]
    assert list(await session.uids(since=1_650_000_000 + 3 * day)) == [3]
    assert list(await session.uids("UNSEEN")) == [1]
    assert list(await session.uids(range=UidSet.span(2))) == [2, 3]
    assert list(await session.uids(range=UidSet.span(100))) == []


async def test_find_is_exact_and_cannot_be_injected(session: Session) -> None:
    for name in ("1", "21"):
        await session.append("INBOX", mail(name))
    await session.append("INBOX", b"Message-ID: bare-id@x.example\r\nSubject: x\r\n\r\nx\r\n")
    await session.select("INBOX")
    assert await session.find("1@x.example") == [1]
    assert await session.find("<21@x.example>") == [2]
    assert await session.find("bare-id@x.example") == [3]
    assert await session.find("are-id@x.example") == []
    assert await session.find('x"\r\nA1 LOGOUT\r\n{5}') == []
    assert await session.find("") == []
    assert await session.find("<é@x.example>") == []
    await session.noop()


async def test_find_reads_headers_where_the_server_cannot_search_them(
    mailbox: Mailbox, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is read nothing is found only where nothing else is there; else the server's refusal stands."""

    async def found(message_id: str) -> list[int]:
        refuses = Trap("up", 0, "answer", b"BAD must be str, not bytes", shape=b"UID SEARCH")
        with Proxy.start(mailbox.host, mailbox.port) as line:
            line.listen_in(Dialogue("imap", refuses))
            server = Server(line.host, line.port, Security.NONE)
            other = await open_session(server, mailbox.user, mailbox.password, spool=tmp_path / "spool")
            try:
                await other.select("INBOX")
                return await other.find(message_id)
            finally:
                await other.close()

    for name in ("1", "21", "2"):
        await session.append("INBOX", mail(name))
    assert await found("21@x.example") == [2]
    assert await found("3@x.example") == []
    monkeypatch.setattr(searching, "READ", 2)
    assert await found("21@x.example") == [2]
    with pytest.raises(Refused, match="must be str"):
        await found("1@x.example")


async def test_folders_with_any_name(session: Session) -> None:
    for name in ("Großkunden/Ünïcode 日本", 'quo"te', "back\\slash", "per%cent*", "a&b", "[x](y)", "Архив"):
        await session.create(names.encode(name))
    listed = {folder.name: folder for folder in await session.list_folders()}
    for name in ("Großkunden/Ünïcode 日本", 'quo"te', "back\\slash", "per%cent*", "a&b", "[x](y)"):
        folder = listed[name]
        assert folder.status is not None
        assert await session.append(folder.wire, mail("x")) == 1
        assert (await session.select(folder.wire)).exists == 1
    assert listed["Архив"].role is Role.NONE
    assert not listed["Großkunden"].selectable


async def test_keywords_and_flags_of_many(session: Session) -> None:
    await filled(session, 25)
    await session.store(UidSet.span(1, 25), add=["forwarded", "$Label1"], remove=["seen"])
    got = await session.fetch(UidSet.span(1, 25), flags=True)
    assert all(fetched.flags == {"forwarded", "$label1"} for fetched in got)


async def test_commands_one_after_the_other_keep_their_order(session: Session) -> None:
    """What is called first is sent first, also across SELECT."""
    await session.append("Archive", mail("there"))
    await filled(session, 3)
    here, _, there = await asyncio.gather(session.uids(), session.select("Archive"), session.uids())
    assert (list(here), list(there)) == ([1, 2, 3], [1])


async def test_random_cancelling_never_confuses_the_answers(session: Session) -> None:
    """Whatever is given up in whatever moment, the next command gets its own answer."""
    await filled(session, 20)
    chance = random.Random(7)
    for _ in range(60):
        calls = [
            asyncio.create_task(call)
            for call in (
                session.fetch(UidSet.span(1, 20), body=True, flags=True),
                session.fetch([chance.randint(1, 20)], header=True),
                session.uids(),
                session.status("Sent"),
                session.noop(),
                session.select("INBOX"),
                session.store([1], add=["flagged"]),
                session.idle(seconds=5),
                session.append("Drafts", mail("draft")),
            )
        ]
        for _ in range(chance.randint(0, 12)):
            await asyncio.sleep(0)
        for call in chance.sample(calls, 6):
            call.cancel()
        calls[7].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert session.alive
    await session.select("INBOX")
    got = await session.fetch(UidSet.span(1, 20), body=True)
    for fetched in got:
        assert isinstance(fetched.body, bytes)
    assert [fetched.uid for fetched in got] == list(range(1, 21))
    assert list(await session.uids()) == list(range(1, 21))


async def test_copy_says_where_to(session: Session) -> None:
    await filled(session, 3)
    assert await session.copy([1, 3], "Sent") == {1: 1, 3: 2}
    assert list(await session.uids()) == [1, 2, 3]
