"""A message that was taken back before it left becomes a draft again, with its attachments (R36)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tui.engine.drafts import Drafts
from tui.engine.mail.mime import attachment_bytes, parse
from tui.engine.model import Draft
from tui.engine.paths import Paths
from tui.engine.store import bodies, operations
from tui.engine.store.db import Database
from tui.engine.store.operations import Entry


async def to_drafts(mailbox: Database, paths: Paths, entry: Entry) -> None:
    """Keep what a queued or refused sending was to send as a draft.

    The attachments come from the message itself: the files that it was written with may be gone.

    Raises:
        ConfigError, InvalidInput: the draft can't be written; the sending should then go on.
    """
    action = await operations.action(mailbox.reads, entry.action_id)
    raw = await bodies.raw(mailbox.reads, entry.message_id) if entry.message_id is not None else None
    written = action.command.get("draft") if action is not None else None
    if raw is not None and isinstance(written, dict):
        await asyncio.to_thread(_save, paths, Draft(**{**written, "attachments": ()}), raw)


def _save(paths: Paths, draft: Draft, raw: bytes) -> None:
    drafts = Drafts(paths)
    files = [(part.name, attachment_bytes(raw, part.part)[1]) for part in parse(raw).attachments]
    drafts.save(replace(draft, attachments=drafts.keep_files(files)))
