"""Folders are created, renamed and deleted from the folder pane."""

from __future__ import annotations

from tests.screens.driving import press, until
from tests.screens.home import workspace
from tui.engine.model import OperationState
from tui.engine.paths import Paths
from tui.screens.dialogs import Confirm, Prompt
from tui.screens.workspace import Workspace
from tui.widgets.folders import Place


def names(screen: Workspace) -> set[str]:
    """The first account's folders that the pane shows."""
    return {one.name for one in screen.dealdesk.host.reader.folders(1) if one.selected}


def to(screen: Workspace, title: str) -> None:
    """Put the folder pane's cursor on the first account's folder."""
    found = [one for one in screen.folders.places if isinstance(one, Place) and one.title == title]
    screen.folders.go_to(found[0])


async def test_a_folder_is_made_renamed_and_deleted_by_keys(paths: Paths) -> None:
    """``A``, ``R``, ``D`` in the folder pane; ``u`` takes each back; the questions are one line each."""
    async with workspace(paths, 160) as (pilot, screen):
        await press(pilot, "1")
        to(screen, "Archive")
        await press(pilot, "A")
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, *"Acme", "enter")
        await until(pilot, lambda: "Acme" in names(screen))
        await until(pilot, lambda: any(one.title == "Acme" for one in screen.folders.places))
        to(screen, "Acme")
        await press(pilot, "R", *"/Old", "enter")
        await until(pilot, lambda: any("can't lie in itself" in one.message for one in pilot.app._notifications))
        await press(pilot, "R", *["backspace"] * 4, *"Beta", "enter")
        await until(pilot, lambda: "Beta" in names(screen) and "Acme" not in names(screen))
        await press(pilot, "u")
        await until(pilot, lambda: "Acme" in names(screen))
        await until(pilot, lambda: any(one.title == "Acme" for one in screen.folders.places))
        to(screen, "Acme")
        await press(pilot, "D")
        await until(pilot, lambda: "Acme" not in names(screen))
        await until(pilot, lambda: not any(one.title == "Acme" for one in screen.folders.places))


async def test_R33_a_folder_with_mail_asks_with_its_number(paths: Paths) -> None:
    """Its messages go to Trash; ``n`` leaves everything."""
    async with workspace(paths, 160) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        filled = next(one for one in reader.folders(1) if one.selected and not one.role and one.total)
        await press(pilot, "1")
        to(screen, filled.name)
        await press(pilot, "D")
        question = pilot.app.screen
        assert isinstance(question, Confirm)
        assert f"{filled.total} message" in question._question.plain
        await press(pilot, "n")
        assert filled.name in names(screen)
        await press(pilot, "D", "y")
        await until(pilot, lambda: filled.name not in names(screen))
        assert reader.folder("trash", 1).total >= filled.total
        assert len(reader.operations(OperationState.QUEUED)) == filled.total + 1
        to(screen, "Inbox")
        await press(pilot, "D")
        if isinstance(pilot.app.screen, Confirm):
            await press(pilot, "y")
        await until(pilot, lambda: any("has to stay" in one.message for one in pilot.app._notifications))
