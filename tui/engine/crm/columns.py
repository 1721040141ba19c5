"""Which column of a foreign file fills which field: recognised by its title, as the programs write it.

Known are the exports of Google Contacts (old and new), Outlook, Thunderbird, Pipedrive, HubSpot and our own, and the
plain names that people give to columns themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tui.engine.crm.rows import fold
from tui.engine.errors import InvalidInput
from tui.engine.text import line

PEOPLE, DEALS, ORGS = "people", "deals", "orgs"
KINDS = (PEOPLE, DEALS, ORGS)
FIELDS: Mapping[str, tuple[str, ...]] = {
    PEOPLE: (
        *("id", "name", "given", "middle", "family", "suffix", "nickname", "email", "phone", "organization", "title"),
        *("tag", "note"),
    ),
    DEALS: (
        *("id", "title", "value", "currency", "pipeline", "stage", "status", "lost_reason", "close", "person"),
        *("role", "organization", "owner", "tag", "created", "closed", "stage_entered", "note"),
    ),
    ORGS: ("id", "name", "website", "email", "tag", "note"),
}
"""The fields of each kind; any of ``MANY`` may be filled by several columns."""
MANY = frozenset({"email", "phone", "tag", "note", "person", "role"})
OWN = "field:"
"""What comes before the name of a field that people declared."""
NOUNS: Mapping[str, str] = {PEOPLE: "person", DEALS: "deal", ORGS: "organization"}

_TITLES: Mapping[str, Mapping[str, str]] = {
    PEOPLE: {
        "name": "name, full name, display name, fn, contact name, person, file as",
        "given": "first name, given name, vorname, prenom, firstname, given",
        "middle": "middle name, additional name",
        "family": "last name, family name, surname, nachname, lastname, family, nom",
        "suffix": "suffix, name suffix",
        "nickname": "nickname",
        "email": (
            "email, e mail, mail, email address, e mail address, emails, e mail 2 address, e mail 3 address, primary"
            " email, secondary email, additional email addresses, work email, email work, email home, email other"
        ),
        "phone": (
            "phone, phones, telephone, phone number, mobile, mobile phone, mobile phone number, mobile number, work"
            " phone, home phone, business phone, business phone 2, home phone 2, other phone, primary phone, company"
            " main phone, phone work, phone home, phone mobile, phone other, telefon"
        ),
        "organization": (
            "organization, organisation, company, company name, organization name, organization 1 name, associated"
            " company, account, account name, firma, firm"
        ),
        "title": "job title, title, organization title, organization 1 title, position, role, function",
        "tag": "tags, tag, labels, label, categories, group membership, keywords",
        "note": "notes, note, comment, comments, remark, remarks",
        "id": "id",
    },
    DEALS: {
        "title": "title, deal name, deal, name, opportunity, opportunity name, deal title",
        "value": "value, amount, deal value, price, sum, betrag",
        "currency": "currency, currency of value, deal currency, deal currency code, currency code",
        "pipeline": "pipeline",
        "stage": "stage, deal stage, sales stage",
        "status": "status, deal status, state",
        "lost_reason": "lost reason, closed lost reason, loss reason, reason",
        "close": "close, close date, expected close, expected close date, closing date",
        "person": (
            "person, persons, people, contact, contact person, email, emails, contact email, person email, associated"
            " contact, associated contact email, associated contact emails, contacts"
        ),
        "organization": (
            "organization, organisation, company, company name, associated company, primary associated company, account"
        ),
        "role": "roles, person roles, contact roles",
        "owner": "owner, deal owner, owner name, opportunity owner, record owner, assigned to, responsible",
        "tag": "tags, tag, labels, label, deal label, deal labels, deal tag, deal tags, categories, keywords",
        "created": "created, deal created, create date, created at, creation date",
        "closed": "closed, won time, lost time, closed at, deal closed on",
        "stage_entered": "stage entered",
        "note": "note, notes, comment, comments, deal description, description",
        "id": "id",
    },
    ORGS: {
        "name": "name, organization, organisation, company, company name, organization name, account name, firma, firm",
        "website": "website, web site, website url, web page, url, homepage, domain, company domain name",
        "email": "email, emails, e mail, mail, email address, e mail address, shared address, shared addresses",
        "tag": "tags, tag, labels, label, categories, keywords, company label, company labels",
        "note": "note, notes, comment, comments, description, remark",
        "id": "id",
    },
}
_BY_TITLE: Mapping[str, Mapping[str, str]] = {
    kind: {title.strip(): field for field, titles in fields.items() for title in titles.split(",")}
    for kind, fields in _TITLES.items()
}
_PREFIXES: Mapping[str, str] = {PEOPLE: "person ", DEALS: "deal ", ORGS: "organization "}
"""Pipedrive puts the noun before each title: "Person - Email - Work"."""
_NUMBERED = re.compile(r"(e mail|email|phone) \d+( value)?")
_SIGNATURES = (
    ("dealdesk", {"id", "name", "emails", "phones", "organization", "title", "tags", "note"}),
    ("dealdesk", {"id", "title", "value", "currency", "pipeline", "stage", "status", "lost reason", "stage entered"}),
    ("dealdesk", {"id", "name", "website", "note"}),
    ("Google Contacts", {"e mail 1 value"}),
    ("Google Contacts", {"organization title", "labels"}),
    ("Google Contacts", {"given name", "group membership"}),
    ("Outlook", {"e mail address", "first name"}),
    ("Outlook", {"business phone", "company"}),
    ("Thunderbird", {"primary email", "display name"}),
    ("Pipedrive", {"person name"}),
    ("Pipedrive", {"deal title", "deal stage"}),
    ("Pipedrive", {"organization name", "organization id"}),
    ("HubSpot", {"record id"}),
    ("HubSpot", {"record id contact"}),
)


def plain(title: str) -> str:
    """Return a column's title as it is compared: folded, punctuation as spaces."""
    return " ".join(re.sub(r"[\W_]+", " ", fold(title)).split())


def source(titles: Sequence[str]) -> str:
    """Return whose export has such columns, "" when nobody's that is known."""
    present = {plain(title) for title in titles}
    return next((name for name, signature in _SIGNATURES if signature <= present), "")


def means(kind: str, title: str) -> bool:
    """Return whether a column of that title is something that every ``person``, ``organization`` or ``deal`` has."""
    of = {"person": PEOPLE, "organization": ORGS, "deal": DEALS}[kind]
    return bool(_field(of, plain(title))) or plain(title) in {plain(field) for field in FIELDS[of]}


def recognise(kind: str, titles: Sequence[str], own: Iterable[str] = ()) -> list[str]:
    """Return the field of each column, "" for those that mean nothing here.

    Args:
        own: the names of the fields that people declared.

    A field that takes one value gets the first column that means it; in Outlook's people "Title" is how somebody is
    addressed when there is a "Job Title" too.
    """
    shown = [plain(title) for title in titles]
    declared = {plain(name): f"{OWN}{name}" for name in own}
    fields, taken = [], set[str]()
    for title in shown:
        field = _field(kind, title) or declared.get(title) or declared.get(title.removeprefix(_PREFIXES[kind]), "")
        if kind == PEOPLE and title == "title" and "job title" in shown:
            field = ""
        if field in taken and field not in MANY:
            field = ""
        taken.add(field)
        fields.append(field)
    if kind == PEOPLE and "file as" in shown and "name" in fields and {"given", "family"} & taken:
        fields = ["" if title == "file as" else field for title, field in zip(shown, fields, strict=True)]
    return fields


def mapped(kind: str, titles: Sequence[str], chosen: Mapping[str, str], own: Sequence[str] = ()) -> list[str]:
    """Return the field of each column: what was chosen (``-`` is none), else as guessed.

    Args:
        chosen: column title, or its number, -> field.
        own: the names of the fields that people declared.

    Raises:
        InvalidInput: a column or a field that was named doesn't exist, or a field is chosen twice.
    """
    fields = recognise(kind, titles, own)
    said: dict[int, str] = {}
    for column, field in chosen.items():
        at = _column(titles, column)
        named = "" if field in ("", "-") else _known(kind, field, own)
        if named and named not in MANY and named in said.values():
            raise InvalidInput(f'Two columns are to be the {named}; "{line(column, 60)}" is the second, leave one out.')
        said[at] = named
    single = {field for field in said.values() if field and field not in MANY}
    return [said.get(at, "" if field in single else field) for at, field in enumerate(fields)]


def enough(kind: str, titles: Sequence[str], fields: Sequence[str]) -> None:
    """Check that something can be made of the columns.

    Raises:
        InvalidInput: nothing can.
    """
    needed = {PEOPLE: {"name", "given", "family", "nickname", "email"}, DEALS: {"title"}, ORGS: {"name"}}[kind]
    if needed & set(fields):
        return
    example = {PEOPLE: "name", DEALS: "title", ORGS: "name"}[kind]
    shown = ", ".join(f'"{title}"' for title in titles[:8]) + (" …" if len(titles) > 8 else "")
    raise InvalidInput(
        f"No column says the {example} of the {'organizations' if kind == ORGS else kind} ({line(shown, 300)}); map one"
        f' to it, as in "{line(titles[0] if titles else "", 40)}={example}".'
    )


def _field(kind: str, title: str) -> str:
    for candidate in (title, title.removeprefix(_PREFIXES[kind])):
        if kind == PEOPLE and (number := _NUMBERED.fullmatch(candidate)):
            return "phone" if number[1] == "phone" else "email"
        if candidate in _BY_TITLE[kind]:
            return _BY_TITLE[kind][candidate]
    return ""


def _column(titles: Sequence[str], named: str) -> int:
    wanted = plain(named)
    for at, title in enumerate(titles):
        if title == named.strip() or plain(title) == wanted:
            return at
    if named.strip().isascii() and named.strip().isdigit() and 1 <= int(named) <= len(titles):
        return int(named) - 1
    shown = ", ".join(titles[:10]) + (" …" if len(titles) > 10 else "")
    raise InvalidInput(f'There is no column "{line(named, 60)}"; there are {line(shown, 300)}.')


def _known(kind: str, field: str, own: Sequence[str]) -> str:
    for name in own:
        if plain(name) == plain(field.removeprefix(OWN)):
            return f"{OWN}{name}"
    wanted = field.strip().lower().replace("-", "_")
    for known in FIELDS[kind]:
        if wanted in (known, known + "s"):
            return known
    alias = {"org": "organization", "first_name": "given", "last_name": "family", "amount": "value", "state": "status"}
    if alias.get(wanted) in FIELDS[kind]:
        return alias[wanted]
    raise InvalidInput(f'"{line(field, 40)}" is no field of {kind}; choose one of {", ".join((*FIELDS[kind], *own))}.')
