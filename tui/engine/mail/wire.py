"""Header fields and addresses as bytes for the wire; no value can end its field and begin another.

Every value goes through ``text.line`` first, so that CR, LF and other controls are gone before anything is folded.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

from tui.engine import text
from tui.engine.errors import InvalidInput
from tui.engine.model import Address

WIDTH = 76
MAX_PAYLOAD = 42
"""UTF-8 bytes of one encoded word, so that it stays under 75 characters (RFC 2047 section 2)."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]+|\"[^\"\\\r\n\x00-\x1f\x7f]*\"")
_DOMAIN = re.compile(r"[^\s\"(),:;<>@\[\\\]/?#_.\x00-\x2c\x7f]+(?:\.[^\s\"(),:;<>@\[\\\]/?#_.\x00-\x2c\x7f]+)*")
_LITERAL = re.compile(r"\[[0-9A-Fa-f:.]{3,60}\]|\[IPv6:[0-9A-Fa-f:.]{3,60}\]")


def field(name: str, value: str) -> bytes:
    """Return an unstructured field ("Subject"), encoded where it must be, folded at 76 columns."""
    clean = text.line(value)
    plain = clean.isascii() and "=?" not in clean and all(len(word) < WIDTH for word in clean.split(" "))
    words = clean.split(" ") if plain else encoded_words(clean)
    return _folded(name, words)


def tokens_field(name: str, tokens: Iterable[str]) -> bytes:
    """Return a structured field of tokens that hold no spaces (Message-IDs)."""
    return _folded(name, ["".join(text.line(token).split()) for token in tokens])


def address_field(name: str, addresses: Iterable[Address]) -> bytes:
    """Return an address field.

    Raises:
        InvalidInput: an address can't be written.
    """
    listed = [mailbox(address) for address in addresses]
    words = [word for index, one in enumerate(listed) for word in _comma(one, index < len(listed) - 1)]
    return _folded(name, words)


def _comma(words: list[str], more: bool) -> list[str]:
    return [*words[:-1], words[-1] + ","] if more else words


def mailbox(address: Address) -> list[str]:
    """Return one mailbox as words that may stand on different lines."""
    email = checked_address(address.email)
    name = text.line(address.name, 300)
    if not name:
        return [email]
    if name.isascii() and "=?" not in name:
        written = name if _ATOMS.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return [*written.split(" "), f"<{email}>"]
    return [*encoded_words(name), f"<{email}>"]


def encoded_words(value: str) -> list[str]:
    """Return ``value`` as RFC 2047 words in base64, cut between characters."""
    words: list[str] = []
    chunk = b""
    for char in value:
        data = char.encode("utf-8", "replace")
        if len(chunk) + len(data) > MAX_PAYLOAD:
            words.append(f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=")
            chunk = b""
        chunk += data
    if chunk or not words:
        words.append(f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=")
    return words


def parameter(name: str, value: str) -> list[str]:
    """Return a parameter of a MIME field as words: plain, else by RFC 2231 in pieces; a long value is cut.

    What looks like an encoded word is written so that no reader decodes it.
    """
    clean = text.line(value, 200)
    if clean.isascii() and len(clean) < 60 and "=?" not in clean:
        escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    escaped = quote(clean, safe="")
    pieces: list[str] = []
    while escaped:
        cut = 50 if len(escaped) > 50 else len(escaped)
        while cut < len(escaped) and "%" in escaped[cut - 2 : cut]:
            cut -= 1
        pieces.append(escaped[:cut])
        escaped = escaped[cut:]
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    label = "utf-8''"
    return [f"{name}*{index}*={label if index == 0 else ''}{piece}" for index, piece in enumerate(pieces)]


def _folded(name: str, words: list[str]) -> bytes:
    lines: list[str] = []
    current = f"{name}:"
    for word in words:
        if not word:
            continue
        if len(current) + 1 + len(word) > WIDTH and current.strip() and current != f"{name}:":
            lines.append(current)
            current = ""
        current += " " + word
    lines.append(current if current != f"{name}:" else f"{name}: ")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def checked_address(email: str) -> str:
    """Return an address fit for a header: one ``@``, no controls, its domain in ASCII (IDNA).

    Raises:
        InvalidInput: naming the text that is no address.
    """
    local, at, domain = email.strip().rpartition("@")
    written = domain
    if at and not domain.isascii():
        try:
            written = domain.encode("idna").decode("ascii")
        except UnicodeError:
            written = ""
    fits = at and len(local.encode("utf-8", "replace")) <= 64 and len(written) <= 253 and _LOCAL.fullmatch(local)
    if not fits or not (_DOMAIN.fullmatch(written) or _LITERAL.fullmatch(written)) or text.clean(local) != local:
        raise InvalidInput(f'"{text.line(email, 100)}" is not an e-mail address; write it as name@example.com.')
    return f"{local}@{written}"


def envelope_address(email: str) -> str:
    """Return an address fit for MAIL FROM and RCPT TO (RFC 5321 section 4.1.2).

    Raises:
        InvalidInput: naming the text that is no address.
    """
    return checked_address(email)
