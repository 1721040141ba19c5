"""Reminding of a message that nobody answers."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tui.engine.commands.base import Applied, Desk
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.store import messages, reminders
from tui.engine.store.db import Tx

DAY = 86_400
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Remind:
    """Remind of a message if nobody has answered in so many days; None for not at all."""

    message_id: int
    days: int | None

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Write the reminder down.

        Raises:
            NotFound: there is no such message.
            InvalidInput: the days are fewer than one or too many.
        """
        if not await messages.get(tx, [self.message_id]):
            raise NotFound("message", self.message_id)
        before = await reminders.put(tx, self.message_id, due_in(self.days, int(time.time())))
        title = "Reminds no longer" if self.days is None else f"Reminds in {self.days} d if nobody answers"
        kept = {"reminders": [[self.message_id, before]]}
        return Applied(title, kept, messages=frozenset({self.message_id}))


def due_in(days: int | None, start: int) -> int | None:
    """Return when ``days`` after ``start`` have gone by.

    Raises:
        InvalidInput: they are fewer than one or more than ten years.
    """
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A reminder can't be in {days} days; give 1 to {MOST_DAYS}.")
    return None if days is None else start + days * DAY
