"""Keys that change messages: each names its targets at the moment it is pressed, and the list answers at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content

from tui.engine.model import Folder, Role, Row
from tui.screens.base import WorkspaceBase
from tui.screens.dialogs import Choice, Confirm, Picker, fuzzy

if TYPE_CHECKING:
    from tui.engine.events import Event

Make = Callable[[tuple[int, ...]], Any]


class Acting(WorkspaceBase):
    """Archive, delete, move, copy, flag, undo, redo, repeat."""

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[Make, bool] | None = None
        self._last_target: int | None = None
        self._acted: list[tuple[str, tuple[int, ...]]] = []

    def targets(self) -> tuple[int, ...]:
        """Return the marked messages, else the one under the cursor; says so when there is none."""
        chosen = self.messages.targets
        if not chosen:
            self.tell("There is no message here.")
        return chosen

    def target_rows(self, ids: Sequence[int]) -> list[Row]:
        """Return the rows of the targets, a few hundred at most."""
        return [row for row in map(self.messages.row, ids[:500]) if row is not None]

    def act(self, make: Make, *, leaves: bool = False, ids: tuple[int, ...] | None = None, final: bool = False) -> None:
        """Give the engine the command that ``make`` returns for the targets.

        Args:
            make: ids -> command; kept for ``.``.
            leaves: True when the messages leave this list by it.
            ids: the targets, when they were chosen before (a dialog was open meanwhile).
            final: True when undo is not promised for it.
        """
        chosen = ids if ids is not None else self.targets()
        if not chosen:
            return
        self._last = (make, leaves)
        out = leaves and self.shown.view.kind in ("folder", "inbox", "account")
        if out:
            self.take_out(chosen)
        else:
            self.messages.clear_marks()
        self.show_hints()
        self.work(self._do(make(chosen), chosen, out, final))

    async def _do(self, command: Any, ids: tuple[int, ...], out: bool, final: bool = False) -> None:
        try:
            done = await self.dealdesk.ask(lambda engine: engine.do(command))
        finally:
            if out:
                self.let_back(ids)
        self._acted.append((done.title, ids))
        undo = self.dealdesk.keymap.first_key("action.undo")
        self.tell(done.title if final else f"{done.title} · {undo} undoes")

    def on_news(self, batch: Sequence[Event]) -> None:
        """Tell also what a server refused."""
        from tui.engine.events import OperationRefused

        super().on_news(batch)
        refused = {one.operation_id: one.text for one in batch if isinstance(one, OperationRefused)}
        if refused:
            self.work(self._tell_refused(refused))

    async def _tell_refused(self, refused: Mapping[int, str]) -> None:
        """Say each action once, with the server's own words and where it can be settled (R35)."""
        found = await self.dealdesk.host.read(lambda reader: reader.operations())
        key = self.dealdesk.keymap.first_key("go.outbox")
        for title, words in {one.title: refused[one.id] for one in found if one.id in refused}.items():
            self.tell(f"{title}: the server refused, {words.rstrip('.')}. {key} shows what can be done.", "warning")

    def _role(self) -> Role:
        view = self.shown.view
        folders = self.frame.folders if self.frame is not None else ()
        return next((one.role for one in folders if view.kind == "folder" and one.id == view.folder_id), Role.NONE)

    def do_message_archive(self) -> None:
        """Move to the archive."""
        if self._role() is Role.ARCHIVE:
            self.tell("It is in the archive already.")
        else:
            from tui.engine.commands import Archive

            self.act(Archive, leaves=True)

    def do_message_delete(self) -> None:
        """Move to Trash; what lies there already is asked about."""
        if self._role() is Role.TRASH:
            self.do_message_destroy()
        else:
            from tui.engine.commands import Delete

            self.act(Delete, leaves=True)

    def do_message_destroy(self) -> None:
        """Delete for ever, after asking with a count."""
        ids = self.targets()
        if not ids:
            return
        what = "this message" if len(ids) == 1 else f"{len(ids):,} messages"
        linked = sum(1 for row in self.target_rows(ids) if row.deals)
        which = "It is" if len(ids) == 1 else f"{linked:,} of them are" if linked > 1 else "1 of them is"
        choice = "y keeps the deal's copy, e deletes that one too."
        detail = Content(f"{which} linked to a deal: {choice}") if linked else None
        keys: dict[str, tuple[object, str]] = {"e": ("everywhere", "everywhere")} if linked else {}

        def answered(answer: object) -> None:
            from tui.engine.commands import DeleteForever

            if answer is True:
                self.act(DeleteForever, leaves=True, ids=ids, final=True)
            elif answer == "everywhere":
                self.act(lambda chosen: DeleteForever(chosen, everywhere=True), leaves=True, ids=ids, final=True)

        self.over(Confirm(Content(f"Delete {what} for ever, here and on the server?"), detail, keys), answered)

    def do_message_flag(self) -> None:
        """Set the flag, or take it off when all have it."""
        from tui.engine.commands import SetFlags

        flag = frozenset({"flagged"})
        rows = self.target_rows(self.messages.targets)
        if rows and all(row.flagged for row in rows):
            self.act(lambda ids: SetFlags(ids, remove=flag))
        else:
            self.act(lambda ids: SetFlags(ids, add=flag))

    def do_message_seen(self) -> None:
        """Mark as unread; as read when all are unread."""
        from tui.engine.commands import SetFlags

        seen = frozenset({"seen"})
        rows = self.target_rows(self.messages.targets)
        if rows and all(not row.seen for row in rows):
            self.act(lambda ids: SetFlags(ids, add=seen))
        else:
            self.act(lambda ids: SetFlags(ids, remove=seen))

    def do_message_move(self) -> None:
        """Choose a folder and move there."""
        from tui.engine.commands import Move

        self._to_folder("Move", lambda folder_id: lambda ids: Move(ids, folder_id), leaves=True)

    def do_message_copy(self) -> None:
        """Choose a folder and copy there."""
        from tui.engine.commands import Copy

        self._to_folder("Copy", lambda folder_id: lambda ids: Copy(ids, folder_id), leaves=False)

    def _to_folder(self, verb: str, make: Callable[[int], Make], *, leaves: bool) -> None:
        ids = self.targets()
        if not ids:
            return
        rows = self.target_rows(ids)
        accounts = {row.account_id for row in rows}
        if len(accounts) > 1:
            self.tell("These messages belong to several accounts; a folder belongs to one. Choose fewer.", "warning")
            return
        what = f'"{rows[0].subject}"' if len(ids) == 1 and rows else f"{len(ids):,} messages"

        def chosen(folder_id: object) -> None:
            if isinstance(folder_id, int):
                self._last_target = folder_id
                self.act(make(folder_id), leaves=leaves and self.shown.view.folder_id != folder_id, ids=ids)

        here = {row.folder_id for row in rows} if leaves else set()
        picker = self.folder_picker(Content(f"{verb} {what} to"), accounts, self._last_target, but=here)
        self.over(picker, chosen)

    def folder_picker(
        self,
        title: Content,
        accounts: set[int] | None = None,
        first: int | None = None,
        but: Collection[int | None] = (),
    ) -> Picker:
        """Return a picker of folders that gives back a folder id.

        Args:
            title: the first line.
            accounts: only folders of these; None for all.
            first: the folder to put first (the last target).
            but: when it is one folder, that one is left out: all messages are in it already.
        """

        async def find(text: str) -> Sequence[Choice]:
            folders = await self.dealdesk.host.read(lambda reader: reader.folders())
            there = [one for one in folders if one.selectable and (accounts is None or one.account_id in accounts)]
            there = [one for one in there if len(but) != 1 or one.id not in but]
            several = len({one.account_id for one in there}) > 1
            there.sort(key=lambda one: (one.id != first, not one.selected))
            return fuzzy([_folder_choice(one, several) for one in there], text)

        return Picker(title, find)

    # Undo, redo, again

    def do_action_undo(self) -> None:
        """Take back the last action."""
        self.work(self._undo(), "undo")

    async def _undo(self) -> None:
        from tui.engine.reopening import drafts_here

        before = set(await self.dealdesk.host.read(drafts_here))
        title = await self.dealdesk.ask(lambda engine: engine.undo())
        if title is None:
            self.tell("There is nothing to undo.")
            return
        self.tell(f"Undone: {title}")
        unsent = [one for one in await self.dealdesk.host.read(drafts_here) if one not in before]
        if unsent and self.app.screen is self:
            from tui.screens.compose import ComposeScreen

            self.over(ComposeScreen(opened=unsent[0]))
        while self._acted:
            acted, ids = self._acted.pop()
            if acted == title:
                self.cursor_wanted = next(iter(ids), None)
                break
        self.list_again.now()

    def do_action_redo(self) -> None:
        """Do again what was undone."""
        self.work(self._redo(), "undo")

    async def _redo(self) -> None:
        title = await self.dealdesk.ask(lambda engine: engine.redo())
        self.tell("There is nothing to do again." if title is None else f"Done again: {title}")
        self.list_again.now()

    def do_action_repeat(self) -> None:
        """Do the last action on the targets of now."""
        if self._last is None:
            self.tell("Nothing was done yet that could be repeated.")
        else:
            make, leaves = self._last
            self.act(make, leaves=leaves)

    def do_sync_now(self) -> None:
        """Ask the servers for news at once."""
        self.tell("Asking the servers …")
        self.work(self.dealdesk.ask(lambda engine: engine.sync_now()))


def _folder_choice(folder: Folder, several: bool) -> Choice:
    where = f"  {folder.account}" if several else ""
    state = "" if folder.selected else "  not synced"
    return Choice(
        folder.id,
        Content.assemble(folder.name, (where, "$text-muted"), (state, "$text-muted")),
        f"{folder.name} {folder.account}",
    )
