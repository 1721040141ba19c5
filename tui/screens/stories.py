"""The pages of a deal, a person and an organization: which facts each has, and how each is changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui import cells, look, markdown
from tui.engine import amending, oneline
from tui.engine.model import Activity, Deal, Organization, Person, Stage, TimelineEntry, Undelivered, View
from tui.engine.reads import undelivered
from tui.engine.text import normalize_address
from tui.screens.dealing import TASK_EXAMPLE, OneDeal, Target
from tui.screens.story import Facts, StoryScreen, Unlinked, first_page
from tui.widgets.dealpane import deal_items, person_items, task, waiting_items
from tui.widgets.lines import Item

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.reads import Reader

MOST_ASKED = 20
"""Addresses whose unlinked mail is counted on one page."""
REMARK = 12
"""Lines of a remark that a page shows."""


class DealScreen(StoryScreen, OneDeal):
    """One deal."""

    where = "deal page"
    entity = "deal"

    def __init__(self, deal_id: int) -> None:
        super().__init__()
        self.number = deal_id
        self._deal: Deal | None = None
        self._stages: Sequence[Stage] = ()

    def read_facts(self, reader: Reader, longest: int) -> Facts:
        """Read the deal, its people, what is planned, and its story."""
        crm = reader.crm
        deal = self._deal = crm.deal(self.number)
        self._stages = next((one.stages for one in crm.pipelines() if one.id == deal.pipeline_id), ())
        persons = crm.persons_by_ids([one.id for one in deal.persons])
        planned = crm.activities(deal=deal.id)
        story = reader.timeline(deal_id=deal.id, limit=longest)
        owed = () if first_page(story, longest) else crm.waiting(int(look.now()), deal_id=deal.id)
        stages, own = self._stages, crm.fields("deal")
        unlinked = _unlinked(reader, [email for one in persons for email in one.emails])
        roles = {one.id: one.role for one in deal.persons}
        persons.sort(key=lambda one: list(roles).index(one.id))

        def items(width: int, now: float) -> list[Item]:
            lines = deal_items(deal, stages, width, now)
            lines += _known({"owner": deal.owner, **dict(deal.fields)}, deal.tags, width)
            if deal.organization is not None:
                lines += [Item(()), Item(((deal.organization.name, ""),), deal.organization)]
            for person in persons:
                lines += [Item(()), *person_items(person, width, roles[person.id])]
            if owed:
                lines += [Item(()), *waiting_items(owed, width, now, named=True)]
            return [*lines, *_planned(planned, width, now), *_lane(unlinked)]

        return Facts(
            deal.title,
            look.money(deal.value, deal.currency) if deal.value else "",
            items,
            story,
            amending.removal(crm, "deal", deal.id),
            tuple(one.emails[0] for one in persons if one.emails),
            amending.deal_fields(deal, own),
            lambda engine, field, text: amending.amend_deal(engine, self.number, field, text),
            amending.choices(own, deal),
            unlinked,
        )

    def target(self) -> Target | None:
        """Return this deal."""
        deal = self._deal
        return None if deal is None else Target(deal.id, deal.title, deal.status, deal.stage_id, self._stages)

    def exported(self) -> Target | None:
        """Return this deal."""
        return self.target()

    def deal_id(self) -> int:
        """Return this deal."""
        return self.number

    def do_story_remove(self) -> None:
        """Delete the deal, after asking."""
        deal = self._deal
        if deal is None or self.facts is None:
            return

        async def remove(engine: Engine) -> str:
            return (await engine.delete_deal(deal.id)).title

        self.ask_removal(f'Delete the deal "{deal.title}"?', self.facts.removal, remove)


class PersonScreen(StoryScreen):
    """One person."""

    entity = "person"

    def __init__(self, person_id: int) -> None:
        super().__init__()
        self.number = person_id
        self._person: Person | None = None

    def read_facts(self, reader: Reader, longest: int) -> Facts:
        """Read the person, the deals, what is planned, the story, and what of theirs isn't linked."""
        crm = reader.crm
        found = crm.persons_by_ids([self.number])
        person = self._person = found[0]
        deals = crm.deals_of_persons([person.id], open_only=False)
        planned = crm.activities(person=person.id)
        story = reader.timeline(person_id=person.id, limit=longest)
        owed = () if first_page(story, longest) else crm.waiting(int(look.now()), person_id=person.id)
        unlinked, own = _unlinked(reader, person.emails), crm.fields("person")
        lost = undelivered(reader)
        failed = [lost[one] for one in map(normalize_address, person.emails) if one in lost]

        def items(width: int, now: float) -> list[Item]:
            lines = [*person_items(person, width), *_failed(failed, width, now), *_more(person, width)]
            lines += _deals(deals, width)
            if owed:
                lines += [Item(()), *waiting_items(owed, width, now, about=True)]
            return [*lines, *_planned(planned, width, now), *_lane(unlinked)]

        return Facts(
            person.name,
            "",
            items,
            story,
            amending.removal(crm, "person", person.id),
            person.emails[:1],
            amending.person_fields(person, own),
            lambda engine, field, text: amending.amend_person(engine, self.number, field, text),
            amending.choices(own),
            unlinked,
        )

    def do_activity_add(self) -> None:
        """Ask for a task in one line and add it to the person."""
        name = self._person.name if self._person is not None else ""
        self.ask_line(
            f"Task for {name}", TASK_EXAMPLE, lambda e, text: oneline.add_task(e, None, text, person_id=self.number)
        )

    def do_note_add(self) -> None:
        """Ask for a note and write it on the person."""
        name = self._person.name if self._person is not None else ""
        self.ask_note(name, lambda engine, text: oneline.add_note(engine, None, text, person_id=self.number))

    def do_story_remove(self) -> None:
        """Delete the person, after asking."""
        person = self._person
        if person is None or self.facts is None:
            return

        async def remove(engine: Engine) -> str:
            return (await engine.delete_person(person.id)).title

        self.ask_removal(
            f"Delete {person.name}?",
            f"{self.facts.removal} New mail from the addresses is nobody's then and not linked.",
            remove,
        )


class OrganizationScreen(StoryScreen):
    """One organization."""

    entity = "organization"

    def __init__(self, organization_id: int) -> None:
        super().__init__()
        self.number = organization_id
        self._organization: Organization | None = None

    def read_facts(self, reader: Reader, longest: int) -> Facts:
        """Read the organization, its people, its deals, and their stories as one."""
        crm = reader.crm
        here = self._organization = crm.organization(self.number)
        persons, deals = crm.persons_of_organization(here.id), crm.deals_of_organization(here.id)
        own = crm.fields("organization")
        unlinked = _unlinked(reader, [*here.emails, *(email for one in persons for email in one.emails)])

        def items(width: int, now: float) -> list[Item]:
            lines = [Item(((text, "dim"),)) for text in (here.website,) if text]
            lines += _known({"shared": ", ".join(here.emails), **dict(here.fields)}, here.tags, width)
            lines += _remark(here.note, width)
            for person in persons:
                lines += [Item(()), *person_items(person, width)]
            return [*lines, *_deals(deals, width), *_lane(unlinked)]

        stories = [reader.timeline(deal_id=one.id, limit=longest) for one in deals]
        stories += [reader.timeline(person_id=one.id, limit=longest) for one in persons]
        stories.append(crm.notes_of_organization(here.id))
        return Facts(
            here.name,
            "1 person" if len(persons) == 1 else f"{len(persons):,} people",
            items,
            _as_one(stories, longest),
            amending.removal(crm, "organization", here.id),
            tuple(one.emails[0] for one in persons[:1] if one.emails),
            amending.organization_fields(here, own),
            lambda engine, field, text: amending.amend_organization(engine, self.number, field, text),
            amending.choices(own),
            unlinked,
        )

    def do_note_add(self) -> None:
        """Ask for a note and write it on the organization."""
        name = self._organization.name if self._organization is not None else ""
        self.ask_note(name, lambda engine, text: oneline.add_note(engine, None, text, organization_id=self.number))

    def do_story_remove(self) -> None:
        """Delete the organization, after asking."""
        here = self._organization
        if here is None or self.facts is None:
            return

        async def remove(engine: Engine) -> str:
            return (await engine.record(await engine.organizations.delete(here.id))).title

        self.ask_removal(f"Delete {here.name}?", self.facts.removal, remove)


def screen_of(key: Hashable) -> StoryScreen | None:
    """Return the page of what a line stands for; None for what has none."""
    match key:
        case Deal(id=number):
            return DealScreen(number)
        case Person(id=number):
            return PersonScreen(number)
        case Organization(id=number):
            return OrganizationScreen(number)
    return None


def _lane(unlinked: Unlinked) -> list[Item]:
    """Return the line of what is theirs and linked to nothing; who owns the mailbox alone sees it (R27)."""
    words = f"{unlinked.messages:,} in your mailbox, not linked"
    return [Item(()), Item(((words, "dim"),), unlinked)] if unlinked.messages else []


def _unlinked(reader: Reader, emails: Sequence[str]) -> Unlinked:
    if not emails:
        return Unlinked("", 0)
    either = " OR ".join(f'{field}:"{email}"' for email in emails[:MOST_ASKED] for field in ("from", "to", "cc"))
    query = f"({either}) is:unlinked"
    return Unlinked(query, len(reader.ids(View("all", query=query))))


def _failed(failed: Sequence[Undelivered], width: int, now: float) -> list[Item]:
    words = [part for one in failed for part in cells.wrap(f"✗ {look.failure(one, now)}.", width)]
    return [Item(((part, "bad"),)) for part in words]


def _more(person: Person, width: int) -> list[Item]:
    found = [Item(((line, "dim"),)) for line in (*person.emails[1:], *person.phones[1:])]
    found += _known(dict(person.fields), person.tags, width)
    found += _remark(person.note, width)
    if person.organization is not None:
        found += [Item(()), Item((("at ", "dim"), (person.organization.name, "")), person.organization)]
    return found


def _known(said: Mapping[str, str], tags: Sequence[str], width: int) -> list[Item]:
    """Return owner and fields of one's own as ``name  value``, then the tags; nothing for what is empty."""
    found = [
        Item(look.shorten([(f"{name}  ", "dim"), (value.partition("\n")[0], "")], width))
        for name, value in said.items()
        if value
    ]
    return [*found, *([Item(look.shorten([("# " + ", ".join(tags), "dim")], width))] if tags else [])]


def _remark(note: str, width: int) -> list[Item]:
    """Return the beginning of a remark in Markdown."""
    shown = markdown.lines(note[:1000], width)[:REMARK] if note else []
    return [Item(()), *map(Item, shown)] if shown else []


def _deals(deals: Sequence[Deal], width: int) -> list[Item]:
    lines = [Item(())] if deals else []
    for deal in deals:
        state = deal.stage if deal.status == "open" else deal.status
        value = f" {look.money(deal.value, deal.currency)}" if deal.value else ""
        ink = "" if deal.status == "open" else "dim"
        lines.append(Item(look.spread([("◆ ", ink), (deal.title, ink)], [(f"{state}{value}", "dim")], width), deal))
    return lines


def _planned(activities: Sequence[Activity], width: int, now: float) -> list[Item]:
    lines = [Item(())] if activities else []
    for one in activities:
        late = one.due + (86400 if one.all_day else 0) < now
        when = look.date(one.due, now) if late else look.coming(one.due, now)
        mark: look.Piece = ("! ", "bad") if late else ("☐ ", "accent")
        lines.append(Item(look.spread([mark, (f"{when}  ", "dim"), *task(one)], [], width), one))
    return lines


def _as_one(stories: Iterable[Sequence[TimelineEntry]], longest: int) -> list[TimelineEntry]:
    found: dict[tuple[object, ...], TimelineEntry] = {}
    for story in stories:
        for one in story:
            found.setdefault((one.kind, one.id or one.title, one.at), one)
    return sorted(found.values(), key=lambda one: -one.at)[:longest]
