"""The first time a message is stored (RULES.md, Ingest): identity, thread, decision, placement in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from tui.engine import linking
from tui.engine.linking import Decision, Facts, Known, Participant, Settings
from tui.engine.mail.contents import holds
from tui.engine.mail.headers import HeaderFacts
from tui.engine.mail.identity import content_digest, header_identity, same_content
from tui.engine.mail.threading import thread_keys
from tui.engine.model import Address, Direction, LinkState, Role
from tui.engine.store import bodies, departed, links, placements, threads
from tui.engine.store.bodies import StoredBody
from tui.engine.store.db import Tx, rows, value, write_rows
from tui.engine.store.folders import FolderState
from tui.engine.text import normalize_address

_as_json = json.JSONEncoder(ensure_ascii=False).encode
FLAGS = ("seen", "flagged", "answered", "forwarded")
BODY_WAIT = 86_400
"""Seconds for which a message that may be a known one waits for the known one's body to compare with."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as the server shows it, or as it was written here (``uid`` None).

    Args:
        flags: lower-case names without backslash.
        size: octets; received: INTERNALDATE; guid: the server's name of the content, or "".
        body: what was read of the source when it is at hand, else None; it decides identity where headers can't.
        refused: the server was asked for the source and won't give it, so that the header must do.
        chosen_deals: the composer's choice (R25).
    """

    uid: int | None
    facts: HeaderFacts
    flags: frozenset[str]
    size: int
    received: int | None
    guid: str = ""
    body: StoredBody | None = None
    refused: bool = False
    chosen_deals: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the decisions of one batch rest on: the folder it lies in, own addresses, the CRM as it is now."""

    folder: FolderState
    uidvalidity: int
    own: frozenset[str]
    known: Known
    settings: Settings
    never_link: tuple[str, ...]


@dataclass(slots=True)
class Ingested:
    """What a batch came to: ``new`` and ``placed`` message ids by uid, and arrivals whose bodies must decide."""

    new: dict[int, int] = field(default_factory=dict)
    placed: dict[int, int] = field(default_factory=dict)
    unsure: list[Arrival] = field(default_factory=list)
    first: int | None = None
    """The id of the first new message, for a message written here."""
    linked: int = 0
    needs_deal: int = 0


def header_key(facts: HeaderFacts) -> str:
    """Return what equals for two arrivals that may be the same mail (R7, R8)."""
    named = header_identity(facts)
    if named is not None:
        return named
    senders = ",".join(normalize_address(address.email) for address in facts.from_)
    blank = "\n".join((facts.date_text, senders, facts.subject))
    return "x" + hashlib.sha256(blank.encode("utf-8", "replace")).hexdigest()[:40]


def participants(facts: HeaderFacts) -> tuple[Participant, ...]:
    """Return every address of a message with its role, normalised."""
    fields: tuple[tuple[str, Sequence[Address]], ...] = (
        ("from", facts.from_),
        ("reply_to", facts.reply_to),
        ("to", facts.to),
        ("cc", facts.cc),
        ("bcc", facts.bcc),
    )
    return tuple(
        [Participant(normalize_address(one.email), one.name, role) for role, found in fields if found for one in found]
    )


async def ingest(tx: Tx, arrivals: Iterable[Arrival], scene: Scene) -> Ingested:
    """Store what is new, place what is known, and say which arrivals only their bodies can tell apart."""
    done = Ingested()
    batch = sorted(arrivals, key=lambda arrival: arrival.facts.date or arrival.received or 0)
    keys = {id(arrival): header_key(arrival.facts) for arrival in batch}
    if scene.folder.role is Role.SENT:
        await _part_from_drafts(tx, keys.values())
    candidates = await _candidates(tx, keys.values(), scene.folder.account_id)
    once = await departed.of_keys(tx, keys.values())
    fresh: list[tuple[Arrival, str]] = []
    again: set[str] = set()
    claimed: set[str] = set()
    for arrival in batch:
        key = keys[id(arrival)]
        here = candidates.get(key, [])
        match = None if key in claimed else await _match(tx, arrival, here, scene)
        present = {str(candidate["identity"]) for candidate in here}
        known = departed.identity(once.get(key, {}), present, arrival.body, arrival.refused)
        if match is None or (match == 0 and known is None):
            done.unsure.append(arrival)
        elif match:
            await _place(tx, match, arrival, scene)
            if arrival.uid is not None:
                done.placed[arrival.uid] = match
        else:
            claimed.add(key)
            if known:
                again.add(known)
            alone = not here and key not in once
            fresh.append((arrival, known or (key if alone else await _identity(key, arrival, scene))))
    if fresh:
        await _store(tx, fresh, keys, scene, again, done)
    return done


async def _part_from_drafts(tx: Tx, keys: Iterable[str]) -> None:
    """Have drafts be no candidates: what was a draft and lies in Sent is ingested now, as a message (R5).

    The draft is forgotten when the server has it no more (``drafts.purge_replaced``).
    """
    await tx.execute(
        "UPDATE messages SET identity = 'draft ' || id, header_key = 'draft ' || id WHERE publish = ''"
        " AND header_key IN (SELECT value FROM json_each(?))"
        " AND folder_id IN (SELECT id FROM folders WHERE role = 'drafts')",
        (json.dumps(list(keys)),),
    )


async def _candidates(tx: Tx, keys: Iterable[str], account_id: int) -> dict[str, list[Mapping[str, object]]]:
    found = await rows(
        tx,
        "SELECT m.id, m.identity, m.header_key, m.size, m.guid, m.received, t.text, t.parts, EXISTS"
        " (SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id WHERE p.message_id = m.id"
        " AND p.gone_at IS NULL AND p.missing = 0 AND f.account_id = ?) AS in_account,"
        " m.body_state = 'header' AND m.ingested_at > ?"
        " AND EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id AND p.gone_at IS NULL AND p.missing = 0"
        " AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.folder_id = p.folder_id"
        " AND x.uidvalidity = p.uidvalidity AND x.uid = p.uid)) AS coming"
        " FROM messages m LEFT JOIN texts t ON t.message_id = m.id"
        " WHERE m.header_key IN (SELECT value FROM json_each(?)) ORDER BY m.id",
        account_id,
        int(time.time()) - BODY_WAIT,
        json.dumps(list(keys)),
    )
    result: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for record in found:
        result[record["header_key"]].append(dict(record))
    return result


async def _match(tx: Tx, arrival: Arrival, candidates: Sequence[Mapping[str, object]], scene: Scene) -> int | None:
    """Return the message that an arrival is, 0 when it is new, None when its body must be looked at first."""
    undecided = False
    for candidate in candidates:
        same_size = candidate["size"] == arrival.size
        if arrival.guid and candidate["guid"] == arrival.guid:
            return int(str(candidate["id"]))
        if same_size and candidate["received"] == arrival.received and await _renumbered(tx, candidate, scene):
            return int(str(candidate["id"]))
        if arrival.body is not None and candidate["text"] is not None:
            if same_content(str(candidate["text"]), arrival.body.text) and await _holds(tx, candidate, arrival.body):
                return int(str(candidate["id"]))
        elif candidate["coming"] or (arrival.body is None and not arrival.refused):
            undecided = True
        elif same_size and not (candidate["in_account"] and _readable(candidate) != (arrival.body is not None)):
            # Nothing but the header is left to go by; but of two copies on one server both can be read, or none.
            return int(str(candidate["id"]))
    return None if undecided else 0


def _readable(candidate: Mapping[str, object]) -> bool:
    return candidate["text"] is not None


async def _holds(tx: Tx, candidate: Mapping[str, object], body: StoredBody) -> bool:
    """True when a stored message has every attachment of an arrival, so that placing it there loses nothing (R8)."""
    stored = Counter((kind, size) for _, _, kind, size in json.loads(str(candidate["parts"])))
    coming = Counter((kind, size) for _, _, kind, size in body.parts)
    if coming - stored or not coming:
        return not coming
    raw = await bodies.raw(tx, int(str(candidate["id"])))
    return raw is not None and await asyncio.to_thread(holds, raw, body.raw)


async def _renumbered(tx: Tx, candidate: Mapping[str, object], scene: Scene) -> bool:
    """True when the candidate had a place in this folder under an earlier UIDVALIDITY (R7)."""
    found = await value(
        tx,
        "SELECT 1 FROM placements WHERE message_id = ? AND folder_id = ? AND uidvalidity <> ?"
        " AND NOT EXISTS (SELECT 1 FROM placements n WHERE n.message_id = placements.message_id"
        " AND n.folder_id = placements.folder_id AND n.uidvalidity = ?)",
        candidate["id"],
        scene.folder.id,
        scene.uidvalidity,
        scene.uidvalidity,
    )
    return found is not None


async def _identity(key: str, arrival: Arrival, scene: Scene) -> str:
    """Return the identity of a new message whose header key another has, or had: with its source's digest.

    Where the server won't give the source, its place there stands for it.
    """
    if arrival.body is None:
        place = f"{scene.folder.id} {scene.uidvalidity} {arrival.uid}"
        return f"{key}-{hashlib.sha256(place.encode()).hexdigest()[:24]}"
    return f"{key}-{(await asyncio.to_thread(_digest, arrival.body.raw))[:24]}"


def _digest(source: bytes | Path) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _place(tx: Tx, message_id: int, arrival: Arrival, scene: Scene) -> None:
    """Add a placement of a known message; a message that had lost its place or was deleted for ever is back."""
    if arrival.uid is None:
        return
    if arrival.body is not None:
        await departed.remember_copy(tx, message_id, content_digest(arrival.body.text, arrival.body.parts))
    await placements.add(
        tx, message_id, scene.folder.id, scene.uidvalidity, arrival.uid, flags=" ".join(sorted(arrival.flags))
    )
    await tx.execute(
        "UPDATE messages SET folder_id = CASE WHEN folder_id IS NULL OR gone = 1 THEN ? ELSE folder_id END,"
        " account_id = coalesce(account_id, ?),"
        " guid = CASE WHEN guid = '' THEN ? ELSE guid END,"
        " gone = CASE WHEN gone = 1 AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.message_id = messages.id"
        " AND o.state IN ('queued', 'running')) THEN 0 ELSE gone END WHERE id = ?",
        (scene.folder.id, scene.folder.account_id, arrival.guid, message_id),
    )


async def _store(
    tx: Tx,
    fresh: Sequence[tuple[Arrival, str]],
    keys: Mapping[int, str],
    scene: Scene,
    again: Set[str],
    done: Ingested,
) -> None:
    now = int(time.time())
    top = await value(tx, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
    first = int(str(top or 0)) + 1
    ids = {first + offset: arrival for offset, (arrival, _) in enumerate(fresh)}
    of_thread = await threads.assign(tx, {number: thread_keys(arrival.facts) for number, arrival in ids.items()})
    private, choices = await _thread_marks(tx, of_thread.values())
    answered = await links.deals_of_message_ids(
        tx, {name for arrival in ids.values() for name in (*arrival.facts.in_reply_to, *arrival.facts.references)}
    )
    messages, decisions, link_rows = [], [], []
    for (number, arrival), (_, identity) in zip(ids.items(), fresh, strict=True):
        thread = of_thread[number]
        facts = _facts(arrival, scene, thread in private, choices.get(thread), answered)
        key = keys[id(arrival)]
        decision = _R46 if identity in again else linking.decide(facts, scene.known, scene.settings)
        if arrival.facts.message_id and decision.deals:
            answered[arrival.facts.message_id] = decision.deals
        done.linked += decision.state is LinkState.LINKED
        done.needs_deal += decision.state is LinkState.NEEDS_DEAL
        messages.append(_message_row(number, identity, key, thread, arrival, scene, decision, thread in private, now))
        decisions.append(links.decision_row(number, decision, now))
        link_rows += links.link_rows(number, decision, now)
        if arrival.uid is not None:
            done.new[arrival.uid] = number
    done.first = first
    await write_rows(tx, _INSERT, messages)
    await write_rows(
        tx,
        "INSERT INTO placements (message_id, folder_id, uidvalidity, uid, flags) VALUES {rows}"
        " ON CONFLICT (folder_id, uidvalidity, uid) DO UPDATE SET message_id = excluded.message_id, gone_at = NULL,"
        " missing = 0",
        [
            (number, scene.folder.id, scene.uidvalidity, arrival.uid, " ".join(sorted(arrival.flags)))
            for number, arrival in ids.items()
            if arrival.uid is not None
        ],
    )
    await links.insert_decisions(tx, decisions, link_rows)


_R46 = Decision(
    LinkState.NONE,
    "R46",
    "This workspace had this message before; the rules run once for each message.",
)

_INSERT = (
    "INSERT INTO messages (id, identity, header_key, message_id, thread_id, account_id, folder_id, direction, date,"
    " received, from_name, from_email, recipients, subject, size, guid, seen, flagged, answered, forwarded, private,"
    " link_state, ingested_at, publish, automatic) VALUES {rows}"
)


async def _thread_marks(tx: Tx, thread_ids: Iterable[int]) -> tuple[frozenset[int], dict[int, int]]:
    wanted = json.dumps(sorted(set(thread_ids)))
    private = await rows(
        tx, "SELECT thread_id FROM private_threads WHERE thread_id IN (SELECT value FROM json_each(?))", wanted
    )
    chosen = await rows(
        tx, "SELECT thread_id, deal_id FROM thread_choices WHERE thread_id IN (SELECT value FROM json_each(?))", wanted
    )
    return frozenset(r["thread_id"] for r in private), {r["thread_id"]: r["deal_id"] for r in chosen}


def direction_of(facts: HeaderFacts, own: frozenset[str]) -> Direction:
    """Return OUT when From is an own address (RULES.md, Details)."""
    outgoing = any([normalize_address(address.email) in own for address in facts.from_])
    return Direction.OUT if outgoing else Direction.IN


def _facts(
    arrival: Arrival, scene: Scene, private: bool, choice: int | None, answered: Mapping[str, tuple[int, ...]]
) -> Facts:
    nearest = (*arrival.facts.in_reply_to, *reversed(arrival.facts.references)) if answered else ()
    thread_deals = next((answered[name] for name in nearest if name in answered), ())
    return Facts(
        direction=direction_of(arrival.facts, scene.own),
        own=scene.own,
        participants=participants(arrival.facts),
        bulk=arrival.facts.list_mail,
        folder_role=scene.folder.role,
        private_thread=private,
        never_link=scene.never_link,
        chosen_deals=arrival.chosen_deals,
        thread_deals=thread_deals,
        thread_choice=choice,
    )


def _message_row(
    number: int,
    identity: str,
    key: str,
    thread: int,
    arrival: Arrival,
    scene: Scene,
    decision: Decision,
    private: bool,
    now: int,
) -> tuple[object, ...]:
    facts = arrival.facts
    sender = facts.from_[0] if facts.from_ else Address("", "")
    recipients = {
        role: [[address.name, address.email] for address in found]
        for role, found in (("to", facts.to), ("cc", facts.cc), ("bcc", facts.bcc), ("reply_to", facts.reply_to))
    }
    state = links.state_of(decision, private)
    return (
        number,
        identity,
        key,
        facts.message_id,
        thread,
        scene.folder.account_id,
        scene.folder.id,
        direction_of(facts, scene.own).value,
        facts.date if facts.date is not None else (arrival.received or now),
        arrival.received,
        sender.name,
        sender.email,
        _as_json(recipients),
        facts.subject,
        arrival.size,
        arrival.guid,
        *(flag in arrival.flags for flag in FLAGS),
        private,
        state.value,
        now,
        "due" if decision.persons or decision.deals else "",
        facts.automatic,
    )
