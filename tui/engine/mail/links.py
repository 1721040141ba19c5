"""The links of an HTML message: numbered, their true host named when the text claims another."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tui.engine import text
from tui.engine.mail.frames import Frame

MAX_LINKS = 2_000
MAX_SHOWN = 2_000

_HARMLESS = frozenset(("http", "https", "mailto", "tel", "sms", "cid", "mid", "about", "webcal", "callto"))
"""Schemes that lead nowhere from a terminal, but are no attempt at anything either."""
_CLAIM = re.compile(
    r"(?:https?://|www\.)([^\s/?#:@\"'<>]{1,253})|^([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})(?:/\S*)?$", re.I
)


class Links:
    """Collects the addresses that a message links to, each once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.shown: list[str] | None = None
        """The texts of the link that is open, None outside of one; "" stands for a picture without words."""
        self._href = self._last = ""
        self._end: Frame | None = None
        self._parts = 0

    def open(self, href: str, frame: Frame) -> None:
        """Begin a link at the end of ``frame``; one that is still open ends here."""
        if self.shown is not None:
            self.close(frame)
        if frame is self._end and len(frame.parts) == self._parts:
            frame.apart()  # two links side by side are two words, whatever the style sheet puts between them
        if href:
            self._href, self.shown = href, []

    def repeats(self) -> bool:
        """Tell whether the open link has no words yet and leads where the one before it led."""
        return self.shown == [] and self._href == self._last

    def close(self, frame: Frame) -> None:
        """End the open link, putting its mark behind its text."""
        if self.shown is None:
            return
        pieces, self.shown = self.shown, None
        if not pieces:
            return
        words = " ".join(" ".join(pieces).split())
        mark, self._last = self.mark(self._href, words), self._href
        if mark and (frame.parts or not words):
            if not words:
                frame.apart()
            elif not frame.raw and frame.parts[-1][-1].isspace():
                mark += " "  # the space that stood behind the words
            frame.parts.append(mark if words else "[link]" + mark)
        elif mark and frame.lines and frame.lines[-1]:
            frame.lines[-1] += mark
        elif mark:
            frame.parts.append(mark.strip())
        self._end, self._parts = frame, len(frame.parts)

    def mark(self, href: str, shown: str) -> str:
        """Return what follows the text of a link: its number, a warning, or nothing when the text says it all.

        Args:
            href: the address in the message.
            shown: the text of the link.
        """
        target = href.strip()
        if not target or target.startswith("#"):
            return ""
        url = text.safe_url(target)
        if url is None:
            scheme = "".join(text.line(target[:60]).partition(":")[0].split()).lower() if ":" in target[:60] else ""
            told = scheme.isascii() and scheme.isalnum() and scheme not in _HARMLESS
            return f" [link not followed: {scheme[:20]}]" if told else ""
        plain = shown.strip()
        if url == "mailto:" or (" " not in plain and _same(plain, url)):
            return ""
        number = self.numbers.get(url)
        if number is None:
            if len(self.numbers) >= MAX_LINKS:
                host = host_of(url)
                return f" [{host}]" if host else ""
            number = self.numbers[url] = len(self.numbers) + 1
        claimed = claimed_host(plain)
        if claimed and (host := host_of(url)) and not related(claimed, host):
            return f" [{number}: goes to {host}]"
        return f" [{number}]"

    def listed(self) -> list[str]:
        """Return the lines of the list at the end: number, address, and the host where the address disguises it."""
        out: list[str] = []
        for url, number in self.numbers.items():
            shown = url if len(url) <= MAX_SHOWN else url[: MAX_SHOWN - 1] + "…"
            disguised = len(url) > 300 or ("@" in url and "@" in urlsplit(url).netloc)
            host = host_of(url) if disguised else ""
            out.append(f"[{number}] {shown} ({host})" if host else f"[{number}] {shown}")
        return out


def host_of(url: str) -> str:
    """Return the host that an address would contact, "" for mailto and what has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def claimed_host(shown: str) -> str:
    """Return the host that the text of a link names, or ""."""
    if len(shown) > 500 or "." not in shown:
        return ""
    match = _CLAIM.search(shown)
    if match is None:
        return ""
    return (match[1] or match[2]).lower().removeprefix("www.").rstrip(".,;)")


def related(first: str, second: str) -> bool:
    """Tell whether two hosts are equal or one lies within the other."""
    return first == second or first.endswith("." + second) or second.endswith("." + first)


def _same(shown: str, url: str) -> bool:
    """Tell whether the text is the address itself, but for scheme, ``www.`` and the last slash."""
    return _bare(shown) == _bare(url)


def _bare(address: str) -> str:
    lowered = address.strip().lower()
    for prefix in ("https://", "http://", "mailto:", "www."):
        lowered = lowered.removeprefix(prefix)
    return lowered.rstrip("/")
