"""Synchronous, read-only view of the CRM for screens and the command line: one connection, one thread at a time."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.crm import (
    agenda,
    board,
    declared,
    fetch,
    filters,
    removal,
    reports,
    resolve,
    search,
    timeline,
    waiting,
)
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import Query, T, run
from tui.engine.crm.waiting import STALE_DAYS
from tui.engine.errors import ConfigError
from tui.engine.model import (
    Activity,
    Card,
    Deal,
    DealRef,
    Field,
    ForecastSum,
    HistoryEntry,
    MailVolume,
    Note,
    Organization,
    Outcome,
    Person,
    PersonRef,
    Pipeline,
    Removal,
    StageFlow,
    StageSum,
    Stale,
    TimelineEntry,
    Waiting,
)

if TYPE_CHECKING:
    from tui.engine.crm.mails import PublishedMail


class CrmReader:
    """Reads what is committed in the CRM database.

    Args:
        path: the database, which ``CrmDb.open`` has made.

    Raises:
        ConfigError: it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA busy_timeout = 5000")
            self._connection.execute("SELECT value FROM meta").fetchone()
        except sqlite3.Error as error:
            raise ConfigError(
                f"The CRM database {path} can't be read ({error}); start dealdesk once to make it."
            ) from error

        self.user = ""
        """Who "owner:me" is; the engine says it."""
        self._index: search.Index | None = None
        self._index_version = -1
        self._owed: dict[str, list[str]] = {}
        self._owed_version = -1
        self._cards: dict[int, Sequence[Card]] = {}
        self._cards_version = -1

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def version(self) -> int:
        """A number that changes whenever another connection has committed to the CRM."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def ask(self, query: Query[T]) -> T:
        """Drive a query of this package (``rows.Query``) on what is committed."""
        return run(self._connection, query)

    def persons(self, text: str = "") -> list[Person]:
        """Return people by name, all or those that a text chooses (``filters``): ``tag:vip acme``."""
        return run(self._connection, fetch.persons(*filters.persons(text)))

    def person_ids(self, text: str = "") -> array[int]:
        """Return the ids of ``persons(text)``, in their order."""
        return array("q", run(self._connection, fetch.person_ids(*filters.persons(text))))

    def person(self, ref: Ref) -> Person:
        """Return a person by id, address or name.

        Raises:
            NotFound: there is none.
            Ambiguous: several have that name.
        """
        id = run(self._connection, resolve.person(ref))
        return run(self._connection, fetch.persons_by_ids([id]))[0]

    def persons_by_ids(self, ids: Iterable[int]) -> list[Person]:
        """Return these people, by name; unknown ids are left out."""
        return run(self._connection, fetch.persons_by_ids(ids))

    def person_refs(self, ids: Iterable[int]) -> dict[int, PersonRef]:
        """Return id -> person for badges; unknown ids are left out."""
        return run(self._connection, fetch.person_refs(ids))

    def by_address(self, addresses: Iterable[str]) -> dict[str, PersonRef]:
        """Return normalised address -> person for the registered ones."""
        return run(self._connection, fetch.by_address(addresses))

    def deals(self, status: str | None = None, text: str = "") -> list[Deal]:
        """Return deals, newest first: of a status, and that a text chooses (``filters``): ``owner:me tag:big acme``."""
        condition, values = filters.deals(text, self.user)
        if status is not None:
            condition += " AND d.status = ?"
            values.append(status)
        return run(self._connection, fetch.deals(condition, values))

    def deal_ids(self, text: str) -> list[int]:
        """Return the ids of ``deals(text=text)``, in no order."""
        return run(self._connection, fetch.ids("deals", "d", filters.deals(text, self.user)))

    def about(self, term: str) -> tuple[list[int], list[int]]:
        """Return the ids of deals and of people that a term like ``tag:vip`` chooses, or whose organization it does."""
        organizations = filters.organizations(term)
        deals = filters.either("d", filters.deals(term, self.user), organizations)
        people = filters.either("p", filters.persons(term), organizations)
        return self.ask(fetch.ids("deals", "d", deals)), self.ask(fetch.ids("persons", "p", people))

    def deal(self, ref: Ref) -> Deal:
        """Return a deal by id or title.

        Raises:
            NotFound: there is none.
            Ambiguous: several have that title.
        """
        id = run(self._connection, resolve.deal(ref))
        return run(self._connection, fetch.deals_by_ids([id]))[0]

    def deals_by_ids(self, ids: Iterable[int]) -> list[Deal]:
        """Return these deals, newest first, deleted ones with that status; unknown ids are left out."""
        return run(self._connection, fetch.deals_by_ids(ids))

    def deal_refs(self, ids: Iterable[int]) -> dict[int, DealRef]:
        """Return id -> deal for badges; unknown ids are left out."""
        return run(self._connection, fetch.deal_refs(ids))

    def deals_of_persons(self, person_ids: Iterable[int], open_only: bool = True) -> list[Deal]:
        """Return the deals of any of these people, newest first."""
        return run(self._connection, fetch.deals_of_persons(person_ids, open_only))

    def last_mail(self, deal_ids: Iterable[int]) -> dict[int, int]:
        """Return deal id -> date of its newest mail."""
        return run(self._connection, fetch.last_mail(deal_ids))

    def pipelines(self) -> list[Pipeline]:
        """Return every pipeline with its stages in order."""
        return run(self._connection, fetch.pipelines())

    def cards(self, pipeline_id: int) -> Sequence[Card]:
        """Return the open deals of a pipeline as a board shows them, newest first; kept until the CRM changes."""
        version = self.version
        if self._cards_version != version:
            self._cards, self._cards_version = {}, version
        if pipeline_id not in self._cards:
            self._cards[pipeline_id] = self.ask(board.cards(pipeline_id))
        return self._cards[pipeline_id]

    def organizations(self, text: str = "") -> list[Organization]:
        """Return organizations by name, all or those that a text chooses (``filters``)."""
        return run(self._connection, fetch.organizations(*filters.organizations(text)))

    def organization(self, ref: Ref) -> Organization:
        """Return an organization by id or name.

        Raises:
            NotFound: there is none.
        """
        id = run(self._connection, resolve.organization(ref))
        return run(self._connection, fetch.organizations("o.id = ?", (id,)))[0]

    def persons_of_organization(self, organization_id: int) -> list[Person]:
        """Return the people of an organization, by name."""
        return run(
            self._connection, fetch.persons("p.deleted_at IS NULL AND p.organization_id = ?", (organization_id,))
        )

    def deals_of_organization(self, organization_id: int) -> list[Deal]:
        """Return the deals of an organization, newest first."""
        return run(self._connection, fetch.deals("d.deleted_at IS NULL AND d.organization_id = ?", (organization_id,)))

    def timeline(
        self, deal_id: int | None = None, person_id: int | None = None, limit: int = 1000
    ) -> list[TimelineEntry]:
        """Return the story of a deal or a person, newest first; ``id`` of a mail entry is that of the CRM's copy."""
        return run(self._connection, timeline.timeline(deal_id, person_id, limit))

    def mail_identities(self, mail_ids: Iterable[int]) -> dict[int, str]:
        """Return mail id -> identity, by which the mailbox finds its own copy."""
        from tui.engine.crm import mails

        return run(self._connection, mails.identities(mail_ids))

    def mail(self, mail_id: int) -> PublishedMail:
        """Return a mail of a timeline, whole, by the timeline entry's id (R28).

        Raises:
            NotFound: it is not in the CRM.
        """
        from tui.engine.crm import mails

        return run(self._connection, mails.mail(mail_id))

    def activities(
        self, deal: Ref | None = None, person: Ref | None = None, done: bool | None = False
    ) -> list[Activity]:
        """Return activities, what is due first coming first: those to do, the done ones, or (None) both.

        Raises:
            NotFound, Ambiguous: the deal or the person.
        """
        condition, values = self._about("a", deal, person)
        if done is not None:
            condition += f" AND a.done_at IS {'NOT ' if done else ''}NULL"
        return run(self._connection, agenda.activities(condition, values))

    def notes(self, deal: Ref | None = None, person: Ref | None = None, org: Ref | None = None) -> list[Note]:
        """Return notes, newest first.

        Raises:
            NotFound, Ambiguous: the deal, the person or the organization.
        """
        condition, values = self._about("n", deal, person)
        if org is not None:
            condition += " AND n.organization_id = ?"
            values.append(run(self._connection, resolve.organization(org)))
        return run(self._connection, agenda.notes(condition, values))

    def notes_of_organization(self, organization_id: int) -> list[TimelineEntry]:
        """Return the notes on an organization as entries of its story, newest first."""
        return run(self._connection, timeline.notes("organization", organization_id))

    def fields(self, kind: str | None = None) -> list[Field]:
        """Return the fields that were declared for a ``person``, ``organization`` or ``deal``, or for all of them."""
        return run(self._connection, declared.declared(kind))

    def field(self, kind: str, name: str) -> tuple[Field, int]:
        """Return a declared field, and how many things have a value in it.

        Raises:
            NotFound: there is none of that name.
        """
        found = run(self._connection, declared.named(kind, name))
        return found, run(self._connection, declared.used(found))

    def _about(self, table: str, deal: Ref | None, person: Ref | None) -> tuple[str, list[object]]:
        condition, values = f"{table}.deleted_at IS NULL", list[object]()
        if deal is not None:
            condition += f" AND {table}.deal_id = ?"
            values.append(run(self._connection, resolve.deal(deal)))
        if person is not None:
            condition += f" AND {table}.person_id = ?"
            values.append(run(self._connection, resolve.person(person)))
        return condition, values

    def pipeline_sums(self) -> list[StageSum]:
        """Return the open deals by stage and currency."""
        return self.ask(reports.pipeline())

    def forecast(self, now: int) -> list[ForecastSum]:
        """Return the open deals by the month of their expected close and currency."""
        return self.ask(reports.forecast(now))

    def outcomes(self, since: int = 0) -> list[Outcome]:
        """Return how the deals that were closed since a moment ended, and why."""
        return self.ask(reports.outcomes(since))

    def stage_flow(self) -> list[StageFlow]:
        """Return what became of the deals that ever were in each stage, and how long they were."""
        return self.ask(reports.flow())

    def mail_volume(self) -> list[MailVolume]:
        """Return the mail of each deal, the deals with the most first."""
        return self.ask(reports.mail_volume())

    def waiting(self, now: int, deal_id: int | None = None, person_id: int | None = None) -> list[Waiting]:
        """Return the answers that are owed about open deals, the late ones first."""
        return self.ask(waiting.waiting(now, deal_id, person_id))

    def owed(self, owed_by: str) -> list[str]:
        """Return the identities of the last mails about open deals that wait for an answer, ours (``us``) or theirs.

        They are kept until the CRM changes: a frame asks for both whenever anything happens.
        """
        version = self.version
        if self._owed_version != version:
            owed = self.ask(waiting.owed())
            self._owed = {who: list(self.mail_identities(mails).values()) for who, mails in owed.items()}
            self._owed_version = version
        return self._owed[owed_by]

    def stale(self, now: int, days: int = STALE_DAYS) -> list[Stale]:
        """Return the open deals that nothing happened to for so many days, the longest first."""
        return self.ask(waiting.stale(now, days))

    def history(self, entity: str, id: int) -> list[HistoryEntry]:
        """Return the changes of a ``person``, ``organization`` or ``deal``, newest first."""
        from tui.engine.crm import history

        return self.ask(history.of(entity, id))

    def removal(self, entity: str, id: int) -> Removal:
        """Return what would go and stay with a ``person``, ``organization`` or ``deal`` if it were deleted."""
        return self.ask(removal.OF[entity](id))

    def search(self, text: str, limit: int = 50) -> tuple[list[Person], list[Deal]]:
        """Return the people and deals that a picker offers for what was typed, best first."""
        version = self.version
        if self._index is None or self._index_version != version:
            self._index, self._index_version = self.ask(search.index()), version
        return self.ask(search.pick(text, limit, self._index))
