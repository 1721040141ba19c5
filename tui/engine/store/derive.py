"""What is stored of a source beside its bytes: safe text, preview, attachments (R43)."""

from __future__ import annotations

from tui.engine.mail.mime import gist
from tui.engine.mail.preview import preview
from tui.engine.store.bodies import StoredBody


def derive(message_id: int, raw: bytes) -> StoredBody:
    """Return what is stored of a source; its state is ``raw`` when it can't be parsed. Call it in a thread."""
    found = gist(raw)
    parts = tuple((part.part, part.name, part.type, part.size) for part in found.attachments)
    return StoredBody(message_id, raw, found.state, found.text, preview(found.text), parts)
