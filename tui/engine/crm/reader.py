"""Synchronous, read-only view of the CRM for screens and the command line: one connection, one thread at a time."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from pathlib import Path

from tui.engine.crm import agenda, board, fetch, history, mails, removal, reports, resolve, search, timeline, waiting
from tui.engine.crm.resolve import Ref
from tui.engine.crm.rows import Query, T, fold, like, run
from tui.engine.crm.waiting import STALE_DAYS
from tui.engine.errors import ConfigError
from tui.engine.model import (
    Activity,
    Card,
    Deal,
    DealRef,
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

        self._index: search.Index | None = None
        self._index_version = -1
        self._owed: dict[str, list[str]] = {}
        self._owed_version = -1

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
        """Return people by name, all or those with the text in name, address or organization."""
        return run(self._connection, fetch.persons(*_naming(text)))

    def person_ids(self, text: str = "") -> array[int]:
        """Return the ids of ``persons(text)``, in their order."""
        return array("q", run(self._connection, fetch.person_ids(*_naming(text))))

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
        """Return deals, newest first: of a status, with the text in title, person or organization."""
        condition, values = "d.deleted_at IS NULL", list[object]()
        if status is not None:
            condition += " AND d.status = ?"
            values.append(status)
        if text.strip():
            condition += (
                " AND (d.key LIKE ? ESCAPE '\\' OR d.organization_id IN (SELECT x.id FROM organizations x WHERE"
                " x.deleted_at IS NULL AND x.key LIKE ? ESCAPE '\\') OR d.id IN (SELECT y.deal_id FROM deal_persons y"
                " JOIN persons z ON z.id = y.person_id WHERE z.deleted_at IS NULL AND z.key LIKE ? ESCAPE '\\'))"
            )
            values += [like(text)] * 3
        return run(self._connection, fetch.deals(condition, values))

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

    def cards(self, pipeline_id: int) -> list[Card]:
        """Return the open deals of a pipeline as its board shows them, newest first."""
        return run(self._connection, board.cards(pipeline_id))

    def organizations(self, text: str = "") -> list[Organization]:
        """Return organizations by name, all or those with the text in the name."""
        condition = "o.deleted_at IS NULL" + (" AND o.key LIKE ? ESCAPE '\\'" if fold(text) else "")
        return run(self._connection, fetch.organizations(condition, (like(text),) if fold(text) else ()))

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
        return run(self._connection, mails.identities(mail_ids))

    def mail(self, mail_id: int) -> mails.PublishedMail:
        """Return a mail of a timeline, whole, by the timeline entry's id (R28).

        Raises:
            NotFound: it is not in the CRM.
        """
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

    def notes(self, deal: Ref | None = None, person: Ref | None = None) -> list[Note]:
        """Return notes, newest first.

        Raises:
            NotFound, Ambiguous: the deal or the person.
        """
        return run(self._connection, agenda.notes(*self._about("n", deal, person)))

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
            last: dict[str, list[int]] = {"us": [], "them": []}
            for one in self.waiting(0):
                last[one.owed_by].append(one.mail)
            self._owed = {who: list(self.mail_identities(mails).values()) for who, mails in last.items()}
            self._owed_version = version
        return self._owed[owed_by]

    def stale(self, now: int, days: int = STALE_DAYS) -> list[Stale]:
        """Return the open deals that nothing happened to for so many days, the longest first."""
        return self.ask(waiting.stale(now, days))

    def history(self, entity: str, id: int) -> list[HistoryEntry]:
        """Return the changes of a ``person``, ``organization`` or ``deal``, newest first."""
        return self.ask(history.of(entity, id))

    def removal(self, entity: str, id: int) -> Removal:
        """Return what would go and stay with a ``person`` or ``deal`` if it were deleted."""
        return self.ask(removal.of_person(id) if entity == "person" else removal.of_deal(id))

    def search(self, text: str, limit: int = 50) -> tuple[list[Person], list[Deal]]:
        """Return the people and deals that a picker offers for what was typed, best first."""
        version = self.version
        if self._index is None or self._index_version != version:
            self._index, self._index_version = self.ask(search.index()), version
        return self.ask(search.pick(text, limit, self._index))


def _naming(text: str) -> tuple[str, tuple[object, ...]]:
    """Return the condition, with its values, for people with the text in name, address or organization."""
    if not text.strip():
        return "p.deleted_at IS NULL", ()
    condition = (
        "p.deleted_at IS NULL AND (p.key LIKE ? ESCAPE '\\' OR p.id IN (SELECT person_id FROM person_emails"
        " WHERE live = 1 AND norm LIKE ? ESCAPE '\\') OR p.organization_id IN (SELECT x.id FROM organizations x"
        " WHERE x.deleted_at IS NULL AND x.key LIKE ? ESCAPE '\\'))"
    )
    return condition, (like(text),) * 3
