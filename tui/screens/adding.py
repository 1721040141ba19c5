"""What a composer puts into a message: files, templates, text from an editor, its deal, its sender, its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual.content import Content
from textual.widgets import Input, TextArea

from tui import cells
from tui.engine.drafts import as_read
from tui.engine.errors import InvalidInput
from tui.engine.filing import likely
from tui.engine.identities import Identity, written_as
from tui.engine.later import to_come
from tui.engine.model import Deal, Draft
from tui.engine.templates import Template, fields_of, fill
from tui.engine.text import line
from tui.screens.choosing import FilePrompt
from tui.screens.composing import Composing
from tui.screens.dialogs import Choice, Picker, Prompt, fuzzy
from tui.screens.editing import edit
from tui.screens.templating import template_picker
from tui.screens.texts import TextPanel


class Adding(Composing):
    """The composer's keys that add to a message."""

    def do_compose_attach(self) -> None:
        """Attach a file; choosing one that is attached takes it out."""
        foot = "Tab completes · Enter attaches · the same again takes it out · Esc"
        self.over(FilePrompt("Attach the file", foot=foot), self._attach_file)

    def _attach_file(self, answer: object) -> None:
        if not isinstance(answer, str) or not answer.strip():
            return
        path = str(Path(answer.strip()).expanduser().absolute())
        kept = self.draft.attachments
        if path in kept:
            self.draft = self.draft._replace(attachments=tuple(one for one in kept if one != path))
        elif Path(path).is_file():
            self.draft = self.draft._replace(attachments=(*kept, path))
        else:
            self.tell(f"{path} is not a file that can be read; check its name.", "error")
        self._show_attached()
        self._changed()

    def do_compose_keys(self) -> None:
        """Show the keys that work while writing."""
        self.do_help_open()

    def do_compose_deal(self) -> None:
        """Choose the deal to file it under; the likely ones come first."""
        draft = self.written()

        async def find(text: str) -> list[Choice]:
            deals = await self.dealdesk.host.read(
                lambda reader: reader.crm.deals(None, text) if text else likely(reader, draft)
            )
            choices = [Choice(deal, _offered(deal)) for deal in deals[:50]]
            return [*choices, *([] if text else [Choice("", Content("as the rules decide"))])]

        def chosen(deal: object) -> None:
            if deal == "" or isinstance(deal, Deal):
                self.draft = self.draft._replace(deal_id=deal.id if isinstance(deal, Deal) else None)
                self.work(self._file, "file")
                self._changed()

        self.over(Picker(Content("File under the deal"), find, numbered=True), chosen)

    def do_compose_editor(self) -> None:
        """Write the text in $EDITOR; mail goes on being synced meanwhile."""
        self.work(self._edit())

    async def _edit(self) -> None:
        area = self.query_one("#text", TextArea)
        area.load_text(await edit(self.app, area.text, self.dealdesk.config.editor))
        self._changed()

    def do_compose_from(self) -> None:
        """Choose who it is from."""
        choices = [
            Choice(
                one,
                Content.assemble(one.sender, ("  with a signature" if one.signature else "", "$text-muted")),
                one.sender,
            )
            for one in self.identities
        ]

        async def find(text: str) -> Sequence[Choice]:
            return fuzzy(choices, text)

        self.over(Picker(Content("Send it from"), find, numbered=True), self._come_from)

    def _come_from(self, identity: object) -> None:
        if not isinstance(identity, Identity):
            return
        changed = written_as(self.written(), identity, self.identity)
        self.draft, self.identity = changed, identity
        self._fill(changed, at_top=False)
        self._show_from()
        self._changed()
        self.work(self._file, "file")

    def do_compose_later(self) -> None:
        """Choose when it leaves."""
        self.over(
            Prompt(
                Content("Send it when?"),
                placeholder="tomorrow 08:00",
                foot="fri · fri 09:00 · 2026-11-30T14:00 · empty: at once · Esc",
            ),
            self._leave_at,
        )

    def _leave_at(self, answer: object) -> None:
        if isinstance(answer, str):
            try:
                self.draft = self.draft._replace(at=to_come(answer) if answer.strip() else None)
            except InvalidInput as error:
                self.tell_error(error)
            self._show_from()
            self._changed()

    def do_compose_remind(self) -> None:
        """Remind if nobody answers."""
        from tui.screens.reminding import ask_days, days_of

        def answered(answer: object) -> None:
            if isinstance(answer, str):
                try:
                    self.draft = self.draft._replace(remind_days=days_of(answer) or 0)
                except InvalidInput as error:
                    self.tell_error(error)
                self._show_from()
                self._changed()

        self.over(ask_days("Remind if nobody answers in how many days?"), answered)

    def do_compose_report(self) -> None:
        """Ask for a report of its delivery, or not."""
        self.draft = self.draft._replace(report=not self.draft.report)
        self.tell("Asks for a delivery report." if self.draft.report else "No delivery report.")
        self._show_from()
        self._changed()

    def do_compose_markdown(self) -> None:
        """Send it as HTML too, or not."""
        self.draft = self.draft._replace(markdown=not self.draft.markdown)
        preview = self.dealdesk.keymap.first_key("compose.preview")
        self.tell(f"Markdown: {preview} shows how it is read." if self.draft.markdown else "Plain text.")
        self._show_from()
        self._changed()

    def do_compose_preview(self) -> None:
        """Show the message as it will be read."""
        draft = self.written()
        kind = "Markdown, with HTML" if draft.markdown else "plain text"
        panel = TextPanel(f"{line(draft.subject) or '(no subject)'} · {kind}", "…")
        self.over(panel)
        self.work(self._preview(draft, panel))

    async def _preview(self, draft: Draft, panel: TextPanel) -> None:
        panel.show(await asyncio.to_thread(as_read, draft))

    def do_compose_template(self) -> None:
        """Insert a template."""

        def chosen(template: object) -> None:
            if isinstance(template, Template):
                self.work(self._insert(template))

        self.over(template_picker(self.dealdesk.paths, "Insert the template"), chosen)

    async def _insert(self, template: Template) -> None:
        draft, identity, deal = self.written(), self.identity, next(iter(self.filing.deals), None)
        fields = await self.dealdesk.host.read(lambda reader: fields_of(reader, draft, identity, deal))
        filled = await asyncio.to_thread(fill, template, fields)
        subject, area = self.query_one("#subject", Input), self.query_one("#text", TextArea)
        if filled.subject and not subject.value.strip():
            subject.value = filled.subject
        area.insert(filled.body)
        self.set_focus(area)
        self._changed()


def _offered(deal: Deal) -> Content:
    where = deal.stage if deal.status == "open" else deal.status
    people = ", ".join(one.name for one in deal.persons)
    return Content.assemble(f"◆ {cells.fit(deal.title, 30)} ", (f"{cells.fit(where, 14)} {people}", "$text-muted"))
