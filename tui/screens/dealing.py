"""What the screens of deals and people share: notices, undo, mail, the way back; and what keys do with one deal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from tui import cells
from tui.engine import oneline
from tui.engine.commands import CloseDeal, Command, MoveDeal, ReopenDeal
from tui.engine.errors import InvalidInput
from tui.engine.model import Draft, Stage
from tui.screens.dialogs import Choice, Find, Picker, Prompt, among, fuzzy
from tui.screens.noting import NotePrompt
from tui.screens.rows import RowsScreen
from tui.widgets.statusline import StatusLine

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.screens.workspace import Workspace

LOST_FOOT = "type a reason or choose an earlier one · Enter accepts · Esc leaves"

TASK_EXAMPLE = "fri call: seats · +3d send the contract · mon every 2 weeks report"


class Target(NamedTuple):
    """The deal that a key means."""

    id: int
    title: str
    status: str
    stage_id: int
    stages: Sequence[Stage]


class Dealing(RowsScreen):
    """A screen over the workspace that shows what the CRM has."""

    def ask_line(self, title: str, example: str, do: Callable[[Engine, str], Awaitable[str]]) -> None:
        """Ask for one line, do something with it on the engine's loop, and tell what it says."""

        self.over(
            Prompt(Content(title), placeholder=example),
            lambda text: self.work(self.told(lambda engine: do(engine, str(text)))) if text else None,
        )

    def ask_note(self, name: str, do: Callable[[Engine, str], Awaitable[str]]) -> None:
        """Ask for a note on something, in one line or in many, and write it down."""
        self.over(
            NotePrompt(Content(f"Note on {name}")),
            lambda text: self.work(self.told(lambda engine: do(engine, str(text)))) if text else None,
        )

    def ask_change(
        self,
        fields: Mapping[str, str],
        choices: Mapping[str, Sequence[str]],
        amend: Callable[[Engine, str, str], Awaitable[str]],
    ) -> None:
        """Ask which field is to be changed and into what, and change it.

        Args:
            fields: the fields with what they say.
            choices: those for which there is something to choose from, with that; "" takes a value away.
            amend: changes a field into what was typed or chosen; returns what was done.
        """

        def changed(name: str, text: object) -> None:
            if text is not None and str(text) != fields[name]:
                self.work(amended(name, str(text)))

        async def amended(name: str, text: str) -> None:
            try:
                await self.told(lambda engine: amend(engine, name, text))
            except InvalidInput as error:
                if name in choices:
                    raise
                self.tell_error(error)
                write(name, text)

        def titled(name: str) -> Content:
            return Content(name[:1].upper() + name[1:])

        def write(name: str, text: str) -> None:
            self.over(Prompt(titled(name), text), lambda said: changed(name, said))

        def ask(name: object) -> None:
            if isinstance(name, str):
                if name in choices:
                    picker = Picker(titled(name), _offered(choices[name], fields[name]), numbered=True)
                    self.over(picker, lambda text: changed(name, text))
                else:
                    write(name, fields[name])

        shown = [
            Choice(name, Content.assemble(f"{cells.fit(name, 24)} ", (says.partition("\n")[0], "$text-muted")))
            for name, says in fields.items()
        ]
        self.over(Picker(Content("Change"), among(shown), numbered=True), ask)

    async def told(self, what: Callable[[Engine], Awaitable[str]]) -> None:
        """Do something on the engine's loop, tell what it says, and read again."""
        self.tell(await self.dealdesk.ask(what))
        self.again.now()

    def command(self, command: Command) -> None:
        """Do a command; what is shown is read again, also when it failed."""
        self.work(self._do(command))

    async def _do(self, command: Command) -> None:
        try:
            done = await self.dealdesk.ask(lambda engine: engine.do(command))
            self.tell(f"{done.title} · {self.dealdesk.keymap.first_key('action.undo')} undoes")
        finally:
            self.again.now()

    def write_to(self, emails: Sequence[str], deal_id: int | None) -> None:
        """Write a message to these addresses, to be filed under a deal."""
        from tui.screens.compose import ComposeScreen

        account = self.workspace.account_id()
        if not emails:
            self.tell("Nobody here has an address to write to.")
        elif account is None:
            self.tell("There is no account to send from.")
        else:
            self.over(ComposeScreen(Draft(account, to=", ".join(emails), deal_id=deal_id)))

    @property
    def workspace(self) -> Workspace:
        """The workspace below all screens."""
        from tui.screens.workspace import Workspace

        return next(one for one in self.app.screen_stack if isinstance(one, Workspace))

    def to_workspace(self, do: Callable[[Workspace], object]) -> None:
        """Leave all screens over the workspace and do something there."""
        workspace, stack = self.workspace, self.app.screen_stack
        stack[stack.index(workspace) + 1].dismiss(None)
        workspace.call_after_refresh(do, workspace)

    def do_crm_export(self) -> None:
        """Write the CRM or a part of it into files."""
        from tui.screens import exporting

        exporting.ask(self)

    def do_action_undo(self) -> None:
        """Take back the last action."""
        self.work(self._undo(), "undo")

    async def _undo(self) -> None:
        title = await self.dealdesk.ask(lambda engine: engine.undo())
        self.tell("There is nothing to undo." if title is None else f"Undone: {title}")
        self.again.now()

    def do_action_redo(self) -> None:
        """Do again what was undone."""
        self.work(self._redo(), "undo")

    async def _redo(self) -> None:
        title = await self.dealdesk.ask(lambda engine: engine.redo())
        self.tell("There is nothing to do again." if title is None else f"Done again: {title}")
        self.again.now()

    def tell(self, text: str, severity: str = "information") -> None:
        """Say something short in the status line; what went wrong is said over the screen."""
        if severity != "information":
            super().tell(text, severity)
            return
        self.query_one("#status", StatusLine).show_notice(text)


def _offered(choices: Sequence[str], present: str) -> Find:
    """Return a finder over choices, what is typed, and nothing; what there is now comes first."""
    listed = [one for one in (present, *choices) if one]
    known = [Choice(one, Content(one)) for one in dict.fromkeys(listed)]

    async def find(text: str) -> Sequence[Choice]:
        if not text.strip():
            return [*known, Choice("", Content.assemble(("nothing", "$text-muted")))]
        found = fuzzy(known, text)
        typed = Choice(text.strip(), Content(text.strip()))
        return [*found, *([] if any(one.value == typed.value for one in found) else [typed])]

    return find


class OneDeal(Dealing):
    """A screen on which keys mean one deal."""

    def target(self) -> Target | None:
        """Return the deal that is meant; None, with a word about it, when there is none."""
        return None

    def do_crm_export(self) -> None:
        """Write this deal, or the CRM, into files."""
        from tui.screens import exporting

        exporting.ask(self, self.exported())

    def exported(self) -> Target | None:
        """Return the deal that can be written alone."""
        return None

    def moved(self, deal_id: int, stage_id: int) -> None:
        """Show a move at once, before the engine has done it."""

    def do_deal_advance(self) -> None:
        """Move the deal one stage on."""
        self._step(1)

    def do_deal_retreat(self) -> None:
        """Move the deal one stage back."""
        self._step(-1)

    def _step(self, step: int) -> None:
        deal = self.target()
        if deal is None:
            return
        at = next((index for index, stage in enumerate(deal.stages) if stage.id == deal.stage_id), -1)
        if deal.status != "open":
            self.tell(f'"{deal.title}" is {deal.status}; reopen it first.')
        elif at < 0 or not 0 <= at + step < len(deal.stages):
            self.tell(f'"{deal.title}" is in its {"last" if step > 0 else "first"} stage.')
        else:
            self.move_deal(deal.id, deal.stages[at + step].id)

    def move_deal(self, deal_id: int, stage_id: int) -> None:
        """Move a deal to a stage."""
        self.moved(deal_id, stage_id)
        self.command(MoveDeal(deal_id, stage_id))

    def do_deal_won(self) -> None:
        """The deal is won; one that is closed is opened again."""
        deal = self.target()
        if deal is not None:
            self.command(CloseDeal(deal.id, "won") if deal.status == "open" else ReopenDeal(deal.id))

    def do_deal_lost(self) -> None:
        """The deal is lost, for a reason; one that is closed is opened again."""
        deal = self.target()
        if deal is None:
            return
        if deal.status != "open":
            self.command(ReopenDeal(deal.id))
            return

        def lost(reason: object) -> None:
            if reason is not None:
                self.command(CloseDeal(deal.id, "lost", str(reason).strip()))

        async def reasons(text: str) -> Sequence[Choice]:
            """Offer what is typed, then the reasons of earlier deals that are like it."""
            found = await self.dealdesk.host.read(lambda reader: reader.crm.outcomes())
            counts: dict[str, int] = {}
            for one in found:
                if one.status == "lost" and one.reason:
                    counts[one.reason] = counts.get(one.reason, 0) + one.deals
            earlier = [Choice(reason, Content(reason)) for reason in sorted(counts, key=lambda one: -counts[one])]
            typed = Choice(text.strip(), Content(text.strip() or "for no reason that is known"))
            return [typed, *(one for one in fuzzy(earlier, text) if one.value != typed.value)]

        self.over(Picker(Content(f'Why was "{deal.title}" lost?'), reasons, numbered=True, foot=LOST_FOOT), lost)

    def do_activity_add(self) -> None:
        """Ask for a task in one line and add it to the deal."""
        deal = self.target()
        if deal is not None:
            self.ask_line(
                f"Task for {deal.title}", TASK_EXAMPLE, lambda engine, text: oneline.add_task(engine, deal.id, text)
            )

    def do_note_add(self) -> None:
        """Ask for a note and write it on the deal."""
        deal = self.target()
        if deal is not None:
            self.ask_note(deal.title, lambda engine, text: oneline.add_note(engine, deal.id, text))
