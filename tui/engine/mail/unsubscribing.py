"""Leaving a mailing list: List-Unsubscribe (RFC 2369) by one click (RFC 8058) or by mail.

Nothing here happens by itself. The one-click POST goes to https alone, to a public address alone, to the address that
was shown; it sends the one line that RFC 8058 asks for, no cookie, no referrer, and follows no redirect.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from tui.engine.errors import InvalidInput
from tui.engine.mail.words import decode_words
from tui.engine.text import line, safe_url
from tui.engine.tls import client_context

SECONDS = 15.0
"""How long the list's server may take."""
BODY = b"List-Unsubscribe=One-Click"

_TARGET = re.compile(r"<([^<>]{1,4000})>")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()?&]{1,100}@[A-Za-z0-9.-]{1,250}")
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,20}")


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """How to leave. ``kind``: ``post`` (RFC 8058), ``mail`` (``target`` is an address, ``subject`` its subject) or
    ``page`` (a person has to open ``target``); ``host`` is who will learn of it."""

    kind: str
    target: str
    host: str
    subject: str = ""


def ways(fields: Sequence[tuple[str, bytes]]) -> Unsubscribing | None:
    """Return the best way that a header offers, None without one: one click, else mail, else a page."""
    said = {name.lower(): value for name, value in reversed(fields)}
    targets = _TARGET.findall(decode_words(said.get("list-unsubscribe", b"")[:20_000]))[:20]
    one_click = said.get("list-unsubscribe-post", b"").strip().lower().replace(b" ", b"") == BODY.lower()
    offered = [found for found in (_way(target.strip(), one_click) for target in targets) if found is not None]
    rank = ("post", "mail", "page")
    return min(offered, key=lambda one: rank.index(one.kind)) if offered else None


def _way(target: str, one_click: bool) -> Unsubscribing | None:
    if target.lower().startswith("mailto:"):
        address, _, query = target[7:].partition("?")
        match = _ADDRESS.fullmatch(unquote(address).strip())
        if match is None:
            return None
        asked = parse_qs(query.lower()[:2000]).get("subject", [""])[0]
        wanted = next((value for key, value in _queried(query) if key == "subject"), asked)
        return Unsubscribing("mail", match[0], match[0].rpartition("@")[2].lower(), line(wanted, 200) or "unsubscribe")
    url = safe_url(target)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.username is not None or not _public_name(host):
        return None
    if one_click and parts.scheme == "https" and port in (None, 443):
        return Unsubscribing("post", url, host)
    return Unsubscribing("page", url, host)


def _queried(query: str) -> list[tuple[str, str]]:
    """Return a mailto's fields; only the subject is ever used: cc, bcc and body are the sender's wishes, not ours."""
    pairs = (piece.partition("=")[::2] for piece in query[:2000].split("&"))
    return [(key.lower(), unquote(value)) for key, value in pairs]


def _public_name(host: str) -> bool:
    """Tell whether a host could be on the internet; numbers are never how a list names itself."""
    if not _HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        return False
    return not host.endswith((".local", ".localhost", ".internal", ".lan", ".home", ".arpa"))


def one_click(way: Unsubscribing, seconds: float = SECONDS) -> str:
    """Send the one-click request; blocks up to ``seconds``, so that it belongs in a thread. Return the answer in words.

    Raises:
        InvalidInput: the way is none by POST, its host is not public, or its server refused or can't be reached.
    """
    if way.kind != "post":
        raise InvalidInput(f"{way.host} offers no unsubscribing by one click; open its page or write to it.")
    address = _public_address(way.host, seconds)
    parts = urlsplit(way.target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return post(way.host, address, 443, path, client_context(), seconds)


def _public_address(host: str, seconds: float) -> str:
    """Return an address of the host; one inside this network is refused, for a mail must not reach into it."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InvalidInput(f"The server {host} can't be found ({error.strerror}); nothing was sent.") from error
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses):
        raise InvalidInput(f"{host} is an address inside a private network; nothing was sent to it.")
    return addresses[0]


def post(host: str, address: str, port: int, path: str, context: ssl.SSLContext, seconds: float) -> str:
    """POST the one line of RFC 8058 to ``address``, whose certificate must be ``host``'s; return the answer in words.

    Raises:
        InvalidInput: it can't be reached or says anything but 2xx.
    """
    connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    try:
        raw = socket.create_connection((address, port), timeout=seconds)
        try:
            connection.sock = context.wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise
        connection.putrequest("POST", path, skip_accept_encoding=True)
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.endheaders(BODY)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise InvalidInput(f"{host} can't be reached ({type(error).__name__}); try later, or use its page.") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise InvalidInput(f"{host} answered {status}: you may still be on the list; open its page instead.")
    return f"{host} has taken you off the list."
