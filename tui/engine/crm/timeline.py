"""The story of a deal or a person: mail, notes, activities and changes, newest first."""

from __future__ import annotations

import re

from tui.engine.crm.rows import Query
from tui.engine.model import TimelineEntry

_BEFORE = re.compile(r"(?:(?:#{1,6}|>|[-*+]|\d{1,9}[.)])\s+)*(?:\[[ xX]\]\s+)?")
_AROUND = re.compile(r"\*\*|~~|`")


def timeline(deal_id: int | None = None, person_id: int | None = None, limit: int = 1000) -> Query[list[TimelineEntry]]:
    """Return the newest entries of a deal, or of a person (who also gets the history of nobody's deals).

    Only linked mail is in the CRM, so nothing private can appear (R27). ``id`` is the note's, activity's or mail's.
    """
    noun, id = ("deal", deal_id) if deal_id is not None else ("person", person_id)
    entries = yield from notes(noun, id, limit)
    rows = yield (
        "SELECT m.id, m.date, m.subject, m.body, m.direction, m.attachments, m.mailbox FROM mails m"
        f" JOIN mail_{noun}s x ON x.mail_id = m.id WHERE x.{noun}_id = ? ORDER BY m.date DESC, m.id DESC LIMIT ?",
        (id, limit),
    )
    for mail_id, date, subject, body, direction, attachments, mailbox in rows:
        entries.append(
            TimelineEntry("mail", date, subject, _first_line(body), direction, None, mail_id, attachments, mailbox)
        )
    rows = yield (
        f"SELECT id, coalesce(done_at, due_at), subject, done_at FROM activities WHERE {noun}_id = ?"
        " AND deleted_at IS NULL ORDER BY coalesce(done_at, due_at) DESC LIMIT ?",
        (id, limit),
    )
    for activity_id, at, subject, done_at in rows:
        entries.append(TimelineEntry("activity", at, subject, "planned" if done_at is None else "done", id=activity_id))
    if deal_id is not None:
        rows = yield (
            "SELECT at, kind, old_value, new_value, actor FROM deal_events WHERE deal_id = ?"
            " ORDER BY at DESC, id DESC LIMIT ?",
            (id, limit),
        )
        entries += [TimelineEntry("change", at, _change(kind, old, new), actor) for at, kind, old, new, actor in rows]
    # Stable, so that entries of one second keep the order of their table.
    return sorted(entries, key=lambda entry: -entry.at)[:limit]


def notes(noun: str, id: int | None, limit: int = 1000) -> Query[list[TimelineEntry]]:
    """Return the newest notes of a ``deal``, a ``person`` or an ``organization``."""
    rows = yield (
        f"SELECT id, created_at, body FROM notes WHERE {noun}_id = ? AND deleted_at IS NULL"
        " ORDER BY created_at DESC, id DESC LIMIT ?",
        (id, limit),
    )
    return [TimelineEntry("note", at, _plain(_first_line(body)), body, id=note_id) for note_id, at, body in rows]


def _change(kind: str, old: str, new: str) -> str:
    if not old:
        return f"{kind}: {new}"
    return f"{kind} {old} ▸ {new}" if new else f"{kind} removed: {old}"


def _plain(line: str) -> str:
    """Return a line of Markdown without the marks before it and around its words."""
    before = _BEFORE.match(line)
    return _AROUND.sub("", line[before.end() :] if before else line) or line


def _first_line(text: str) -> str:
    return next((part.strip()[:200] for part in text[:2000].splitlines() if part.strip()), "")
