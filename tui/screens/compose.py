"""The composer: what ends the writing of a message, by sending it, keeping it or throwing it away."""

from __future__ import annotations

import asyncio

from textual.content import Content

from tui import look
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Draft
from tui.engine.templates import unfilled
from tui.screens.adding import Adding
from tui.screens.base import WorkspaceBase
from tui.screens.dialogs import Confirm
from tui.screens.keyed import KeyedScreen
from tui.screens.panes import Panes


class ComposeScreen(Adding):
    """Write a message."""

    def do_compose_send(self) -> None:
        """Send."""
        if not self._done:
            self._done = True
            self.work(self._send())

    async def _send(self) -> None:
        from tui.engine.commands.outgoing import Send

        draft = self.written()
        if draft.at is not None and draft.at <= look.now():
            draft = draft._replace(at=None)  # taken up again after its time
        try:
            if not (draft.to or draft.cc or draft.bcc):
                raise InvalidInput("There is nobody to send it to; write an address into To.")
            hold = self.dealdesk.config.undo_seconds
            if open_fields := unfilled(draft):
                raise InvalidInput(f"It is not sent: fill in what ⟦{open_fields[0]}⟧ stands for, or take it out.")
            await self.dealdesk.ask(lambda engine: engine.do(Send(draft, hold)))
        except BaseException:
            self._done = False
            raise
        await self._drop_draft()
        self._leave(self._sent_words(draft))

    def _sent_words(self, draft: Draft) -> str:
        undo, hold = self.dealdesk.keymap.first_key("action.undo"), self.dealdesk.config.undo_seconds
        if draft.at is not None:
            return f"It leaves {look.full_date(draft.at, look.now())}; {undo} takes it back until then."
        if hold and isinstance(self.app.screen_stack[-2], Panes):
            return ""  # the status line counts the seconds down
        return f"It leaves in {hold} s; {undo} takes it back." if hold else "Queued to send."

    async def _drop_draft(self) -> None:
        """Remove the kept draft and the files that a forward took along; nothing saves it again."""

        def drop() -> None:
            self._drafts.drop_files(self.draft)
            if self.draft_id is not None:
                self._drafts.delete(self.draft_id)

        async with self._saving:
            self._done = True
            await asyncio.to_thread(drop)

    def _leave(self, text: str) -> None:
        self.dismiss(None)
        below = self.app.screen_stack[-2] if self.app.screen is self else self.app.screen
        (below if isinstance(below, KeyedScreen) else self).tell(text)

    def do_compose_save(self) -> None:
        """Save the draft and go on."""
        self.work(self._save_and_tell())

    async def _save_and_tell(self) -> None:
        await self._keep(always=True)
        await self._save()
        self.tell("The draft is kept.")

    def do_compose_keep(self) -> None:
        """Leave at once; what was written is kept as a draft."""
        below = self.app.screen_stack[-2]
        if not self._done and isinstance(below, KeyedScreen):
            self._left = self.written()
            self.dismiss(None)
            below.work(self._keep_and_tell(below))

    async def _keep_and_tell(self, below: KeyedScreen[object]) -> None:
        if words := await self._finish():
            below.tell(words)
        if self._opened is not None and isinstance(below, WorkspaceBase):
            below.cursor_wanted = self.draft.version
            below.list_again.now()

    async def _finish(self) -> str:
        """Keep what was written in Drafts, else as the file that it is; return what is to be said."""
        finds = f"{self.dealdesk.keymap.first_key('go.drafts')} finds it."
        if self.written() == self._kept and self.draft_id is None:
            await self._drop_draft()
            return ""
        try:
            await self._keep()
        except (InvalidInput, NotFound) as error:
            self._done = True
            return f"Kept on this machine alone; {finds} {error}"
        await self._drop_draft()
        return f"Kept as a draft; {finds}"

    def do_compose_discard(self) -> None:
        """Throw the draft away, after asking."""

        def answered(answer: object) -> None:
            if answer is True:
                self._done = True
                self.work(self._throw_away())

        self.over(Confirm(Content("Throw this draft away?")), answered)

    async def _throw_away(self) -> None:
        from tui.engine.commands import DropDraft

        await self._drop_draft()
        if self.draft.version is not None:
            draft = self.draft
            await self.dealdesk.ask(lambda engine: engine.do(DropDraft(draft)))
        self._leave("Thrown away.")

    async def put_away(self) -> None:
        """Keep what is written as a file."""
        await self._save_file()

    def do_app_quit(self) -> None:
        """Keep the draft, then leave the app."""
        self.work(self._keep_and_quit())

    async def _keep_and_quit(self) -> None:
        await self._finish()
        self.app.exit()
