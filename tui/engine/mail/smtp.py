"""Handing a message to an SMTP server, at most once: the caller commits its intent just before DATA (R4)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosmtplib

from tui.engine.errors import AuthError, CertificateError, NetworkError, OutcomeUnknown, Refused
from tui.engine.model import Security, Server
from tui.engine.text import line
from tui.engine.tls import client_context

CHECK_SECONDS = 20.0
"""What a test of the server may take, each step."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a message: who it was accepted for, who was refused and why, and the server's last words."""

    accepted: tuple[str, ...]
    refused: dict[str, str]
    reply: str


async def submit(
    server: Server,
    user: str,
    secret: str,
    *,
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    before_data: Callable[[], Awaitable[None]],
    auth: str = "password",
    timeout: float = 60.0,
) -> Submitted:
    """Deliver a message to the submission server.

    Args:
        recipients: bare addresses; Bcc among them, which ``raw`` must not name.
        before_data: awaited when everything is agreed and nothing but DATA is left.
        timeout: seconds for each answer.

    Raises:
        NetworkError: nothing was sent; it may be tried again.
        OutcomeUnknown: the message was handed over and no answer came.
        Refused: the server won't have it (5xx), or none of its recipients.
        AuthError, CertificateError: a person must mend it first.
    """
    async with _connected(server, user, secret, auth, timeout) as client:
        options = await _envelope(client, sender, recipients, raw)
        accepted, refused = await _recipients(client, recipients, options)
        if not accepted:
            words = "; ".join(f"{address}: {why}" for address, why in refused.items())
            raise Refused("send the message", words, "5xx")
        await before_data()
        try:
            reply = await client.data(raw)
        except aiosmtplib.SMTPResponseException as error:
            raise _answer(error, "send the message") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise OutcomeUnknown(
                "The connection was lost after the message was handed over; it may or may not have been sent."
            ) from error
        return Submitted(tuple(accepted), refused, line(reply.message, 500))


async def check_smtp(server: Server, user: str, secret: str, *, auth: str = "password") -> None:
    """Connect and log in, and nothing more; raises as ``submit`` does."""
    async with _connected(server, user, secret, auth, CHECK_SECONDS):
        return


@asynccontextmanager
async def _connected(
    server: Server, user: str, secret: str, auth: str, timeout: float
) -> AsyncIterator[aiosmtplib.SMTP]:
    where = f"{server.host}:{server.port}"
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=timeout,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=client_context() if server.security is not Security.NONE else None,
    )
    try:
        try:
            await client.connect()
        except (ssl.SSLCertVerificationError, aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise _unreachable(error, where, server) from error
        await _log_in(client, where, user, secret, auth)
        yield client
    except aiosmtplib.SMTPServerDisconnected as error:
        raise NetworkError(f"The SMTP server {where} closed the connection; the message is sent later.") from error
    finally:
        await _leave(client)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye for at most two seconds; what was delivered stays delivered whatever the answer."""
    try:
        if client.is_connected:
            async with asyncio.timeout(2):
                await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()


async def _log_in(client: aiosmtplib.SMTP, where: str, user: str, secret: str, auth: str) -> None:
    try:
        if not client.supports_extension("auth"):
            return
        if auth == "oauth2":
            await client.auth_xoauth2(user, secret)
        else:
            await client.login(user, secret)
    except aiosmtplib.SMTPAuthenticationError as error:
        raise AuthError(
            f"The SMTP server {where} refused the login of {user} ({line(error.message, 200)}); check the password."
        ) from error
    except aiosmtplib.SMTPServerDisconnected:
        raise
    except aiosmtplib.SMTPException as error:
        raise AuthError(f"Logging in to the SMTP server {where} failed ({line(str(error), 200)}).") from error


async def _envelope(client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], raw: bytes) -> tuple[str, ...]:
    """Send MAIL FROM with what the message needs; returns the options."""
    options: list[str] = []
    limit = client.esmtp_extensions.get("size", "").strip() if client.supports_extension("size") else ""
    if limit.isdigit() and 0 < int(limit) < len(raw):
        raise Refused(
            "send the message", f"it has {len(raw):,} octets, the server takes {int(limit):,}; leave attachments out"
        )
    if client.supports_extension("size"):
        options.append(f"size={len(raw)}")
    if any(byte > 127 for byte in raw) and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    encoding = "ascii"
    if not all(address.isascii() for address in (sender, *recipients)):
        if not client.supports_extension("smtputf8"):
            raise Refused("send the message", "the server takes no addresses outside ASCII (SMTPUTF8)")
        options.append("SMTPUTF8")
        encoding = "utf-8"
    try:
        await client.mail(sender, options=options, encoding=encoding)
    except aiosmtplib.SMTPResponseException as error:
        raise _answer(error, f"send from {sender}") from error
    return tuple(options)


async def _recipients(
    client: aiosmtplib.SMTP, recipients: Sequence[str], options: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    accepted: list[str] = []
    refused: dict[str, str] = {}
    transient: aiosmtplib.SMTPResponseException | None = None
    for address in recipients:
        try:
            await client.rcpt(address, encoding="utf-8" if "SMTPUTF8" in options else "ascii")
            accepted.append(address)
        except aiosmtplib.SMTPResponseException as error:
            transient = error if error.code < 500 else transient
            refused[address] = f"{error.code} {line(error.message, 300)}"
    if transient is not None and not accepted:
        raise _answer(transient, "send the message")
    return accepted, refused


def _answer(error: aiosmtplib.SMTPResponseException, what: str) -> NetworkError | Refused:
    words = f"{error.code} {line(error.message, 300)}"
    if error.code < 500:
        return NetworkError(f"The SMTP server says it can't {what} now ({words}); it is tried again.")
    return Refused(what, words, str(error.code))


def _unreachable(error: BaseException, where: str, server: Server) -> NetworkError | CertificateError | Refused:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CertificateError(
                f"The certificate of the SMTP server {where} can't be trusted ({cause.verify_message}); check the host."
            )
        if isinstance(cause, ssl.SSLError):
            return NetworkError(f"{where} does not speak TLS as expected; try another SMTP security than it has now.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError | aiosmtplib.SMTPTimeoutError):
        return NetworkError(f"The SMTP server {where} does not answer; check the host and the port.")
    words = line(str(error), 200)
    if server.security is Security.STARTTLS and "STARTTLS" in words.upper():
        return NetworkError(f"The SMTP server {where} offers no STARTTLS; use tls on port 465 instead.")
    return NetworkError(f"The SMTP server {where} can't be reached ({words}); check the host and the port.")
