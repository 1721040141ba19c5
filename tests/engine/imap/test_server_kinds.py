"""The same commands on servers that offer less, refuse things, or speak TLS: real Dovecots of different kinds."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import DOVECOT_IS_MISSING, Mailbox, fresh_user
from tests.engine.imap.scripted import Scripted, scripted
from tests.engine.imap.test_session import mail
from tests.servers.dovecot import DovecotMissing, DovecotServer
from tui.engine.errors import AuthError, CertificateError, NetworkError, Refused
from tui.engine.imap.session import Session, open_session
from tui.engine.model import Role, Security, Server

POOR = "IMAP4rev1 LOGIN-REFERRALS ID"
"""Courier's poverty and worse: none of the extensions that this client knows."""


@asynccontextmanager
async def session_on(server: Mailbox | DovecotServer, spool: Path, user: str = "") -> AsyncIterator[Session]:
    place = Server("127.0.0.1", server.port, Security.NONE)
    opened = await open_session(place, user or server.user, "secret", spool=spool / "spool")
    try:
        yield opened
    finally:
        await opened.close()


def started(**options: object) -> DovecotServer:
    try:
        return DovecotServer.start(**options)  # type: ignore[arg-type]
    except DovecotMissing as error:
        pytest.skip(f"{DOVECOT_IS_MISSING}: {error}")


@pytest.fixture(scope="module")
def poor() -> Iterator[DovecotServer]:
    with started(capability=POOR, prefix="INBOX.", special_use=False) as server:
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[DovecotServer]:
    with started(acl=True, quota="storage=40K", tls=True) as server:
        yield server


async def test_R10_poor_server_lists_by_name_and_prefix(poor: DovecotServer, tmp_path: Path) -> None:
    user = fresh_user()
    async with session_on(poor, tmp_path, user) as session:
        assert await session.namespace() == ("", ".")
        for wire in ("INBOX.Sent", "INBOX.Gel&APY-schte Elemente", "INBOX.Sent.Sent", "INBOX.Kunden"):
            await session.create(wire)
            await session.subscribe(wire)
        folders = {folder.wire: folder for folder in await session.list_folders()}
        roles = {wire: folder.role for wire, folder in folders.items() if folder.role}
        assert roles == {
            "INBOX": Role.INBOX,
            "INBOX.Sent": Role.SENT,
            "INBOX.Gel&APY-schte Elemente": Role.TRASH,
        }
        assert folders["INBOX.Gel&APY-schte Elemente"].name == "INBOX/Gelöschte Elemente"
        assert folders["INBOX.Kunden"].subscribed
        assert folders["INBOX.Kunden"].status is not None


async def test_R32_poor_server_moves_by_copy_and_never_takes_others(poor: DovecotServer, tmp_path: Path) -> None:
    async with session_on(poor, tmp_path, fresh_user()) as session:
        await session.create("INBOX.Done")
        for name in ("a", "b", "c"):
            await session.append("INBOX", mail(name))
        await session.select("INBOX")
        assert await session.move([1], "INBOX.Done") == {1: 1}
        assert list(await session.uids()) == [2, 3]
        await session.store([3], add=["deleted"])
        with pytest.raises(Refused, match="1 other messages"):
            await session.move([2], "INBOX.Done")
        assert list(await session.uids()) == [2, 3]
        assert (await session.status("INBOX.Done")).messages == 1
        await session.expunge([3])
        assert list(await session.uids()) == [2]
        assert await session.find("b@x.example") == [2]
        await session.unselect()
        assert session.selected == ""
        assert (await session.select("INBOX.Done", readonly=True)).readonly


async def test_R35_refusals_come_in_the_servers_words(strict: DovecotServer, tmp_path: Path) -> None:
    async with session_on(strict, tmp_path, fresh_user()) as session:
        for wire in ("NoDelete", "ReadOnly"):
            await session.create(wire)
        await session.append("NoDelete", mail("kept"))
        await session.select("NoDelete")
        with pytest.raises(Refused) as raised:
            await session.move([1], "ReadOnly")
        assert raised.value.code == "NOPERM"
        assert "ermission" in raised.value.text
        with pytest.raises(Refused) as raised:
            await session.move([1], "Nowhere")
        assert raised.value.code in ("TRYCREATE", "NONEXISTENT")
        with pytest.raises(Refused) as raised:
            await session.append("INBOX", mail("big", "x" * 60_000))
        assert raised.value.code == "OVERQUOTA"
        with pytest.raises(Refused):
            await session.select("Nowhere")
        with pytest.raises(Refused):
            await session.store([1], add=["seen"])


async def test_starttls_and_tls_check_the_certificate(
    strict: DovecotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [
        Server("localhost", strict.port, Security.STARTTLS),
        Server("localhost", strict.tls_port, Security.TLS),
    ]
    for place in places:
        monkeypatch.delenv("DEALDESK_CA_FILE", raising=False)
        with pytest.raises(CertificateError, match=f"localhost:{place.port}"):
            await open_session(place, "ann", "secret", spool=tmp_path)
        monkeypatch.setenv("DEALDESK_CA_FILE", str(strict.cafile))
        session = await open_session(place, "ann", "secret", spool=tmp_path)
        assert (await session.select("INBOX")).exists == 0
        await session.close()
    with pytest.raises(AuthError, match="check user name and password"):
        await open_session(places[1], "ann", "wrong", spool=tmp_path)


async def test_a_certificate_for_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trusted authority isn't enough: the name must be that of the account's server."""
    certificate, key = certificate_for("mail.other.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("DEALDESK_CA_FILE", str(certificate))
    async with scripted(Scripted(), tls=context) as server:
        place = Server("localhost", server.port, Security.TLS)
        with pytest.raises(CertificateError, match="Hostname mismatch"):
            await open_session(place, "ann", "s3cret", spool=tmp_path)
        assert server.lines == []


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "other.pem", folder / "other.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


async def test_unreachable_servers_are_named_with_what_to_do(tmp_path: Path, poor: DovecotServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = Server("127.0.0.1", unused.getsockname()[1], Security.NONE)
        with pytest.raises(NetworkError, match=f"127.0.0.1:{closed.port} refuses connections; check host and port"):
            await open_session(closed, "ann", "x", spool=tmp_path)
    with pytest.raises(NetworkError, match=r"mail\.invalid .* isn't known; check its name"):
        await open_session(Server("mail.invalid", 993, Security.TLS), "ann", "x", spool=tmp_path)
    with pytest.raises(NetworkError, match="isn't known"):
        await open_session(Server("a..b" + "x" * 80, 993, Security.TLS), "ann", "x", spool=tmp_path)
    with pytest.raises(NetworkError, match="doesn't answer in TLS"):
        await open_session(Server("127.0.0.1", poor.port, Security.TLS), "ann", "x", spool=tmp_path)


async def test_a_server_that_is_killed_fails_idle_and_fetch_at_once(tmp_path: Path) -> None:
    with started() as server:
        async with session_on(server, tmp_path) as idler, session_on(server, tmp_path) as worker:
            await idler.select("INBOX")
            idling = asyncio.create_task(idler.idle(seconds=3600))
            await worker.append("INBOX", mail("x"))
            assert await idling
            idler.take_facts()
            idling = asyncio.create_task(idler.idle(seconds=3600))
            await worker.noop()
            await asyncio.to_thread(server.pause)
            with pytest.raises(NetworkError):
                await idling
            with pytest.raises(NetworkError):
                await worker.noop()
