"""Handing a message to the submission server, so that it can be said of every failure whether it was sent.

Until the server has answered DATA nothing has been sent and everything may be repeated; once the text is handed over
only the server's answer tells. ``before_text`` lies between the two: there the journal commits that it is about to
happen (R36).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosmtplib

from tui.engine import errors, text, tls
from tui.engine.mail import dsn
from tui.engine.mail.wire import envelope_address
from tui.engine.model import Security, Server
from tui.engine.unreachable import explain

DATA_TIMEOUT = 600.0
"""Seconds to wait for the answer to a message that was handed over (RFC 5321 section 4.5.3.2.6)."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)
_AUTH_CODES = frozenset((530, 534, 535, 538))
_NAME = "[127.0.0.1]"
"""What EHLO says: the machine's own name is nobody's business, and finding it may ask the DNS."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the server took: the recipients it accepted, those it refused with its words, and its answer to DATA.

    ``limit`` is the largest message that it takes, in octets (RFC 1870), 0 when it doesn't say; ``reports`` whether it
    can be asked for delivery reports (RFC 3461).
    """

    accepted: tuple[str, ...]
    refused: Mapping[str, str]
    reply: str
    limit: int = 0
    reports: bool = False


async def submit(
    server: Server,
    user: str,
    secret: str,
    *,
    auth: str = "password",
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    before_text: Callable[[], Awaitable[None]],
    report: str = "",
    timeout: float = 60,
    data_timeout: float = DATA_TIMEOUT,
) -> Submitted:
    """Send one message to its recipients (RFC 6409).

    Args:
        server: the submission server; STARTTLS is required where the account says so, never merely tried.
        user: the login name.
        secret: the password, or the access token for ``auth="oauth2"``.
        auth: ``password`` or ``oauth2`` (XOAUTH2). A server that offers no AUTH is used without.
        sender: the envelope's sender, one bare address.
        recipients: the envelope's recipients, bare addresses, at least one.
        raw: the message without Bcc; line ends are made CR LF and dots stuffed on the way.
        before_text: awaited when at least one recipient was accepted and the server waits for the text; what it raises
            stops all, and the server forgets the message.
        report: ask for a report of what became of it for each recipient, under this name (its Message-ID); "" for none.
            A server that doesn't offer that is not asked.
        timeout: seconds for each step before the text.
        data_timeout: seconds to wait for the answer to the text.

    Raises:
        InvalidInput: an address can't stand in an envelope.
        NetworkError: nothing was sent (no connection, a passing 4xx answer); safe to repeat.
        ProtocolError: the server offers no STARTTLS although it must.
        CertificateError: the server's certificate can't be trusted.
        AuthError: the login was refused.
        Refused: 5xx for the sender, for every recipient, or for the message; also when it is larger than allowed.
        OutcomeUnknown: the text was begun and no answer came.
    """
    if not recipients:
        raise errors.InvalidInput("The message has no recipient; give one.")
    envelope = [envelope_address(address) for address in dict.fromkeys(recipients)]
    return_path = envelope_address(sender)
    async with _session(server, user, secret, auth, timeout) as client:
        options = _mail_options(client, server, return_path, envelope, raw)
        reports = client.supports_extension("dsn")
        asked = reports and bool(report)
        await _mail(client, server, return_path, [*options, *(dsn.of_message(report) if asked else ())])
        accepted, refused = await _recipients(client, server, envelope, "SMTPUTF8" in options, asked)
        await _announce(client, server)
        await before_text()
        reply = await _text(client, server, raw, data_timeout)
        limit = _size_limit(client)
    return Submitted(tuple(accepted), refused, reply, limit, reports)


async def check_smtp(server: Server, user: str, secret: str, *, auth: str = "password", timeout: float = 20) -> str:
    """Log in and leave again; return what the server said of the login, for `account test`.

    Raises:
        NetworkError, CertificateError, AuthError, Refused: as ``submit``.
    """
    async with _session(server, user, secret, auth, timeout) as client:
        return "logged in" if client.supports_extension("auth") else "no login needed"


@asynccontextmanager
async def _session(server: Server, user: str, secret: str, auth: str, timeout: float) -> AsyncIterator[aiosmtplib.SMTP]:
    """Yield a connected, protected and logged-in client; close it whatever happens."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=timeout,
        local_hostname=_NAME,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=None if server.security is Security.NONE else tls.client_context(),
    )
    try:
        try:
            await client.connect()
            await client.ehlo()
            if client.supports_extension("auth") and user:
                await _login(client, user, secret, auth)
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as fault:
            cause = _cause(fault)
            raise (explain(cause, server, timeout) if cause else _explained(fault, server, "log in")) from fault
        yield client
        await _leave(client)
    finally:
        client.close()


async def _login(client: aiosmtplib.SMTP, user: str, secret: str, auth: str) -> None:
    name, password = user.encode("utf-8"), secret.encode("utf-8")
    if auth == "oauth2":
        await client.auth_xoauth2(name, password)
    else:
        await client.login(name, password)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say QUIT; the message is the server's by now, so that its failure means nothing."""
    try:
        await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        client.close()


def _mail_options(
    client: aiosmtplib.SMTP, server: Server, sender: str, recipients: Sequence[str], raw: bytes
) -> list[str]:
    """Return the parameters of MAIL FROM, having checked that the server can take such a message."""
    options: list[str] = []
    header = raw[: raw.find(b"\r\n\r\n") + 1]
    wide = [address for address in (sender, *recipients) if not address.isascii()]
    if wide or not header.isascii():
        if not client.supports_extension("smtputf8"):
            which = f" like {text.line(wide[0], 100)}" if wide else ""
            raise errors.Refused(
                "send",
                f"{server.host} takes no addresses with letters outside ASCII{which} (SMTPUTF8); use another address.",
            )
        options.append("SMTPUTF8")
    if client.supports_extension("size"):
        limit = _size_limit(client)
        if 0 < limit < len(raw):
            raise errors.Refused(
                "send",
                f"the message has {len(raw) / 1e6:.1f} MB, {server.host} takes {limit / 1e6:.1f} MB at most.",
                "552",
            )
        options.append(f"SIZE={len(raw)}")
    if not raw.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    return options


def _size_limit(client: aiosmtplib.SMTP) -> int:
    said = client.esmtp_extensions.get("size", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


async def _mail(client: aiosmtplib.SMTP, server: Server, sender: str, options: list[str]) -> None:
    encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
    try:
        await client.mail(sender, options=options, encoding=encoding)
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise _explained(fault, server, f"send from {sender}") from fault


async def _recipients(
    client: aiosmtplib.SMTP, server: Server, recipients: Sequence[str], utf8: bool, reports: bool
) -> tuple[list[str], dict[str, str]]:
    """Offer each recipient; return those accepted and those refused.

    Raises:
        Refused: all were refused for good. NetworkError: all were refused, one of them only for now.
    """
    accepted: list[str] = []
    refused: dict[str, str] = {}
    passing = False
    for address in recipients:
        try:
            options = dsn.of_recipient(address) if reports else ()
            await client.rcpt(address, options=options, encoding="utf-8" if utf8 else "ascii")
            accepted.append(address)
        except aiosmtplib.SMTPRecipientRefused as fault:
            if fault.code == 421:
                raise _explained(fault, server, f"send to {address}") from fault
            refused[address] = f"{fault.code} {_said(fault.message)}"
            passing = passing or 400 <= fault.code < 500
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise _explained(fault, server, f"send to {address}") from fault
    if not accepted:
        words = "; ".join(f"{address}: {reason}" for address, reason in refused.items())
        if passing:
            raise errors.NetworkError(f"{server.host} takes the message later, not now ({words}); it is tried again.")
        raise errors.Refused("send", words, next(iter(refused.values()))[:3])
    return accepted, refused


async def _announce(client: aiosmtplib.SMTP, server: Server) -> None:
    """Say DATA and hear that the server waits for the text; until then it can't have the message."""
    try:
        response = await client.execute_command(b"DATA")
        if response.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise _explained(fault, server, "send") from fault


async def _text(client: aiosmtplib.SMTP, server: Server, raw: bytes, timeout: float) -> str:
    """Hand over the text and return the server's answer (RFC 5321, sections 4.1.1.4 and 4.5.2)."""
    line = client.protocol
    if line is None or client.transport is None or client.transport.is_closing():
        raise errors.NetworkError(f"The connection to {server.host} was lost before the text; it is tried again.")
    try:
        line.write(_dotted(raw))
        response = await line.read_response(timeout=timeout)
        if response.code != aiosmtplib.SMTPStatus.completed:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
    except aiosmtplib.SMTPDataError as fault:
        raise _explained(fault, server, "send") from fault
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise errors.OutcomeUnknown(
            f"The connection to {server.host} was lost after the message was handed over, so it may or may not have "
            "been sent; look in Sent or ask the recipient before sending it again."
        ) from fault
    return text.line(f"{response.code} {response.message}", 500)


def _dotted(raw: bytes) -> bytes:
    """Return a text as it goes over the wire: CR LF, dots at line beginnings doubled, a dot alone at the end."""
    text_ = _LINE_END.sub(b"\r\n", raw)
    ended = text_ if text_.endswith(b"\r\n") or not text_ else text_ + b"\r\n"
    return _DOT.sub(b"..", ended) + b".\r\n"


def _cause(fault: BaseException) -> OSError | UnicodeError | None:
    """Return what the network said behind an error of the library, None for what the server said."""
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, OSError | UnicodeError) and not isinstance(seen, aiosmtplib.SMTPException):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _explained(fault: BaseException, server: Server, what: str) -> errors.ServerError:
    """Return our error for one of the library's, before anything was sent."""
    where = f"{server.host}:{server.port}"
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        said = _said(fault.message)
        if fault.code in _AUTH_CODES or (isinstance(fault, aiosmtplib.SMTPAuthenticationError) and fault.code >= 500):
            return errors.AuthError(f"{where} refused the login: {said}; check user name and password.")
        if fault.code >= 500:
            return errors.Refused(what, said, str(fault.code))
        return errors.NetworkError(f"{where} can't {what} now ({fault.code} {said}); it is tried again.")
    if isinstance(fault, TimeoutError | asyncio.TimeoutError):
        return errors.NetworkError(f"{where} did not answer in time; it is tried again.")
    if isinstance(fault, aiosmtplib.SMTPException) and "STARTTLS" in str(fault):
        return errors.ProtocolError(f"{where} offers no STARTTLS; nothing is sent unprotected.")
    if isinstance(fault, aiosmtplib.SMTPException) and "auth" in str(fault).lower():
        return errors.AuthError(f"{where} offers no way to log in that is known here ({_said(str(fault))}).")
    return errors.NetworkError(f"The connection to {where} failed ({_said(str(fault))}); it is tried again.")


def _said(words: str | bytes) -> str:
    decoded = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return text.line(decoded, 300).rstrip(".") or "no reason given"
