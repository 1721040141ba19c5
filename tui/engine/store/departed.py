"""What was ingested once and is no longer here: it is known when it comes again, and rules don't run again (R46)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from tui.engine.mail.identity import content_digest
from tui.engine.store.bodies import StoredBody
from tui.engine.store.db import Tx, rows, write_rows

PIECE = 100
"""Messages whose texts are held at once."""
BY_HEADER = ""
"""Stands for the content of a message whose text was never here; its header alone tells it."""


async def remember(tx: Tx, message_ids: Sequence[int]) -> None:
    """Note messages that are about to leave: header, content, identity."""
    for start in range(0, len(message_ids), PIECE):
        found = await rows(
            tx,
            "SELECT m.header_key, m.identity, t.text, t.parts FROM messages m LEFT JOIN texts t ON t.message_id = m.id"
            " WHERE m.id IN (SELECT value FROM json_each(?))",
            json.dumps(message_ids[start : start + PIECE]),
        )
        await _note(
            tx,
            [
                (
                    r["header_key"],
                    content_digest(r["text"], json.loads(r["parts"])) if r["text"] is not None else BY_HEADER,
                    r["identity"],
                )
                for r in found
            ],
        )


async def remember_copy(tx: Tx, message_id: int, content: str) -> None:
    """Note a copy of a message that is here, where it reads otherwise than the one that was stored.

    A mailing list adds its footer: when the message has left, that copy is to be known as well.
    """
    found = await rows(
        tx,
        "SELECT m.header_key, m.identity, t.text, t.parts FROM messages m JOIN texts t ON t.message_id = m.id"
        " WHERE m.id = ?",
        message_id,
    )
    differing = [r for r in found if content_digest(r["text"], json.loads(r["parts"])) != content]
    await _note(tx, [(r["header_key"], content, r["identity"]) for r in differing])


async def of_keys(tx: Tx, header_keys: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Return header key -> content -> identity of what was here."""
    found = await rows(
        tx,
        "SELECT header_key, content, identity FROM departed WHERE header_key IN (SELECT value FROM json_each(?))",
        json.dumps(list(header_keys)),
    )
    result: dict[str, dict[str, str]] = defaultdict(dict)
    for record in found:
        result[record["header_key"]][record["content"]] = record["identity"]
    return result


def identity(once: Mapping[str, str], present: Set[str], body: StoredBody | None, refused: bool) -> str | None:
    """Return under which identity an arrival was here before, "" when it was not, None when its body must tell.

    Args:
        once: content -> identity of what was here with its header; present: identities of what is here with it.
        body: what was read of it; refused: its server won't give it, so that the header must do.
    """
    left = {content: one for content, one in once.items() if one not in present}
    if not left:
        return ""
    if body is not None:
        return left.get(content_digest(body.text, body.parts), left.get(BY_HEADER, ""))
    if refused or BY_HEADER in left:
        return left.get(BY_HEADER, next(iter(left.values())))
    return None


async def _note(tx: Tx, noted: Sequence[tuple[str, str, str]]) -> None:
    """Write down (header key, content, identity); what a content is known of is no longer told by its header alone."""
    await write_rows(
        tx,
        "INSERT INTO departed (header_key, content, identity) VALUES {rows} ON CONFLICT DO NOTHING",
        noted,
    )
    await tx.executemany(
        "DELETE FROM departed WHERE header_key = ? AND content = ? AND identity = ?",
        [(key, BY_HEADER, identity) for key, content, identity in noted if content != BY_HEADER],
    )
