"""The agenda: what is late, due today, within a week and later, over all deals and people; and deals that rest."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime

from tui import look
from tui.engine import amending, events, oneline
from tui.engine.core import Engine
from tui.engine.model import Activity, Stale
from tui.engine.reads import Reader
from tui.engine.text import age
from tui.screens.dealing import TASK_EXAMPLE
from tui.screens.lined import LinesScreen
from tui.widgets.dealpane import task
from tui.widgets.lines import Item

DAY = 86_400

PERIODS = {"late": "Late", "today": "Today", "week": "Within a week", "later": "Later"}
"""The parts of the agenda by name, in their order, with their headings."""


def period(one: Activity, now: float) -> str:
    """Return the part of the agenda that an activity belongs to: one of ``PERIODS``.

    Args:
        one: the activity; a whole day's is due until that day ends where we are.
        now: the present, seconds since the epoch.
    """
    today = datetime.fromtimestamp(now).date()
    due = day_of(one)
    if due < today or (not one.all_day and one.due < now):
        return "late"
    if due == today:
        return "today"
    return "week" if (due - today).days <= 7 else "later"


def day_of(one: Activity) -> date:
    """Return the day on which an activity is due, here; a whole day is kept as its midnight in UTC."""
    return datetime.fromtimestamp(one.due, UTC if one.all_day else None).date()


class AgendaScreen(LinesScreen):
    """Everything that is to be done, the late first."""

    where = "agenda"
    watched = (events.DealsChanged, events.PersonsChanged, events.MessagesChanged)

    def __init__(self) -> None:
        super().__init__()
        self.activities: Sequence[Activity] = ()
        self.stale: Sequence[Stale] = ()
        self._read_once = False

    async def read_rows(self) -> None:
        """Read what is to be done, and which deals rest."""

        def read(reader: Reader) -> tuple[list[Activity], list[Stale]]:
            return reader.crm.activities(), reader.crm.stale(int(look.now()))

        self.activities, self.stale = await self.dealdesk.host.read(read)
        first, self._read_once = not self._read_once, True
        self.show_lines(to_top=first)

    def items(self, width: int, now: float) -> list[Item]:
        """Return the parts that aren't empty, each with its activities; then the deals that rest."""
        parts: dict[str, list[Activity]] = {name: [] for name in PERIODS}
        for one in self.activities:
            parts[period(one, now)].append(one)
        late = len(parts["late"])
        self.lines.heading = (
            (("Agenda", ""), (f" · {len(self.activities):,} to do", "dim")),
            ((f"{late:,} late", "bad"),) if late else (),
        )
        lines: list[Item] = []
        for name, found in parts.items():
            if found:
                lines += [Item(()), Item(((PERIODS[name], "strong"), (f" · {len(found):,}", "dim")))]
                lines += [self._activity(one, name, width, now) for one in found]
        if self.stale:
            lines += [Item(()), Item((("Nothing happens", "strong"), (f" · {len(self.stale):,} open deals", "dim")))]
            lines += [self._stale(one, width, now) for one in self.stale]
        if not lines:
            words = "Nothing is to be done; t on a message, a deal or here plans something."
            return [Item(((words if self._read_once else "Opening …", "dim"),))]
        return lines[1:]

    def _activity(self, one: Activity, name: str, width: int, now: float) -> Item:
        at = day_of(one)
        clock = "" if one.all_day else datetime.fromtimestamp(one.due).strftime(" %H:%M")
        today = datetime.fromtimestamp(now).date()
        if name == "today":
            when = clock.strip() or "today"
        elif name == "week":
            when = at.strftime("%a") + clock
        else:
            when = (f"{at.day} {look.MONTHS[at.month - 1]}" if at.year == today.year else at.isoformat()) + clock
        mark: look.Piece = ("! ", "bad") if name == "late" else ("☐ ", "accent")
        about = one.deal.title if one.deal is not None else one.person.name if one.person is not None else ""
        left: list[look.Piece] = [mark, (f"{when:<13} ", "dim"), *task(one)]
        return Item(look.spread(left, [(about, "dim")] if about else [], width), one)

    def _stale(self, one: Stale, width: int, now: float) -> Item:
        left: list[look.Piece] = [("○ ", "warn"), (f"{age(one.days * DAY):<13} ", "dim"), (one.deal.title, "")]
        return Item(look.spread(left, [(one.deal.stage, "dim")], width), one)

    def open_line(self, key: Hashable) -> None:
        """Open the deal or the person of a line."""
        from tui.screens.stories import DealScreen, PersonScreen

        match key:
            case Activity(deal=deal) if deal is not None:
                self.over(DealScreen(deal.id))
            case Activity(person=person) if person is not None:
                self.over(PersonScreen(person.id))
            case Stale(deal=deal):
                self.over(DealScreen(deal.id))
            case _:
                self.tell("This belongs to no deal and no person.")

    def _chosen_activity(self) -> Activity | None:
        key = self.lines.cursor_key
        if isinstance(key, Activity):
            return key
        self.tell("There is nothing to be done in this line.")
        return None

    def do_activity_done(self) -> None:
        """Mark the activity as done."""
        one = self._chosen_activity()
        if one is None:
            return

        async def done(engine: Engine) -> str:
            changed = await engine.activities.done(one.id)
            return (await engine.record(changed)).title

        self.work(self.told(done))

    def do_activity_later(self) -> None:
        """Put the activity off by a day; a late one to tomorrow."""
        self._shift(1)

    def do_activity_earlier(self) -> None:
        """Bring the activity forward by a day."""
        self._shift(-1)

    def _shift(self, days: int) -> None:
        one = self._chosen_activity()
        if one is None:
            return
        due = one.due + days * DAY
        if days > 0:
            # What is late is put off from today on: a day more than a week ago helps nobody.
            behind = (datetime.fromtimestamp(look.now()).date() - day_of(one)).days
            due += max(0, behind) * DAY

        async def move(engine: Engine) -> str:
            await engine.record(await engine.activities.edit(one.id, due=due))
            return f"{one.subject}: {look.day(due)}"

        self.work(self.told(move))

    def do_activity_edit(self) -> None:
        """Change subject, due date, kind or repeat of the activity."""
        one = self._chosen_activity()
        if one is not None:
            self.ask_change(
                amending.activity_fields(one),
                amending.activity_choices(),
                lambda engine, field, text: amending.amend_activity(engine, one.id, field, text),
            )

    def do_activity_add(self) -> None:
        """Ask for something to do, about nothing in particular."""
        self.ask_line("Something to do", TASK_EXAMPLE, lambda engine, text: oneline.add_task(engine, None, text))
