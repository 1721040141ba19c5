"""What one line adds: a new deal, a task with its date in front, a note. Run on the engine's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.engine.errors import InvalidInput
from tui.engine.model import Deal

if TYPE_CHECKING:
    from tui.engine.core import Engine

DEFAULT_DUE = "+1d"
"""When a task without a date is due."""


async def new_deal(engine: Engine, title: str, pipeline: int | None = None) -> Deal:
    """Add an open deal of nobody yet to a pipeline (None for the first one); return it.

    Raises:
        InvalidInput: the title is empty.
    """
    changed = await engine.deals.add(title, pipeline=pipeline)
    await engine.record(changed)
    return await engine.deals.get(changed.id)


async def add_task(
    engine: Engine, deal_id: int | None, text: str, message_id: str = "", person_id: int | None = None
) -> str:
    """Add a task to a deal or a person; return what was done.

    Args:
        engine: the engine, on its own loop.
        deal_id: the deal; None for none.
        text: ``fri call about seats``: a date in one to three words, if there is one, how often it comes again
            (``every 2 weeks``), if it does, then what is to be done, with its kind in front of a colon (``call:``).
        message_id: the Message-ID of the mail that it came from.
        person_id: the person; None for none.

    Raises:
        InvalidInput: nothing is left to do besides the date.
    """
    from tui.engine.crm import dates

    due, all_day, subject = split_due(text)
    repeat, subject = split_repeat(subject)
    kind, subject = split_kind(subject)
    changed = await engine.activities.add(
        subject, due, all_day, deal=deal_id, person=person_id, kind=kind, message_id=message_id, repeat=repeat
    )
    await engine.record(changed)
    return ", ".join([changed.title, f"due {dates.show_due(due, all_day)}", *([repeat] if repeat else [])])


async def add_note(
    engine: Engine,
    deal_id: int | None,
    text: str,
    person_id: int | None = None,
    organization_id: int | None = None,
) -> str:
    """Write a note on a deal, a person or an organization; return what was done."""
    changed = await engine.notes.add(text, deal=deal_id, person=person_id, org=organization_id)
    await engine.record(changed)
    return changed.title


async def change_note(engine: Engine, note_id: int, text: str) -> str:
    """Change the text of a note; return what was done."""
    return (await engine.record(await engine.notes.edit(note_id, text))).title


async def delete_note(engine: Engine, note_id: int) -> str:
    """Delete a note; return what was done."""
    return (await engine.record(await engine.notes.delete(note_id))).title


def split_repeat(text: str) -> tuple[str, str]:
    """Return how often a task comes again, "" for never, and what it is: ``every 2 weeks report``."""
    from tui.engine.crm import repeating

    words = text.split()
    counts = (3, 2) if words and words[0].lower() == "every" else ()
    for count in counts:
        try:
            repeat = repeating.parse(" ".join(words[:count]))
        except InvalidInput:
            continue
        if len(words) > count:
            return repeat, " ".join(words[count:])
    return "", text


def split_kind(text: str) -> tuple[str, str]:
    """Return the kind of an activity and what it is: ``call: seats`` is a call, ``send it`` a task."""
    from tui.engine.crm.activities import KINDS

    kind, mark, rest = text.partition(":")
    found = kind.strip().lower()
    return (found, rest.strip()) if mark and rest.strip() and found in KINDS else ("task", text)


def split_due(text: str) -> tuple[int, bool, str]:
    """Return when a task is due (seconds since the epoch, whole day or not) and what it is.

    Raises:
        InvalidInput: it is only a date.
    """
    from tui.engine.crm import dates

    words = text.split()
    for count in (3, 2, 1):
        if count <= len(words):
            try:
                due, all_day = dates.parse_due(" ".join(words[:count]))
            except InvalidInput:
                continue
            subject = " ".join(words[count:])
            if not subject:
                raise InvalidInput(f'"{text}" is only a date; write what is to be done behind it.')
            return due, all_day, subject
    due, all_day = dates.parse_due(DEFAULT_DUE)
    return due, all_day, text.strip()
