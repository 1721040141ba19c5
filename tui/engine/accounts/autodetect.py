"""Finding the servers of a mail address: well-known providers, else the usual host names, asked in parallel.

Only encrypted servers whose certificate holds are ever found, and no password is sent: a server that greets is enough
(RFC 8314: TLS on 993 and 465 before STARTTLS on 143 and 587).
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tui.engine.accounts.providers import PROVIDERS, UNREACHABLE
from tui.engine.errors import InvalidInput, NetworkError
from tui.engine.model import Security, Server
from tui.engine.text import line, normalize_address
from tui.engine.tls import client_context

PROBE_SECONDS = 5.0
"""How long one server gets to greet."""
IMAP_PORTS = ((993, Security.TLS), (143, Security.STARTTLS))
SMTP_PORTS = ((465, Security.TLS), (587, Security.STARTTLS))
LONGEST_LINE = 8192

Ports = Sequence[tuple[int, Security]]
_Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Found:
    """What an address's settings are likely to be.

    Args:
        imap: where mail lies.
        smtp: where mail is sent; None when no such server answered.
        user: the login name.
        hint: what to know about passwords there; empty when there is nothing.
    """

    imap: Server
    smtp: Server | None
    user: str
    hint: str


async def detect(email: str) -> Found:
    """Find the servers of an address.

    Raises:
        InvalidInput: it is no address, or its provider lets no mail program in.
        NetworkError: no IMAP server answered; the sentence names what was tried.
    """
    address = normalize_address(email)
    local, _, domain = address.rpartition("@")
    if not local or not domain.strip(".") or " " in address:
        raise InvalidInput(f'"{line(email, 100)}" is not an e-mail address; write it like me@example.org.')
    if domain in UNREACHABLE:
        raise InvalidInput(UNREACHABLE[domain])
    known = PROVIDERS.get(domain)
    if known is not None:
        security = Security.TLS if known.smtp_port == 465 else Security.STARTTLS
        smtp = Server(known.smtp, known.smtp_port, security)
        return Found(Server(known.imap, 993, Security.TLS), smtp, address, known.hint)
    imap, found = await asyncio.gather(
        find_imap([f"imap.{domain}", f"mail.{domain}", domain]),
        find_smtp([f"smtp.{domain}", f"mail.{domain}", domain]),
        return_exceptions=True,
    )
    if isinstance(imap, BaseException):
        raise imap
    if isinstance(found, BaseException) and not isinstance(found, NetworkError):
        raise found
    return Found(imap, None if isinstance(found, NetworkError) else found, address, "")


def smtp_hosts(imap_host: str) -> list[str]:
    """Return the likely SMTP hosts of somebody whose IMAP host is known, the likeliest first."""
    for provider in PROVIDERS.values():
        if provider.imap == imap_host.lower():
            return [provider.smtp]
    try:
        ipaddress.ip_address(imap_host)
    except ValueError:
        first, dot, rest = imap_host.partition(".")
        if dot and first.lower() in ("imap", "imaps", "mail", "secureimap"):
            return list(dict.fromkeys([f"smtp.{rest}", f"mail.{rest}", imap_host]))
    return [imap_host]


async def find_imap(hosts: Sequence[str], ports: Ports = IMAP_PORTS) -> Server:
    """Return the first of the hosts' servers, in their order, that speaks IMAP.

    Raises:
        NetworkError: none does.
    """
    return await _first("IMAP", hosts, ports, _imap)


async def find_smtp(hosts: Sequence[str], ports: Ports = SMTP_PORTS) -> Server:
    """Return the first of the hosts' servers, in their order, that takes mail from programs (SMTP).

    Raises:
        NetworkError: none does.
    """
    return await _first("SMTP", hosts, ports, _smtp)


async def _first(kind: str, hosts: Sequence[str], ports: Ports, talk: _Talk) -> Server:
    context = client_context()
    servers = [Server(host, port, security) for port, security in ports for host in hosts]
    probes = [asyncio.create_task(_probe(server, context, talk)) for server in servers]
    untrusted: list[str] = []
    try:
        for server, probe in zip(servers, probes, strict=True):
            try:
                await probe
                return server
            except ssl.SSLCertVerificationError as error:
                untrusted.append(f"{server.host}:{server.port} ({line(error.verify_message or str(error), 100)})")
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                continue
    finally:
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
    numbers = " and ".join(str(port) for port, _ in ports)
    why = f"; the certificate of {', '.join(untrusted)} can't be trusted" if untrusted else ""
    raise NetworkError(
        f"No {kind} server was found at {', '.join(line(host, 100) for host in hosts)} on port {numbers}{why}; give"
        f" its host name."
    )


async def _probe(server: Server, context: ssl.SSLContext, talk: _Talk) -> None:
    async with asyncio.timeout(PROBE_SECONDS):
        tls = context if server.security is Security.TLS else None
        reader, writer = await asyncio.open_connection(server.host, server.port, ssl=tls, limit=LONGEST_LINE)
        try:
            await talk(reader, writer, server.security is Security.STARTTLS)
            if server.security is Security.STARTTLS:
                await writer.start_tls(context, server_hostname=server.host)
        finally:
            writer.transport.abort()


async def _imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upgrade: bool) -> None:
    await _expect(reader, b"* OK")
    if upgrade:
        writer.write(b"a STARTTLS\r\n")
        await _expect(reader, b"a OK")


async def _smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upgrade: bool) -> None:
    await _expect(reader, b"220")
    if upgrade:
        writer.write(b"EHLO [127.0.0.1]\r\n")
        await _expect(reader, b"250")
        writer.write(b"STARTTLS\r\n")
        await _expect(reader, b"220")


async def _expect(reader: asyncio.StreamReader, start: bytes) -> None:
    """Read one reply (RFC 5321 section 4.2.1: ``220-`` goes on) and see that it begins as it must."""
    for _ in range(50):
        said = await reader.readline()
        if not said.upper().startswith(start.upper()):
            raise EOFError(f"the server said {line(said.decode('ascii', 'replace'), 80)!r}")
        if said[3:4] != b"-":
            return
    raise EOFError("the server never came to an end")
