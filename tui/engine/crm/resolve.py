"""References as people write them (CLI.md): an id, or an unambiguous address, name or title.

Names and titles are compared without case, width and accents.
"""

from __future__ import annotations

from typing import TypeAlias

from tui.engine.crm.rows import Query, fold
from tui.engine.errors import Ambiguous, NotFound
from tui.engine.text import normalize_address

Ref: TypeAlias = int | str


def person(ref: Ref) -> Query[int]:
    """Return the id of a person given by id, address or name; the id of a merged person gives whom it became.

    Raises:
        NotFound: nobody has that id, address or name.
        Ambiguous: several people have that name.
    """
    found = yield from _by_id("persons", ref, " AND (deleted_at IS NULL OR merged_into IS NOT NULL)")
    if found is not None:
        rows = yield "SELECT coalesce(merged_into, id) FROM persons WHERE id = ?", (found,)
        return int(rows[0][0])
    if isinstance(ref, str) and "@" in ref:
        rows = yield "SELECT person_id FROM person_emails WHERE live = 1 AND norm = ?", (normalize_address(ref),)
        if rows:
            return int(rows[0][0])
    return (yield from _by_name("person", "SELECT id, name FROM persons WHERE key = ? AND deleted_at IS NULL", ref))


def organization(ref: Ref) -> Query[int]:
    """Return the id of an organization given by id or name.

    Raises:
        NotFound: there is none.
    """
    found = yield from _by_id("organizations", ref)
    if found is not None:
        return found
    sql = "SELECT id, name FROM organizations WHERE key = ? AND deleted_at IS NULL"
    return (yield from _by_name("organization", sql, ref))


def deal(ref: Ref) -> Query[int]:
    """Return the id of a deal given by id or title; an open deal wins over closed ones of the same title.

    Raises:
        NotFound: there is none.
        Ambiguous: several have that title.
    """
    found = yield from _by_id("deals", ref)
    if found is not None:
        return found
    rows = yield (
        "SELECT count(*) FROM deals WHERE key = ? AND deleted_at IS NULL AND status = 'open'",
        (fold(str(ref)),),
    )
    state = "AND status = 'open'" if rows[0][0] else ""
    sql = f"SELECT id, title FROM deals WHERE key = ? AND deleted_at IS NULL {state}"
    return (yield from _by_name("deal", sql, ref))


def pipeline(ref: Ref | None) -> Query[int]:
    """Return the id of a pipeline given by id or name; None gives the first that is not archived.

    Raises:
        NotFound: there is none.
    """
    if ref is None:
        rows = yield "SELECT id FROM pipelines WHERE archived = 0 ORDER BY position, id LIMIT 1", ()
        if not rows:
            raise NotFound("pipeline", "(any in use)")
        return int(rows[0][0])
    found = yield from _by_id("pipelines", ref, "")
    if found is not None:
        return found
    return (yield from _by_name("pipeline", "SELECT id, name FROM pipelines WHERE key = ?", ref))


def stage(ref: Ref | None, pipeline_id: int) -> Query[int]:
    """Return the id of a stage of the pipeline, given by id or name; None gives its first.

    Raises:
        NotFound: the pipeline has no such stage.
    """
    if ref is None:
        rows = yield (
            "SELECT id FROM stages WHERE pipeline_id = ? AND archived = 0 ORDER BY position, id LIMIT 1",
            (pipeline_id,),
        )
    elif isinstance(ref, int) or (ref.strip().isascii() and ref.strip().isdigit()):
        rows = yield "SELECT id FROM stages WHERE pipeline_id = ? AND id = ?", (pipeline_id, int(ref))
    else:
        rows = []
    if not rows and isinstance(ref, str):
        rows = yield "SELECT id FROM stages WHERE pipeline_id = ? AND key = ?", (pipeline_id, fold(ref))
    if not rows:
        raise NotFound("stage", "(any)" if ref is None else ref)
    return int(rows[0][0])


def _by_id(table: str, ref: Ref, alive: str = " AND deleted_at IS NULL") -> Query[int | None]:
    digits = str(ref).strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        return None
    rows = yield f"SELECT id FROM {table} WHERE id = ?{alive}", (int(digits),)
    return int(rows[0][0]) if rows else None


def _by_name(kind: str, sql: str, ref: Ref) -> Query[int]:
    if isinstance(ref, int):
        raise NotFound(kind, ref)
    rows = yield sql, (fold(ref),)
    if not rows:
        raise NotFound(kind, ref)
    if len(rows) > 1:
        raise Ambiguous(kind, ref, [f"{id} {name}" for id, name in rows])
    return int(rows[0][0])
