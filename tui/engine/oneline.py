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
        text: ``fri call about seats``: a date in one to three words, if there is one, then what is to be done.
        message_id: the Message-ID of the mail that it came from.
        person_id: the person; None for none.

    Raises:
        InvalidInput: nothing is left to do besides the date.
    """
    from tui.engine.crm import dates

    due, all_day, subject = split_due(text)
    changed = await engine.activities.add(subject, due, all_day, deal=deal_id, person=person_id, message_id=message_id)
    await engine.record(changed)
    return f"{changed.title}, due {dates.show_due(due, all_day)}"


async def add_note(engine: Engine, deal_id: int | None, text: str, person_id: int | None = None) -> str:
    """Write a note on a deal or a person; return what was done."""
    from tui.engine.crm.activities import Notes

    changed = await Notes(engine.crm).add(text, deal=deal_id, person=person_id)
    await engine.record(changed)
    return changed.title


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
