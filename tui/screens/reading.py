"""Keys of the message that is read: open, scroll, headers, links, attachments, pipe, copy."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence

from textual.content import Content

from tui.engine.errors import InvalidInput
from tui.engine.model import Body, Row
from tui.engine.text import clean, safe_url
from tui.screens.acting import Acting
from tui.screens.dialogs import Choice, Picker, Prompt, among
from tui.screens.piping import run
from tui.screens.texts import TextPanel

_LISTED = re.compile(r"^\[(\d{1,4})\] ((?:https?://|mailto:)\S+)", re.IGNORECASE | re.MULTILINE)
"""A line of the list of links that the text of an HTML message ends with."""
_URL = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\])}]+", re.IGNORECASE)


class Reading(Acting):
    """Reading a message and taking things out of it."""

    def read_message(self) -> None:
        """Read the message under the cursor, and mark it as seen."""
        row = self.messages.cursor_row
        if row is None:
            return
        self.add_class("-reading")
        self.go_to_pane("reader")
        if self.reader.row is None or self.reader.row.id != row.id:
            self.reader.show(row, None, self.own)
        self.call_after_refresh(self.follow)
        self.mark_seen(row)

    def mark_seen(self, row: Row) -> None:
        """Mark a message as seen because it was opened."""
        if not row.seen:
            self.work(self._seen(row.id), "seen")

    async def _seen(self, message_id: int) -> None:
        from tui.engine.commands import SetFlags

        seen = SetFlags((message_id,), add=frozenset({"seen"}), undoable=False)
        await self.dealdesk.ask(lambda engine: engine.do(seen))

    def do_reader_scroll(self) -> None:
        """Scroll on; open the message first, and go to the next unread one at its end."""
        row = self.messages.cursor_row
        if row is None:
            return
        if not self.reader_visible or self.reader.row is None or self.reader.row.id != row.id:
            self.read_message()
        elif not row.seen:
            self.mark_seen(row)
            self.reader.read_on()
        elif not self.reader.read_on():
            self.to_unread(1, "The end; no more unread messages here.", self.read_message)

    def do_reader_scroll_back(self) -> None:
        """Scroll back."""
        self.reader.page(-1)

    def once_read(self, then: Callable[[], object]) -> None:
        """Do something with the text of the message under the cursor; where that is late, it and further keys wait."""
        row = self.messages.cursor_row
        if row is None or not self.reader_visible or (self.reader.row is not None and self.reader.row.id == row.id):
            then()
            return

        async def late() -> None:
            try:
                await self._read_message(row.id)
                then()
            finally:
                self.release()

        self.hold()
        self.work(late())

    def do_reader_headers(self) -> None:
        """Show all headers, or the usual ones."""
        self.once_read(self._toggle_headers)

    def _toggle_headers(self) -> None:
        if self.reader.row is None:
            self.read_message()
        self.reader.toggle_headers()
        self.follow()

    def do_reader_other(self) -> None:
        """Show the other version of the message, or the usual one again."""
        self.once_read(self._toggle_other)

    def _toggle_other(self) -> None:
        found = self.reader.findings
        if self.reader.row is None or found is None or not (found.versions or self.reader.other):
            self.tell("This message has one version only.")
            return
        self.reader.toggle_other()
        self.follow()
        key = self.dealdesk.keymap.first_key("reader.other")
        self.tell(f"Its other version; {key} shows the first again." if self.reader.other else "Its usual version.")

    def do_reader_quotes(self) -> None:
        """Show or fold what is quoted."""
        self.once_read(self.reader.toggle_quotes)

    def do_quotes_open(self) -> None:
        """Show all that is quoted."""
        self.once_read(lambda: self.reader.open_quotes(True))

    def do_quotes_close(self) -> None:
        """Fold all that is quoted."""
        self.once_read(lambda: self.reader.open_quotes(False))

    # What is in a message

    async def _body(self, message_id: int) -> Body:
        body: Body = await self.dealdesk.host.read(lambda reader: reader.body(message_id))
        return body

    def do_url_follow(self) -> None:
        """Choose one of the message's links; the whole address is shown before it is opened."""
        row = self.messages.cursor_row
        if row is None:
            return

        async def find(text: str) -> Sequence[Choice]:
            found = numbered_urls(await self._body(row.id))
            if not found:
                self.tell("This message has no link.")
                picker.dismiss(None)
            return await among([Choice(url, Content(f"[{number}] {url}")) for number, url in found])(text)

        def chosen(url: object) -> None:
            if isinstance(url, str):
                self.work(self._open_url(url))

        foot = "1-9 or Enter opens · Esc"
        picker = Picker(Content("Open a link"), find, numbered=True, foot=foot)
        picker.add_class("-whole")
        self.over(picker, chosen)

    async def _open_url(self, url: str) -> None:
        program = None if os.environ.get("SSH_CONNECTION") else opener()
        if program is None:
            self.app.copy_to_clipboard(url)
            self.tell("Copied the link; there is no browser on this side.")
            return
        process = await launch(program, url)
        self.tell("Opened the link.")
        self.dealdesk.launched.add(process)

    def do_copy_link(self) -> None:
        """Copy the first link of the message, else its Message-ID as a link."""
        row = self.messages.cursor_row
        if row is not None:
            self.work(self._copy_link(row))

    async def _copy_link(self, row: Row) -> None:
        found = urls(await self._body(row.id))
        self._copy(found[0] if found else f"mid:{row.message_id}", "link")

    def do_copy_address(self) -> None:
        """Copy the sender's address."""
        if self.messages.cursor_row is not None:
            self._copy(self.messages.cursor_row.sender.email, "address")

    def do_copy_message_id(self) -> None:
        """Copy the Message-ID."""
        if self.messages.cursor_row is not None:
            self._copy(f"<{self.messages.cursor_row.message_id}>", "Message-ID")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(clean(text))
        self.tell(f"Copied the {what}: {clean(text)}")

    def do_attachment_save(self) -> None:
        """Choose an attachment and a folder to save it into."""
        row = self.messages.cursor_row
        if row is None:
            return

        async def find(text: str) -> Sequence[Choice]:
            from tui import look

            body = await self._body(row.id)
            return await among(
                [
                    Choice(one.part, look.content(((one.name or "(no name)", ""), (f"  {look.size(one.size)}", "dim"))))
                    for one in body.attachments
                ]
            )(text)

        def chosen(part: object) -> None:
            if isinstance(part, int):
                self.over(
                    Prompt(Content("Save into the folder"), os.environ.get("DEALDESK_DOWNLOADS", "~/Downloads")),
                    lambda folder: self.work(self._save(row.id, part, str(folder))) if folder else None,
                )

        self.over(Picker(Content("Save an attachment"), find, numbered=True), chosen)

    async def _save(self, message_id: int, part: int, folder: str) -> None:
        from tui.engine.saving import save_attachment

        attachment, data = await self.dealdesk.host.read(lambda reader: reader.attachment(message_id, part))
        path = await asyncio.to_thread(save_attachment, attachment.name, data, folder)
        self.tell(f"Saved {path}")

    def do_message_pipe(self) -> None:
        """Ask for a command and give it the raw message."""
        row = self.messages.cursor_row
        if row is not None:
            self.over(
                Prompt(Content("Pipe the raw message to"), placeholder="less, grep -c foo, git am"),
                lambda command: self.work(self._pipe(row.id, str(command))) if command else None,
            )

    async def _pipe(self, message_id: int, command: str) -> None:
        raw = await self.dealdesk.host.read(lambda reader: reader.raw(message_id))
        if raw is None:
            raise InvalidInput("The message is not here yet; open it, and try again when its text is shown.")
        answer = await run(command, raw)
        if answer.strip():
            self.over(TextPanel(command, clean(answer)))
        else:
            self.tell(f'"{command}" is done; it said nothing.')


async def launch(program: str, what: str) -> asyncio.subprocess.Process:
    """Start the system's program on a link or a file: no shell, no input, its words unheard."""
    return await asyncio.create_subprocess_exec(
        program,
        what,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


def numbered_urls(body: Body) -> list[tuple[int, str]]:
    """Return the links that may be followed with the numbers that the text gives them; the others after those."""
    listed = {int(number): safe_url(url) for number, url in _LISTED.findall(body.text)}
    found = {number: url for number, url in sorted(listed.items()) if url}
    free = max(found, default=0) + 1
    rest = [url for url in urls(body) if url not in set(found.values())]
    return [*found.items(), *enumerate(rest, free)][:200]


def urls(body: Body) -> list[str]:
    """Return the links of a message that may be followed, each once, in order."""
    found = (safe_url(match.group().rstrip(".,;:!?")) for match in _URL.finditer(body.text))
    return list(dict.fromkeys(url for url in found if url))[:200]


def opener() -> str | None:
    """Return the program that opens links on this system, or None."""
    if sys.platform == "darwin":
        return shutil.which("open")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return shutil.which("xdg-open")
