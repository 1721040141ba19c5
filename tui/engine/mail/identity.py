"""When two copies are the same message (RULES.md, R7 and R8): digests over what no transport rewrites."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from tui.engine import text
from tui.engine.mail.headers import HeaderFacts

SHORTEST_CONTAINED = 20
"""Characters that a body must have to be recognised inside a longer one."""

_SPACES = re.compile(r"\s+")
_LIST_TAG = re.compile(r"((?:(?:re|aw|fwd?|sv|antw|tr|wg)(?:\[\d+\])?: ?)*)\[[^\[\]]{1,60}\] ?", re.I)


def header_identity(facts: HeaderFacts) -> str | None:
    """Return the digest of a message that has a Message-ID, from its header alone; None when it has none.

    Over Message-ID, the Date text, the From addresses and the Subject (white space folded, ``Re:`` kept, a mailing
    list's ``[tag]`` ignored), so that two different messages that share a Message-ID stay two.
    """
    if not facts.message_id:
        return None
    return _digest("id", facts.message_id, *_header_facts(facts))


def content_digest(body: str, parts: Iterable[tuple[int, str, str, int]]) -> str:
    """Return what tells the contents of messages with equal headers apart, whatever their transfer form (R8, R46).

    Over the text with white space folded and the types and decoded sizes of the attachments: what a relay re-encodes
    and what another account was delivered have the same.

    Args:
        body: the readable text.
        parts: the attachments as (part, name, type, size).
    """
    return _digest("content", folded(body), *sorted(f"{kind} {size}" for _, _, kind, size in parts))


def same_content(first: str, second: str) -> bool:
    """Tell whether two bodies are the same text.

    Equal with white space folded; or one contains the other whole, as the footers of lists and the banners of mail
    gateways do, when the shorter has at least 20 characters and is the larger part of the longer, or all the
    longer adds is at most 2,000 characters.
    """
    one, two = folded(first), folded(second)
    if one == two:
        return True
    shorter, longer = sorted((one, two), key=len)
    if len(shorter) < SHORTEST_CONTAINED:
        return False
    added = len(longer) - len(shorter)
    return (added <= 2000 or added <= len(shorter)) and shorter in longer


def folded(body: str) -> str:
    """Return a body for comparison: white space folded to single spaces, ends trimmed, controls gone."""
    return " ".join(text.clean(body).split())


def _header_facts(facts: HeaderFacts) -> tuple[str, str, str]:
    senders = ",".join(sorted([text.normalize_address(address.email) for address in facts.from_]))
    subject = _one_spaced(facts.subject).strip()
    if "[" in subject:
        subject = _LIST_TAG.sub(r"\1", subject, count=1).strip()
    return _one_spaced(facts.date_text), senders, subject


def _one_spaced(value: str) -> str:
    # Of white space only the plain space is printable, and most values have no two of them: looking costs less.
    return value if value.isprintable() and "  " not in value else _SPACES.sub(" ", value)


def _digest(kind: str, *parts: str) -> str:
    joined = "\x1f".join((kind, *parts)).encode("utf-8", "replace")
    return hashlib.blake2b(joined, digest_size=20).hexdigest()
