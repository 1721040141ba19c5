"""What is stored of a source beside its bytes: safe text, preview, attachments (R43)."""

from __future__ import annotations

from pathlib import Path

from tui.engine.mail.mime import gist, gist_of_file
from tui.engine.mail.preview import preview
from tui.engine.mail.testimony import HEADER, Testimony, testimony
from tui.engine.store.bodies import StoredBody

BIG = 4_000_000
"""Octets above which a source in a file stays there."""


def derive(message_id: int, raw: bytes | Path) -> StoredBody:
    """Return what is stored of a source; its state is ``raw`` when it can't be parsed. Call it in a thread.

    Args:
        raw: the source, or the file that it was spooled to. A small file is read and removed; a big one is left to
            ``StoredBody.forget``.
    """
    if isinstance(raw, Path) and raw.stat().st_size <= BIG:
        path, raw = raw, raw.read_bytes()
        path.unlink()
    found = gist_of_file(raw) if isinstance(raw, Path) else gist(raw)
    parts = tuple((part.part, part.name, part.type, part.size) for part in found.attachments)
    return StoredBody(message_id, raw, found.state, found.text, preview(found.text), parts, _said(raw, found.text))


def _said(raw: bytes | Path, shown: str) -> Testimony:
    if isinstance(raw, bytes):
        return testimony(raw, shown)
    with raw.open("rb") as file:
        return testimony(file.read(HEADER), shown)
