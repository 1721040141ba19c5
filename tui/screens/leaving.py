"""Leaving a screen: once, and never another one in its place; keys that come too late go to what is shown then."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import Screen

from tui.turns import before_others

Result = TypeVar("Result")


class LeftOnce(Screen[Result], inherit_bindings=False):
    """A screen that can be left by two keys of one burst, or by its own work while a dialog is over it.

    Textual's ``dismiss`` takes away whatever screen is uppermost, and fails when that is the last one.
    """

    @property
    def waits(self) -> bool:
        """Whether keys have to wait: what they are meant for is still being read."""
        return False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave this screen and those over it, with ``result``; does nothing when it was left already."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.pop_screen()
        left = super().dismiss(result)
        before_others(self.app)
        return left

    def passed_on(self, event: events.Key) -> bool:
        """Give a key that came after another screen was shown to that one; return whether another one is shown.

        Esc that came too late for a screen that was left meant that one: below it, it might quit.
        """
        if self.app.screen is self:
            return False
        event.stop()
        event.prevent_default()
        if event.key != "escape" or self in self.app.screen_stack:
            before_others(self.app, event)
        return True
