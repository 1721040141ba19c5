"""What a person does with links: link, unlink, mark private (R22, R23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.engine.commands.base import Applied, Desk, count, link_snapshot, snapshot
from tui.engine.errors import InvalidInput
from tui.engine.store import links, messages
from tui.engine.store.db import Tx


@dataclass(frozen=True, slots=True)
class LinkMessages:
    """Link messages to persons and deals by hand, open or closed, known since when ever (R22).

    Args:
        remember: "always this deal for this thread": mail still to come in it is linked likewise.
    """

    ids: Sequence[int]
    persons: Sequence[int] = ()
    deals: Sequence[int] = ()
    remember: bool = False

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Add the links, origin ``manual``."""
        if not self.persons and not self.deals:
            raise InvalidInput("Nothing to link to was named; give a person or a deal.")
        names = [(await desk.people.get(person)).name for person in self.persons]
        names += [(await desk.deals.get(deal)).title for deal in self.deals]
        found, _ = await snapshot(tx, self.ids)
        ids = [message.id for message in found]
        before = await link_snapshot(tx, ids)
        await links.add(tx, ids, self.persons, self.deals, "manual")
        if self.remember and self.deals:
            for number in ids:
                await messages.touch_thread_choice(tx, number, self.deals[0])
        await links.refresh(tx, ids)
        return Applied(
            f"Linked {count(len(ids))} to {', '.join(names)}",
            before,
            messages=frozenset(ids),
            deals=frozenset(self.deals),
            persons=frozenset(self.persons),
        )


@dataclass(frozen=True, slots=True)
class UnlinkMessages:
    """Unlink messages from persons and deals, from all of them when none is named; tombstones stay (R23)."""

    ids: Sequence[int]
    persons: Sequence[int] = ()
    deals: Sequence[int] = ()

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Turn the links into tombstones."""
        found, _ = await snapshot(tx, self.ids)
        ids = [message.id for message in found]
        before = await link_snapshot(tx, ids)
        live = await links.of_messages(tx, ids)
        await links.remove(tx, ids, self.persons, self.deals)
        await links.refresh(tx, ids)
        return Applied(
            f"Unlinked {count(len(ids))}",
            before,
            messages=frozenset(ids),
            deals=frozenset(link.deal_id for link in live if link.deal_id is not None),
            persons=frozenset(link.person_id for link in live if link.person_id is not None),
        )


@dataclass(frozen=True, slots=True)
class MarkPrivate:
    """Mark the threads of messages private: never auto-linked, hidden from others, links kept for the owner."""

    ids: Sequence[int]
    private: bool = True

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Mark whole threads; mail still to come in them counts."""
        found, _ = await snapshot(tx, self.ids)
        ids = [message.id for message in found]
        whole = await links.thread_messages(tx, ids)
        await links.set_private(tx, ids, self.private)
        await links.refresh(tx, whole)
        title = f"Marked {count(len(whole))} private" if self.private else f"{count(len(whole))} no longer private"
        return Applied(title, {"private": [[number, not self.private] for number in ids]}, messages=frozenset(whole))
