"""The command palette: every action that this screen can do, found by its name, with its key."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from tui.actions import ACTIONS
from tui.screens.dialogs import Choice, Picker, among
from tui.screens.keyed import KeyedScreen


def choices(screen: KeyedScreen[Any]) -> list[Choice]:
    """Return one line an action that ``screen`` can do; those whose keys work in its focused pane first."""
    keymap, pane = screen.dealdesk.keymap, screen.pane()
    able = [action for action in ACTIONS if screen.can(action) and _reachable(action.where, pane)]
    able.sort(key=lambda action: pane not in action.where)
    return [
        Choice(
            action.id,
            Content.assemble(
                (f"{keymap.first_key(action.id):>8}  ", "$accent"), f"{action.title:<24} ", (action.help, "$text-muted")
            ),
            f"{action.title} {action.help} {action.id}",
        )
        for action in able
        if action.id != "palette.open"
    ]


def _reachable(where: tuple[str, ...], pane: str) -> bool:
    panes = {"folders", "messages", "reader", "deal"}
    return pane in where or (pane in panes and bool(panes & set(where)))


def palette(screen: KeyedScreen[Any]) -> Picker:
    """Return the palette for ``screen``; it gives back the id of the chosen action."""
    return Picker(Content("Commands"), among(choices(screen)), foot="type a command · Enter runs it · Esc")
