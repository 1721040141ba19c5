"""Which conversation a message belongs to, as the Message-IDs it names (RFC 5256 REFERENCES, without its subjects).

Subjects never join threads: strangers write "Hello" too. The store unites threads that share a key, so order,
loops and missing members do no harm here.
"""

from __future__ import annotations

from tui.engine.mail.headers import HeaderFacts

MAX_KEYS = 202


def thread_keys(facts: HeaderFacts) -> list[str]:
    """Return the ids that a message belongs with, each once, the root first and the nearest last.

    References, then In-Reply-To, then the message's own id: uniting on any of them gives the thread. An id that
    repeats counts where it is nearest. Empty for a message that names nothing and has no Message-ID.
    """
    ordered = [*facts.references, *facts.in_reply_to]
    if facts.message_id:
        ordered.append(facts.message_id)
    nearest_last = list(dict.fromkeys(reversed([name for name in ordered if name])))[::-1]
    return nearest_last if len(nearest_last) <= MAX_KEYS else [nearest_last[0], *nearest_last[1 - MAX_KEYS :]]


def parent(facts: HeaderFacts) -> str:
    """Return the id of the message that this one answers, or "": In-Reply-To's last, else the nearest reference."""
    for ids in (facts.in_reply_to, facts.references):
        others = [name for name in ids if name != facts.message_id]
        if others:
            return others[-1]
    return ""
