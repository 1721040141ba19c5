"""The two themes of dealdesk: calm, one accent, grey for what is secondary."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="dealdesk",
    primary="#6fa8dc",
    secondary="#8a94a6",
    accent="#e0a458",
    foreground="#d3d7de",
    background="#15181e",
    surface="#1a1e25",
    panel="#262c36",
    boost="#ffffff0a",
    success="#7fb285",
    warning="#d9b36c",
    error="#e07a72",
    dark=True,
    variables={
        "border": "#2f3641",
        "border-blurred": "#2f3641",
        "block-cursor-background": "#2b3442",
        "block-cursor-foreground": "#eef1f5",
        "block-cursor-blurred-background": "#21272f",
        "input-selection-background": "#6fa8dc 35%",
        "footer-key-foreground": "#e0a458",
    },
)
"""Dark, the default."""

LIGHT = Theme(
    name="dealdesk-light",
    primary="#2f6ea5",
    secondary="#6b7480",
    accent="#8f4e00",
    foreground="#1b1f24",
    background="#fbfaf7",
    surface="#f4f2ee",
    panel="#e6e3dc",
    boost="#0000000a",
    success="#24682f",
    warning="#775300",
    error="#a32d24",
    dark=False,
    variables={
        "border": "#d3cfc6",
        "border-blurred": "#d3cfc6",
        "block-cursor-background": "#e3ddd0",
        "block-cursor-foreground": "#15181e",
        "block-cursor-blurred-background": "#efece5",
        "input-selection-background": "#2f6ea5 30%",
        "footer-key-foreground": "#8f4e00",
    },
)
"""The same on paper."""

THEMES = (DARK, LIGHT)
"""What the App registers."""
