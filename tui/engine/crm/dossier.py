"""A deal as a folder: ``deal.md`` tells its story, ``mails.mbox`` holds its mail, ``files/`` what was attached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from time import asctime, gmtime

from tui.engine.crm import money
from tui.engine.crm.mails import PublishedMail
from tui.engine.crm.reader import CrmReader
from tui.engine.crm.rows import Query
from tui.engine.crm.sheets import moment
from tui.engine.mail.filenames import safe_name
from tui.engine.model import Activity, Deal, PersonRef
from tui.engine.text import line

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_MARKS = re.compile(r"([\\`*_\[\]<>#|])")


def story(crm: CrmReader, one: Deal) -> str:
    """Return a deal as Markdown: its facts, people, notes, what is to be done, its mail and its history."""
    facts = {
        "Status": one.status + (f": {one.lost_reason}" if one.lost_reason else ""),
        "Stage": f"{one.stage} ({one.pipeline})",
        "Value": money.show(one.value, one.currency),
        "Organization": "" if one.organization is None else one.organization.name,
        "Expected close": one.expected_close or "",
        "Owner": one.owner,
        "Tags": ", ".join(one.tags),
        **dict(one.fields),
        "Created": moment(one.created),
        "Closed": moment(one.closed),
    }
    parts = [f"# {_plain(one.title)}", ""]
    parts += [f"- {name}: {_plain(value)}" for name, value in facts.items() if value]
    people = {who.id: who for who in crm.persons_by_ids(person.id for person in one.persons)}
    parts += _section("People", [_person(ref, people[ref.id].emails) for ref in one.persons if ref.id in people])
    for written in crm.notes(deal=one.id):
        parts += _section(f"Note of {moment(written.created)}", [written.body])
    activities = crm.activities(deal=one.id, done=None)
    parts += _section(
        "To do and done",
        [_todo(todo) for todo in activities],
    )
    entries = crm.timeline(deal_id=one.id, limit=1_000_000)
    shown = set(crm.ask(_shown(one.id)))
    mails = [entry for entry in entries if entry.kind == "mail" and entry.id in shown]
    arrow = {"in": "←", "out": "→"}
    parts += _section("Mail", [f"- {moment(m.at)} {arrow.get(m.direction, '')} {_plain(m.title)}" for m in mails])
    changes = [entry for entry in entries if entry.kind == "change"]
    parts += _section("History", [f"- {moment(entry.at)} {_plain(entry.title)}" for entry in changes])
    return "\n".join(parts) + "\n"


def mails(crm: CrmReader, deal_id: int) -> Iterator[PublishedMail]:
    """Give the mail of a deal, oldest first; what is for its owner alone (Bcc, private) is left out."""
    for number in crm.ask(_shown(deal_id)):
        yield crm.mail(number)


def mbox(source: bytes, sender: str, date: int) -> bytes:
    """Return a message as an entry of an mbox file, of the kind that can be undone (mboxrd)."""
    who = re.sub(rb"[^\x21-\x7e]", b"", sender.encode("utf-8", "replace")) or b"MAILER-DAEMON"
    when = _asctime(date)
    body = _FROM.sub(rb">\1", source.replace(b"\r\n", b"\n"))
    return b"From " + who + b" " + when + b"\n" + body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def source(one: PublishedMail) -> bytes:
    """Return the source of a mail; one whose body never came is written from its fields."""
    if one.raw is not None:
        return one.raw
    fields = {
        "From": f"{one.from_.name} <{one.from_.email}>",
        "To": ", ".join(f"{who.name} <{who.email}>" for who in one.to),
        "Subject": one.subject,
        "Message-ID": f"<{one.message_id}>" if one.message_id else "",
        "Date": _date(one.date),
    }
    head = "".join(f"{name}: {line(value, 5000)}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\n{one.text}\r\n".encode("utf-8", "replace")


def files(one: PublishedMail) -> Iterator[tuple[str, bytes]]:
    """Give the attachments of a mail as (safe name, bytes)."""
    # What reads mail is slow to import, and this module is on the way to the first paint.
    from tui.engine.mail import mime

    for info, data in mime.files(one.raw) if one.raw is not None else ():
        yield safe_name(info.name, info.type, info.part), data


def title(one: Deal) -> str:
    """Return the name of a deal's folder."""
    return safe_name(f"{one.id} {one.title}"[:100].rstrip(". "), "", one.id)


def _shown(deal_id: int) -> Query[list[int]]:
    rows = yield (
        "SELECT m.id FROM mails m JOIN mail_deals x ON x.mail_id = m.id WHERE x.deal_id = ? AND x.owner_only = 0"
        " ORDER BY m.date, m.id",
        (deal_id,),
    )
    return [row[0] for row in rows]


def _person(ref: PersonRef, emails: Sequence[str]) -> str:
    role = f" ({_plain(ref.role)})" if ref.role else ""
    return f"- {_plain(ref.name)}{role}: {', '.join(map(_plain, emails))}"


def _todo(one: Activity) -> str:
    kind = f" ({_plain(one.kind)})" if one.kind != "task" else ""
    repeat = f", {one.repeat}" if one.repeat else ""
    return f"- [{'x' if one.done else ' '}] {moment(one.due)[:10]} {_plain(one.subject)}{kind}{repeat}"


def _section(head: str, lines: list[str]) -> list[str]:
    return ["", f"## {head}", "", *lines] if lines else []


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", line(text, 500))


def _asctime(date: int) -> bytes:
    try:
        return asctime(gmtime(date)).encode("ascii")
    except (OverflowError, OSError, ValueError):
        return asctime(gmtime(0)).encode("ascii")


def _date(date: int) -> str:
    try:
        return formatdate(date)
    except (OverflowError, OSError, ValueError):
        return ""
