"""Choosing a template."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.content import Content

from tui import cells
from tui.engine.paths import Paths
from tui.engine.templates import Template, templates
from tui.engine.text import line
from tui.screens.dialogs import Choice, Picker, fuzzy


def template_picker(paths: Paths, title: str) -> Picker:
    """Return a picker of templates, whose answer is one; the files are read beside the screen."""
    kept: list[Choice] = []

    async def find(text: str) -> Sequence[Choice]:
        if not kept:
            kept.extend(_choice(one) for one in await asyncio.to_thread(templates, paths))
        none = Choice("", Content(f"none yet: text files in {paths.config / 'templates'} are templates"))
        return fuzzy(kept, text) if kept else [none]

    return Picker(Content(title), find, numbered=True)


def _choice(template: Template) -> Choice:
    first = cells.fit(template.subject or line(template.body), 50)
    return Choice(
        template, Content.assemble(template.name, (f"  {first}", "$text-muted")), f"{template.name} {template.subject}"
    )
