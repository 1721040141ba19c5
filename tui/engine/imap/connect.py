"""Making a connection: TCP, TLS or STARTTLS with the certificate always checked, the greeting, and the login."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
from pathlib import Path

from aioimaplib.aioimaplib import AUTH, NONAUTH

from tui.engine import text
from tui.engine.errors import AuthError, NetworkError, ProtocolError, Refused
from tui.engine.imap import names
from tui.engine.imap.facts import Fact, Other
from tui.engine.imap.framing import Limits
from tui.engine.imap.protocol import Connection, capability_set
from tui.engine.imap.quirks import transient
from tui.engine.imap.response import Condition, data_of
from tui.engine.model import Security, Server
from tui.engine.tls import client_context
from tui.engine.unreachable import explain

CHALLENGES = 4
"""So many questions of a server at one login are answered; the mechanisms here have one at most."""


async def connect(
    server: Server, spool: Path, *, timeout: float, stall: float, limits: Limits | None = None
) -> tuple[Connection, Condition]:
    """Connect up to the point where a login can be sent; return the connection and its greeting.

    Args:
        server: where to, and how it is protected; the certificate is always checked.
        spool: the folder for big literals; it must exist.
        timeout: seconds for everything up to here.
        stall: see ``Connection``.
        limits: what the server may send.

    Raises:
        NetworkError: refused, unknown host, too slow, or the server said BYE.
        CertificateError: the certificate can't be trusted.
        ProtocolError: the server tries to go on without the protection asked for.
    """
    where = f"{server.host}:{server.port}"
    connection = Connection(where, spool, stall=stall, limits=limits)
    try:
        async with asyncio.timeout(timeout):
            tls = client_context() if server.security is Security.TLS else None
            await connection.loop.create_connection(
                lambda: connection, server.host, server.port, ssl=tls, happy_eyeballs_delay=_race(server.host)
            )
            _keep_alive(connection)
            greeting = await connection.greeting
            if greeting.status not in ("OK", "PREAUTH"):
                said = greeting.text or "no reason given"
                raise transient(greeting, where, login=True) or NetworkError(
                    f"{where} turned the connection away: {said}; it will be tried again."
                )
            if server.security is Security.STARTTLS:
                await _start_tls(connection, server, greeting)
    except (OSError, UnicodeError, OverflowError) as error:
        connection.fail(NetworkError(f"The connection to {where} was given up."))
        raise explain(error, server, timeout) from error
    except BaseException:
        connection.fail(NetworkError(f"The connection to {where} was given up."))
        raise
    connection.state = AUTH if greeting.status == "PREAUTH" else NONAUTH
    return connection, greeting


def _race(host: str) -> float | None:
    """Seconds until the next address of a host is tried too; an address has none to race with, and asyncio loses
    sockets of races that are cancelled."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return 0.25
    return None


def _keep_alive(connection: Connection) -> None:
    """Let the system probe a silent line, so that a dead one is noticed while IDLE waits: after about two minutes."""
    link: socket.socket | None = connection.transport.get_extra_info("socket")
    if link is None or link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def _start_tls(connection: Connection, server: Server, greeting: Condition) -> None:
    where = connection.where
    if greeting.status == "PREAUTH":
        raise ProtocolError(f"{where} skips the login before STARTTLS, as an attacker would; nothing was sent.")
    pending = await connection.start("start TLS", b"STARTTLS", in_lane=False)
    connection.halt_after(pending)
    try:
        await connection.finish(pending)
    except Refused as error:
        raise ProtocolError(f"{where} offers no STARTTLS ({error.text}); nothing was sent, use TLS on 993.") from error
    if connection.buffered:
        raise ProtocolError(f"{where} sent more before TLS began, as an attacker would; nothing was sent.")
    transport = await connection.loop.start_tls(
        connection.transport, connection, client_context(), server_hostname=server.host
    )
    if transport is None:
        raise NetworkError(f"The connection to {where} was cut while TLS began; it will be tried again.")
    connection.upgraded(transport)


async def login(connection: Connection, server: Server, user: str, secret: str, *, auth: str, timeout: float) -> None:
    """Authenticate; afterwards ``connection.capabilities`` are those of the logged-in state.

    Args:
        connection: from ``connect``, not yet logged in.
        server: as given to ``connect``.
        user: the login name.
        secret: the password, or the access token; it appears in no error.
        auth: ``password``, ``xoauth2`` or ``oauthbearer``; ``oauth2`` takes which of the two is offered.
        timeout: seconds for all of it.

    Raises:
        AuthError: the server refused the login.
        NetworkError: it was too slow, too busy, or the connection was lost.
    """
    try:
        async with asyncio.timeout(timeout):
            if not connection.capabilities:
                await ask_capabilities(connection)
            before = connection.capabilities
            connection.capabilities = set(before)
            asked = connection.capabilities
            if auth == "password":
                await _password(connection, server, user, secret)
            else:
                await _token(connection, server, user, secret, auth)
            connection.state = AUTH
            if connection.capabilities is asked:
                await ask_capabilities(connection)
    except TimeoutError as error:
        sentence = f"{connection.where} didn't finish the login in {timeout:.0f} s; it will be tried again."
        raise NetworkError(sentence) from error


async def ask_capabilities(connection: Connection) -> None:
    """Send CAPABILITY and keep its answer."""
    found: set[str] = set()

    def collect(fact: Fact) -> bool:
        if not isinstance(fact, Other) or fact.kind != "CAPABILITY":
            return False
        found.update(capability_set([data_of(value) for value in fact.values]))
        return True

    await connection.run("list its capabilities", b"CAPABILITY", collect=collect, alone=True)
    connection.capabilities = found or connection.capabilities


async def _password(connection: Connection, server: Server, user: str, secret: str) -> None:
    offered = connection.capabilities
    if server.security is Security.NONE and "LOGINDISABLED" in offered and "AUTH=PLAIN" not in offered:
        raise AuthError(f"{connection.where} takes no password without TLS; set the account's security to tls.")
    if "AUTH=PLAIN" in offered:
        data = f"\0{user}\0{secret}".encode()
        await _authenticate(connection, user, b"PLAIN", data)
        return
    if "LOGINDISABLED" in offered:
        raise AuthError(f"{connection.where} takes no password login; use another sign-in method for this account.")
    try:
        await connection.run(
            "log in", b"LOGIN", names.argument(user.encode()), names.argument(secret.encode()), alone=True
        )
    except Refused as error:
        raise _login_error(connection, user, error.text, error.code) from None


async def _token(connection: Connection, server: Server, user: str, token: str, auth: str) -> None:
    offered = connection.capabilities
    if server.security is Security.NONE and server.host not in ("127.0.0.1", "::1", "localhost"):
        raise AuthError(f"{connection.where} is not protected by TLS, so no token is sent; set its security to tls.")
    if auth == "oauthbearer" or (auth == "oauth2" and "AUTH=OAUTHBEARER" in offered):
        head = f"n,a={user.replace('=', '=3D').replace(',', '=2C')},\1host={server.host}\1port={server.port}"
        await _authenticate(connection, user, b"OAUTHBEARER", f"{head}\1auth=Bearer {token}\1\1".encode())
    else:
        await _authenticate(connection, user, b"XOAUTH2", f"user={user}\1auth=Bearer {token}\1\1".encode())


async def _authenticate(connection: Connection, user: str, mechanism: bytes, data: bytes) -> None:
    encoded = base64.b64encode(data)
    at_once = "SASL-IR" in connection.capabilities
    to_send = [] if at_once else [encoded]
    challenges: list[str] = []

    def on_continue(said: str) -> None:
        if to_send:
            connection.send_line(to_send.pop())
        elif connection.lost is None:
            if len(challenges) >= CHALLENGES:
                raise ProtocolError("The server asks on and on at the login and lets nobody in.")
            # The server explains a failure in a challenge and waits for an empty answer (RFC 7628, section 3.2.3).
            challenges.append(said[:4000])
            connection.send_line(b"")

    parts = (b"AUTHENTICATE", mechanism, encoded) if at_once else (b"AUTHENTICATE", mechanism)
    pending = await connection.start("log in", *parts, alone=True, on_continue=on_continue)
    try:
        await connection.finish(pending)
    except Refused as error:
        raise _login_error(connection, user, error.text or _reason(challenges), error.code) from None


def _reason(challenges: list[str]) -> str:
    try:
        return text.line(base64.b64decode(challenges[0], validate=True).decode("utf-8", "replace"), 300)
    except (IndexError, ValueError):
        return ""


def _login_error(connection: Connection, user: str, said: str, code: str) -> AuthError | NetworkError:
    passing = transient(Condition("NO", code, b"", said), connection.where, login=True)
    if passing is not None:
        return passing
    reason = said or "no reason given"
    return AuthError(
        f"{connection.where} refused the login of {user}: {reason.rstrip('.')}; check user name and password."
    )
