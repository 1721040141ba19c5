"""A real SMTP server that keeps what it gets, refuses what it is told to, and cuts the line where a test wants it cut.

sink = SmtpSink.start()
sink.refuse["b@example.org"] = "550 5.1.1 No such user"
... send through sink.host, sink.port ...
[got] = await sink.wait_for(1)
assert got.recipients == ("c@example.org",) and b"Subject: Hello" in got.raw
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.dovecot import make_certificate
from tests.servers.mailserver import MailServer
from tests.servers.threads import LoopThread

Cut = Literal["", "before-data", "lost", "accepted"]


@dataclass(frozen=True)
class Received:
    """One message that the server took.

    Args:
        sender: the envelope's sender; "" for a bounce.
        recipients: the envelope's recipients that weren't refused.
        raw: the bytes between DATA and the final dot, dots unstuffed.
        user: who had logged in; "" without AUTH.
        tls: whether the line was encrypted.
        mail_options: what followed MAIL FROM, such as "BODY=8BITMIME" and "SMTPUTF8".
        asked: what was asked of delivery reports (RFC 3461), after MAIL and then after each RCPT.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    user: str
    tls: bool
    mail_options: tuple[str, ...]
    asked: tuple[str, ...] = ()


class _Server(SMTP):
    """aiosmtpd's server, which knows nothing of DSN, with it where the sink offers it."""

    def _taken(self, arg: str | None) -> tuple[str | None, list[str]]:
        """Take the parameters of DSN out of a command where they are offered."""
        words = (arg or "").split(" ")
        offered = self.event_handler.reports
        asked = [one for one in words if offered and one.startswith(("RET=", "ENVID=", "NOTIFY=", "ORCPT="))]
        return " ".join(one for one in words if one not in asked), asked

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Note RET and ENVID."""
        rest, asked = self._taken(arg)
        await super().smtp_MAIL(rest)
        self.envelope.asked = asked  # type: ignore[union-attr]

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Note NOTIFY and ORCPT."""
        rest, asked = self._taken(arg)
        await super().smtp_RCPT(rest)
        self.envelope.asked += asked  # type: ignore[union-attr]


class SmtpSink:
    """A running server; its attributes may be changed while it runs.

    Attributes:
        host, port: where it listens.
        cafile: the certificate to trust; None without TLS.
        messages: what it took, in order.
        refuse: recipient -> the answer to its RCPT, such as "550 5.1.1 No such user" or "451 4.3.0 Later".
        refuse_sender: the answer to every MAIL; "" accepts.
        refuse_data: the answer after the whole message; "" accepts.
        delay: seconds before the answer to the message.
        cut: drops the line without an answer: "before-data" when the message was announced, "lost" after the whole
            message, which is thrown away, "accepted" after the whole message, which is delivered all the same.
        cuts_left: how often `cut` happens before it ends by itself; -1 is always.
        attempts: how many messages were sent to the end, taken or not.
        file_copy_to: (server, user): file a copy in Sent itself, as Gmail does.
        utf8: offer SMTPUTF8. reports: offer DSN.
    """

    def __init__(self, thread: LoopThread, *, auth: tuple[str, str] | None, tls: ssl.SSLContext | None) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.cafile: Path | None = None
        self.messages: list[Received] = []
        self.refuse: dict[str, str] = {}
        self.refuse_sender = ""
        self.refuse_data = ""
        self.delay = 0.0
        self.cut: Cut = ""
        self.cuts_left = -1
        self.attempts = 0
        self.file_copy_to: tuple[MailServer, str] | None = None
        self.utf8 = True
        self.reports = False
        self._auth = auth
        self._tls = tls
        self._thread = thread
        self._server: asyncio.Server | None = None
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        auth: tuple[str, str] | None = None,
        starttls: bool = False,
        implicit_tls: bool = False,
        file_copy_to: tuple[MailServer, str] | None = None,
    ) -> SmtpSink:
        """Start a server and return when it listens.

        Args:
            port: 0 takes a free one.
            auth: (user, password) that a client must log in with.
            starttls: offer STARTTLS; AUTH and MAIL need it then.
            implicit_tls: speak TLS from the first byte.
            file_copy_to: (server, user): file a copy of everything in that user's Sent folder.
        """
        folder = tempfile.TemporaryDirectory(prefix="dd-smtp-") if starttls or implicit_tls else None
        context = None
        if folder is not None:
            make_certificate(Path(folder.name))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(Path(folder.name) / "cert.pem", Path(folder.name) / "key.pem")
        sink = cls(LoopThread("smtp-sink"), auth=auth, tls=context if starttls else None)
        sink._folder = folder
        sink.cafile = Path(folder.name) / "cert.pem" if folder is not None else None
        sink.file_copy_to = file_copy_to
        sink._thread.run(sink._listen(port, context if implicit_tls else None))
        return sink

    async def wait_for(self, count: int, timeout: float = 40) -> list[Received]:
        """Return the messages as soon as there are `count`; raise TimeoutError after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if len(self.messages) >= count:
                return list(self.messages)
            self._waiting.append((count, loop, future))
        await asyncio.wait_for(future, timeout)
        return list(self.messages)

    def wait(self, count: int, timeout: float = 40) -> list[Received]:
        """Do what wait_for does, for tests without a loop."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} messages came within {timeout:g} s")
            return list(self.messages)

    def stop(self) -> None:
        """End the server; may be called twice."""
        if self._server is not None:
            self._thread.loop.call_soon_threadsafe(self._server.close)
            self._server = None
        self._thread.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> SmtpSink:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self, port: int, implicit: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return _Server(
                self,
                hostname="localhost",
                enable_SMTPUTF8=self.utf8,
                data_size_limit=50_000_000,
                tls_context=self._tls,
                require_starttls=self._tls is not None,
                auth_require_tls=self._auth is None or self._tls is not None,
                authenticator=self._authenticate,
                loop=loop,
            )

        self._server = await loop.create_server(session, self.host, port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._auth, handled=False, auth_data=given[0])

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer DSN where the test wants it."""
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if self.reports else responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        """Refuse a sender who hasn't logged in, or everybody."""
        if self._auth is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Refuse the recipients that the test named; cut here when the test wants no DATA at all."""
        if address in self.refuse:
            return self.refuse[address]
        if self.cut == "before-data" and self._take_cut():
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take, refuse, delay or cut."""
        self.attempts += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.refuse_data:
            return self.refuse_data
        cutting = self.cut in ("lost", "accepted") and self._take_cut()
        if not cutting or self.cut == "accepted":
            await self._take(session, envelope)
        if cutting:
            server.transport.abort()
        return f"250 2.0.0 OK queued as {len(self.messages):06d}"

    def _take_cut(self) -> bool:
        if self.cuts_left == 0:
            return False
        self.cuts_left -= self.cuts_left > 0
        return True

    async def _take(self, session: Session, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        if self.file_copy_to is not None:
            server, user = self.file_copy_to
            await asyncio.to_thread(server.deliver, user, raw, server.wire("Sent"), r"\Seen")
        got = Received(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=raw,
            user=str(session.auth_data or "") if session.authenticated else "",
            tls=session.ssl is not None,
            mail_options=tuple(envelope.mail_options),
            asked=tuple(getattr(envelope, "asked", ())),
        )
        with self._changed:
            self.messages.append(got)
            self._changed.notify_all()
            ready = [item for item in self._waiting if item[0] <= len(self.messages)]
            self._waiting = [item for item in self._waiting if item not in ready]
        for _, loop, future in ready:
            loop.call_soon_threadsafe(lambda future=future: future.done() or future.set_result(None))
