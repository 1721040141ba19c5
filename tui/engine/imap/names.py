"""Folder names and command arguments on the wire: modified UTF-7 and the choice of quoted string or literal.

A wire name is kept as ``str`` in latin-1, one character a byte, so that whatever a server called its folder is sent
back byte for byte and fits a database; ``decode`` makes what a person reads.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from tui.engine.errors import InvalidInput
from tui.engine.model import Role

_SHIFTED = re.compile(r"&([^-]*)-")
_PLAIN = re.compile(r"[\x20-\x25\x27-\x7e]+|[^\x20-\x7e]+|&")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*\Z")


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument sent as an IMAP literal."""

    data: bytes


def encode(name: str) -> str:
    """Return a name in modified UTF-7 (RFC 3501, section 5.1.3)."""
    out = []
    for piece in _PLAIN.findall(name):
        if piece == "&":
            out.append("&-")
        elif " " <= piece[0] <= "~":
            out.append(piece)
        else:
            data = binascii.b2a_base64(piece.encode("utf-16-be", "surrogatepass"), newline=False)
            out.append("&" + data.decode("ascii").rstrip("=").replace("/", ",") + "-")
    return "".join(out)


def decode(wire: str) -> str:
    """Return what a wire name says: modified UTF-7, or UTF-8 where a server sends that raw.

    What can't be decoded stays as it is on the wire, so that every folder has a name.
    """
    if not wire.isascii():
        try:
            return wire.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return wire
    return _SHIFTED.sub(_unshift, wire)


def _unshift(match: re.Match[str]) -> str:
    coded = match[1]
    if not coded:
        return "&"
    try:
        padded = coded.replace(",", "/") + "=" * (-len(coded) % 4)
        return binascii.a2b_base64(padded, strict_mode=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return match[0]


def argument(value: str | bytes) -> bytes | Literal:
    """Return a string argument fit for a command: quoted, else a literal.

    Args:
        value: bytes, or ``str``: latin-1 (a wire name) where that holds it, else UTF-8.

    Raises:
        InvalidInput: it contains NUL, which IMAP can't carry (RFC 9051, section 4.3).
    """
    data = value if isinstance(value, bytes) else _as_bytes(value)
    if b"\x00" in data:
        raise InvalidInput("A name with a NUL character can't be sent to an IMAP server; use another name.")
    if len(data) <= 1000 and _QUOTABLE.match(data):
        return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return Literal(data)


def _as_bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def keyword(flag: str) -> bytes:
    """Return a flag as it is written in a command: ``seen`` -> ``\\Seen``, ``forwarded`` -> ``$Forwarded``.

    Raises:
        InvalidInput: it is no atom, so it can't be a keyword.
    """
    known = _FLAGS.get(flag.lower())
    if known:
        return known
    if not re.fullmatch(r"[A-Za-z0-9$_.+/=:;<>?@!#&'|~^,-]{1,100}", flag):
        raise InvalidInput(f"The flag {flag!r} can't be sent to an IMAP server; use letters and digits.")
    return flag.encode("ascii")


_FLAGS = {name.lower(): f"\\{name}".encode() for name in ("Seen", "Answered", "Flagged", "Deleted", "Draft")} | {
    "forwarded": b"$Forwarded",
    "mdnsent": b"$MDNSent",
}


def flag(wire: bytes) -> str:
    """Return a server's flag as the engine calls it: lower case, system flags without the backslash."""
    name = wire.decode("utf-8", "replace").lower()
    if name[:1] == "\\":
        return name[1:]
    return name[1:] if name in ("$forwarded", "$mdnsent") else name


def role_flag(role: Role) -> bytes | None:
    """Return a role as a special-use attribute, or None where there is none (INBOX)."""
    if role in (Role.NONE, Role.INBOX):
        return None
    return b"\\" + role.value.capitalize().encode("ascii")
