"""What narrows a list of people, organizations or deals: ``tag:vip owner:me acme``.

Words with a known name in front are conditions; the rest is one text, looked for in names, addresses and organizations
as it stands. Values with spaces stand in quotes; a minus in front of a condition turns it round.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from tui.engine.crm.columns import plain
from tui.engine.crm.rows import fold, like

Condition: TypeAlias = "tuple[str, list[object]]"
_TERM = re.compile(r"(?<!\S)(-?)(tag|owner|org|title|role|field|status|stage):(\"[^\"]*\"?|\S+)", re.IGNORECASE)
_LIKE = "LIKE ? ESCAPE '\\'"
ME = "me"
"""Who ``owner:me`` means is said by the caller; ``owner:none`` is a deal of nobody."""


class _Noun(NamedTuple):
    """How the conditions of one kind of thing are written: its letter in the query and what a plain text means."""

    kind: str
    letter: str
    text: str
    terms: dict[str, Callable[[str, str], Condition]]


def persons(text: str, user: str = "") -> Condition:
    """Return the condition, with its values, for people ``p``: text in name, address or organization, and terms."""
    return _condition(_PERSON, text, user)


def organizations(text: str, user: str = "") -> Condition:
    """Return the condition, with its values, for organizations ``o``: text in name or shared address, and terms."""
    return _condition(_ORGANIZATION, text, user)


def deals(text: str, user: str = "") -> Condition:
    """Return the condition, with its values, for deals ``d``: text in title, person or organization, and terms.

    Args:
        user: who "owner:me" is.
    """
    return _condition(_DEAL, text, user)


def either(letter: str, own: Condition, organizations: Condition) -> Condition:
    """Return the condition for deals or people that are chosen themselves, or whose organization is."""
    sql = (
        f"{letter}.deleted_at IS NULL AND ({own[0]} OR {letter}.organization_id IN"
        f" (SELECT o.id FROM organizations o WHERE {organizations[0]}))"
    )
    return sql, [*own[1], *organizations[1]]


def _condition(noun: _Noun, text: str, user: str) -> Condition:
    parts, values = [f"{noun.letter}.deleted_at IS NULL"], list[object]()

    def said(found: re.Match[str]) -> str:
        make = noun.terms.get(found[2].lower())
        if make is None:
            return found[0]
        sql, bound = make(found[3].strip('"'), user)
        parts.append(f"NOT ({sql})" if found[1] else sql)
        values.extend(bound)
        return " "

    rest = _TERM.sub(said, text).strip()
    if fold(rest):
        parts.append(noun.text)
        values.extend([like(rest)] * noun.text.count("?"))
    return " AND ".join(parts), values


def _tag(kind: str, letter: str) -> Callable[[str, str], Condition]:
    sql = f"{letter}.id IN (SELECT x.{kind}_id FROM {kind}_tags x JOIN tags t ON t.id = x.tag_id WHERE t.key {_LIKE})"
    return lambda text, _: (sql, [_beginning(text)])


def _field(kind: str, letter: str) -> Callable[[str, str], Condition]:
    """``field:budget`` is: it has one; ``field:size=large``: it is that (text anywhere in it)."""

    def make(text: str, _: str) -> Condition:
        name, mark, value = text.partition("=")
        sql = (
            f"{letter}.id IN (SELECT x.{kind}_id FROM {kind}_fields x JOIN fields f ON f.id = x.field_id"
            " WHERE f.deleted_at IS NULL AND f.key = ?"
        )
        if not mark:
            return f"{sql})", [plain(name)]
        holds, bound = _holds("x.value", value)
        return f"{sql} AND {holds})", [plain(name), *bound]

    return make


def _owner(text: str, user: str) -> Condition:
    wanted = text.strip().lower()
    if wanted == "none" or (wanted == ME and not user):
        return "d.owner = ''", []
    if wanted == ME:
        return "d.owner = ?", [user]
    return _holds("d.owner", text)


def _holds(column: str, text: str) -> Condition:
    """A text anywhere in a column that is not folded: as typed, or without case as far as the database knows it."""
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"({column} {_LIKE} OR lower({column}) {_LIKE})", [f"%{escaped}%", f"%{escaped.lower()}%"]


def _role(text: str, _: str) -> Condition:
    holds, bound = _holds("x.role", text)
    return f"p.id IN (SELECT x.person_id FROM deal_persons x WHERE {holds})", bound


def _beginning(text: str) -> str:
    """A tag is meant whole, or by how it begins where a star follows: ``tag:vip``, ``tag:conf*``."""
    whole = like(text.removesuffix("*"))[1:-1]
    return f"{whole}%" if text.endswith("*") else whole


def _organization(letter: str) -> Callable[[str, str], Condition]:
    sql = f"{letter}.organization_id IN (SELECT x.id FROM organizations x WHERE x.deleted_at IS NULL AND x.key {_LIKE})"
    return lambda text, _: (sql, [like(text)])


_PERSON = _Noun(
    "person",
    "p",
    f"(p.key {_LIKE} OR p.id IN (SELECT person_id FROM person_emails WHERE live = 1 AND norm {_LIKE})"
    f" OR p.organization_id IN (SELECT x.id FROM organizations x WHERE x.deleted_at IS NULL AND x.key {_LIKE}))",
    {
        "tag": _tag("person", "p"),
        "field": _field("person", "p"),
        "org": _organization("p"),
        "title": lambda text, _: _holds("p.title", text),
        "role": _role,
    },
)
_ORGANIZATION = _Noun(
    "organization",
    "o",
    f"(o.key {_LIKE} OR o.id IN (SELECT organization_id FROM organization_emails WHERE live = 1 AND norm {_LIKE}))",
    {"tag": _tag("organization", "o"), "field": _field("organization", "o")},
)
_DEAL = _Noun(
    "deal",
    "d",
    f"(d.key {_LIKE} OR d.organization_id IN (SELECT x.id FROM organizations x WHERE x.deleted_at IS NULL"
    f" AND x.key {_LIKE}) OR d.id IN (SELECT y.deal_id FROM deal_persons y JOIN persons z ON z.id = y.person_id"
    f" WHERE z.deleted_at IS NULL AND z.key {_LIKE}))",
    {
        "tag": _tag("deal", "d"),
        "field": _field("deal", "d"),
        "org": _organization("d"),
        "owner": _owner,
        "status": lambda text, _: ("d.status = ?", [text.lower()]),
        "stage": lambda text, _: ("d.stage_id IN (SELECT x.id FROM stages x WHERE x.key = ?)", [fold(text)]),
    },
)
