"""The keys of the focused pane, from the live key map, so that it never says what isn't so."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from tui.actions import ACTIONS, Action
from tui.keymaps import KeyMap
from tui.screens.dialogs import Panel

NARROW = 100
"""Columns below which a line has no room for an action's title beside the sentence that says it all."""


def text(keymap: KeyMap, pane: str, can: Callable[[Action], bool], width: int = NARROW) -> Content:
    """Return the help of ``pane`` for ``width`` columns: each group with its keys, titles and what they do."""
    parts: list[Content] = []
    group = ""
    for action in ACTIONS:
        if pane not in action.where or not can(action):
            continue
        if action.group != group:
            group = action.group
            parts.append(Content.assemble(("\n" if parts else "", ""), (group, "$accent")))
        keys = "  ".join(keymap.keys(action.id)) or "palette"
        title = f"{action.title:<22} " if width >= NARROW else ""
        parts.append(
            Content.assemble((f"  {keys:<{18 if title else 9}} ", "bold"), title, (action.help, "$text-muted"))
        )
    return Content("\n").join(parts)


class HelpScreen(Panel):
    """The keys that work where the focus is.

    Args:
        keymap: the live keys.
        pane: where the focus is.
        can: says what the screen can do.
        width: the screen's columns.
    """

    def __init__(self, keymap: KeyMap, pane: str, can: Callable[[Action], bool], width: int) -> None:
        super().__init__(Content(f"Keys · {pane}"), text(keymap, pane, can, width))
