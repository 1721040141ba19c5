"""The search language over mail and CRM, turned into one SQL condition on ``messages m``.

Words and "phrases" search the full-text index; ``from: to: cc: subject: body: has:attachment is: in: before: after:
older: newer: larger: deal: person: org: stage: status: tag: owner: field: filename:`` narrow; ``-`` negates; ``OR``
and brackets combine. Nothing that is typed reaches SQL except as a bound value.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from tui.engine.crm.reader import CrmReader
from tui.engine.errors import InvalidInput
from tui.engine.model import short_name
from tui.engine.store import ordering

_TOKEN = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"|([^\s()"]+))|([()])')
_SIZES = {"k": 1024, "m": 1024**2, "g": 1024**3}
_SPANS = {"h": 3600, "d": 86_400, "w": 604_800, "m": 2_629_800, "y": 31_557_600}
_LINKED = "EXISTS (SELECT 1 FROM links k WHERE k.message_id = m.id AND k.removed_at IS NULL{})"
_IS = {
    "unread": "m.seen = 0",
    "read": "m.seen = 1",
    "flagged": "m.flagged = 1",
    "answered": "m.answered = 1",
    "linked": _LINKED.format(""),
    "unlinked": "NOT " + _LINKED.format(""),
    "needs-deal": "m.link_state = 'needs_deal'",
    "waiting": "them",
    "owed": "us",
    "private": "m.private = 1",
    "gone": "EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id) AND NOT EXISTS"
    " (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL)",
    "sent": "m.direction = 'out'",
    "received": "m.direction = 'in'",
}


def condition(query: str, crm: CrmReader) -> tuple[str, dict[str, object]]:
    """Return a condition and its values.

    Raises:
        InvalidInput: an operator's value can't be read; the sentence names both.
    """
    return _Parser(query, crm).parse()


class _Parser:
    """Recursive only by brackets, of which at most 50 may nest."""

    def __init__(self, query: str, crm: CrmReader) -> None:
        self._tokens = list(_TOKEN.finditer(query[:4000]))
        self._at = 0
        self._crm = crm
        self._values: dict[str, object] = {}

    def parse(self) -> tuple[str, dict[str, object]]:
        sql = self._any(0)
        return (sql or "1"), self._values

    def _bind(self, value: object) -> str:
        name = f"q{len(self._values)}"
        self._values[name] = value
        return f":{name}"

    def _any(self, depth: int) -> str:
        if depth > 50:
            raise InvalidInput("The search has more than 50 brackets inside each other; make it simpler.")
        groups: list[list[str]] = [[]]
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            minus, name, phrase, word, bracket = token.groups()
            if bracket == ")":
                break
            if bracket == "(":
                inner = self._any(depth + 1)
                if inner:
                    groups[-1].append(inner)
            elif word == "OR" and not name and not minus:
                groups.append([])
            else:
                sql = self._term(name, phrase if phrase is not None else word, phrase is not None)
                groups[-1].append(f"NOT ({sql})" if minus else sql)
        alternatives = [" AND ".join(group) for group in groups if group]
        return f"({' OR '.join(f'({one})' for one in alternatives)})" if alternatives else ""

    def _term(self, name: str | None, text: str, phrase: bool) -> str:
        if name is None:
            return self._words(text, phrase)
        term = _TERMS.get(name.lower())
        if term is None:
            return self._words(f"{name}:{text}", True)
        return term(self, text)

    def _words(self, text: str, phrase: bool, column: str = "") -> str:
        quoted = '"' + text.replace('"', '""') + '"' + ("" if phrase else "*")
        if not re.search(r"\w", text):
            return self._contains(text, "m.subject")
        match = self._bind(f"{column}{quoted}")
        headers = f"(m.body_state = 'header' AND {self._contains(text, 'm.subject', 'm.from_email')})"
        return f"(m.id IN (SELECT rowid FROM search WHERE search MATCH {match}) OR {headers})"

    def _contains(self, text: str, *columns: str) -> str:
        """Return the condition that a column holds a text, whatever the case; LIKE knows that of ASCII alone."""
        if text.isascii():
            like = self._bind(f"%{_escaped(text)}%")
            tests = [f"{column} LIKE {like} ESCAPE '\\'" for column in columns]
        else:
            part = self._bind(ordering.caseless(text))
            tests = [f"instr(caseless({column}), {part})" for column in columns]
        return f"({' OR '.join(tests)})"

    def from_(self, text: str) -> str:
        return self._contains(text, "m.from_email", "m.from_name")

    def recipient(self, text: str, role: str) -> str:
        return self._contains(text, f"json_extract(m.recipients, '$.{role}')")

    def subject(self, text: str) -> str:
        return self._contains(text, "m.subject")

    def has(self, text: str) -> str:
        if text.rstrip("s") != "attachment":
            raise InvalidInput(f"has:{text} is not known; use has:attachment.")
        return "m.attachments > 0"

    def filename(self, text: str) -> str:
        named = self._contains(text, "json_extract(p.value, '$[1]')")
        return f"EXISTS (SELECT 1 FROM texts x, json_each(x.parts) p WHERE x.message_id = m.id AND {named})"

    def in_(self, text: str) -> str:
        name, short = self._bind(ordering.caseless(text)), self._bind(ordering.caseless(f"inbox/{short_name(text)}"))
        return f"m.folder_id IN (SELECT id FROM folders WHERE caseless(name) IN ({name}, {short}) OR role = {name})"

    def is_(self, text: str) -> str:
        found = _IS.get(text.lower())
        if found is None:
            raise InvalidInput(f"is:{text} is not known; use one of {', '.join(_IS)}.")
        return self._unanswered(found) if found in ("us", "them") else found

    def _unanswered(self, owed_by: str) -> str:
        """Return the condition for the last mails about open deals that wait for an answer of ours or theirs."""
        return f"m.identity IN (SELECT value FROM json_each({self._bind(json.dumps(self._crm.owed(owed_by)))}))"

    def when(self, text: str, comparison: str) -> str:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidInput(f'"{text}" is no date; write it like 2026-03-01.') from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return f"m.date {comparison} {self._bind(int(moment.timestamp()))}"

    def age(self, text: str, comparison: str) -> str:
        match = re.fullmatch(r"(\d{1,5})([hdwmy])", text.lower())
        if match is None:
            raise InvalidInput(f'"{text}" is no span of time; write it like 3d, 2w, 6m or 1y.')
        moment = int(time.time()) - int(match[1]) * _SPANS[match[2]]
        return f"m.date {comparison} {self._bind(moment)}"

    def larger(self, text: str) -> str:
        match = re.fullmatch(r"(\d{1,12})([kmg]?)b?", text.lower())
        if match is None:
            raise InvalidInput(f'"{text}" is no size; write it like 500k or 5M.')
        return f"m.size > {self._bind(int(match[1]) * _SIZES.get(match[2], 1))}"

    def deal(self, text: str) -> str:
        numbers = [deal.id for deal in self._crm.deals(text="" if text.isdigit() else text)]
        if text.isdigit():
            numbers = [number for number in numbers if number == int(text)]
        return self._linked("deal_id", numbers)

    def person(self, text: str) -> str:
        return self._linked("person_id", [person.id for person in self._crm.persons(text)])

    def stage(self, text: str) -> str:
        wanted = text.casefold()
        return self._linked("deal_id", [deal.id for deal in self._crm.deals() if deal.stage.casefold() == wanted])

    def status(self, text: str) -> str:
        return self._linked("deal_id", [deal.id for deal in self._crm.deals(status=text.lower())])

    def org(self, text: str) -> str:
        wanted = text.casefold()
        deals = [d.id for d in self._crm.deals() if d.organization and wanted in d.organization.name.casefold()]
        people = [p.id for p in self._crm.persons() if p.organization and wanted in p.organization.name.casefold()]
        return f"({self._linked('deal_id', deals)} OR {self._linked('person_id', people)})"

    def owner(self, text: str) -> str:
        return self._linked("deal_id", self._crm.deal_ids(f'owner:"{text}"'))

    def about(self, term: str, text: str) -> str:
        deals, people = self._crm.about(f'{term}:"{text}"')
        return f"({self._linked('deal_id', deals)} OR {self._linked('person_id', people)})"

    def body(self, text: str) -> str:
        quoted = "text : " + '"' + text.replace('"', '""') + '"'
        return f"m.id IN (SELECT rowid FROM search WHERE search MATCH {self._bind(quoted)})"

    def _linked(self, column: str, numbers: Iterable[int]) -> str:
        listed = ",".join(str(int(number)) for number in numbers) or "NULL"
        return _LINKED.format(f" AND k.{column} IN ({listed})")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_TERMS: dict[str, Callable[[_Parser, str], str]] = {
    "from": _Parser.from_,
    "to": lambda p, text: p.recipient(text, "to"),
    "cc": lambda p, text: p.recipient(text, "cc"),
    "bcc": lambda p, text: p.recipient(text, "bcc"),
    "subject": _Parser.subject,
    "body": _Parser.body,
    "has": _Parser.has,
    "filename": _Parser.filename,
    "in": _Parser.in_,
    "is": _Parser.is_,
    "before": lambda p, text: p.when(text, "<"),
    "after": lambda p, text: p.when(text, ">="),
    "older": lambda p, text: p.age(text, "<"),
    "newer": lambda p, text: p.age(text, ">="),
    "larger": _Parser.larger,
    "deal": _Parser.deal,
    "person": _Parser.person,
    "stage": _Parser.stage,
    "status": _Parser.status,
    "org": _Parser.org,
    "owner": _Parser.owner,
    "tag": lambda p, text: p.about("tag", text),
    "field": lambda p, text: p.about("field", text),
}
