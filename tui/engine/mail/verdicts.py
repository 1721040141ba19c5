"""What the receiving server found of SPF, DKIM and DMARC (RFC 8601), believed only of the server that is known for it.

Anybody can write an Authentication-Results field, also one that carries the receiving server's name. So that the name
alone is not enough, a server must be known first: it wrote the topmost field of several of the account's messages, of
different senders (``learn``). Of an unknown server nothing is said, neither good nor bad.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.engine.mail.words import decode_words
from tui.engine.text import line

Fields = Sequence[tuple[str, bytes]]

ENOUGH = 3
"""Messages, of as many sender domains, that must carry a server's name before it is believed."""

_RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc)(?:/\d+)?\s*=\s*([a-z]{1,12})\b", re.I)
_SERVER = re.compile(r"^\s*([A-Za-z0-9._-]{1,200})(?:\s+\d+)?\s*(?:;|$)")
_BAD = frozenset({"fail", "permerror"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The results of one field: the server that found them, and mechanism -> result, in small letters."""

    server: str
    results: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether the mail fails DMARC: its From is not to be believed."""
        return self.results.get("dmarc") in _BAD

    @property
    def words(self) -> str:
        """The verdict in a few words, "" when there is none."""
        dmarc = self.results.get("dmarc", "")
        if self.failed:
            return "DMARC failed!"
        if dmarc == "pass":
            return "sender verified (DMARC)"
        said = [f"{kind.upper()} {_word(self.results[kind])}" for kind in ("dkim", "spf") if kind in self.results]
        return ", ".join(said)

    @property
    def doubtful(self) -> bool:
        """Whether a mechanism failed, so that the words are a warning."""
        return any(result in _BAD for result in self.results.values())


def _word(result: str) -> str:
    return {"pass": "ok", "fail": "failed!", "none": "none"}.get(result, line(result, 12))


def topmost(fields: Fields) -> Verdict | None:
    """Return the first Authentication-Results of a header, whoever wrote it; None without one."""
    value = next((value for name, value in fields if name.lower() == "authentication-results"), None)
    if value is None:
        return None
    said = line(decode_words(value[:8000]), 8000)
    said = _unquoted(said)
    server = _SERVER.match(said)
    if server is None:
        return None
    results: dict[str, str] = {}
    for kind, result in _RESULT.findall(said):
        before = results.get(kind.lower())
        if before is None or (kind.lower() == "dkim" and result.lower() == "pass"):
            results[kind.lower()] = result.lower()  # one signature that holds is enough
    return Verdict(server[1].lower(), results)


def _unquoted(said: str) -> str:
    """Return a field without its comments and quoted strings, which may hold what a sender wrote; one that is never
    closed takes the rest with it."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in said:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char in "()" and not quoted:
            depth = max(0, depth + (1 if char == "(" else -1))
            kept.append(" ")
        elif not depth and not quoted:
            kept.append(char)
    return "".join(kept)


def learn(seen: Iterable[tuple[Fields, str]]) -> frozenset[str]:
    """Return the servers whose word counts for an account.

    Args:
        seen: of messages that the account received: the header's fields and the domain of the sender.

    A server counts that wrote the topmost field of more than half of the messages that have one, and for ``ENOUGH``
    domains at least: a forger would have to send most of somebody's mail, from several domains.
    """
    domains: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for fields, domain in seen:
        found = topmost(fields)
        if found is not None:
            counts[found.server] += 1
            domains.setdefault(found.server, set()).add(domain)
    total = counts.total()
    return frozenset(name for name, many in counts.items() if 2 * many > total and len(domains[name]) >= ENOUGH)


def verdict(fields: Fields, trusted: frozenset[str]) -> Verdict | None:
    """Return the verdict of a header where the topmost field is by a trusted server, None otherwise."""
    found = topmost(fields)
    return found if found is not None and found.server in trusted and found.results else None
