"""What would go and what would stay if a person or a deal were deleted, told beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm.rows import Query
from tui.engine.model import Removal


def of_person(person_id: int) -> Query[Removal]:
    """Return what deleting a person means."""
    goes = (
        ("address", "SELECT count(*) FROM person_emails WHERE person_id = ? AND live = 1"),
        ("link to a mail", "SELECT count(*) FROM mail_persons WHERE person_id = ?"),
    )
    stays = (
        (
            "deal",
            "SELECT count(*) FROM deal_persons x JOIN deals d ON d.id = x.deal_id"
            " WHERE x.person_id = ? AND d.deleted_at IS NULL",
        ),
        ("note", "SELECT count(*) FROM notes WHERE person_id = ? AND deleted_at IS NULL"),
        ("activity", "SELECT count(*) FROM activities WHERE person_id = ? AND deleted_at IS NULL"),
    )
    return Removal((yield from _counted(goes, person_id)), (yield from _counted(stays, person_id)))


def of_deal(deal_id: int) -> Query[Removal]:
    """Return what deleting a deal means."""
    goes = (
        ("link to a mail", "SELECT count(*) FROM mail_deals WHERE deal_id = ?"),
        ("note", "SELECT count(*) FROM notes WHERE deal_id = ? AND deleted_at IS NULL"),
        ("activity", "SELECT count(*) FROM activities WHERE deal_id = ? AND deleted_at IS NULL"),
    )
    stays = (
        (
            "person",
            "SELECT count(*) FROM deal_persons x JOIN persons p ON p.id = x.person_id"
            " WHERE x.deal_id = ? AND p.deleted_at IS NULL",
        ),
    )
    return Removal((yield from _counted(goes, deal_id)), (yield from _counted(stays, deal_id)))


def _counted(asked: Sequence[tuple[str, str]], id: int) -> Query[dict[str, int]]:
    found: dict[str, int] = {}
    for noun, sql in asked:
        [(number,)] = yield sql, (id,)
        if number:
            found[noun] = int(number)
    return found
