"""What a person does with links and their rules: link, unlink, mark private, never link, settings (R17, R22, R23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.engine import config
from tui.engine.commands.base import Applied, Desk, count, link_snapshot, snapshot
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.store import links
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
            before["choices"] = await links.thread_choices(tx, ids)
            await links.set_thread_choices(tx, [(number, self.deals[0]) for number in ids])
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
        before = {"private": await links.private(tx, ids)}
        await links.set_private(tx, ids, self.private)
        await links.refresh(tx, whole)
        title = f"Marked {count(len(whole))} private" if self.private else f"{count(len(whole))} no longer private"
        return Applied(title, before, messages=frozenset(whole))


@dataclass(frozen=True, slots=True)
class NeverLink:
    """Put a pattern on the never-link list, or take it off; it stops linking, not downloading (RULES.md, Details).

    Args:
        pattern: an address, a domain, or a glob of either; no white space.
        listed: False to take it off.
    """

    pattern: str
    listed: bool = True

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Change the list; mail that is here stays as it is."""
        cleaned = self.pattern.strip().lower()
        if self.listed and (not cleaned or any(c.isspace() for c in cleaned)):
            raise InvalidInput(
                f'"{self.pattern}" is no address, domain or pattern; write ann@x.org, x.org or *@*.x.org.'
            )
        was = await links.set_never_link(tx, cleaned, self.listed)
        if not self.listed and not was:
            raise NotFound("never-link pattern", self.pattern)
        words = "is never linked by itself" if self.listed else "is off the never-link list"
        return Applied(f"{cleaned} {words}", {"never_link": [[cleaned, was]]} if was != self.listed else {})


@dataclass(frozen=True, slots=True)
class ChooseRule:
    """Give a setting of the link rules (``config.CHOICES``) another value, from the next message on (R19)."""

    name: str
    value: str

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Write it into the config file; mail that is here stays as it is."""
        was = getattr(desk.config, self.name, "")
        desk.config = config.choose(desk.settings, self.name, self.value)
        return Applied(f"{self.name} is {self.value}", {"rules": [[self.name, was]]} if was != self.value else {})
