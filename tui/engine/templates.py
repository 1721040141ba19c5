"""Texts that are written once: templates and snippets, with fields of the person, the organization and the deal.

Each is a text file in ``config/templates``; it may begin with a line ``Subject: …`` and an empty line. It is filled by
Jinja2 in its sandbox: ``Dear {{ person.first_name }}, about {{ deal.title }} …``. A field that is empty is written as
``⟦deal.value⟧``, is named, and nothing that holds such a mark is sent: what is missing is never sent as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.engine.crm.money import decimals
from tui.engine.errors import ConfigError, InvalidInput, NotFound
from tui.engine.mail.addresses import parse_addresses
from tui.engine.model import Deal, Draft, Person
from tui.engine.paths import Paths
from tui.engine.text import clean, line

if TYPE_CHECKING:
    from tui.engine.identities import Identity
    from tui.engine.store.reader import Reader

MOST_OCTETS = 200_000
"""A template is a letter, not a book."""

_MARK = re.compile(r"⟦([^⟦⟧\n]{1,80})⟧")
_SUBJECT = re.compile(r"subject:[ \t]*(.*)\n\s*?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """One file: its name, its subject ("" for none: a snippet) and its text, both with fields still open."""

    name: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its fields filled; ``missing`` names those that were empty."""

    subject: str
    body: str
    missing: tuple[str, ...]


def templates(paths: Paths) -> list[Template]:
    """Return all templates by name.

    Raises:
        ConfigError: a file can't be read as text.
    """
    folder = paths.config / "templates"
    files = sorted(folder.glob("*.txt")) + sorted(folder.glob("*.md")) if folder.is_dir() else []
    return [_read(file) for file in files]


def template(paths: Paths, name: str) -> Template:
    """Return the template called ``name``.

    Raises:
        NotFound: there is none.
        ConfigError: a file can't be read as text.
    """
    found = next((one for one in templates(paths) if one.name == name), None)
    if found is None:
        raise NotFound("template", name)
    return found


def _read(file: Path) -> Template:
    try:
        if file.stat().st_size > MOST_OCTETS:
            raise ConfigError(f"The template {file} is larger than {MOST_OCTETS // 1000} kB; shorten it.")
        text = clean(file.read_text("utf-8").replace("\r\n", "\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The template {file} can't be read ({error}); correct it or move it away.") from error
    headed = _SUBJECT.match(text)
    body = text[headed.end() :] if headed else text
    return Template(file.stem, headed.group(1).strip() if headed else "", body.rstrip("\n"))


def fill(source: Template, fields: Mapping[str, Mapping[str, str] | str]) -> Filled:
    """Return a template with its fields filled.

    Args:
        source: the template.
        fields: what is known, without what is empty (``fields_of``); values are text and are not looked at for fields.

    Raises:
        InvalidInput: the template is not well formed, or does what the sandbox forbids.
    """
    from jinja2 import ChainableUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Missing(ChainableUndefined):
        """A field that is empty, written so that it can be seen."""

        def __getattr__(self, name: str) -> Missing:
            if name.startswith("__"):
                raise AttributeError(name)
            return Missing(name=f"{self._undefined_name}.{name}")

        def __str__(self) -> str:
            return f"⟦{self._dotted()}⟧"

        def _dotted(self) -> str:
            owner = next((name for name, held in fields.items() if held is self._undefined_obj), "")
            return f"{owner}.{self._undefined_name}" if owner else str(self._undefined_name)

    def written(value: object) -> object:
        """Return what stands for a value: a person's, organization's or deal's name where its field wasn't named."""
        if not isinstance(value, Mapping):
            return value
        kind = next((name for name, held in fields.items() if held is value), "")
        return value.get("name") or value.get("title") or f"⟦{kind}⟧"

    environment = ImmutableSandboxedEnvironment(
        undefined=Missing, autoescape=False, keep_trailing_newline=False, finalize=written
    )
    try:
        subject = environment.from_string(source.subject).render(fields)
        body = environment.from_string(source.body).render(fields)
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError, RecursionError) as error:
        raise InvalidInput(
            f'The template "{source.name}" can\'t be filled: {line(str(error), 200).rstrip(".")}.'
        ) from error
    found = tuple(dict.fromkeys(_MARK.findall(f"{subject}\n{body}")))
    return Filled(line(subject, 500), clean(body), found)


def unfilled(draft: Draft) -> list[str]:
    """Return the fields that are still open in a draft; what is quoted counts for nothing."""
    own = "\n".join(row for row in draft.body.split("\n") if not row.startswith(">"))
    return list(dict.fromkeys(_MARK.findall(f"{draft.subject}\n{own}")))


def fields_of(
    reader: Reader, draft: Draft, identity: Identity | None = None, deal_id: int | None = None
) -> dict[str, dict[str, str] | str]:
    """Return what a template may say of a draft: ``person``, ``organization``, ``deal``, ``me``, ``today``.

    Args:
        reader: reads the CRM.
        draft: its first recipient is the person, registered or not.
        identity: who writes.
        deal_id: the deal that it will be filed under; None for the draft's own choice, else none.
    """
    first = next((one for one in parse_addresses(draft.to.encode("utf-8")) if one.email), None)
    known = reader.crm.by_address([first.email]) if first else {}
    person = reader.crm.person(next(iter(known.values())).id) if known else None
    number = draft.deal_id if draft.deal_id is not None else deal_id
    deal = next(iter(reader.crm.deals_by_ids([number])), None) if number is not None else None
    named = {"name": first.name, "email": first.email, "first_name": _first_name(first.name)} if first else {}
    organization = (deal.organization if deal else None) or (person.organization if person else None)
    fields: dict[str, dict[str, Any]] = {
        "person": _person(person) if person else named,
        "organization": {"name": organization.name, "website": organization.website} if organization else {},
        "deal": _deal(deal) if deal else {},
        "me": {"name": identity.name, "email": identity.email} if identity else {},
    }
    held = {kind: {name: line(value, 500) for name, value in said.items() if value} for kind, said in fields.items()}
    return {**held, "today": date.today().isoformat()}


def _person(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "first_name": _first_name(person.name),
        "email": person.emails[0] if person.emails else "",
        "phone": person.phones[0] if person.phones else "",
        "title": person.title,
    }


def _deal(deal: Deal) -> dict[str, str]:
    whole, rest = divmod(deal.value, 10 ** (digits := decimals(deal.currency)))
    amount = f"{whole:,}" + (f".{rest:0{digits}}" if rest else "")
    return {
        "title": deal.title,
        "stage": deal.stage,
        "value": f"{amount} {deal.currency}".strip() if deal.value else "",
        "currency": deal.currency,
        "expected_close": deal.expected_close or "",
    }


def _first_name(name: str) -> str:
    """Return what somebody is called by: before the first blank, behind the comma of ``Archer, Ann``."""
    return (name.partition(",")[2].strip() or name).partition(" ")[0] if name and "@" not in name else ""
