"""Keys in turn: a key reaches the screens when all that the key before it did is done.

Textual puts a key into the queue of the widget that has the focus at that moment, from where it comes up through the
queues of its parents to the screen. In a burst, as a slow line or a quick hand brings it, the first key may open a
dialog or move the focus while those behind it lie in queues of what was there before, and overtake each other on the
way to where they belong. Here the next key leaves the app's own queue only when the one before has come all the way
up, and not while the screen waits for what the key is meant for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import ModalScreen

Typed = events.Key | events.Paste

LOST = 10.0
"""Seconds after which a key that never ended, because what it went through was taken away, holds up no other."""


class InOrder(App[None], inherit_bindings=False):
    """An app whose keys and pastes are done one after the other; a screen whose ``waits`` is true gets none."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Typed] = deque()
        self._taken = False
        self._began = 0.0
        self._rests = asyncio.Event()
        self._rests.set()

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait until it is its turn."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        self._rests.clear()
        if self._taken and time.monotonic() - self._began > LOST:
            self._taken = False
        await self._next()

    @property
    def typed(self) -> int:
        """How many keys are being done or wait for it."""
        return len(self._typed) + self._taken

    async def until_typed(self, seconds: float = 1.0) -> None:
        """Wait until what was typed is done, but no longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rests.wait(), seconds)

    def put_first(self, keys: Iterable[events.Key]) -> None:
        """Let keys be done before all that were typed after them, as soon as the screen waits no more."""
        self._typed.extendleft(reversed([events.Key(key.key, key.character) for key in keys]))
        if self._typed:
            self._rests.clear()
            self.call_later(self._next)

    def _waits(self) -> bool:
        return bool(self.screen_stack and getattr(self.screen, "waits", False))

    def _given_up(self) -> bool:
        """Drop what was typed into a dialog that waits before the Esc that leaves it; return whether there was one."""
        escapes = [at for at, one in enumerate(self._typed) if isinstance(one, events.Key) and one.key == "escape"]
        if not escapes or not isinstance(self.screen, ModalScreen):
            return False
        for _ in range(escapes[0]):
            self._typed.popleft()
        return True

    async def _next(self) -> None:
        if self._taken or not self._typed or (self._waits() and not self._given_up()):
            return
        self._taken, self._began = True, time.monotonic()
        event = self._typed.popleft()
        await super().on_event(event)
        target: MessagePump = self.focused or self.screen
        self._follow(event, iter((target, *(self.focused.ancestors if self.focused is not None else ()))))

    def _follow(self, event: Typed, way: Iterator[MessagePump]) -> None:
        """Come behind a key through the queues that it goes through, and let the next one go where it ended."""
        for node in way:
            if event._stop_propagation or node is self:
                break
            if node.call_later(self._follow, event, way):
                return
        self._taken = False
        if self._typed:
            self.call_later(self._next)
        else:
            self._rests.set()


def before_others(app: App[object], *keys: events.Key) -> None:
    """Let keys that came to the wrong place, or were held, be done before all that were typed after them."""
    if isinstance(app, InOrder):
        app.put_first(keys)
