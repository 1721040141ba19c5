"""Fields that people declared for people, organizations and deals: read, and their values checked.

A value is kept as text that can be typed back: a number as ``1200.5``, money as ``1200.50 EUR``, a date in ISO 8601.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from tui.engine.crm import columns, dates, money
from tui.engine.crm.locale import Locale
from tui.engine.crm.rows import Query, fold
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Field
from tui.engine.text import clean, line

KINDS = ("person", "organization", "deal")
TYPES = ("text", "number", "money", "date", "choice")
LONGEST = 10_000
"""Characters of a value."""
EXACT = Locale(".", "ymd")
"""How what was kept is read back."""


def declared(kind: str | None = None) -> Query[list[Field]]:
    """Return the fields of a kind of thing, or of all, in their order."""
    condition, values = ("", ()) if kind is None else (" AND kind = ?", (kind,))
    rows = yield (
        f"SELECT id, kind, name, type, choices FROM fields WHERE deleted_at IS NULL{condition}"
        " ORDER BY kind, position, id",
        values,
    )
    return [Field(id, kind, name, type, tuple(json.loads(choices))) for id, kind, name, type, choices in rows]


def named(kind: str, name: str) -> Query[Field]:
    """Return a field by its name.

    Raises:
        NotFound: there is none of that name.
    """
    wanted = columns.plain(name)
    found = yield from declared(kind)
    for one in found:
        if columns.plain(one.name) == wanted:
            return one
    raise NotFound(f"{kind} field", name)


def used(field: Field) -> Query[int]:
    """Return how many things have a value in a field."""
    [(number,)] = yield f"SELECT count(*) FROM {field.kind}_fields WHERE field_id = ?", (field.id,)
    return int(number)


def values(kind: str, chosen: str, parameters: Sequence[object]) -> Query[dict[int, list[tuple[str, str]]]]:
    """Return id -> (name, value) in the fields' order, for the things that a subquery chooses."""
    rows = yield (
        f"SELECT v.{kind}_id, f.name, v.value FROM {kind}_fields v JOIN fields f ON f.id = v.field_id"
        f" WHERE f.deleted_at IS NULL AND v.{kind}_id IN ({chosen}) ORDER BY f.position, f.id",
        parameters,
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for id, name, value in rows:
        found.setdefault(id, []).append((name, value))
    return found


def canonical(field: Field, text: str, locale: Locale | None = None, currency: str = "EUR") -> str:
    """Return a value as it is kept; "" for none.

    Args:
        field: whose value it is.
        text: what was typed, or stands in a file.
        locale: how a file writes amounts and dates; None for what somebody types.
        currency: of an amount that names none.

    Raises:
        InvalidInput: it is no such value, or could mean two.
    """
    shown = clean(text).strip()
    if not shown:
        return ""
    try:
        return _checked(field, shown, locale, currency)
    except InvalidInput as error:
        raise InvalidInput(f"{field.name}: {error}") from error


def _checked(field: Field, shown: str, locale: Locale | None, currency: str) -> str:
    if field.type == "number":
        return money.number(shown, None if locale is None else locale.mark)
    if field.type == "money":
        if locale is None:
            return money.show(*money.read(shown, currency))
        code = money.symbol(shown) or currency
        return money.show(locale.amount(shown, code), code)
    if field.type == "date":
        return dates.parse(shown).isoformat() if locale is None else locale.day(shown)
    if field.type == "choice":
        for choice in field.choices:
            if fold(choice) == fold(shown):
                return choice
        raise InvalidInput(f'"{line(shown, 60)}" is none of {", ".join(field.choices)}; choose one of them.')
    if len(shown) > LONGEST:
        raise InvalidInput(f"The text has {len(shown):,} characters; at most {LONGEST:,} can be kept.")
    return shown
