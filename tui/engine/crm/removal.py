"""What would go and what would stay if a person, an organization or a deal were deleted, told beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.engine.crm.rows import Query
from tui.engine.model import Removal

_PLURALS = {
    "address": "addresses",
    "shared address": "shared addresses",
    "phone": "phones",
    "link to a mail": "links to mail",
    "tag": "tags",
    "field": "fields",
    "deal": "deals",
    "note": "notes",
    "activity": "activities",
    "person": "people",
}


def of_person(person_id: int) -> Query[Removal]:
    """Return what deleting a person means."""
    goes = (
        ("address", "SELECT count(*) FROM person_emails WHERE person_id = ? AND live = 1"),
        ("phone", "SELECT count(*) FROM person_phones WHERE person_id = ?"),
        *_own("person"),
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
        *_own("deal"),
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


def of_organization(organization_id: int) -> Query[Removal]:
    """Return what deleting an organization means."""
    goes = (
        ("shared address", "SELECT count(*) FROM organization_emails WHERE organization_id = ? AND live = 1"),
        *_own("organization"),
        ("note", "SELECT count(*) FROM notes WHERE organization_id = ? AND deleted_at IS NULL"),
    )
    stays = (
        ("person", "SELECT count(*) FROM persons WHERE organization_id = ? AND deleted_at IS NULL"),
        ("deal", "SELECT count(*) FROM deals WHERE organization_id = ? AND deleted_at IS NULL"),
    )
    return Removal((yield from _counted(goes, organization_id)), (yield from _counted(stays, organization_id)))


OF: Mapping[str, Callable[[int], Query[Removal]]] = {
    "person": of_person,
    "organization": of_organization,
    "deal": of_deal,
}


def told(removal: Removal) -> str:
    """Return in two sentences what goes and what stays."""

    def listed(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{number:,} {_PLURALS[noun] if number != 1 else noun}" for noun, number in counts.items())

    goes, stays = listed(removal.goes) or "nothing else", listed(removal.stays) or "nothing of it"
    return f"With it: {goes}. Stays: {stays}; the messages stay in the mailbox."


def _own(noun: str) -> tuple[tuple[str, str], ...]:
    return (
        ("tag", f"SELECT count(*) FROM {noun}_tags WHERE {noun}_id = ?"),
        (
            "field",
            f"SELECT count(*) FROM {noun}_fields v JOIN fields f ON f.id = v.field_id"
            f" WHERE f.deleted_at IS NULL AND v.{noun}_id = ?",
        ),
    )


def _counted(asked: Sequence[tuple[str, str]], id: int) -> Query[dict[str, int]]:
    found: dict[str, int] = {}
    for noun, sql in asked:
        [(number,)] = yield sql, (id,)
        if number:
            found[noun] = int(number)
    return found
