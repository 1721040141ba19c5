"""Text that others wrote, made harmless: the one gate before anything is stored for display.

Terminals obey control characters that a subject may carry; a bidi override makes an address read
backwards. ``clean`` drops them, ``line`` also folds white space. What is kept byte for byte is the raw source.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

BIDI = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{BIDI}\ufff9-\ufffb\ufeff\U000e0000-\U000e007f\ud800-\udfff]")
_CONTROLS = bytes([*range(0x09), *range(0x0B, 0x20), 0x7F])
_SPACES = re.compile(r"[\s\u2028\u2029\u00a0\u202f]+")
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARK_OCTETS = (b"\xcc", b"\xcd", b"\xd2", b"\xe1\xaa", b"\xe1\xab", b"\xe2\x83", b"\xef\xb8")
"""What the marks begin with in UTF-8: looking for these costs a fifth of looking for the marks."""
_COMBINING = re.compile(f"({_MARK}{{4}}){_MARK}+")
_PLAIN_URL = re.compile(r"https?://[\w.:-][\w%/:?#@!$&()*+,;=~.-]*", re.A)
_AROUND = (
    "<> \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Angle brackets and every white space: what an address may stand in, in whatever order."""
_QUOTED_PAIR = re.compile(r"\\(.)", re.S)
_DOT_STRING = re.compile(r'[^\s"()<>,:;@\\\[\].]+(?:\.[^\s"()<>,:;@\\\[\].]+)*')
_SCHEMES = frozenset({"http", "https", "mailto"})


def is_plain(text: str) -> bool:
    """Tell whether a text is ASCII without controls, but for newlines and tabs."""
    return text.isascii() and len(text.encode("ascii").translate(None, _CONTROLS)) == len(text)


def clean(text: str) -> str:
    """Return ``text`` without C0 and C1 controls, bidi overrides, tags and lone surrogates.

    Tab and newline stay; CR LF and CR become newline; floods of combining marks are cut to four.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_plain(text):
        return text
    text = text.replace("\x0c", "\n").replace("\u2028", "\n")
    # Nothing that is unsafe is printable, and this costs a tenth of looking for it.
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = _UNSAFE.sub("", text)
    return text if text.isascii() else _few_marks(text)


def line(text: str, limit: int = 1000) -> str:
    """Return ``clean(text)`` as one line of at most ``limit`` characters, white space folded."""
    if len(text) <= limit and text.isprintable() and "  " not in text:  # of white space only the blank is printable
        return (text if text.isascii() else _few_marks(text)).strip()
    if len(text) > 8 * limit:
        text = text[: 8 * limit]
    folded = _SPACES.sub(" ", clean(text)).strip()
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _few_marks(text: str) -> str:
    """Return ``text`` with floods of combining marks cut to four."""
    octets = text.encode("utf-8")
    return _COMBINING.sub(r"\1", text) if any([start in octets for start in _MARK_OCTETS]) else text


def safe_url(url: str) -> str | None:
    """Return ``url`` fit for a terminal hyperlink, or None when it must not be followed.

    Only http, https and mailto pass; controls, spaces and quotes are percent-encoded.
    """
    if len(url) <= 8000 and _PLAIN_URL.fullmatch(url):
        return url
    candidate = _SPACES.sub("", clean(url))
    try:
        parts = urlsplit(candidate)
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES or not (parts.netloc or parts.scheme.lower() == "mailto"):
        return None
    return quote(candidate, safe="%/:?#[]@!$&()*+,;=~-._")[:8000]


@lru_cache(maxsize=4096)
def normalize_address(address: str) -> str:
    """Return an address for comparison: trimmed, lower-cased, the domain IDNA-encoded (RULES.md, Registered).

    A text without exactly one usable ``@`` comes back trimmed and lower-cased, so that it equals only itself. Quotes
    around a local part that needs none mean nothing (RFC 5321 section 4.1.2).
    """
    trimmed = clean(address).strip(_AROUND).lower()
    local, at, domain = trimmed.rpartition("@")
    if local.startswith('"') and local.endswith('"'):
        bare = _QUOTED_PAIR.sub(r"\1", local[1:-1])
        if _DOT_STRING.fullmatch(bare):
            local, trimmed = bare, f"{bare}@{domain}"
    if not at or domain.isascii():
        return trimmed
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return trimmed


def normalize_message_id(value: str) -> str:
    """Return a Message-ID without brackets, white space and controls, or "" when there is none."""
    if value.isascii() and value.isprintable() and " " not in value:
        return value.strip("<>")[:900]
    return _SPACES.sub("", clean(value)).strip("<>")[:900]


def age(seconds: float) -> str:
    """Return a length of time in its largest unit: ``12 s``, ``5 min``, ``3 h``, ``18 days``."""
    seconds = max(0, int(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"
