"""What the client does when a server cuts, stalls, lies or floods."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.imap.scripted import SILENCE, Scripted, scripted
from tui.engine.errors import NetworkError, ProtocolError, Refused
from tui.engine.imap import listing
from tui.engine.imap import session as goodbye
from tui.engine.imap.framing import Limits
from tui.engine.imap.session import Session, open_session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Role


async def opened(server: Scripted, spool: Path, *, stall: float = 60, limits: Limits | None = None) -> Session:
    return await open_session(server.server, "ann", "s3cret-canary", spool=spool, stall=stall, limits=limits)


async def test_a_cut_after_any_octet_is_one_network_error_for_everything_pending(tmp_path: Path) -> None:
    """Wherever the connection is cut, every call under way ends with NetworkError at once."""
    fetch = b"* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {12}\r\nHello world!)\r\n%TAG% OK done\r\n"
    async with scripted(Scripted({b"UID FETCH": fetch})) as whole:
        session = await opened(whole, tmp_path)
        await session.select("INBOX")
        [got] = await session.fetch([1], flags=True, body=True)
        assert got.body == b"Hello world!"
        total = whole.sent
        await session.close()
    for cut in range(0, total, 3):
        async with scripted(Scripted({b"UID FETCH": fetch}, cut_after=cut)) as server:
            with pytest.raises(NetworkError):
                await work_until_cut(server, tmp_path)
    assert leftovers(tmp_path) == []


async def work_until_cut(server: Scripted, spool: Path) -> None:
    session = await opened(server, spool)
    await session.select("INBOX")
    calls = [session.fetch([1], flags=True, body=True), session.noop(), session.uids()]
    results = await asyncio.gather(*calls, return_exceptions=True)
    raise next(result for result in results if isinstance(result, NetworkError))


def leftovers(spool: Path) -> list[Path]:
    """Files of big literals that nobody removed."""
    return list(spool.glob("literal-*"))


async def test_the_watchdog_fails_all_pending_at_once(tmp_path: Path) -> None:
    """Silence while something is asked counts as a lost connection."""
    async with scripted(Scripted({b"UID FETCH": SILENCE, b"UID SEARCH": SILENCE})) as server:
        session = await opened(server, tmp_path, stall=0.5)
        await session.select("INBOX")
        results = await asyncio.gather(
            session.fetch([1], flags=True), session.uids(), session.noop(), return_exceptions=True
        )
        assert [type(result) for result in results] == [NetworkError] * 2 + [type(None)]
        assert not session.alive
        with pytest.raises(NetworkError):
            await session.noop()


async def test_idle_ends_at_once_when_the_connection_is_lost(tmp_path: Path) -> None:
    async with scripted(Scripted({b"IDLE": b"+ idling\r\n"})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        waiting = asyncio.create_task(session.idle(seconds=3600))
        await server.wait_for(b"IDLE")
        server.writers[0].transport.abort()
        with pytest.raises(NetworkError):
            await waiting


async def test_silence_in_idle_is_no_stall(tmp_path: Path) -> None:
    async with scripted(Scripted({b"IDLE": b"+ idling\r\n", b"NOOP": b"%TAG% OK\r\n"})) as server:
        session = await opened(server, tmp_path, stall=0.5)
        await session.select("INBOX")
        waiting = asyncio.create_task(session.idle(seconds=1.2))
        await server.wait_for(b"DONE")
        idle = next(line for line in server.lines if line.endswith(b"IDLE"))
        await server.say(idle.split()[0] + b" OK done\r\n")
        assert await waiting is False


async def test_a_command_ends_idle(tmp_path: Path) -> None:
    """Work doesn't wait for the end of IDLE."""
    server = Scripted({b"IDLE": b"+ idling\r\n"})
    async with scripted(server):
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        waiting = asyncio.create_task(session.idle(seconds=30))
        await server.wait_for(b"IDLE")
        working = asyncio.create_task(session.noop())
        await server.wait_for(b"DONE")
        idle = next(line for line in server.lines if line.endswith(b"IDLE"))
        await server.say(b"* 4 EXISTS\r\n" + idle.split()[0] + b" OK done\r\n")
        assert await waiting is True
        await working
        assert session.take_facts().exists == 4


async def test_a_cancelled_wait_leaves_the_session_usable(tmp_path: Path) -> None:
    """A late tag ends its own command and nothing else."""
    server = Scripted({b"UID FETCH": SILENCE})
    async with scripted(server):
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        waiting = asyncio.create_task(session.fetch([1], flags=True, body=True))
        await server.wait_for(b"UID FETCH")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await session.noop()
        tag = next(line for line in server.lines if b"UID FETCH" in line).split()[0]
        late = b"* 1 FETCH (UID 1 FLAGS () BODY[] {2}\r\nhi)\r\n" + tag + b" OK late\r\n" + tag + b" OK twice\r\n"
        await server.say(late)
        await session.noop()
        selected = await session.select("INBOX")
        assert selected.exists == 3
        assert not session.take_facts().fetched


async def test_uid_confusion_files_content_only_under_the_uid_asked_for(tmp_path: Path, corpus: Path) -> None:
    """hostile/imap/uid-confusion.txt: duplicates, strangers and nameless bodies are not mixed up."""
    said = (corpus / "hostile/imap/uid-confusion.txt").read_bytes().replace(b"A1 ", b"%TAG% ")
    async with scripted(Scripted({b"UID FETCH": said})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        got = await session.fetch([7], body=True)
        assert [(fetched.uid, fetched.body) for fetched in got] == [(7, b"one")]


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 1 BODY[] {999999999999}\r\nshort",
        b'* LIST () "/" {9000000}\r\n',
        b"* OK " + b"x" * 2_000_000,
        b"* 1 FETCH (" + b"{2}\r\nab " * 20_000,
    ],
    ids=["huge literal", "huge name", "endless line", "many literals"],
)
async def test_a_broken_limit_drops_the_connection(tmp_path: Path, said: bytes) -> None:
    async with scripted(Scripted({b"UID FETCH": said})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        with pytest.raises(ProtocolError) as raised:
            await session.fetch([1], body=True)
        assert f"127.0.0.1:{server.port}" in str(raised.value)
        assert not session.alive
    assert leftovers(tmp_path) == []


async def test_absurd_counts_cost_nothing(tmp_path: Path, corpus: Path) -> None:
    said = (corpus / "hostile/imap/counts-absurd.txt").read_bytes().replace(b"A1 ", b"%TAG% ")
    async with scripted(Scripted({b"NOOP": said})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        await session.noop()
        facts = session.take_facts()
        assert facts.exists == 4294967295
        assert facts.unknown >= 1
        assert session.malformed >= 1


async def test_a_malformed_response_costs_one_message(tmp_path: Path) -> None:
    said = (
        b'* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS (\\Seen) X "open)\r\n'
        b"* 3 FETCH (UID 3 FLAGS ()))\r\n* 4 FETCH (UID 4 FLAGS (Junk]))\r\n%TAG% OK done\r\n"
    )
    async with scripted(Scripted({b"UID FETCH": said})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        got = await session.fetch(UidSet.span(1, 4), flags=True)
        assert [fetched.uid for fetched in got] == [1, 4]
        assert got[1].flags == {"junk]"}
        assert session.malformed == 2


async def test_alerts_are_kept_and_harmless(tmp_path: Path, corpus: Path) -> None:
    alert, bye = (corpus / "hostile/imap/alert-esc.txt").read_bytes().splitlines(keepends=True)
    async with scripted(Scripted({b"NOOP": alert + b"%TAG% OK\r\n", b"UID SEARCH": bye})) as server:
        session = await opened(server, tmp_path)
        await session.noop()
        [shown] = session.alerts
        assert shown.isprintable()
        assert "[red]Pay now[/]" in shown
        with pytest.raises(NetworkError, match="bye") as raised:
            await session.uids()
        assert str(raised.value).isprintable()


async def test_close_never_waits_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert goodbye.GOODBYE == 2
    monkeypatch.setattr(goodbye, "GOODBYE", 0.2)
    async with scripted(Scripted({b"LOGOUT": SILENCE, b"UID FETCH": SILENCE})) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        waiting = asyncio.create_task(session.fetch([1], flags=True))
        await server.wait_for(b"UID FETCH")
        async with asyncio.timeout(30):  # a server has a minute to answer
            await session.close()
        with pytest.raises(NetworkError):
            await waiting


async def test_a_literal_waits_for_the_go_ahead_and_nothing_comes_between(tmp_path: Path) -> None:
    """Without LITERAL+ a message is sent only after the server's ``+`` (RFC 9051, section 4.3)."""
    poor = b"%TAG% OK [CAPABILITY IMAP4rev1] welcome\r\n"
    append = b"%TAG% OK [APPENDUID 7 12] done\r\n"
    server = Scripted({b"AUTHENTICATE": poor, b"APPEND": append})
    raw = b"Subject: x\r\n\r\n" + b"y" * 700_000
    async with scripted(server):
        session = await opened(server, tmp_path)
        uid, _ = await asyncio.gather(session.append('a "b" \\c', raw, date=0), session.noop())
        assert uid == 12
        assert server.literals == [raw]
        [line] = [line for line in server.lines if b"APPEND" in line]
        assert line.split(b" ", 1)[1].startswith(
            b'APPEND "a \\"b\\" \\\\c" (\\Seen) "01-Jan-1970 00:00:00 +0000" {700014}'
        )


async def test_a_refused_literal_is_not_sent(tmp_path: Path) -> None:
    """NO instead of the go-ahead ends the command; the connection stays in step."""
    poor = b"%TAG% OK [CAPABILITY IMAP4rev1] welcome\r\n"
    refusing = Refusing({b"AUTHENTICATE": poor})
    async with scripted(refusing):
        session = await opened(refusing, tmp_path)
        with pytest.raises(Refused, match="over quota") as raised:
            await session.append("INBOX", b"x" * 100)
        assert raised.value.code == "OVERQUOTA"
        await session.noop()
        assert refusing.literals == []


class Refusing(Scripted):
    """Answers APPEND with NO instead of the go-ahead."""

    async def _command(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"APPEND" in line:
            await self._send(writer, line.split()[0] + b" NO [OVERQUOTA] over quota\r\n")
        else:
            await super()._command(line, reader, writer)


async def test_a_server_that_refuses_what_it_offers_is_listed_plainly(tmp_path: Path) -> None:
    def listing(line: bytes) -> bytes:
        if b"RETURN" in line:
            return b"%TAG% BAD parse error\r\n"
        return b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST () "/" Sent\r\n%TAG% OK\r\n'

    offered = b"IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE"
    server = Scripted(
        {
            b"AUTHENTICATE": b"%TAG% OK [CAPABILITY " + offered + b"] welcome\r\n",
            b"LIST": listing,
            b"LSUB": b"%TAG% NO not here\r\n",
            b"STATUS": lambda line: b"* STATUS " + line.split()[2] + b" (MESSAGES 4 UIDNEXT 9)\r\n%TAG% OK\r\n",
        }
    )
    async with scripted(server):
        session = await opened(server, tmp_path)
        folders = {folder.name: folder for folder in await session.list_folders()}
        assert [folder.role for folder in folders.values()] == [Role.INBOX, Role.SENT]
        assert [folder.status.messages for folder in folders.values() if folder.status] == [4, 4]


async def test_without_push_the_server_is_asked(tmp_path: Path) -> None:
    """A server without IDLE, or whose IDLE says nothing, is asked by NOOP."""
    offered = b"%TAG% OK [CAPABILITY IMAP4rev1 UNSELECT] welcome\r\n"
    news = iter([b"%TAG% OK nothing\r\n", b"* 4 EXISTS\r\n%TAG% OK\r\n"])
    server = Scripted({b"AUTHENTICATE": offered, b"LOGIN": offered, b"NOOP": lambda line: next(news, SILENCE)})
    async with scripted(server):
        session = await opened(server, tmp_path, stall=0.5)
        await session.select("INBOX")
        assert await session.idle(seconds=0) is False
        assert await session.idle(seconds=30) is True
        assert await session.idle(seconds=30) is True
        assert session.take_facts().exists == 4
        with pytest.raises(NetworkError, match="said nothing"):
            await session.idle(seconds=30)


async def test_a_flood_of_folders_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FOLDERS", 50)
    said = b"".join(b'* LIST () "/" f%d\r\n' % at for at in range(500)) + b"%TAG% OK\r\n"
    async with scripted(Scripted({b"LIST": said})) as server:
        session = await opened(server, tmp_path)
        assert len(await session.list_folders(status=False)) == 50


async def test_throttling_and_passing_states_are_network_errors(tmp_path: Path) -> None:
    said = b"%TAG% BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"
    async with scripted(Scripted({b"NOOP": said})) as server:
        session = await opened(server, tmp_path)
        with pytest.raises(NetworkError, match="92 s") as raised:
            await session.noop()
        assert getattr(raised.value, "seconds", 0) == pytest.approx(92.4, abs=0.1)
        assert session.alive


@pytest.mark.parametrize("chunk", [1, 7])
async def test_any_chunking_gives_the_same(tmp_path: Path, chunk: int) -> None:
    said = b"* 1 FETCH (UID 1 BODY[] {7}\r\n)\r\n* 2 )\r\n%TAG% OK done\r\n"
    async with scripted(Scripted({b"UID FETCH": said}, chunk=chunk)) as server:
        session = await opened(server, tmp_path)
        await session.select("INBOX")
        [got] = await session.fetch([1], body=True)
        assert got.body == b")\r\n* 2 "
