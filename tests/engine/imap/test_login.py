"""Greeting, TLS and login: whom the client talks to, and whom it gives no secret."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from tests.engine.imap.scripted import Scripted, scripted
from tui.engine.errors import AuthError, NetworkError, ProtocolError
from tui.engine.imap.session import open_session
from tui.engine.model import Security, Server


async def test_a_bye_greeting_says_why(tmp_path: Path) -> None:
    async with scripted(Scripted(greeting=b"* BYE too many connections\r\n")) as server:
        with pytest.raises(NetworkError, match="too many connections"):
            await open_session(server.server, "ann", "s3cret-canary", spool=tmp_path)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 smtp ready\r\n", b"* 3 EXISTS\r\n"])
async def test_another_kind_of_server_is_named_as_such(tmp_path: Path, greeting: bytes) -> None:
    async with scripted(Scripted(greeting=greeting)) as server:
        with pytest.raises(ProtocolError, match="check host and port"):
            await open_session(server.server, "ann", "s3cret-canary", spool=tmp_path)


async def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    async with scripted(Scripted(greeting=b"")) as server:
        with pytest.raises(NetworkError, match="didn't answer"):
            await open_session(server.server, "ann", "x", spool=tmp_path, timeout=0.2)


async def test_a_refused_login_is_an_auth_error_without_the_secret(tmp_path: Path) -> None:
    refusal = b"%TAG% NO [AUTHENTICATIONFAILED] \x1b[31mInvalid credentials\r\n"
    async with scripted(Scripted({b"AUTHENTICATE": refusal})) as server:
        with pytest.raises(AuthError, match="Invalid credentials") as raised:
            await open_session(server.server, "ann", "s3cret-canary", spool=tmp_path)
        assert "s3cret-canary" not in repr(raised.value) + repr(raised.value.__cause__)
        assert str(raised.value).isprintable()


async def test_a_busy_server_is_no_auth_error(tmp_path: Path) -> None:
    """Gmail's answer to the sixteenth connection must not ask for a new password."""
    refusal = b"%TAG% NO [ALERT] Too many simultaneous connections. (Failure)\r\n"
    async with scripted(Scripted({b"AUTHENTICATE": refusal})) as server:
        with pytest.raises(NetworkError, match="Too many"):
            await open_session(server.server, "ann", "s3cret-canary", spool=tmp_path)


async def test_an_oauth_failure_is_answered_with_an_empty_line(tmp_path: Path) -> None:
    """The challenge's reason reaches the person (RFC 7628, section 3.2.3)."""
    challenge = b"+ eyJzdGF0dXMiOiI0MDAiLCJzY29wZSI6IngifQ==\r\n"
    server = Scripted({b"AUTHENTICATE": challenge})
    async with scripted(server):
        login = asyncio.create_task(
            open_session(server.server, "ann", "token", auth="xoauth2", spool=tmp_path, timeout=5)
        )
        await server.wait_for(b"AUTHENTICATE")
        while server.lines[-1]:
            server.heard.clear()
            await server.heard.wait()
        tag = next(line for line in server.lines if b"AUTHENTICATE" in line).split()[0]
        await server.say(tag + b" NO \r\n")
        with pytest.raises(AuthError, match='"status":"400"'):
            await login


async def test_starttls_refuses_octets_that_came_before(tmp_path: Path) -> None:
    """Plaintext behind STARTTLS's OK is an injection (CVE-2020-14954 and its kin)."""
    said = b"%TAG% OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"
    server = Scripted({b"STARTTLS": said})
    async with scripted(server):
        with pytest.raises(ProtocolError, match="before TLS"):
            await open_session(Server("127.0.0.1", server.port, Security.STARTTLS), "ann", "s3cret", spool=tmp_path)
        assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.lines)


async def test_preauth_before_starttls_is_refused(tmp_path: Path) -> None:
    server = Scripted(greeting=b"* PREAUTH you are in\r\n")
    async with scripted(server):
        with pytest.raises(ProtocolError, match="nothing was sent"):
            await open_session(Server("127.0.0.1", server.port, Security.STARTTLS), "ann", "s3cret", spool=tmp_path)
        assert server.lines == []


async def test_starttls_refused_sends_no_password(tmp_path: Path) -> None:
    server = Scripted({b"STARTTLS": b"%TAG% BAD unknown\r\n"})
    async with scripted(server):
        with pytest.raises(ProtocolError, match="offers no STARTTLS"):
            await open_session(Server("127.0.0.1", server.port, Security.STARTTLS), "ann", "s3cret", spool=tmp_path)
        assert len(server.lines) == 1


async def test_oauthbearer_is_written_as_the_rfc_says(tmp_path: Path) -> None:
    """RFC 7628, section 3.1; the token appears nowhere but on the wire."""
    server = Scripted()
    async with scripted(server):
        session = await open_session(server.server, "a=b,c@x.example", "tok", auth="oauthbearer", spool=tmp_path)
        sent = next(line for line in server.lines if b"AUTHENTICATE OAUTHBEARER" in line).split()[-1]
        head = f"n,a=a=3Db=2Cc@x.example,\1host=127.0.0.1\1port={server.port}\1auth=Bearer tok\1\1"
        assert base64.b64decode(sent).decode() == head
        await session.close()
