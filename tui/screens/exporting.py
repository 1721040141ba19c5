"""Writing the CRM, or a part of it, into a folder: CSV, JSON, vCards, deals with their mail."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from tui import look
from tui.engine import exporting
from tui.engine.errors import InvalidInput
from tui.engine.reads import Reader
from tui.screens.dialogs import Choice, Picker, Prompt, among

if TYPE_CHECKING:
    from tui.screens.dealing import Dealing, Target

WHOLE = {
    "all": "everything: CSV, JSON, vCards, each deal as a folder with its mail",
    "people": "people: CSV, JSON, vCards",
    "deals": "deals: CSV, JSON",
    "orgs": "organizations: CSV, JSON",
}
"""What can be written, with what is made of it."""


def ask(screen: Dealing, deal: Target | None = None) -> None:
    """Ask what is to be written, and into which folder; then write it.

    Args:
        screen: over which it is asked.
        deal: it can be written alone too: its story, its mail as mbox, its files.
    """
    choices = [Choice(kind, Content(words)) for kind, words in WHOLE.items()]
    if deal is not None:
        choices.insert(0, Choice("deal", Content(f"◆ {deal.title}: its story, its mail as mbox, its files")))

    def chosen(kind: object) -> None:
        if isinstance(kind, str):
            name = f"deal-{deal.id}" if kind == "deal" and deal is not None else f"crm-{kind}"
            screen.over(
                Prompt(Content("Write into which folder?"), f"~/{name}"),
                lambda text: screen.work(_written(screen, kind, deal, str(text).strip())) if text else None,
            )

    screen.over(Picker(Content("Export"), among(choices), numbered=True), chosen)


async def _written(screen: Dealing, kind: str, deal: Target | None, folder: str) -> None:
    place = await asyncio.to_thread(lambda: Path(folder).expanduser().absolute())

    def write() -> list[Path]:
        # A reader of its own: a large CRM is written for a while, and the lists are read meanwhile.
        with closing(Reader(screen.dealdesk.paths)) as reader:
            if kind == "deal" and deal is not None:
                return exporting.export_deal(reader.crm, reader.crm.deal(deal.id), place)
            return exporting.export(reader.crm, kind, place)

    screen.tell("Exporting …")
    try:
        made = await asyncio.to_thread(write)
    except InvalidInput:
        screen.tell("The export was not finished.")
        raise
    screen.tell(f"Wrote {look.counted(len(made), 'file')} into {place}.")
