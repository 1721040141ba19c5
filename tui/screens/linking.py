"""Keys between a message and the deals: link, unlink, why, private, stages, tasks and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.content import Content

from tui.engine import oneline
from tui.engine.errors import InvalidInput
from tui.engine.model import (
    Address,
    Deal,
    DealPane,
    DealRef,
    Direction,
    LinkCandidate,
    LinkState,
    Person,
    Row,
    TimelineEntry,
    View,
    Waiting,
)
from tui.screens.acting import Acting
from tui.screens.dialogs import Choice, Confirm, Panel, Picker, Prompt, among
from tui.screens.reasons import candidate_line, why_text
from tui.widgets.lines import LinePane

if TYPE_CHECKING:
    from tui.engine.newcomers import Newcomer


class Linking(Acting):
    """Linking messages, and what one does with the deal beside them."""

    # Link and unlink

    def do_link_add(self) -> None:
        """Choose a person or a deal for the targets; digits link, typing searches everything."""
        if ids := self.targets():
            self.link_picker(ids)

    def link_picker(self, ids: tuple[int, ...]) -> None:
        """Open the link picker for these messages."""
        targets = list(ids)
        rows = self.target_rows(ids)

        def title() -> Content:
            what = f"{len(targets):,} messages" if len(targets) != 1 or not rows else f'"{rows[0].subject}"'
            who = f" · {rows[0].sender.name} <{rows[0].sender.email}>" if len(ids) == 1 and rows else ""
            return Content.assemble(f"Link {what}", (who, "$text-muted"))

        async def find(text: str) -> Sequence[Choice]:
            address = other.email if other is not None else ""
            found, known, used = await self.dealdesk.host.read(
                lambda reader: (
                    reader.link_candidates(targets, text),
                    reader.crm.by_address([address]),
                    () if text.strip() else reader.recent_deals(),
                )
            )
            whose = f" with {other.name or other.email}" if other is not None else ""
            named = f' "{text.strip()}"' if text.strip() else ""
            choices = [Choice(one, candidate_line(one, self.app.size.width)) for one in found]
            choices.append(Choice(NewDeal(text.strip()), Content(f"+ new deal{named}{whose} …")))
            if other is not None and not known:
                choices.append(Choice(NewDeal("", alone=True), Content(f"+ new person {other.name or other.email} …")))
            offered = {one.deal for one in found}
            return choices + [
                Choice(one, candidate_line(one, self.app.size.width)) for one in used if one.deal not in offered
            ]

        other = counterpart(rows)

        def whole_thread(picker: Picker) -> None:
            self.work(more(picker))

        async def more(picker: Picker) -> None:
            threads = {row.thread for row in rows}
            members = await self.dealdesk.host.read(
                lambda reader: [one for thread in sorted(threads) for one in reader.thread(thread)]
            )
            targets[:] = dict.fromkeys((*ids, *members))
            picker.retitle(title())

        def chosen(candidate: object) -> None:
            if isinstance(candidate, LinkCandidate):
                self._link(tuple(targets), candidate)
            elif isinstance(candidate, NewDeal):
                self.hold()
                self.work(self._ask_new(tuple(targets), other, candidate))

        self.over(
            Picker(
                title(),
                find,
                numbered=True,
                shortcuts={"V": whole_thread},
                foot="type to search deals and people · 1-9 link · V whole thread · Esc",
            ),
            chosen,
        )

    async def _ask_new(self, ids: tuple[int, ...], other: Address | None, wanted: NewDeal) -> None:
        """Show the form for a new deal and person, filled from headers and signature."""
        from tui.engine import newcomers

        try:
            what = await self.dealdesk.host.read(lambda reader: newcomers.read(reader, ids[0] if ids else None, other))
            self._show_form(ids, what, wanted)
        finally:
            self.release()

    def _show_form(self, ids: tuple[int, ...], what: Newcomer, wanted: NewDeal) -> None:
        if wanted.alone and what.person is not None:
            self.tell(f"{what.name} is a person already.")
            return
        noun = "person" if wanted.alone else f"deal with {what.name}" if what.name else "deal"
        self._ask_form(ids, Content(f"New {noun}"), what._replace(deal=wanted.title), not wanted.alone)

    def _ask_form(self, ids: tuple[int, ...], title: Content, what: Newcomer, with_deal: bool) -> None:
        from tui.engine.newcomers import Newcomer
        from tui.screens.newcomer import NewcomerForm

        def filled(said: object) -> None:
            if isinstance(said, Newcomer):
                self.hold()
                self.work(self._add_new(ids, title, said, with_deal))

        self.over(NewcomerForm(title, what, with_deal=with_deal), filled)

    async def _add_new(self, ids: tuple[int, ...], title: Content, what: Newcomer, with_deal: bool) -> None:
        from tui.engine import newcomers

        try:
            added = await self.dealdesk.ask(lambda engine: newcomers.add(engine, what))
        except InvalidInput as error:
            self.tell_error(error)
            self._ask_form(ids, title, what, with_deal)
            return
        finally:
            self.release()
        deal, persons = added.deal, (added.person,) if added.person is not None else ()
        await self._linked_new(ids, persons, (deal.id,) if deal is not None else ())
        if what.person is None and what.email:
            await self._offer(what.name or what.email, newcomers.earlier(what.email))

    async def _linked_new(self, ids: tuple[int, ...], persons: tuple[int, ...], deals: tuple[int, ...]) -> None:
        from tui.engine.commands import LinkMessages

        self.messages.clear_marks()
        await self._do(LinkMessages(ids, persons=() if deals else persons, deals=deals), ids, False)

    async def _offer(self, name: str, view: View) -> None:
        """Offer to review earlier mail; nothing is linked by it (R19)."""
        count = len(await self.dealdesk.host.read(lambda reader: reader.ids(view)))
        if not count:
            return

        def review(yes: object) -> None:
            if yes is True:
                self.show_view(view, f"Earlier mail of {name}", keep=True)
                self.go_to_pane("messages")

        mails = f"{count:,} earlier mail{'s' if count != 1 else ''} with this address"
        key = self.dealdesk.keymap.first_key
        how = f"Nothing is linked by this: {key('mark.all')} marks all, {key('link.add')} links what is marked."
        self.over(Confirm(Content(f"{mails}: review and link?"), Content(how)), review)

    def _link(self, ids: tuple[int, ...], candidate: LinkCandidate) -> None:
        from tui.engine.commands import LinkMessages

        persons = (candidate.person.id,) if candidate.person is not None else ()
        deals = (candidate.deal.id,) if candidate.deal is not None else ()
        self.act(lambda chosen: LinkMessages(chosen, persons=persons, deals=deals), ids=ids)

    def do_link_remove(self) -> None:
        """Take the links off; where there are several, choose which."""
        from tui.engine.commands import UnlinkMessages

        ids = self.targets()
        if not ids:
            return
        rows = self.target_rows(ids)
        deals = {deal.id: deal.title for row in rows for deal in row.deals}
        persons = {person.id: person.name for row in rows for person in row.persons}
        if not deals and not persons:
            self.tell("Nothing is linked here.")
            return
        if len(deals) <= 1 and len(persons) <= 1:
            self.act(UnlinkMessages, ids=ids)
            return
        choices = [
            Choice(("all", 0), Content("everything")),
            *(Choice(("deal", one), Content(f"◆ {name}")) for one, name in deals.items()),
            *(Choice(("person", one), Content(name)) for one, name in persons.items()),
        ]

        def chosen(what: object) -> None:
            match what:
                case ("all", _):
                    self.act(UnlinkMessages, ids=ids)
                case ("deal", int(one)):
                    self.act(lambda some: UnlinkMessages(some, deals=(one,)), ids=ids)
                case ("person", int(one)):
                    self.act(lambda some: UnlinkMessages(some, persons=(one,)), ids=ids)
                case _:
                    pass

        self.over(Picker(Content("Unlink from"), among(choices), numbered=True), chosen)

    def do_message_private(self) -> None:
        """Never link this thread; the same key again allows it."""
        from tui.engine.commands import MarkPrivate

        rows = self.target_rows(self.messages.targets)
        private = not (rows and all(row.link_state is LinkState.PRIVATE for row in rows))
        self.act(lambda ids: MarkPrivate(ids, private))

    def do_link_why(self) -> None:
        """Say why the message is linked, or why not."""
        row = self.messages.cursor_row
        if row is None:
            return
        panel = Panel(Content("Why"))
        self.over(panel)
        self.work(self._why(row.id, panel))

    async def _why(self, message_id: int, panel: Panel) -> None:
        panel.show(why_text(await self.dealdesk.host.read(lambda reader: reader.why(message_id))))

    # The deal of the message

    def with_deal(self, do: Callable[[Deal], None], what: str) -> None:
        """Call ``do(deal)`` with the deal of the message; asks which when there are several."""
        message_id = self.messages.cursor_id
        if self.deal is not None and self.deal.message == message_id:
            self._with(self.deal, do, what)
        elif message_id is not None:
            self.hold()
            self.work(self._with_read(message_id, do, what))

    async def _with_read(self, message_id: int, do: Callable[[Deal], None], what: str) -> None:
        try:
            self.deal = await self.dealdesk.host.read(lambda reader: reader.deal_pane(message_id))
            self._with(self.deal, do, what)
        finally:
            self.release()

    def _with(self, pane: DealPane, do: Callable[[Deal], None], what: str) -> None:
        if not pane.deals:
            self.tell(f"This message has no deal {what}; {self.dealdesk.keymap.first_key('link.add')} links it to one.")
        elif len(pane.deals) == 1:
            do(pane.deals[0])
        else:
            choices = [Choice(deal, Content(f"◆ {deal.title}  {deal.stage}")) for deal in pane.deals]
            self.over(
                Picker(Content("Which deal?"), among(choices), numbered=True),
                lambda deal: do(deal) if isinstance(deal, Deal) else None,
            )

    def do_deal_advance(self) -> None:
        """Move the deal one stage on."""
        self.with_deal(lambda deal: self._stage(deal, 1), "to move")

    def do_deal_retreat(self) -> None:
        """Move the deal one stage back."""
        self.with_deal(lambda deal: self._stage(deal, -1), "to move")

    def _stage(self, deal: Deal, step: int) -> None:
        stages = sorted(self.deal.stages.get(deal.pipeline_id, ()), key=lambda one: one.position) if self.deal else []
        at = next((index for index, one in enumerate(stages) if one.id == deal.stage_id), -1)
        if deal.status != "open":
            self.tell(f'"{deal.title}" is {deal.status}; reopen it first.')
        elif at < 0 or not 0 <= at + step < len(stages):
            self.tell(f'"{deal.title}" is in its {"last" if step > 0 else "first"} stage, {deal.stage}.')
        else:
            from tui.engine.commands import MoveDeal

            stage = stages[at + step]
            self.work(self._do(MoveDeal(deal.id, stage.id), (), False))

    def do_activity_add(self) -> None:
        """Ask for a task in one line and add it to the deal."""
        self.with_deal(self._ask_task, "to add a task to")

    def _ask_task(self, deal: Deal) -> None:
        message_id = self.messages.cursor_id
        self.over(
            Prompt(Content(f"Task for {deal.title}"), placeholder="fri call: seats · mon every 2 weeks report"),
            lambda text: self.work(self._add_task(deal, str(text), message_id)) if text else None,
        )

    async def _add_task(self, deal: Deal, text: str, message_id: int | None) -> None:
        row = self.messages.row(message_id) if message_id is not None else None
        named = row.message_id if row is not None else ""
        self.tell(await self.dealdesk.ask(lambda engine: oneline.add_task(engine, deal.id, text, named)))
        self.follow()

    def do_note_add(self) -> None:
        """Ask for a note and write it on the deal."""
        self.with_deal(self._ask_note, "to write a note on")

    def _ask_note(self, deal: Deal) -> None:
        from tui.screens.noting import NotePrompt

        self.over(
            NotePrompt(Content(f"Note on {deal.title}")),
            lambda text: self.work(self._add_note(deal, str(text))) if text else None,
        )

    async def _add_note(self, deal: Deal, text: str) -> None:
        self.tell(await self.dealdesk.ask(lambda engine: oneline.add_note(engine, deal.id, text)))
        self.follow()

    def do_deal_open(self) -> None:
        """Open what the deal pane's cursor is on."""
        self.query_one("#deal", LinePane).open()

    @on(LinePane.Chosen, "#deal")
    def _deal_line(self, event: LinePane.Chosen) -> None:
        event.stop()
        match event.key:
            case TimelineEntry(kind="mail" | "file", message=int(message_id)):
                self.work(self.open_elsewhere(message_id))
            case TimelineEntry() as entry:
                from tui.screens.noting import told

                self.over(told(entry, self.app.size.width))
            case DealRef() as deal if self.messages.cursor_id is not None:
                self._link((self.messages.cursor_id,), LinkCandidate(None, deal, 0, "", ""))
            case Waiting(mail=number) if self.deal is not None:
                for one in self.deal.timeline:
                    if one.kind == "mail" and one.id == number and one.message is not None:
                        self.work(self.open_elsewhere(one.message))
            case Person() as person:
                self.show_person(person)
            case _:
                pass

    def show_person(self, person: Person) -> None:
        """List all mail from and to a person."""
        query = " OR ".join(f"{field}:{email}" for email in person.emails for field in ("from", "to", "cc"))
        self.show_view(View("all", query=query), person.name, keep=True)
        self.go_to_pane("messages")

    async def open_elsewhere(self, message_id: int) -> None:
        """Show a message of the timeline, in this list where it is, else in its folder."""
        if not self.messages.go_to(message_id):
            rows = await self.dealdesk.host.read(lambda reader: reader.rows([message_id]))
            if not rows or rows[0].folder_id is None:
                self.tell("This mail is kept with the deal alone; it is no longer in a mailbox here.")
                return
            self.show_view(View("folder", folder_id=rows[0].folder_id), rows[0].folder, keep=True)
            self.cursor_wanted = message_id
        self.run_named("message.open")


class NewDeal(NamedTuple):
    """The picker's last lines: a deal that is still to be made, with the title typed so far; or a person alone."""

    title: str
    alone: bool = False


def counterpart(rows: Sequence[Row]) -> Address | None:
    """Return the one that all messages are from, or were sent to; None when they are of several."""
    found = {
        one.email.lower(): one
        for row in rows
        for one in ([row.sender] if row.direction is Direction.IN else row.to[:1])
    }
    return next(iter(found.values())) if len(found) == 1 else None
