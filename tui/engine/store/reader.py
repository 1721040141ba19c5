"""The reader of screens and the command line: one for each thread that reads.

To lists and messages (``mailreads.py``) it adds what a message and the CRM say together: the deal pane, `why`,
timelines, the link picker's suggestions.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from tui.engine.model import (
    DealPane,
    DealRef,
    LinkCandidate,
    LinkState,
    Row,
    TimelineEntry,
    Why,
)
from tui.engine.paths import Paths
from tui.engine.store import SCHEMA
from tui.engine.store.mailreads import MailReads
from tui.engine.text import normalize_address

if TYPE_CHECKING:
    from tui.engine.store.previews import Preview

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
        private = self.mailbox.execute("SELECT private FROM messages WHERE id = ?", (message_id,)).fetchone()[0]
        reason = found["reason"]
        if manual[0]:
            reason += " Linked by hand since."
        if manual[1]:
            reason += " Unlinked by hand since."
        if private:
            reason += " Its thread is private: no rule links what comes in it."
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
        from tui.engine.store import candidates

        row = self.row(message_id)
        counterpart = candidates.counterpart(self, row)
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
            timeline=tuple(self.timeline(deals[0].id, limit=TIMELINE, files=False)) if deals else (),
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
        from tui.engine.store import previews

        return previews.never_link(self.mailbox, pattern)

    def setting_preview(self, name: str, value: str) -> Preview:
        """Return what another value of a setting of the link rules would have done."""
        from tui.engine.store import previews

        return previews.setting(self.mailbox, name, value)

    def timeline(
        self, deal_id: int | None = None, person_id: int | None = None, limit: int = 1000, files: bool = True
    ) -> list[TimelineEntry]:
        """Return a deal's or person's story, newest first, with files; a mail that is here names its message."""
        from tui.engine.store import stories

        entries = stories.placed(self.mailbox, self.crm, self.crm.timeline(deal_id, person_id, limit))
        return stories.with_files(self.mailbox, self.crm, entries)[:limit] if files else entries

    def link_candidates(self, message_ids: Sequence[int], text: str = "") -> list[LinkCandidate]:
        """Return the link picker's rows, the likeliest first, or those that ``text`` finds."""
        from tui.engine.store import candidates

        return candidates.found(self, text) if text.strip() else candidates.likely(self, message_ids)

    def recent_deals(self) -> list[LinkCandidate]:
        """Return the open deals that were last linked by hand, whatever to."""
        from tui.engine.store import candidates

        return candidates.recent(self)


def _suggested(reader: MailReads, message_id: int) -> tuple[DealRef, ...]:
    found = reader.mailbox.execute("SELECT suggested FROM decisions WHERE message_id = ?", (message_id,)).fetchone()
    refs = reader.crm.deal_refs(json.loads(found["suggested"])) if found is not None else {}
    return tuple(refs.values())
