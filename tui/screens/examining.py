"""Keys that look into the message that is read, and answer what it asks: an invitation, a list to be left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content

from tui import look
from tui.engine.errors import InvalidInput
from tui.engine.model import Attachment, Body, Draft, Row
from tui.engine.reads import Reader, findings_of
from tui.screens.dialogs import Choice, Confirm, Picker, Prompt, among
from tui.screens.reading import Reading, launch, opener
from tui.screens.texts import TextPanel

if TYPE_CHECKING:
    from tui.engine.findings import Findings


class Examining(Reading):
    """Find, source, tree, attachments and browser; invitations and lists."""

    # Looking into it

    def do_reader_find(self) -> None:
        """Ask for a text and go to where it stands in the message."""
        row = self.messages.cursor_row
        if row is None:
            return
        if self.reader.row is None or self.reader.row.id != row.id:
            self.read_message()
        self.over(
            Prompt(Content("Find in this message"), self.reader.sought),
            lambda text: self.seek(str(text)) if text else None,
        )

    def seek(self, text: str, step: int = 1) -> None:
        """Go to the next place in the message that has ``text``, with the keys going there."""
        self.go_to_pane("reader")
        self.reader.seek(text, step, lambda: self.tell(f'"{text}" is not in this message.'))

    def do_reader_source(self) -> None:
        """Show the message as it came."""
        self._examine("Source", lambda reader, row: _engine().source(reader, row.id))

    def do_reader_tree(self) -> None:
        """Show the message's parts."""
        self._examine("Parts", lambda reader, row: _engine().outline(reader, row.id))

    def _examine(self, title: str, read: Callable[[Reader, Row], str]) -> None:
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._show_examined(title, row, read))

    async def _show_examined(self, title: str, row: Row, read: Callable[[Reader, Row], str]) -> None:
        text = await self.dealdesk.host.read(lambda reader: read(reader, row))
        self.over(TextPanel(title, text))

    def do_attachment_open(self) -> None:
        """Choose an attachment: text and pictures are shown here, the rest by the system's program."""
        row = self.messages.cursor_row
        if row is None:
            return

        async def find(text: str) -> Sequence[Choice]:
            body: Body = await self.dealdesk.host.read(lambda reader: reader.body(row.id))
            choices = []
            for one in body.attachments:
                shown = ((one.name or "(no name)", ""), (f"  {look.size(one.size)}", "dim"))
                choices.append(Choice(one.part, look.content(shown)))
            return await among(choices)(text)

        self.over(
            Picker(Content("Open an attachment"), find, numbered=True),
            lambda part: self.work(self._open(row.id, part)) if isinstance(part, int) else None,
        )

    async def _open(self, message_id: int, part: int) -> None:
        attachment, data = await self.dealdesk.host.read(lambda reader: reader.attachment(message_id, part))
        if _engine().is_text(data):
            self.over(TextPanel(attachment.name, _engine().attachment_text(attachment, data)))
            return
        from tui.engine import pictures

        drawn = pictures.is_picture(data)
        if drawn and pictures.can_show():
            from tui.screens.picturing import PictureDialog

            self.over(
                PictureDialog(attachment, data),
                lambda elsewhere: self.work(self._open_elsewhere(attachment, data)) if elsewhere is True else None,
            )
            return
        await self._open_elsewhere(attachment, data, f", or see it here after {pictures.EXTRA}" if drawn else "")

    async def _open_elsewhere(self, attachment: Attachment, data: bytes, hint: str = "") -> None:
        program = opener()
        if program is None:
            why = f'There is no desktop on this side to open "{attachment.name}" with; save it instead{hint}.'
            raise InvalidInput(why)
        path = await asyncio.to_thread(_engine().to_open, self.dealdesk.paths, attachment, data)
        self.dealdesk.launched.add(await launch(program, str(path)))
        self.tell(f"Opened {path.name}.")

    def do_reader_browse(self) -> None:
        """Write the message as a harmless page and open it in the browser."""
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._browse(row))

    async def _browse(self, row: Row) -> None:
        paths = self.dealdesk.paths
        path, removed = await self.dealdesk.host.read(lambda reader: _engine().to_browse(paths, reader, row.id))
        without = f" Taken out: {', '.join(removed)}." if removed else " Nothing had to be taken out."
        program = opener()
        if program is None:
            self.tell(f"There is no browser on this side; the page is {path}.{without}")
            return
        self.dealdesk.launched.add(await launch(program, str(path)))
        self.tell(f"Opened in the browser.{without}")

    # Answering what it asks

    async def _found(self, row: Row) -> Findings:
        found = self.reader.findings
        if found is not None and found.message == row.id:
            return found
        read: Findings = await self.dealdesk.host.read(lambda reader: findings_of(reader, row.id))
        return read

    def do_invitation_answer(self) -> None:
        """Accept, decline or take an invitation as perhaps; the answer goes to its organizer."""
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._ask_invited(row))

    async def _ask_invited(self, row: Row) -> None:
        found = await self._found(row)
        if found.invitation is None:
            raise InvalidInput("There is no invitation in this message.")
        draft = await self.dealdesk.host.read(lambda reader: _engine().answer(reader, found, "accept"))
        question = Content(f"Answer the invitation “{found.invitation.summary}”?")
        detail = Content(f"The answer goes to {draft.to} and nobody else.")
        keys: dict[str, tuple[object, str]] = {
            "y": ("accept", "accept"),
            "m": ("tentative", "perhaps"),
            "n": ("decline", "decline"),
        }
        self.over(
            Confirm(question, detail, keys),
            lambda choice: self.work(self._answer(found, choice)) if isinstance(choice, str) else None,
        )

    async def _answer(self, found: Findings, choice: str) -> None:
        draft = await self.dealdesk.host.read(lambda reader: _engine().answer(reader, found, choice))
        await self._queue(draft)
        self.follow()

    async def _queue(self, draft: Draft) -> None:
        from tui.engine.commands import Send

        hold = self.dealdesk.config.undo_seconds
        done = await self.dealdesk.ask(lambda engine: engine.do(Send(draft, hold)))
        self.tell(f"{done.title} · {self.dealdesk.keymap.first_key('action.undo')} undoes")

    def do_list_leave(self) -> None:
        """Leave the mailing list, after asking; the only thing about reading that may use the network."""
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._ask_leave(row))

    async def _ask_leave(self, row: Row) -> None:
        found = await self._found(row)
        way = found.unsubscribing
        if way is None:
            raise InvalidInput("This message names no way to leave a list.")
        if way.kind == "page":
            self.over(
                Confirm(Content(f"Open the page of {way.host} to leave the list?"), Content(way.target)),
                lambda yes: self.work(self._open_url(way.target)) if yes is True else None,
            )
            return
        if way.kind == "mail":
            question, detail = f"Write to {way.target} to leave the list?", f"Subject: {way.subject}"
        else:
            question, detail = f"Tell {way.host} to take you off the list?", f"A request is sent to {way.target}"
        self.over(
            Confirm(Content(question), Content(detail)),
            lambda yes: self.work(self._leave(found)) if yes is True else None,
        )

    async def _leave(self, found: Findings) -> None:
        way = found.unsubscribing
        assert way is not None, "asked about only where there is one"
        if way.kind == "mail":
            await self._queue(await self.dealdesk.host.read(lambda reader: _engine().leaving(reader, found)))
            return
        self.tell(f"Asking {way.host} …")
        self.tell(await asyncio.to_thread(_engine().one_click, way))


def _engine() -> Any:
    """Return the engine's module of the same name; its parsers are slow to import and no list needs them."""
    from tui.engine import examining

    return examining
