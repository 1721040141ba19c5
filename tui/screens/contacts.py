"""The people of the CRM: find, open, write to, add and merge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.strip import Strip

from tui import cells, look
from tui.engine import amending, events
from tui.engine.model import Person, Undelivered
from tui.engine.reads import undelivered
from tui.engine.text import normalize_address
from tui.screens.dialogs import Confirm
from tui.screens.filtering import Filtered
from tui.screens.stories import PersonScreen
from tui.widgets.rowlist import Fetch, RowList
from tui.widgets.statusline import StatusLine

if TYPE_CHECKING:
    from tui.engine.core import Engine


class PersonList(RowList[Person]):
    """People by name."""

    filter = ""

    def __init__(self, fetch: Fetch[Person], *, id: str | None = None) -> None:
        super().__init__(fetch, id=id)
        self.undelivered: Mapping[str, Undelivered] = {}
        """The addresses, normalised, that mail does not reach."""

    def line_count(self) -> int:
        """Return the number of people, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_title(self, width: int) -> look.Line:
        """``Contacts · 3,120``, and the filter."""
        left = [(" ", ""), ("Contacts", "title"), (f" · {look.count(len(self.ids))}", "dim")]
        return look.spread(left, [(f"filter: {self.filter}", "accent"), (" ", "")] if self.filter else [], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw a person, or what to do when there is nobody."""
        if not self.ids:
            words = "Nobody has that." if self.filter else "Nobody yet; n adds a person, dealdesk import people a file."
            return self.strip(((f"  {words}", "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Person, width: int) -> look.Line:
        """Draw name, organization and title, address, phone, tags."""
        about = ", ".join(part for part in (row.title, row.organization.name if row.organization else "") if part)
        name, rest = max(16, min(30, width // 4)), width // 4
        line: list[look.Piece] = [(" " + cells.fit(row.name, name), ""), (" " + cells.fit(about, rest), "dim")]
        more = f" +{len(row.emails) - 1}" if len(row.emails) > 1 else ""
        failed = any(normalize_address(one) in self.undelivered for one in row.emails)
        shown = ("✗ " if failed else "") + (row.emails[0] if row.emails else "") + more
        line.append((" " + cells.fit(shown, rest), "bad" if failed else ""))
        line.append((" " + "  ".join([*row.phones[:1], *(f"#{tag}" for tag in row.tags)]), "dim"))
        return look.shorten(line, width)


class ContactsScreen(Filtered):
    """Everybody in the CRM."""

    where = "contacts"
    watched = (events.PersonsChanged, events.DealsChanged)

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        yield PersonList(self._fetch, id="rows")
        yield self.filter_line("name, address, company · tag:vip · role:technical · org:acme")
        yield StatusLine(id="status")

    @property
    def people(self) -> PersonList:
        """The list."""
        return self.query_one("#rows", PersonList)

    def _fetch(self, ids: Sequence[int]) -> Sequence[Person]:
        return self.dealdesk.host.reader.crm.persons_by_ids(ids)

    async def read_rows(self) -> None:
        """Read who there is."""
        text = self.people.filter = self.filter
        ids, failed = await self.dealdesk.host.read(lambda reader: (reader.crm.person_ids(text), undelivered(reader)))
        self.people.undelivered = failed
        self.people.invalidate()
        self.people.set_ids(ids)
        self.people.refresh_title()

    def _person(self) -> Person | None:
        if self.people.cursor_row is None:
            self.tell("There is nobody here.")
        return self.people.cursor_row

    def do_person_open(self) -> None:
        """Show the person with their story."""
        person = self._person()
        if person is not None:
            self.over(PersonScreen(person.id))

    @on(RowList.Opened, "#rows")
    def _opened(self, event: RowList.Opened) -> None:
        event.stop()
        self.do_person_open()

    def do_person_mail(self) -> None:
        """List all mail from and to the person."""
        person = self._person()
        if person is not None:
            self.to_workspace(lambda workspace: workspace.show_person(person))

    def do_mail_compose(self) -> None:
        """Write to the marked people, else to the one under the cursor."""
        people = self._fetch(self.people.targets)
        self.write_to([one.emails[0] for one in people if one.emails], None)

    def do_mark_step(self) -> None:
        """Mark the person and step down."""
        self.people.mark_and_step()

    async def narrow(self) -> None:
        """Show whom the filter leaves."""
        await self.read_rows()

    def do_person_add(self) -> None:
        """Ask for a name and an address, and add the person."""

        self.ask_line("New person", "Ann Archer <ann@acme.example>, Acme Ltd", amending.add_person)

    def do_person_merge(self) -> None:
        """Make the marked people one: the one under the cursor keeps the name, or the first where that isn't marked.

        With a single mark the one under the cursor is the other.
        """
        marked, keep = self.people.targets, self._person()
        if keep is None:
            return
        if len(marked) > 1 and keep.id not in marked:
            keep = self._fetch(marked[:1])[0]
        others = [one for one in marked if one != keep.id]
        if not others:
            self.tell("Mark the others with x, put the cursor on the one that stays, then merge.")
            return

        async def merge(engine: Engine) -> str:
            return (await engine.record(await engine.people.merge(keep.id, *others))).title

        def chosen(yes: object) -> None:
            if yes is True:
                self.people.clear_marks()
                self.people.go_to(keep.id)
                self.work(self.told(merge))

        names = ", ".join(one.name for one in self._fetch(others))
        detail = (
            f"{keep.name} gets every address, phone, tag, field, deal, link and activity of {names}; u takes it back."
        )
        self.over(Confirm(Content(f"Merge {len(others) + 1:,} people into {keep.name}?"), Content(detail)), chosen)
