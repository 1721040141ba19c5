"""From the mailbox into the CRM: linked messages are copied there, those whose last link went are taken out.

Idempotent and repeatable: the mailbox marks what is due in the transaction of the link, and only after the CRM has it
is the mark taken off, unless something changed meanwhile. A crash in between repeats the copy, keyed by the message's
identity (DESIGN.md, Two databases).
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from tui.engine import events
from tui.engine.bus import EventBus
from tui.engine.crm.mails import PublishedMail
from tui.engine.crm.publish import Publisher
from tui.engine.model import Address, Direction
from tui.engine.store import links, outbound
from tui.engine.store.db import Database
from tui.engine.store.outbound import Due

FINISH_SECONDS = 2.0
"""How long closing waits for what is being published; what is left then is published at the next start."""
_log = logging.getLogger(__name__)


class Publishing:
    """Publishes what is due, one run at a time: in the background after a command, or awaited."""

    def __init__(self, mailbox: Database, publisher: Publisher, bus: EventBus) -> None:
        self._mailbox = mailbox
        self._publisher = publisher
        self._bus = bus
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def soon(self) -> None:
        """Publish what is due in a task of its own, so that a command over thousands of messages returns at once."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._in_background(), name="publish to the CRM")

    async def finish(self) -> None:
        """End the task: let it publish what it can within two seconds, then stop it between two messages."""
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=FINISH_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _in_background(self) -> None:
        while self._again:
            self._again = False
            try:
                await self.run()
            except Exception:
                # What is due stays due: the next command, sync or start tries again.
                _log.exception("Linked messages could not be given to the CRM")
                sentence = "Linked messages could not be given to their deals yet; it is tried again, the log says why."
                self._bus.publish(events.Notified(sentence, "warning"))

    async def run(self) -> None:
        """Publish until nothing is due."""
        async with self._lock:
            while await outbound.is_due(self._mailbox.reads):
                async with self._mailbox.write() as tx:
                    batch = await outbound.claim(tx, 200)
                await self._publish(batch)

    async def withdraw(self, identities: list[str]) -> None:
        """Take messages out of the CRM, content and all."""
        async with self._lock:
            await self._publisher.withdraw(*identities)

    async def _publish(self, batch: list[Due]) -> None:
        live: dict[int, list[links.Link]] = {}
        for link in await links.of_messages(self._mailbox.reads, [due.id for due in batch]):
            live.setdefault(link.message_id, []).append(link)
        changed: set[int] = set()
        leaving: list[str] = []
        outcome: dict[int, str] = {}
        linked: list[PublishedMail] = []
        for due in batch:
            shown = live.get(due.id, [])
            if shown:
                linked.append(_mail(due, shown))
                changed.update(link.deal_id for link in shown if link.deal_id is not None)
            else:
                leaving.append(due.identity)
            outcome[due.id] = "done" if shown else ""
        if linked:
            await self._publisher.publish_all(linked)
        if leaving:
            await self._publisher.withdraw(*leaving)
        async with self._mailbox.write() as tx:
            await outbound.mark(tx, outcome)
        self._bus.publish(events.DealsChanged(frozenset(changed)))


def _mail(due: Due, shown: list[links.Link]) -> PublishedMail:
    recipients: dict[str, list[list[str]]] = json.loads(due.recipients)
    persons = {link.person_id: link for link in shown if link.person_id is not None}
    deals = {link.deal_id: link for link in shown if link.deal_id is not None}
    return PublishedMail(
        identity=due.identity,
        message_id=due.message_id,
        mailbox=due.mailbox,
        direction=Direction(due.direction),
        date=due.date,
        from_=Address(due.from_name, due.from_email),
        to=_addresses(recipients, "to"),
        cc=_addresses(recipients, "cc"),
        subject=due.subject,
        text=due.text,
        raw=due.raw,
        attachments=due.attachments,
        automatic=bool(due.automatic),
        persons={number: link.origin for number, link in persons.items()},
        deals={number: link.origin for number, link in deals.items()},
        owner_only_persons=frozenset(number for number, link in persons.items() if link.owner_only or due.private),
        owner_only_deals=frozenset(number for number, link in deals.items() if link.owner_only or due.private),
    )


def _addresses(recipients: dict[str, Any], role: str) -> tuple[Address, ...]:
    return tuple(Address(name, email) for name, email in recipients.get(role, []))
