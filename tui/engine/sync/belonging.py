"""Whether a source that a server gave belongs to the message that it was asked for."""

from __future__ import annotations

import re
from pathlib import Path

from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.store.ingest import header_key
from tui.engine.store.messages import Headline

HEAD = 256 << 10
"""Octets of a source in which its header is looked for."""
FOREIGN = "The server gave the text of another message in its place; it is asked again when the folder is compared."
_ID = re.compile(rb"(?im)^message-id:\s*<?([^<>\s]+)>?\s*$")


def headline(facts: HeaderFacts) -> Headline:
    """Return what a message is known by, from its header."""
    sender = facts.from_[0].email if facts.from_ else ""
    return Headline(facts.message_id, header_key(facts), sender, facts.subject)


def belongs(source: bytes | Path, known: Headline) -> bool:
    """Return whether a source has the header that was told for it; a server may mix messages up, or lie.

    Servers fold, cut and repair headers in their own ways, so one that is only written otherwise still belongs: with
    the Message-ID of the header, unless sender and subject are both others; without one on one side, when sender and
    subject are no others; without one on both, only with the same Date too. A header that told nothing fits everything.
    """
    if not (known.message_id or known.sender or known.subject):
        return True
    head = _head(source)
    end = _header_end(head)
    named = _ID.search(head, 0, end)
    # Nearly every mail ends here, for a fraction of what reading its header costs.
    same = named is not None and named[1] == known.message_id.encode("utf-8", "replace")
    if same and known.sender.encode("utf-8", "replace") in head[:end]:
        return True
    facts = parse_header(head)
    said = headline(facts)
    if said.key == known.key:
        return True
    told = [(a, b) for a, b in ((said.sender, known.sender), (said.subject, known.subject)) if a and b]
    others = sum(a != b for a, b in told)
    if said.message_id and known.message_id:
        return said.message_id == known.message_id and others < 2
    if said.message_id or known.message_id:
        return bool(told) and not others
    return False


def _header_end(head: bytes) -> int:
    """Return where the empty line is that ends a header, or the end of all."""
    end = head.find(b"\r\n\r\n")
    end = len(head) if end < 0 else end
    other = head.find(b"\n\n", 0, end)
    return end if other < 0 else other


def _head(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD]
    with source.open("rb") as file:
        return file.read(HEAD)
