"""Keys of the folder pane that change folders: create, rename, delete; the folder under the cursor is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from tui import look
from tui.engine.model import Folder
from tui.screens.acting import Acting
from tui.screens.dialogs import Confirm, Prompt
from tui.widgets.folders import Place

if TYPE_CHECKING:
    from tui.engine.commands import Command


class Foldering(Acting):
    """Create, rename and delete folders."""

    def _meant(self) -> tuple[int | None, Folder | None]:
        """Return the account and the folder that are meant: of the pane's cursor, else of what the list shows."""
        folders = self.frame.folders if self.frame is not None else ()
        place: Any = self.folders.cursor_key
        view = place.view if isinstance(place, Place) and place.view is not None else self.shown.view
        folder = next((one for one in folders if one.id == view.folder_id), None)
        account = place.account_id if isinstance(place, Place) else None
        return (folder.account_id if folder is not None else account), folder

    def do_folder_create(self) -> None:
        """Ask for a name and create the folder; inside another it is Outer/Inner."""
        from tui.engine.commands import CreateFolder

        account, folder = self._meant()
        if account is None:
            self.tell("Choose an account or one of its folders first.")
            return
        inside = f"{folder.name}/" if folder is not None and not folder.role else ""
        self.over(
            Prompt(Content("New folder"), inside, placeholder="Clients, or Clients/Acme inside it"),
            lambda name: self._change(CreateFolder(account, str(name))) if name else None,
        )

    def do_folder_rename(self) -> None:
        """Ask for another name; what is inside goes along."""
        from tui.engine.commands import RenameFolder

        _, folder = self._meant()
        if folder is None:
            self.tell("There is no folder here.")
            return
        self.over(
            Prompt(Content(f"Another name for {folder.name}"), folder.name),
            lambda name: self._change(RenameFolder(folder.id, str(name))) if name and name != folder.name else None,
        )

    def do_folder_delete(self) -> None:
        """Delete the folder; when it holds messages, ask with their number, for they go to Trash."""
        from tui.engine.commands import DeleteFolder

        _, folder = self._meant()
        if folder is None:
            self.tell("There is no folder here.")
        elif not folder.total:
            self._change(DeleteFolder(folder.id))
        else:
            question = Content(
                f"Delete {folder.name}? What it holds ({look.counted(folder.total, 'message')}) goes to Trash."
            )
            self.over(
                Confirm(question),
                lambda answer: self._change(DeleteFolder(folder.id, folder.total)) if answer is True else None,
            )

    def _change(self, command: Command) -> None:
        self.work(self._done(command))

    async def _done(self, command: Command) -> None:
        done = await self.dealdesk.ask(lambda engine: engine.do(command))
        self.tell(f"{done.title}; {self.dealdesk.keymap.first_key('action.undo')} takes it back.")
        self.frame_again.now()
        self.list_again.now()
