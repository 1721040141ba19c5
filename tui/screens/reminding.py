"""Keys that remind: of a message that nobody answers, and the list of those."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui import cells, look
from tui.engine.errors import InvalidInput
from tui.engine.reads import unanswered
from tui.screens.dialogs import Choice, Picker, Prompt, fuzzy
from tui.screens.going import Going

FOOT = "days, as in 3 · empty: never · it ends by itself when an answer comes · Esc"


def ask_days(title: str) -> Prompt:
    """Return the question in how many days to remind."""
    return Prompt(Content(title), placeholder="3", foot=FOOT)


def days_of(answer: str) -> int | None:
    """Return the days that were typed, None for never.

    Raises:
        InvalidInput: it is no number of days.
    """
    typed = answer.strip().lower().removesuffix("days").removesuffix("d").strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 5):
        raise InvalidInput(f'"{answer.strip()}" is no number of days; write one like 3.')
    return int(typed) if typed else None


class Reminding(Going):
    """Reminding of what nobody answers."""

    def do_message_remind(self) -> None:
        """Remind of the message under the cursor."""
        row = self.messages.cursor_row
        if row is None:
            self.tell("There is no message here to be reminded of.")
            return

        def answered(answer: object) -> None:
            if isinstance(answer, str):
                self.work(self._remind(row.id, answer))

        self.over(ask_days("Remind if nobody answers in how many days?"), answered)

    async def _remind(self, message_id: int, answer: str) -> None:
        from tui.engine.commands import Remind

        days = days_of(answer)
        done = await self.dealdesk.ask(lambda engine: engine.do(Remind(message_id, days)))
        self.tell(f"{done.title}.")
        self.frame_again.soon()

    def do_go_reminders(self) -> None:
        """What nobody has answered."""

        async def find(text: str) -> Sequence[Choice]:
            found = await self.dealdesk.host.read(unanswered)
            choices = []
            for row, due in found:
                name = look.who(row)
                when = ("due ", "$warning") if due <= look.now() else ("due ", "$text-muted")
                shown = cells.fit(look.coming(due, look.now()), 12)
                label = Content.assemble(when, shown, f"  {cells.fit(name, 20)} ", cells.fit(row.subject, 40))
                choices.append(Choice(row.id, label, f"{name} {row.subject}"))
            none = Choice("", Content("Nothing waits for an answer."))
            return fuzzy(choices, text) if choices else [none]

        def chosen(message_id: object) -> None:
            if isinstance(message_id, int):
                self.work(self.open_elsewhere(message_id))

        self.over(Picker(Content("Reminders: what nobody has answered"), find, numbered=True), chosen)
