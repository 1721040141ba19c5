"""The reader of screens and the command line: one for each thread that reads.

To lists and messages (``mailreads.py``) it adds what a message and the CRM say together: the deal pane, `why`,
timelines, the link picker's suggestions.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from tui.engine.model import (
    Address,
    Deal,
    DealPane,
    DealRef,
    Direction,
    LinkCandidate,
    LinkState,
    Person,
    PersonRef,
    Row,
    TimelineEntry,
    Why,
)
from tui.engine.paths import Paths
from tui.engine.store import SCHEMA, previews
from tui.engine.store.mailreads import MailReads
from tui.engine.store.previews import Preview
from tui.engine.store.records import own_of
from tui.engine.text import normalize_address

DOMAIN_PEOPLE = 20
"""People of a stranger's domain that the link picker offers."""

TIMELINE = 200
"""Entries of a timeline that the pane takes."""


def readable(paths: Paths) -> bool:
    """True when the home's databases exist in the present schema, so that they can be read before they are opened."""
    if not paths.crm.exists() or not paths.mailbox.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{paths.mailbox}?mode=ro", uri=True)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        return False
    return bool(version == max(int(file.stem) for file in SCHEMA.glob("[0-9]*.sql")))


class Reader(MailReads):
    """Reads over both databases."""

    def why(self, message_id: int) -> Why | None:
        """Return the stored decision about a message, with what a person changed since; None for an unknown message."""
        found = self.mailbox.execute("SELECT * FROM decisions WHERE message_id = ?", (message_id,)).fetchone()
        if found is None:
            return None
        manual = self.mailbox.execute(
            "SELECT sum(removed_at IS NULL AND origin = 'manual'), sum(removed_at IS NOT NULL) FROM links"
            " WHERE message_id = ?",
            (message_id,),
        ).fetchone()
        reason = found["reason"]
        if manual[0]:
            reason += " Linked by hand since."
        if manual[1]:
            reason += " Unlinked by hand since."
        return Why(
            decision=found["result"],
            rule=found["rule"],
            matched=tuple((address, number, name) for address, number, name in json.loads(found["matched"])),
            open_deals=tuple(DealRef(*deal) for deal in json.loads(found["open_deals"])),
            at=found["at"],
            origin="manual" if manual[0] else found["origin"],
            reason=reason,
        )

    def deal_pane(self, message_id: int) -> DealPane:
        """Return everything that the deal pane shows for a message.

        Raises:
            NotFound: there is no such message.
        """
        row = self.row(message_id)
        counterpart = _counterpart(self, row)
        persons = self.crm.persons_by_ids([person.id for person in row.persons])
        if not persons and counterpart is not None:
            address = normalize_address(counterpart.email)
            registered = self.crm.by_address([address])
            persons = self.crm.persons_by_ids([person.id for person in registered.values()])
        deals = self.crm.deals_by_ids([deal.id for deal in row.deals])
        offered = () if deals else self._offered(row, [person.id for person in persons])
        return DealPane(
            message=message_id,
            link_state=row.link_state,
            persons=tuple(persons),
            deals=tuple(deals),
            stages={pipeline.id: pipeline.stages for pipeline in self.crm.pipelines()},
            why=self.why(message_id),
            timeline=tuple(self.timeline(deals[0].id)[:TIMELINE]) if deals else (),
            counterpart=counterpart,
            suggestions=offered,
            waiting=tuple(self.crm.waiting(int(time.time()), deals[0].id)) if deals else (),
            forged=row.forged,
        )

    def _offered(self, row: Row, person_ids: Sequence[int]) -> tuple[DealRef, ...]:
        """Return the deals that a message without one could be linked to: those of its thread, else of its people."""
        suggested = _suggested(self, row.id) if row.link_state is LinkState.SUGGESTED else ()
        found = self.crm.deals_of_persons(person_ids, open_only=True)
        return suggested or tuple(DealRef(one.id, one.title, one.stage, one.status) for one in found)

    def never_link_preview(self, pattern: str) -> Preview:
        """Return what a pattern on the never-link list would have kept from being linked."""
        return previews.never_link(self.mailbox, pattern)

    def setting_preview(self, name: str, value: str) -> Preview:
        """Return what another value of a setting of the link rules would have done."""
        return previews.setting(self.mailbox, name, value)

    def timeline(
        self, deal_id: int | None = None, person_id: int | None = None, limit: int = 1000
    ) -> list[TimelineEntry]:
        """Return a deal's or person's story, newest first; a mail that is here names its message."""
        entries = self.crm.timeline(deal_id, person_id, limit)
        identities = self.crm.mail_identities([e.id for e in entries if e.kind == "mail" and e.id is not None])
        found = self.mailbox.execute(
            "SELECT identity, id FROM messages WHERE gone = 0 AND identity IN (SELECT value FROM json_each(?))",
            (json.dumps(list(identities.values())),),
        )
        here = dict(found.fetchall())
        return [
            replace(entry, message=here.get(identities.get(entry.id or 0, ""))) if entry.kind == "mail" else entry
            for entry in entries
        ]

    def link_candidates(self, message_ids: Sequence[int], text: str = "") -> list[LinkCandidate]:
        """Return the link picker's rows, the likeliest first, or those that ``text`` finds."""
        if text.strip():
            persons, deals = self.crm.search(text, limit=30)
            found = [_of_deal(deal, "found") for deal in deals]
            return found + [_of_person(PersonRef(p.id, p.name), "person, no deal") for p in persons]
        rows = self.rows(message_ids)
        candidates: list[LinkCandidate] = []
        candidates += [_of_deal(d, "this thread is linked to it") for d in _thread_deals(self, rows)]
        persons_here = _people(self, rows)
        last = self.crm.last_mail(
            [d.id for d in self.crm.deals_of_persons([p.id for p in persons_here], open_only=True)]
        )
        for person in persons_here:
            deals = self.crm.deals_of_persons([person.id], open_only=True)
            for deal in sorted(deals, key=lambda d: last.get(d.id, 0), reverse=True):
                candidates.append(_of_deal(deal, f"{person.name} is its contact"))
        candidates += [_of_person(PersonRef(p.id, p.name), "person, no deal") for p in persons_here]
        for person in persons_here:
            closed = [d for d in self.crm.deals_of_persons([person.id], open_only=False) if d.status != "open"]
            candidates += [_of_deal(deal, f"{deal.status}; {person.name} is its contact") for deal in closed]
        if not persons_here:
            candidates += self._of_domains(rows)
        return _once(candidates)

    def _of_domains(self, rows: Sequence[Row]) -> list[LinkCandidate]:
        """Return the open deals, then the people, of the domains of mail whose other side nobody is registered for."""
        found: list[LinkCandidate] = []
        domains = {one.email.rpartition("@")[2].lower() for row in rows if (one := _counterpart(self, row)) is not None}
        for domain in sorted(one for one in domains if one):
            people = [
                one
                for one in self.crm.persons(f"@{domain}")[:DOMAIN_PEOPLE]
                if any(email.lower().endswith(f"@{domain}") for email in one.emails)
            ]
            for deal in self.crm.deals_of_persons([one.id for one in people], open_only=True):
                found.append(_of_deal(deal, f"its people write from {domain}"))
            found += [_of_person(PersonRef(one.id, one.name), f"also at {domain}") for one in people]
        return found


def _once(candidates: Iterable[LinkCandidate]) -> list[LinkCandidate]:
    seen: dict[tuple[int | None, int | None], LinkCandidate] = {}
    for one in candidates:
        key = (None, one.deal.id) if one.deal is not None else (one.person.id if one.person else None, None)
        seen.setdefault(key, one)
    return list(seen.values())


def _people(reader: MailReads, rows: Sequence[Row]) -> list[Person]:
    own = own_of(reader.accounts())
    addresses = {
        normalize_address(one.email)
        for row in rows
        for one in ((row.sender,) if row.direction is Direction.IN else (*row.to, *row.cc))
    }
    refs = reader.crm.by_address(addresses - own)
    linked = {person.id for row in rows for person in row.persons}
    return reader.crm.persons_by_ids(linked | {person.id for person in refs.values()})


def _thread_deals(reader: MailReads, rows: Sequence[Row]) -> list[Deal]:
    found = reader.mailbox.execute(
        "SELECT DISTINCT k.deal_id FROM links k JOIN messages m ON m.id = k.message_id WHERE k.deal_id IS NOT NULL"
        " AND k.removed_at IS NULL AND m.thread_id IN (SELECT value FROM json_each(?))",
        (json.dumps([row.thread for row in rows]),),
    )
    return reader.crm.deals_by_ids([record[0] for record in found])


def _suggested(reader: MailReads, message_id: int) -> tuple[DealRef, ...]:
    found = reader.mailbox.execute("SELECT suggested FROM decisions WHERE message_id = ?", (message_id,)).fetchone()
    refs = reader.crm.deal_refs(json.loads(found["suggested"])) if found is not None else {}
    return tuple(refs.values())


def _counterpart(reader: MailReads, row: Row) -> Address | None:
    own = own_of(reader.accounts())
    candidates = (row.sender,) if row.direction is Direction.IN else (*row.to, *row.cc)
    return next((one for one in candidates if normalize_address(one.email) not in own), None)


def _of_deal(deal: Deal, reason: str) -> LinkCandidate:
    ref = DealRef(deal.id, deal.title, deal.stage, deal.status)
    return LinkCandidate(None, ref, deal.value, deal.currency, reason)


def _of_person(person: PersonRef, reason: str) -> LinkCandidate:
    return LinkCandidate(person, None, 0, "", reason)
