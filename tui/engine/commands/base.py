"""What every command shares: what it is given, what it returns, how it is written down and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from tui.engine import config
from tui.engine.config import Config
from tui.engine.crm import fetch, undo
from tui.engine.crm.db import CrmDb
from tui.engine.crm.deals import Deals
from tui.engine.crm.people import People
from tui.engine.crm.unjournalled import Unjournalled
from tui.engine.errors import ConfigError, InvalidInput, NotFound
from tui.engine.store import divergence, folders, links, messages, reminders
from tui.engine.store.db import Database, Tx
from tui.engine.store.links import Link
from tui.engine.store.messages import Stored


@dataclass(slots=True)
class Desk:
    """What commands work on: the two databases, the CRM's writers, the settings as they are now."""

    mailbox: Database
    crm: CrmDb
    people: People
    deals: Deals
    config: Config
    settings: Path
    """The config file."""

    def reread(self) -> None:
        """Take over what another process wrote of the link rules into the config file.

        A file that has become unreadable is told of at the next start; until then the rules are as they were.
        """
        try:
            said = config.load(self.settings)
        except ConfigError:
            return
        self.config = self.config._replace(**{name: getattr(said, name) for name in config.CHOICES})


@dataclass(frozen=True, slots=True)
class NewOperation:
    """Server work that a command leaves behind; ``next_try`` holds it back until a moment."""

    account_id: int
    kind: str
    message_id: int | None
    payload: dict[str, Any]
    next_try: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a command did here and what is still to be done on servers.

    Args:
        title: the action in the past tense, for the notice and for undo ("Archived 3 messages").
        before: what it takes to take it back; empty when it can't be.
        messages, deals, persons, folders: what changed, for the events.
        token: names the change of the CRM that is a part of it (``Changed``), "" for none.
    """

    title: str
    before: dict[str, Any]
    operations: Sequence[NewOperation] = ()
    messages: frozenset[int] = frozenset()
    added: frozenset[int] = frozenset()
    deals: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()
    folders: frozenset[int] = field(default_factory=frozenset)
    token: str = ""


class Command(Protocol):
    """One thing a person can do; a frozen dataclass whose fields are JSON values, collections of them, or a draft."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Change the workspace at once, in the journal's transaction.

        Raises:
            InvalidInput, NotFound: it can't be done; nothing was changed.
        """
        ...


def to_json(command: Command) -> dict[str, Any]:
    """Return a command as JSON values, for redo."""
    values = {name: _plain(value) for name, value in asdict(command).items()}
    return {"type": type(command).__name__, **values}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple):
        return value._asdict() if hasattr(value, "_asdict") else [_plain(one) for one in value]
    return value


async def snapshot(tx: Tx, ids: Iterable[int]) -> tuple[list[Stored], dict[str, Any]]:
    """Return messages and what it takes to restore their place.

    Raises:
        NotFound: an id names no message.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise InvalidInput("No message was named; give at least one id.")
    found = await messages.get(tx, wanted)
    if len(found) < len(wanted):
        here = {message.id for message in found}
        raise NotFound("message", next(number for number in wanted if number not in here))
    return found, {"messages": [[m.id, m.folder_id, m.gone] for m in found]}


async def link_snapshot(tx: Tx, ids: Sequence[int]) -> dict[str, Any]:
    """Return what it takes to restore the links of messages, tombstones included."""
    kept = await links.of_messages(tx, ids, live=False)
    return {"linked": list(ids), "links": [list(asdict(link).values()) for link in kept]}


async def can_restore(tx: Tx, before: dict[str, Any]) -> bool:
    """False when all the messages that ``before`` speaks of have left the workspace for good."""
    named = {kept[0] for what in ("messages", "private", "flags", "reminders") for kept in before.get(what, [])}
    named |= {*before.get("linked", []), *before.get("copied", [])}
    return not named or bool(await messages.existing(tx, named))


@dataclass(frozen=True, slots=True)
class Restored:
    """What ``restore`` changed: messages, and the CRM where ``token`` is not ""."""

    messages: frozenset[int]
    token: str = ""


async def restore(
    tx: Tx, desk: Desk, before: dict[str, Any], action: int = 0, reverted: Unjournalled | None = None
) -> Restored:
    """Put back what ``before`` holds and nothing else, so that what others did meanwhile stays.

    Args:
        action: whose ``before`` it is.
        reverted: what was put back in the CRM already, before a crash.
    """
    changed: set[int] = set()
    for number, folder_id, *_, gone in before.get("messages", []):
        changed.add(number)
        await tx.execute(*messages.restore_statement(number, folder_id, gone))
    for number, added, removed in before.get("flags", []):
        changed.add(number)
        await messages.set_flags(tx, [number], removed, added)
    if "linked" in before:
        here = await messages.existing(tx, before["linked"])
        kept_links = [Link(*kept) for kept in before["links"]]
        await links.restore(tx, here, [link for link in kept_links if link.message_id in here])
        await links.refresh(tx, here)
        changed.update(here)
    if "private" in before:
        for number, private in before["private"]:
            await links.set_private(tx, [number], private)
            changed.update(await links.thread_messages(tx, [number]))
        await links.refresh(tx, changed)
    await links.set_thread_choices(tx, before.get("choices", []))
    for pattern, listed in before.get("never_link", []):
        await links.set_never_link(tx, pattern, listed)
    for name, value in before.get("rules", []):
        desk.config = config.choose(desk.settings, name, value)
    for number, due in before.get("reminders", []):
        await reminders.put(tx, number, due)
        changed.add(number)
    await folders.drop_local(tx, before.get("made_folders", []))
    await folders.set_names(tx, before.get("folder_names", []))
    for number, selected in before.get("folders_selected", []):
        await folders.set_selected(tx, [number], selected)
    if "left_alone" in before:
        await divergence.put_left(tx, before["left_alone"])
        changed.update(number for number, _ in before["left_alone"])
    token = ""
    if "crm" in before:
        back = reverted or await desk.crm.revert(undo.load(before["crm"]), action=action)
        token = back.token
        # Who the undo took away again can't be linked to; the mail that rules had linked stays in the mailbox.
        persons = back.persons - (await desk.crm.read(fetch.person_refs(back.persons))).keys()
        deals = back.deals - (await desk.crm.read(fetch.deal_refs(back.deals))).keys()
        touched = await links.linked_to(tx, persons, deals)
        await links.drop(tx, touched, persons, deals)
        changed.update(touched)
    return Restored(frozenset(changed), token)


def count(number: int, noun: str = "message") -> str:
    """Return "1 message", "12 messages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
