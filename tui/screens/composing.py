"""The form that a message is written in: its fields, what is kept of it, and under which deal it will be filed.

What is written is kept as a file every few seconds, so that a crash costs a line at most, and in Drafts, here and on
the server, now and then and when the screen is left. The screen is shown at once; an answer's quoted text is put below
what was typed meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, TextArea

from tui import look
from tui.engine.doubts import doubts
from tui.engine.drafts import Drafts, named
from tui.engine.filing import Filing, filed_under
from tui.engine.identities import Identity, identities, identity_of
from tui.engine.model import Draft, Role
from tui.engine.reads import Reader, known_addresses, undelivered
from tui.engine.text import clean
from tui.screens.cautions import cautions
from tui.screens.fields import AddressLine, Line, Text
from tui.screens.keyed import KeyedScreen
from tui.widgets.keyline import KeyLine
from tui.widgets.plain import Plain
from tui.widgets.recipients import Candidates, Recipients
from tui.widgets.statusline import NOTICE

AUTOSAVE = 5.0
"""Seconds after a change until the draft is kept."""

KEEP = 60.0
"""Seconds after which a draft that changed is kept in the server's Drafts too, if the server has a folder for them."""

LIGHT = 1_000_000
"""Octets of attachments up to which that is done by itself; heavier drafts wait until they are left or saved."""

LOOK_UP = 0.3
"""Seconds after a change of recipients until it is asked where the message will be filed."""

LISTED = 12
"""Attachments that are named below the text."""
SHOWN = {
    "send": "send",
    "editor": "editor",
    "attach": "attach",
    "deal": "deal",
    "save": "draft",
    "keep": "keep",
    "keys": "keys",
    "template": "template",
    "from": "from",
    "later": "later",
    "markdown": "Markdown",
    "preview": "preview",
    "remind": "remind",
    "report": "report",
}
"""The composer's actions in its last line with their words, the ones that are needed most first."""


class Composing(KeyedScreen[None]):
    """Write a message.

    Args:
        draft: what stands there already.
        answer: ``(reply | reply_all | forward, message id)`` to begin from that message.
        draft_id: a draft that a crash left, to go on with.
        opened: a message in Drafts to go on with.
    """

    where = "compose"

    DEFAULT_CSS = """
    Composing { layout: vertical; }
    Composing #fields { height: auto; border-bottom: solid $border; }
    Composing .row { height: 1; }
    Composing .label { width: 9; color: $text-muted; padding: 0 0 0 1; }
    Composing .right { width: 40%; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Composing Input { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
    Composing Input:focus { border: none; background: $boost; }
    Composing TextArea { height: 1fr; border: none; padding: 0 1; background: $background; }
    Composing TextArea:focus { border: none; }
    Composing #attached { height: auto; display: none; padding: 0 1; color: $text-muted; }
    Composing #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; color: $text-muted; }
    Composing #warning { height: auto; display: none; padding: 0 1; color: $warning; }
    """

    def __init__(
        self,
        draft: Draft | None = None,
        *,
        answer: tuple[str, int] | None = None,
        draft_id: str | None = None,
        opened: int | None = None,
    ) -> None:
        super().__init__()
        self.draft = draft or Draft(0)
        self.draft_id = draft_id
        self._answer = answer
        self._opened = opened
        self._saved = self._kept = self.draft
        """What the file says, and what Drafts says."""
        self._kept_at = time.monotonic()
        self._saving = asyncio.Lock()
        """Held while the draft's file is written or removed, so that one draft never becomes two."""
        self._save_timer: Timer | None = None
        self._look_timer: Timer | None = None
        self._done = False
        self._left: Draft | None = None
        self._notice = ""
        self._notice_timer: Timer | None = None
        self.identities: list[Identity] = []
        self.identity: Identity | None = None
        self.filing = Filing("○", "none yet", "")
        self._doubts: tuple[str, ...] = ()
        if answer is not None or draft_id is not None or opened is not None:
            self.hold()

    @property
    def _drafts(self) -> Drafts:
        return Drafts(self.dealdesk.paths)

    def compose(self) -> ComposeResult:
        """Fields, text, attachments, keys and warnings."""
        with Vertical(id="fields"):
            with Horizontal(classes="row"):
                yield Plain("To", classes="label")
                yield AddressLine(id="to")
                yield Plain(id="from", classes="right")
            with Horizontal(classes="row"):
                yield Plain("Cc", classes="label")
                yield AddressLine(id="cc")
                yield Plain(id="filed", classes="right")
            with Horizontal(classes="row"):
                yield Plain("Bcc", classes="label")
                yield AddressLine(id="bcc")
                yield Plain(id="why", classes="right")
            with Horizontal(classes="row"):
                yield Plain("Subject", classes="label")
                yield Line(id="subject")
                yield Plain(id="later", classes="right")
        yield Text(id="text", tab_behavior="focus", show_line_numbers=False)
        yield Plain(id="attached")
        yield Plain(id="warning")
        yield KeyLine(id="keys")

    async def on_mount(self) -> None:
        """Show the draft; fill it from the message that it answers or from its file."""
        keymap = self.dealdesk.keymap
        words = [f"{keymap.first_key(f'compose.{name}')} {word}" for name, word in SHOWN.items()]
        self.query_one("#keys", KeyLine).show(words)
        self._fill(self.draft)
        answers = self._answer is not None and self._answer[0] != "forward"
        first = "#text" if answers or self._opened is not None else "#subject" if self.draft.to else "#to"
        self.set_focus(self.query_one(first))
        self.work(self._prepare(), "prepare")

    async def _prepare(self) -> None:
        try:
            await self._begin_draft()
        finally:
            self.release()
        await self._file()
        known, failed = await self.dealdesk.host.read(
            lambda reader: (Candidates(known_addresses(reader)), undelivered(reader))
        )
        for field in self.query(Recipients):
            field.notes = {address: look.failure(one, look.now()) for address, one in failed.items()}
            field.candidates = known

    async def _begin_draft(self) -> None:
        host = self.dealdesk.host
        begun = await self._begun()
        if begun is not None:
            typed, self._saved = self.written(), begun
            self.draft = begun._replace(to=typed.to or begun.to, cc=typed.cc or begun.cc, body=typed.body + begun.body)
            self._fill(self.draft, at_top=not typed.body)
        accounts = await host.read(lambda reader: reader.accounts())
        if not self.draft.account_id and accounts:
            self.draft = self.draft._replace(account_id=accounts[0].id)
            self._saved = self._saved._replace(account_id=accounts[0].id)
        self.identities = identities(accounts, self.dealdesk.config)
        self.identity = identity_of(self.draft, self.identities)
        if self.draft_id is None and self._opened is None and self.identity is not None:
            self._sign(self.identity)
        self._kept = self._saved if self.draft_id is None else Draft(0)  # Drafts has none or an older one of a file
        self._show_from()

    async def _begun(self) -> Draft | None:
        """Return what is gone on with: a file, a message in Drafts, or the beginning of an answer."""
        host, drafts = self.dealdesk.host, self._drafts
        if self.draft_id is not None:
            return (await asyncio.to_thread(drafts.load, self.draft_id)).draft
        if self._opened is not None:
            from tui.engine.reopening import reopen

            number = self._opened
            begun: Draft = await host.read(lambda reader: reopen(reader, number, drafts))
            for left in await asyncio.to_thread(drafts.list):
                if begun.name and left.draft.name == begun.name:  # a crash left what was written after that
                    self.draft_id = left.id
                    return left.draft
            return begun
        if self._answer is None:
            return None
        from tui.engine.answering import begin

        kind, message_id = self._answer
        answer: Draft = await host.read(lambda reader: begin(reader, kind, message_id, drafts))
        return answer

    def _sign(self, identity: Identity) -> None:
        """Have a new message come from ``identity``, with its signature below what was typed meanwhile."""
        area = self.query_one("#text", TextArea)
        place = area.cursor_location
        area.insert(identity.block, area.document.end)
        area.move_cursor(place)
        sender = identity.sender if identity.configured else self.draft.sender
        self.draft = self.draft._replace(sender=sender)
        self._saved = self._saved._replace(sender=sender, body=self._saved.body + identity.block)

    def _fill(self, draft: Draft, *, at_top: bool = True) -> None:
        for name in ("to", "cc", "bcc", "subject"):
            field = self.query_one(f"#{name}", Input)
            if field.value != getattr(draft, name):
                field.value = getattr(draft, name)
        area = self.query_one("#text", TextArea)
        if area.text != draft.body:
            place = area.cursor_location
            area.load_text(draft.body)
            area.move_cursor((0, 0) if at_top else place)
        self._show_attached()

    def _show_from(self) -> None:
        sender = self.draft.sender or (self.identity.email if self.identity is not None else "no account")
        self.query_one("#from", Plain).update(Content.assemble(("From  ", "$text-muted"), sender))
        at = self.draft.at
        words = [f"leaves {look.full_date(at, look.now())}"] if at else []
        words += [f"reminds in {self.draft.remind_days} d"] if self.draft.remind_days else []
        words += ["asks for a report"] if self.draft.report else []
        words += ["Markdown, with HTML"] if self.draft.markdown else []
        self.query_one("#later", Plain).update(Content(" · ".join(words)))

    def _show_attached(self) -> None:
        shown = self.query_one("#attached", Plain)
        paths = self.draft.attachments
        shown.display = bool(paths)
        parts = []
        for path in paths[:LISTED]:
            try:
                parts.append(f"📎 {Path(path).name} {look.size(Path(path).stat().st_size)}")
            except OSError as error:
                parts.append(f"! {path}: {error.strerror}")
        parts += [f"and {len(paths) - LISTED:,} more"] if len(paths) > LISTED else []
        shown.update(Content("  ".join(parts)))

    def written(self) -> Draft:
        """Return the draft as the fields say it now, or said when the screen was left."""
        if self._left is not None:
            return self._left
        return self.draft._replace(
            to=self.query_one("#to", Input).value.strip(" ,"),
            cc=self.query_one("#cc", Input).value.strip(" ,"),
            bcc=self.query_one("#bcc", Input).value.strip(" ,"),
            subject=self.query_one("#subject", Input).value.strip(),
            body=self.query_one("#text", TextArea).text,
        )

    # While writing

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._warn()
        if self._save_timer is None:
            self._save_timer = self.set_timer(AUTOSAVE, self._autosave)
        if isinstance(self.focused, Recipients):
            if self._look_timer is not None:
                self._look_timer.stop()
            self._look_timer = self.set_timer(LOOK_UP, lambda: self.work(self._file, "file"))

    def at_once(self, event: events.Key) -> bool:
        """Enter in a line takes what is offered and goes on to the next field."""
        if event.key != "enter" or not isinstance(self.focused, Input):
            return super().at_once(event)
        if isinstance(self.focused, Recipients):
            self.focused.accept()
        self.focus_next()
        return True

    def _autosave(self) -> None:
        self._save_timer = None
        self.work(self._save(), "save")

    async def _save(self) -> None:
        """Keep what is written as a file, and now and then in Drafts."""
        draft = await self._save_file()
        if draft is not None and time.monotonic() - self._kept_at > KEEP and await self._is_light(draft):
            await self._keep()

    async def _save_file(self) -> Draft | None:
        """Keep what is written as a file; it bears its name in Drafts from then on, so that it never becomes two."""
        async with self._saving:
            draft = self.written()
            if self._done or draft == self._saved:
                return None
            if self.identity is not None:
                draft = named(draft, self.identity.email)
                self.draft = self.draft._replace(name=draft.name)
                self._left = draft if self._left is not None else None
            self.draft_id = await asyncio.to_thread(self._drafts.save, draft, self.draft_id)
            self._saved = draft
            return draft

    async def _keep(self, *, always: bool = False) -> None:
        """Keep what is written in Drafts; with ``always`` also what nobody changed.

        Raises:
            InvalidInput, NotFound: its account or a file can't be used; what is written stays a file.
        """
        from tui.engine.commands import KeepDraft

        await self._save()
        async with self._saving:
            draft = self.written()
            if self._done or (draft == self._kept and not always):
                return
            done = await self.dealdesk.ask(lambda engine: engine.do(KeepDraft(draft)))
            (number,) = done.added
            name = (await self.dealdesk.host.read(lambda reader: reader.row(number))).message_id
            self.draft = self.draft._replace(name=name, version=number, lost="")
            self._kept = draft._replace(name=name, version=number, lost="")
            self._kept_at = time.monotonic()
            self._left = self._kept if self._left is not None else None

    async def _is_light(self, draft: Draft) -> bool:
        """True when a draft may go to the server by itself: it is small and takes nothing from another program's."""

        def read(reader: Reader) -> bool:
            kept = [one for one in reader.folders() if one.role is Role.DRAFTS and one.on_server]
            there = any(one.account_id == draft.account_id for one in kept)
            return there and sum(Path(one).stat().st_size for one in draft.attachments if Path(one).is_file()) <= LIGHT

        return not draft.lost and await self.dealdesk.host.read(read)

    def _warn(self) -> None:
        words = [*([self._notice] if self._notice else []), *cautions(self.written()), *self._doubts]
        warning = self.query_one("#warning", Plain)
        warning.update(Content(" · ".join(words)))
        warning.display = bool(words)

    def tell(self, text: str, severity: str = "information") -> None:
        """Say something short above the keys, where it covers nothing; what went wrong is said over the fields."""
        if severity != "information":
            super().tell(text, severity)
            return
        self._notice = clean(text)
        self._warn()
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(NOTICE, self._quiet)

    def _quiet(self) -> None:
        self._notice = ""
        self._warn()

    async def _file(self) -> None:
        draft = self.written()
        config = self.dealdesk.config

        def read(reader: Reader) -> tuple[Filing, tuple[str, ...]]:
            filing = filed_under(reader, draft, config)
            return filing, doubts(reader, draft, filing)

        filing, self._doubts = await self.dealdesk.host.read(read)
        self.filing = filing
        self.query_one("#filed", Plain).update(
            Content.assemble(("Deal  ", "$text-muted"), (filing.mark + " ", "$accent"), filing.title)
        )
        self.query_one("#why", Plain).update(Content(f"      {filing.reason}"))
        self._warn()

    def do_field_next(self) -> None:
        """To the next field; takes the suggested recipient first."""
        if not (isinstance(self.focused, Recipients) and self.focused.accept()):
            self.focus_next()

    def do_field_previous(self) -> None:
        """To the previous field."""
        self.focus_previous()
