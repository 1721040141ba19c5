"""Reads of people, organizations, pipelines and deals as whole objects, set-based, for both drivers (``rows.Query``).

The conditions passed in are SQL of this package, never text that somebody typed; values always travel as parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.engine.crm.declared import values as field_values
from tui.engine.crm.rows import Query, Row, chunks, marks
from tui.engine.model import Deal, DealRef, Organization, Person, PersonRef, Pipeline, Stage
from tui.engine.text import normalize_address

OPEN = "d.status = 'open' AND d.deleted_at IS NULL AND l.archived = 0"
"""What makes a deal ``d`` in a pipeline ``l`` open (RULES.md, Words)."""


def persons(where: str = "p.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[Person]]:
    """Return the people ``p`` that the condition chooses, by name."""
    chosen = f"SELECT p.id FROM persons p WHERE {where}"
    found = yield (
        "SELECT p.id, p.name, p.title, p.note, o.id, o.name FROM persons p LEFT JOIN organizations o"
        f" ON o.id = p.organization_id AND o.deleted_at IS NULL WHERE {where} ORDER BY p.key, p.id",
        values,
    )
    emails = yield from _texts("person", "emails", "address", chosen, values)
    phones = yield from _texts("person", "phones", "phone", chosen, values)
    tags_of = yield from tags("person", chosen, values)
    fields = yield from field_values("person", chosen, values)
    return [
        Person(
            id=id,
            name=name,
            emails=tuple(emails.get(id, ())),
            phones=tuple(phones.get(id, ())),
            organization=None if org is None else Organization(org, org_name),
            title=title,
            tags=tags_of.get(id, ()),
            note=note,
            fields=tuple(fields.get(id, ())),
        )
        for id, name, title, note, org, org_name in found
    ]


def _texts(noun: str, what: str, column: str, chosen: str, values: Sequence[object]) -> Query[dict[int, list[str]]]:
    """Return id -> addresses or phones in their order, for those that a subquery chooses."""
    found: dict[int, list[str]] = {}
    sql = f"SELECT {noun}_id, {column} FROM {noun}_{what} WHERE {noun}_id IN ({chosen}) ORDER BY position, id"
    for id, text in (yield sql, values):
        found.setdefault(id, []).append(text)
    return found


def tags(noun: str, chosen: str, values: Sequence[object]) -> Query[dict[int, tuple[str, ...]]]:
    """Return id -> tags in alphabetical order, for those that a subquery chooses."""
    found: dict[int, list[str]] = {}
    sql = f"SELECT {noun}_id, name FROM {noun}_tags JOIN tags ON id = tag_id WHERE {noun}_id IN ({chosen})"
    for id, name in (yield sql, values):
        found.setdefault(id, []).append(name)
    return {id: tuple(sorted(names, key=str.lower)) for id, names in found.items()}


def person_ids(where: str = "p.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[int]]:
    """Return the ids of the people ``p`` that the condition chooses, by name."""
    return [row[0] for row in (yield f"SELECT p.id FROM persons p WHERE {where} ORDER BY p.key, p.id", values)]


def ids(table: str, letter: str, condition: tuple[str, Sequence[object]]) -> Query[list[int]]:
    """Return the ids of the rows of a table that a condition on its ``letter`` chooses."""
    where, values = condition
    return [row[0] for row in (yield f"SELECT {letter}.id FROM {table} {letter} WHERE {where}", values)]


def persons_by_ids(ids: Iterable[int]) -> Query[list[Person]]:
    """Return these people, deleted ones too, by name; ids of merged ones give whom they became."""
    found: dict[int, Person] = {}
    for chunk in chunks(list(dict.fromkeys(ids))):
        inside = marks(chunk)
        condition = f"p.id IN (SELECT coalesce(m.merged_into, m.id) FROM persons m WHERE m.id IN ({inside}))"
        found.update((one.id, one) for one in (yield from persons(condition, chunk)))
    return list(found.values())


def person_refs(ids: Iterable[int]) -> Query[dict[int, PersonRef]]:
    """Return id -> person for those ids that exist; a merged one gives whom it became."""
    found: dict[int, PersonRef] = {}
    for chunk in chunks(list(dict.fromkeys(ids))):
        rows = yield (
            "SELECT m.id, p.id, p.name FROM persons m JOIN persons p ON p.id = coalesce(m.merged_into, m.id)"
            f" WHERE m.id IN ({marks(chunk)})",
            chunk,
        )
        found.update((asked, PersonRef(id, name)) for asked, id, name in rows)
    return found


def by_address(addresses: Iterable[str]) -> Query[dict[str, PersonRef]]:
    """Return normalised address -> person for the registered ones among the addresses."""
    wanted = list(dict.fromkeys(normalize_address(address) for address in addresses))
    found: dict[str, PersonRef] = {}
    for chunk in chunks(wanted):
        rows = yield (
            "SELECT e.norm, p.id, p.name FROM person_emails e JOIN persons p ON p.id = e.person_id"
            f" WHERE e.live = 1 AND p.deleted_at IS NULL AND e.norm IN ({marks(chunk)})",
            chunk,
        )
        found.update((norm, PersonRef(id, name)) for norm, id, name in rows)
    return found


def deals(where: str = "d.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[Deal]]:
    """Return the deals ``d`` (pipeline ``l``) that the condition chooses, newest first."""
    source = "FROM deals d JOIN pipelines l ON l.id = d.pipeline_id"
    chosen = f"SELECT d.id {source} WHERE {where}"
    attached: dict[int, list[PersonRef]] = {}
    rows = yield (
        "SELECT dp.deal_id, p.id, p.name, dp.role FROM deal_persons dp JOIN persons p ON p.id = dp.person_id"
        f" WHERE p.deleted_at IS NULL AND dp.deal_id IN ({chosen})"
        " ORDER BY dp.position, p.key",
        values,
    )
    for deal_id, person_id, name, role in rows:
        attached.setdefault(deal_id, []).append(PersonRef(person_id, name, role))
    tags_of = yield from tags("deal", chosen, values)
    fields = yield from field_values("deal", chosen, values)
    found = yield (
        "SELECT d.id, d.title, l.id, l.name, s.id, s.name, CASE WHEN d.deleted_at IS NULL THEN d.status ELSE 'deleted'"
        " END, d.value, d.currency, o.id, o.name, d.expected_close, d.lost_reason, d.created_at, d.stage_entered_at,"
        f" d.closed_at, d.owner {source} JOIN stages s ON s.id = d.stage_id LEFT JOIN organizations o"
        f" ON o.id = d.organization_id AND o.deleted_at IS NULL WHERE {where} ORDER BY d.created_at DESC, d.id DESC",
        values,
    )
    return [
        _deal(row, tuple(attached.get(row[0], ())))._replace(
            tags=tags_of.get(row[0], ()), fields=tuple(fields.get(row[0], ()))
        )
        for row in found
    ]


def _deal(row: Row, attached: tuple[PersonRef, ...]) -> Deal:
    id, title, pipeline_id, pipeline, stage_id, stage, status, value, currency, org, org_name, *rest = row
    close, reason, created, entered, closed, owner = rest
    return Deal(
        id=id,
        title=title,
        pipeline_id=pipeline_id,
        pipeline=pipeline,
        stage_id=stage_id,
        stage=stage,
        status=status,
        value=value,
        currency=currency,
        persons=attached,
        organization=None if org is None else Organization(org, org_name),
        expected_close=close,
        lost_reason=reason,
        created=created,
        stage_entered=entered,
        closed=closed,
        owner=owner,
    )


def deals_by_ids(ids: Iterable[int]) -> Query[list[Deal]]:
    """Return these deals, deleted ones too (their status says so), newest first."""
    found: list[Deal] = []
    for chunk in chunks(list(dict.fromkeys(ids))):
        found += yield from deals(f"d.id IN ({marks(chunk)})", chunk)
    return found


def deals_of_persons(person_ids: Iterable[int], open_only: bool = True) -> Query[list[Deal]]:
    """Return the deals to which any of these people is attached, newest first, each once."""
    found: dict[int, Deal] = {}
    state = OPEN if open_only else "d.deleted_at IS NULL"
    for chunk in chunks(list(dict.fromkeys(person_ids))):
        inside = f"d.id IN (SELECT deal_id FROM deal_persons WHERE person_id IN ({marks(chunk)}))"
        found.update((one.id, one) for one in (yield from deals(f"{state} AND {inside}", chunk)))
    return list(found.values())


def deal_refs(ids: Iterable[int]) -> Query[dict[int, DealRef]]:
    """Return id -> deal as a badge shows it, deleted ones with the status ``deleted``."""
    found: dict[int, DealRef] = {}
    for chunk in chunks(list(dict.fromkeys(ids))):
        rows = yield (
            "SELECT d.id, d.title, s.name, CASE WHEN d.deleted_at IS NULL THEN d.status ELSE 'deleted' END"
            f" FROM deals d JOIN stages s ON s.id = d.stage_id WHERE d.id IN ({marks(chunk)})",
            chunk,
        )
        found.update((id, DealRef(id, title, stage, status)) for id, title, stage, status in rows)
    return found


def last_mail(deal_ids: Iterable[int]) -> Query[dict[int, int]]:
    """Return deal id -> date of its newest mail, for deals that have one."""
    found: dict[int, int] = {}
    for chunk in chunks(list(dict.fromkeys(deal_ids))):
        rows = yield (
            "SELECT md.deal_id, max(m.date) FROM mail_deals md JOIN mails m ON m.id = md.mail_id"
            f" WHERE md.deal_id IN ({marks(chunk)}) GROUP BY md.deal_id",
            chunk,
        )
        found.update((deal_id, date) for deal_id, date in rows)
    return found


def organizations(where: str = "o.deleted_at IS NULL", values: Sequence[object] = ()) -> Query[list[Organization]]:
    """Return the organizations ``o`` that the condition chooses, by name."""
    chosen = f"SELECT o.id FROM organizations o WHERE {where}"
    found = yield (
        f"SELECT o.id, o.name, o.website, o.note FROM organizations o WHERE {where} ORDER BY o.key, o.id",
        values,
    )
    emails = yield from _texts("organization", "emails", "address", chosen, values)
    tags_of = yield from tags("organization", chosen, values)
    fields = yield from field_values("organization", chosen, values)
    return [
        Organization(
            *(id, name, website, note),
            emails=tuple(emails.get(id, ())),
            tags=tags_of.get(id, ()),
            fields=tuple(fields.get(id, ())),
        )
        for id, name, website, note in found
    ]


def pipelines() -> Query[list[Pipeline]]:
    """Return every pipeline with its stages in order; archived stages are left out."""
    stages: dict[int, list[Stage]] = {}
    rows = yield (
        "SELECT id, pipeline_id, name, position, probability FROM stages WHERE archived = 0 ORDER BY position, id",
        (),
    )
    for id, pipeline_id, name, position, probability in rows:
        stages.setdefault(pipeline_id, []).append(Stage(id, pipeline_id, name, position, probability))
    rows = yield "SELECT id, name, archived FROM pipelines ORDER BY position, id", ()
    return [Pipeline(id, name, bool(archived), tuple(stages.get(id, ()))) for id, name, archived in rows]
