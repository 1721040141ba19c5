"""What a message holds besides its text, told apart by its very bytes (R8)."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from tui.engine.mail.fields import parse_fields, split_message, values_of
from tui.engine.mail.mime import attached
from tui.engine.mail.parts import parse_tree


def holds(stored: bytes | Path, other: bytes | Path) -> bool:
    """Tell whether a message has every attachment of another, compared decoded. Call it in a thread.

    Args:
        stored: the source of the one; other: of the other, in memory or in a file.
    """
    return not _attachments(other) - _attachments(stored)


def _attachments(source: bytes | Path) -> Counter[tuple[str, bytes]]:
    raw = source.read_bytes() if isinstance(source, Path) else source
    header, body, _ = split_message(raw)
    root, _ = parse_tree(values_of(parse_fields(header)), body)
    # A relay may write a text with other line ends when it encodes it anew; everything else comes octet by octet.
    return Counter(
        (part.type, hashlib.sha256(_lines(part.body()) if part.type.startswith("text/") else part.body()).digest())
        for part in attached(root)
    )


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
