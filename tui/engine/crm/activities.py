"""Activities (what is to be done, and when) and notes, written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tui.engine.crm import agenda, dates, repeating, resolve
from tui.engine.crm.db import Changed, CrmDb, Transaction
from tui.engine.crm.names import valid_name
from tui.engine.crm.resolve import Ref
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Activity, Note
from tui.engine.text import clean, line

KINDS = ("task", "call", "meeting", "deadline", "follow-up")


class Activities:
    """Adds, edits, finishes and deletes activities."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def get(self, id: int) -> Activity:
        """Return an activity.

        Raises:
            NotFound: there is none with that id.
        """
        found = await self._db.read(agenda.activities("a.deleted_at IS NULL AND a.id = ?", (id,)))
        if not found:
            raise NotFound("activity", id)
        return found[0]

    async def add(
        self,
        subject: str,
        due: int,
        all_day: bool = True,
        deal: Ref | None = None,
        person: Ref | None = None,
        kind: str = "task",
        message_id: str = "",
        repeat: str = "",
    ) -> Changed:
        """Add something to do.

        Args:
            due: seconds since the epoch; a whole day's midnight in UTC (``dates.parse_due``).
            kind: one of ``KINDS``.
            message_id: the Message-ID of the mail that it came from.
            repeat: how often it comes again once it is done (``repeating.parse``); "" for never.

        Raises:
            InvalidInput: the subject is empty, the kind unknown, or the repeat can't be read.
            NotFound, Ambiguous: the deal or the person.
        """
        async with self._db.transaction() as tx:
            row: dict[str, object] = {
                "kind": _kind(kind),
                "subject": valid_name(subject, "subject"),
                "due_at": due,
                "all_day": int(all_day),
                "deal_id": None if deal is None else await tx.read(resolve.deal(deal)),
                "person_id": None if person is None else await tx.read(resolve.person(person)),
                "message_id": line(message_id),
                "created_at": tx.now,
                **_repeat(repeat, due),
            }
            id = await tx.insert("activities", row)
            return _changed(tx, id, f"Added the activity {line(subject, 60)}", row)

    async def edit(
        self,
        id: int,
        *,
        subject: str | None = None,
        due: int | None = None,
        all_day: bool | None = None,
        kind: str | None = None,
        repeat: str | None = None,
    ) -> Changed:
        """Change what is given and leave what is None; another due date begins the repeat anew.

        Raises:
            NotFound: there is none with that id.
            InvalidInput: as ``add``.
        """
        values: dict[str, object] = {}
        if subject is not None:
            values["subject"] = valid_name(subject, "subject")
        if due is not None:
            values["due_at"] = due
        if all_day is not None:
            values["all_day"] = int(all_day)
        if kind is not None:
            values["kind"] = _kind(kind)
        async with self._db.transaction() as tx:
            before = await _present(tx, "activities", id, "activity")
            if repeat is not None or due is not None:
                said = before["repeat"] if repeat is None else repeat
                values |= _repeat(str(said), int(str(before["due_at"])) if due is None else due)
            if values:
                await tx.update("activities", id, values)
            return _changed(tx, id, "Edited an activity", before)

    async def done(self, id: int, done: bool = True) -> Changed:
        """Mark an activity as done, or as still to do; one that repeats hands its repeat on to the next one.

        Raises:
            NotFound: there is none with that id.
            InvalidInput: there is no next day.
        """
        async with self._db.transaction() as tx:
            row = await _present(tx, "activities", id, "activity")
            values: dict[str, object] = {"done_at": tx.now if done else None}
            title, coming = f"Finished {row['subject']}" if done else f"Took {row['subject']} up again", None
            if done and row["repeat"] and row["done_at"] is None:
                coming, due = await _next(tx, row)
                values |= {"repeat": "", "repeat_from": None}
                title += f", next {dates.show_due(due, bool(row['all_day']))}"
            await tx.update("activities", id, values)
            return replace(_changed(tx, id, title, row), next=coming)

    async def delete(self, id: int) -> Changed:
        """Delete an activity.

        Raises:
            NotFound: there is none with that id.
        """
        return await self._update(id, {"deleted_at": True}, "Deleted an activity")

    async def _update(self, id: int, values: dict[str, object], title: str) -> Changed:
        async with self._db.transaction() as tx:
            row = await _present(tx, "activities", id, "activity")
            if values:
                await tx.update("activities", id, _times(tx, values))
            return _changed(tx, id, title, row)


class Notes:
    """Adds, edits and deletes notes."""

    def __init__(self, db: CrmDb) -> None:
        self._db = db

    async def get(self, id: int) -> Note:
        """Return a note.

        Raises:
            NotFound: there is none with that id.
        """
        found = await self._db.read(agenda.notes("n.deleted_at IS NULL AND n.id = ?", (id,)))
        if not found:
            raise NotFound("note", id)
        return found[0]

    async def add(
        self, body: str, deal: Ref | None = None, person: Ref | None = None, org: Ref | None = None
    ) -> Changed:
        """Add a note in Markdown to a deal, a person, an organization, or several of them.

        Raises:
            InvalidInput: the note is empty, or belongs to nothing.
            NotFound, Ambiguous: the deal, the person or the organization.
        """
        async with self._db.transaction() as tx:
            if deal is None and person is None and org is None:
                raise InvalidInput("A note belongs to a deal, a person or an organization; name one.")
            row: dict[str, object] = {
                "body": _body(body),
                "author": tx.actor,
                "deal_id": None if deal is None else await tx.read(resolve.deal(deal)),
                "person_id": None if person is None else await tx.read(resolve.person(person)),
                "organization_id": None if org is None else await tx.read(resolve.organization(org)),
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            id = await tx.insert("notes", row)
            return _changed(tx, id, "Added a note", row)

    async def edit(self, id: int, body: str) -> Changed:
        """Change a note's text.

        Raises:
            NotFound: there is none with that id.
            InvalidInput: the text is empty.
        """
        return await self._update(id, {"body": _body(body), "updated_at": True}, "Edited a note")

    async def delete(self, id: int) -> Changed:
        """Delete a note.

        Raises:
            NotFound: there is none with that id.
        """
        return await self._update(id, {"deleted_at": True}, "Deleted a note")

    async def _update(self, id: int, values: dict[str, object], title: str) -> Changed:
        async with self._db.transaction() as tx:
            row = await _present(tx, "notes", id, "note")
            await tx.update("notes", id, _times(tx, values))
            return _changed(tx, id, title, row)


async def _present(tx: Transaction, table: str, id: int, noun: str) -> dict[str, object]:
    row = await tx.row(table, {"id": id})
    if row is None or row["deleted_at"] is not None:
        raise NotFound(noun, id)
    return row


def _repeat(repeat: str, due: int) -> dict[str, object]:
    kept = repeating.parse(repeat)
    return {"repeat": kept, "repeat_from": due if kept else None}


async def _next(tx: Transaction, row: Mapping[str, object]) -> tuple[int, int]:
    """Add the activity that comes after one that is done; return its id and when it is due."""
    due, first = int(str(row["due_at"])), row["repeat_from"]
    begun = first if isinstance(first, int) else due
    at = repeating.following(str(row["repeat"]), begun, due, bool(row["all_day"]), tx.now)
    kept = {name: value for name, value in row.items() if name not in ("id", "done_at", "deleted_at")}
    return await tx.insert("activities", {**kept, "due_at": at, "created_at": tx.now}), at


def _times(tx: Transaction, values: dict[str, object]) -> dict[str, object]:
    """A moment given as True is now, one given as False is never."""
    moments = {name: tx.now if value else None for name, value in values.items() if isinstance(value, bool)}
    return {**values, **moments}


def _changed(tx: Transaction, id: int, title: str, row: Mapping[str, object]) -> Changed:
    deal, person = row.get("deal_id"), row.get("person_id")
    return tx.changed(id, title, [person] if isinstance(person, int) else [], [deal] if isinstance(deal, int) else [])


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise InvalidInput(f'"{line(kind, 40)}" is no kind of activity; choose one of {", ".join(KINDS)}.')
    return kind


def _body(body: str) -> str:
    cleaned = clean(body).strip()
    if not cleaned:
        raise InvalidInput("The note is empty; write something.")
    return cleaned
