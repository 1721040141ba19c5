"""Who owes whom an answer, which deals nothing happens to: computed from linked mail alone (R27) and stored nowhere.

The last mail between us and somebody about a deal says who is to answer: theirs, we are; ours, they are. It is late
when it takes longer than answers between the two usually take: the median of their past answers in that direction.
What no person wrote, an out of office, a report on delivery, is no answer and awaits none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from tui.engine.crm import fetch
from tui.engine.crm.reports import DAY, median
from tui.engine.crm.rows import Query, Row
from tui.engine.model import Stale, Waiting
from tui.engine.text import normalize_address

USUAL = 3.0
"""Days that an answer may take where there are no past answers to learn from."""
LEAST, MOST = 0.5, 21.0
"""The shortest and the longest time, in days, that counts as usual."""
ENOUGH = 2
"""Past answers from which something is learned."""
STALE_DAYS = 14

_OF_PERSON = (
    " AND d.id IN (SELECT deal_id FROM deal_persons WHERE person_id = ? UNION SELECT y.deal_id FROM mail_persons z"
    " JOIN mail_deals y ON y.mail_id = z.mail_id WHERE z.person_id = ?)"
)
"""The deals that a person may be owed an answer about, without looking at the mail of any other."""

_TALKED = (
    "FROM mails m JOIN mail_deals x ON x.mail_id = m.id JOIN deals d ON d.id = x.deal_id JOIN pipelines l"
    " ON l.id = d.pipeline_id WHERE x.owner_only = 0"
    f" AND NOT EXISTS (SELECT 1 FROM automatic_mails a WHERE a.mail_id = m.id) AND {fetch.OPEN}"
)
"""The mails about open deals that an exchange is made of."""

_Exchange: TypeAlias = "list[tuple[int, str, str]]"
"""(date, direction, subject) of the mails between us and one address, oldest first."""


@dataclass(slots=True)
class _Talks:
    """Exchanges by (deal, address), and all of an address together."""

    of_deal: dict[tuple[int, str], _Exchange] = field(default_factory=lambda: defaultdict(list))
    of_address: dict[str, _Exchange] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)
    last: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    """(date, mail id) of the last mail about a deal with an address."""


def waiting(now: int, deal_id: int | None = None, person_id: int | None = None) -> Query[list[Waiting]]:
    """Return the answers that are owed about open deals, the late ones first, then the oldest.

    Args:
        now: seconds since the epoch.
        deal_id: only those about this deal; ``person_id`` only those of this person, about deals to which the person
            is attached or has mail linked.
    """
    only, values = "", list[object]()
    if deal_id is not None:
        only, values = " AND d.id = ?", [deal_id]
    if person_id is not None:
        only, values = only + _OF_PERSON, [*values, person_id, person_id]
    rows = yield (
        "SELECT x.deal_id, m.id, m.date, m.direction, m.sender, m.recipients, m.subject"
        f" {_TALKED}{only} ORDER BY m.date, m.id",
        values,
    )
    talks = _talks(rows)
    people = yield from fetch.by_address(talks.names)
    deals = yield from fetch.deal_refs(deal for deal, _ in talks.of_deal)
    # Somebody with several addresses is one: an answer from the second settles what was asked of the first.
    by_person: dict[tuple[int, str], _Exchange] = defaultdict(list)
    usual: dict[str, _Exchange] = defaultdict(list)
    keys = {address: f"#{people[address].id}" if address in people else address for address in talks.names}
    last: dict[tuple[int, str], tuple[int, int]] = {}
    for (deal, address), exchange in talks.of_deal.items():
        talk = deal, keys[address]
        by_person[talk] += exchange
        last[talk] = max(talks.last[deal, address], last.get(talk, (0, 0)))
    for address, exchange in talks.of_address.items():
        usual[keys[address]] += exchange
    shown = {key: address for address, key in reversed(keys.items())}
    limits: dict[tuple[str, str], float] = {}
    found = []
    for (deal, key), exchange in by_person.items():
        date, direction, subject = max(reversed(exchange), key=lambda one: one[0])  # of one second the later stored
        person = people.get(shown[key])
        if person_id is not None and (person is None or person.id != person_id):
            continue
        answer = "out" if direction == "in" else "in"
        if (key, answer) not in limits:
            limits[key, answer] = threshold(sorted(usual[key]), answer)
        limit = limits[key, answer]
        days = max(0, now - date) / DAY
        who = person.name if person is not None else talks.names[shown[key]] or shown[key]
        owed_by = "us" if direction == "in" else "them"
        mail = last[deal, key][1]
        found.append(
            Waiting(deals.get(deal), person, who, owed_by, subject, date, round(days, 1), limit, days > limit, mail)
        )
    return sorted(found, key=lambda one: (not one.late, one.since, one.who))


def owed() -> Query[dict[str, list[int]]]:
    """Return who owes answers about open deals (``us``, ``them``) -> the last mails, which wait for one.

    The same that ``waiting`` tells of, without when it is late and about what: a third of the work.
    """
    rows = yield (
        "SELECT x.deal_id, m.id, m.direction, CASE m.direction WHEN 'in' THEN m.sender ELSE m.recipients END"
        f" {_TALKED} ORDER BY m.date DESC, m.id DESC",
        (),
    )
    last: dict[tuple[int, str], tuple[int, str]] = {}
    for deal, mail, direction, others in rows:
        last.setdefault((deal, others), (mail, direction))
    people = yield from fetch.by_address({norm for _, others in last for norm, _ in _named(others)})
    keys = {norm: f"#{person.id}" for norm, person in people.items()}
    settled = set[tuple[int, str]]()
    found: dict[str, list[int]] = {"us": [], "them": []}
    for (deal, others), (mail, direction) in last.items():
        talks = {(deal, keys.get(norm, norm)) for norm, _ in _named(others)}
        if not talks <= settled:
            found["us" if direction == "in" else "them"].append(mail)
            settled |= talks
    return found


def threshold(exchange: Sequence[tuple[int, str, str]], direction: str) -> float:
    """Return after how many days an answer in a direction (``in``: theirs, ``out``: ours) is late.

    Args:
        exchange: (date, direction, subject) of the mails with somebody, oldest first.
    """
    taken, asked = [], None
    for date, way, _ in exchange:
        if way != direction:
            asked = date if asked is None else asked
        elif asked is not None:
            taken.append((date - asked) / DAY)
            asked = None
    usual = median(taken) if len(taken) >= ENOUGH else USUAL
    return round(min(MOST, max(LEAST, usual)), 1)


def stale(now: int, days: int = STALE_DAYS) -> Query[list[Stale]]:
    """Return the open deals that nothing happened to for so many days, the longest first."""
    touched = (
        "SELECT x.deal_id AS deal_id, max(m.date) AS at FROM mail_deals x JOIN mails m ON m.id = x.mail_id"
        " GROUP BY x.deal_id UNION ALL SELECT deal_id, max(at) FROM deal_events GROUP BY deal_id"
        " UNION ALL SELECT deal_id, max(created_at) FROM notes WHERE deleted_at IS NULL GROUP BY deal_id"
        " UNION ALL SELECT deal_id, max(done_at) FROM activities WHERE deleted_at IS NULL GROUP BY deal_id"
    )
    rows = yield (
        "SELECT d.id, max(coalesce(t.at, d.created_at)) AS last, (SELECT min(a.due_at) FROM activities a"
        " WHERE a.deal_id = d.id AND a.done_at IS NULL AND a.deleted_at IS NULL) FROM deals d"
        f" JOIN pipelines l ON l.id = d.pipeline_id LEFT JOIN ({touched}) AS t ON t.deal_id = d.id"
        f" WHERE {fetch.OPEN} GROUP BY d.id HAVING max(coalesce(t.at, d.created_at)) < ? ORDER BY 2, 1",
        (now - days * DAY,),
    )
    refs = yield from fetch.deal_refs(row[0] for row in rows)
    return [Stale(refs[id], last, (now - last) // DAY, due) for id, last, due in rows if id in refs]


def _talks(rows: Iterable[Row]) -> _Talks:
    """Return the exchanges with each counterpart: who wrote to us, whom we wrote to."""
    talks, told = _Talks(), set[tuple[int, str]]()
    for deal, mail, date, direction, sender, recipients, subject in rows:
        for norm, name in _named(sender if direction == "in" else recipients):
            talks.names[norm] = talks.names.get(norm) or name
            talks.of_deal[deal, norm].append((date, direction, subject))
            talks.last[deal, norm] = (date, mail)
            if (mail, norm) not in told:
                told.add((mail, norm))
                talks.of_address[norm].append((date, direction, subject))
    return talks


@lru_cache(maxsize=8192)
def _named(addresses: str) -> tuple[tuple[str, str], ...]:
    """Return (normalised address, name) of what a mail keeps as JSON; the same few write again and again."""
    return tuple([(norm, name) for name, one in json.loads(addresses) if (norm := normalize_address(one))])
