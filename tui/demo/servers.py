"""The embedded IMAP server (pymap, in memory) and SMTP server (aiosmtpd) of the demo, inside a running loop.

This is the only module that imports the two packages of the extra ``demo``; ``world`` imports it when a world starts.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
import uuid
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash

from tui.demo.letter import Sent
from tui.engine.text import normalize_address

LOOPBACK = "127.0.0.1"
_HASH_ROUNDS = 1000
"""Few, because the password is 24 random characters that live as long as the process; pymap's default costs 0.35 s a
login."""


class _Config(Config):
    """pymap's settings without what would look outside: no certificate from the environment, no host name lookup."""

    @property
    def greeting(self) -> bytes:
        return b"dealdesk demo server ready"


class ImapServer:
    """Mailboxes in memory behind a real IMAP port on the loopback interface.

    Args:
        passwords: user -> password.
        folders: the folders beside INBOX that each user has.
    """

    def __init__(self, passwords: Mapping[str, str], folders: Iterable[str]) -> None:
        self.passwords = passwords
        self.folders = tuple(folders)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._login: Login | None = None
        self._config: _Config | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Create users and folders and listen on a free port."""
        config = _Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=LOOPBACK,
            port=0,
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
            tls_enabled=False,
            hash_context=BuiltinHash(rounds=_HASH_ROUNDS),
            cpu_subsystem=Subsystem.for_asyncio(),
            demo_data=False,
            demo_user="",
            demo_password="",
        )
        self._config = config
        self._login = Login(config)
        for user, password in self.passwords.items():
            await self.admit(user, password)
        serve = IMAPServer(self._login, config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            await serve(reader, writer, SocketInfoLocal(writer, unique_id=uuid.uuid4().bytes))

        self._server = await asyncio.start_server(connected, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def admit(self, user: str, password: str) -> None:
        """Create a user with the folders; ``start`` comes first."""
        assert self._config is not None, "start() first"
        hashed = await Passwords(self._config).hash_password(password)
        await self._identity(user).set(UserMetadata(self._config, user, password=hashed))
        async with self._identity(user).new_session() as session:
            for folder in self.folders:
                await session.create_mailbox(folder)
                await session.subscribe(folder)

    async def stop(self) -> None:
        """Close the port and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def append(self, user: str, folder: str, raw: bytes, flags: Iterable[str] = (), at: int | None = None) -> int:
        """File a message as the mail system would, so that IDLE announces it, and return its UID.

        Args:
            flags: system flags with their backslash, as ``\\Seen``.
            at: INTERNALDATE in seconds since the epoch; None for now.
        """
        when = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
        message = AppendMessage(raw, when, frozenset(Flag(flag.encode("ascii")) for flag in flags))
        async with self._identity(user).new_session() as session:
            appended, _selected = await session.append_messages(folder, [message])
        return max(appended.uids)

    def _identity(self, user: str) -> Identity:
        assert self._login is not None, "start() first"
        return Identity(user, self._login, None, frozenset())


class SmtpServer:
    """A submission port on the loopback interface that asks for a login and hands over what it accepts.

    Args:
        passwords: user -> password; their addresses are the local ones.
        sent: awaited with every accepted message; when it returns the message is delivered.
    """

    def __init__(self, passwords: Mapping[str, str], sent: Callable[[Sent], Awaitable[None]]) -> None:
        self.passwords = passwords
        self.port = 0
        self._sent = sent
        self._domains = {user.rpartition("@")[2] for user in passwords}
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()
        # aiosmtpd logs its own use of a deprecated attribute at each login; without a handler that reaches the terminal
        logging.getLogger("mail.log").setLevel(logging.ERROR)

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            smtp = SMTP(
                self,
                hostname="localhost",
                ident="dealdesk demo server",
                enable_SMTPUTF8=True,
                auth_require_tls=False,
                authenticator=self._authenticate,
                loop=loop,
            )
            self._sessions = {known for known in self._sessions if known.transport is not None} | {smtp}
            return smtp

        self._server = await loop.create_server(session, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and drop every connection."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
        await asyncio.sleep(0)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        expected = self.passwords.get(data.login.decode("utf-8", "replace"), "").encode()
        if expected and hmac.compare_digest(expected, data.password):
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse who has not logged in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse local addresses that nobody has; the rest of the world is the customer's."""
        norm = normalize_address(address)
        if norm.rpartition("@")[2] in self._domains and norm not in self.passwords:
            return f"550 5.1.1 No mailbox {address} here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept the message."""
        content = envelope.original_content
        if content is None:
            return "554 5.6.0 The message is empty"
        await self._sent(Sent(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return "250 2.0.0 Accepted"
