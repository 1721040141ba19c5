"""The link rules (RULES.md, Linking), pure: facts in, a Decision with its reason out.

The engine asks once for each message, in the transaction that ingests it, and stores the answer, "no link" included.
Nothing here reads a database, a clock or a header; addresses come normalised (``text.normalize_address``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple

from tui.engine.model import DealRef, Direction, LinkState, PersonRef, Role
from tui.engine.text import line, normalize_address

NEVER_FOLDERS = frozenset({Role.DRAFTS, Role.JUNK, Role.TRASH})
_RECEIVED, _SENT = frozenset({"from", "to", "cc"}), frozenset({"to", "cc", "bcc"})
RULE_NAMES: Mapping[str, str] = {
    "R15": "a registered counterpart with exactly one open deal",
    "R16": "no counterpart is registered",
    "R17": "a registered counterpart without an open deal",
    "R24": "sent to a registered person with exactly one open deal",
    "R25": "the deal picked in the composer",
    "thread-choice": "always this deal for this thread",
    "reply": "it answers a message linked to a deal that is still open",
    "several-deals": "several open deals",
    "suggest": "an unregistered address writes in a linked thread",
    "never-link": "the never-link list",
    "private": "the thread is private",
    "own": "mail between own addresses",
    "folder": "Drafts, Junk and Trash never link",
    "bulk": "a Cc-only match on bulk mail",
    "R46": "known here before",
}
"""Every value of ``Decision.rule`` with what it means."""


class Participant(NamedTuple):
    """One address of a message: normalised, with its display name and ``role`` (from, reply_to, to, cc, bcc)."""

    address: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the message says and where it lies.

    Args:
        own: addresses and aliases of every connected account, normalised.
        bulk: List-Id, List-Unsubscribe, Precedence bulk or list, or Auto-Submitted other than no.
        never_link: patterns: an address, ``domain`` or ``@domain``, or a glob of either (``*@*.acme.io``).
        chosen_deals: what was picked in the composer, open or not (R25, R22).
        thread_deals: deals linked to the messages that this one answers (References, In-Reply-To), open or not.
        thread_choice: "always this deal for this thread", as long as that deal is open.
    """

    direction: Direction
    own: frozenset[str]
    participants: tuple[Participant, ...]
    bulk: bool = False
    folder_role: Role = Role.NONE
    private_thread: bool = False
    never_link: tuple[str, ...] = ()
    chosen_deals: tuple[int, ...] = ()
    thread_deals: tuple[int, ...] = ()
    thread_choice: int | None = None


class OpenDeal(NamedTuple):
    """A deal that is open in a pipeline that is not archived; times in seconds since the epoch, 0 for no mail yet."""

    id: int
    title: str
    stage: str
    created: int
    last_mail: int = 0

    @property
    def ref(self) -> DealRef:
        """The deal as a badge shows it."""
        return DealRef(self.id, self.title, self.stage, "open")


@dataclass(frozen=True, slots=True)
class Known:
    """What the CRM knows about the participants at the moment of ingest.

    Args:
        persons: normalised address -> person, for the participants' addresses.
        open_deals: person id -> that person's open deals.
        thread_open: deal id -> deal, for those of ``Facts.thread_deals`` and ``thread_choice`` that are open,
            whoever they belong to.
    """

    persons: Mapping[str, PersonRef]
    open_deals: Mapping[int, Sequence[OpenDeal]]
    thread_open: Mapping[int, OpenDeal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """The two settings of the link rules (config.py, ``[linking]``)."""

    contact_link: str = "with_open_deal"
    multi_deal: str = "ask"


class Decision(NamedTuple):
    """What is to be linked, and why.

    Args:
        rule: a key of ``RULE_NAMES``.
        reason: one plain sentence for `why`.
        matched: (address, person id, name) of every counterpart that counted.
        open_deals: the open deals there were, whether linked or not.
        suggested: deals to offer, not to link.
        origin: ``auto``, ``compose`` or ``thread``.
        bcc_only: persons whose link rests on Bcc alone: only the mailbox's owner may see it.
        bcc_only_deals: deals linked through such persons alone; the same holds for them.
    """

    state: LinkState
    rule: str
    reason: str
    persons: tuple[int, ...] = ()
    deals: tuple[int, ...] = ()
    matched: tuple[tuple[str, int, str], ...] = ()
    open_deals: tuple[DealRef, ...] = ()
    suggested: tuple[int, ...] = ()
    origin: str = "auto"
    bcc_only: frozenset[int] = frozenset()
    bcc_only_deals: frozenset[int] = frozenset()


class _Match(NamedTuple):
    """The counterparts that count, and what they lead to."""

    matched: tuple[tuple[str, int, str], ...] = ()
    bcc_only: frozenset[int] = frozenset()
    deals: tuple[OpenDeal, ...] = ()
    with_deal: tuple[int, ...] = ()
    bcc_only_deals: frozenset[int] = frozenset()
    """Deals that nobody but Bcc recipients lead to."""
    dropped: str = ""
    """Why a registered counterpart does not count: a rule, or ""."""

    @property
    def persons(self) -> tuple[int, ...]:
        """Matched persons, each once, in the order of the headers."""
        return tuple(dict.fromkeys([person for _, person, _ in self.matched]))

    @property
    def refs(self) -> tuple[DealRef, ...]:
        """The open deals there are, as badges show them."""
        return tuple([deal.ref for deal in self.deals])

    @property
    def words(self) -> str:
        """Who was recognised, for a sentence."""
        shown = [f"{address} is {name}" for address, _, name in self.matched[:3]]
        return ", ".join(shown) + (f" and {len(self.matched) - 3} more" if len(self.matched) > 3 else "")


_NOBODY = _Match()


def direction_of(senders: Iterable[str], own: frozenset[str]) -> Direction:
    """Return OUT when a From address is an own one; the folder says nothing (RULES.md, Linking)."""
    return Direction.OUT if any(address in own for address in senders) else Direction.IN


def decide(facts: Facts, known: Known, settings: Settings) -> Decision:
    """Apply the rules of linking to one message at its ingest (R15 to R26).

    The composer's choice wins over everything but Drafts; then come the reasons never to link; then which deal:
    the thread's chosen deal, the deal of the message answered, the only open deal, else the setting ``multi_deal``.
    """
    if facts.folder_role in NEVER_FOLDERS and (facts.folder_role is Role.DRAFTS or not facts.chosen_deals):
        return _none("folder", f"A message in {facts.folder_role.value.capitalize()} is never linked.")
    match = _match(facts, known)
    if facts.chosen_deals:
        return _chosen(facts, match)
    barred = _barred(facts, match)
    if barred is not None:
        return barred
    if not match.matched:
        return _unmatched(facts, known, match)
    followed = _thread(facts, known, match)
    if followed is not None:
        return followed
    return _by_open_deals(facts, match, settings)


def listed(address: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a normalised address stands on the never-link list.

    A pattern with ``@`` before its domain is compared with the address, one without (or ``@domain``) with the domain
    alone; ``*``, ``?`` and ``[…]`` work in both. A domain does not include its subdomains: ``*.acme.io`` does that.
    """
    return bool(patterns) and _matcher(patterns).fullmatch(address) is not None


@lru_cache(maxsize=32)
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = []
    for pattern in patterns:
        local, _, domain = pattern.strip().rpartition("@")
        if domain:
            alternatives.append(translate(normalize_address(f"{local or '*'}@{domain}")))
    return re.compile("|".join(f"(?:{one})" for one in alternatives) or r"(?!)")


def _none(rule: str, reason: str, match: _Match = _NOBODY) -> Decision:
    return Decision(LinkState.NONE, rule, _sentence(reason), matched=match.matched, open_deals=match.refs)


def _registered(facts: Facts, known: Known) -> list[Participant]:
    """The registered ones of From, else Reply-To, plus To and Cc; of sent mail of To, Cc and Bcc."""
    persons, own = known.persons, facts.own
    found = [one for one in facts.participants if one.address in persons and one.address not in own]
    roles = _SENT if facts.direction is Direction.OUT else _RECEIVED
    if roles is _RECEIVED and not any([one.role == "from" for one in found]):
        roles |= {"reply_to"}
    return [one for one in found if one.role in roles]


def _match(facts: Facts, known: Known) -> _Match:
    """Find the registered counterparts, leaving out listed ones and Cc-only ones of bulk mail."""
    registered = _registered(facts, known)
    if not registered:
        return _NOBODY
    persons, dropped = known.persons, ""
    seen: dict[int, list[Participant]] = {}
    for one in registered:
        if facts.never_link and listed(one.address, facts.never_link):
            dropped = "never-link"
        else:
            seen.setdefault(persons[one.address].id, []).append(one)
    if facts.bulk and seen:
        seen = {person_id: found for person_id, found in seen.items() if any([one.role != "cc" for one in found])}
        dropped = dropped or "bulk"
    if not seen:
        return _Match(dropped=dropped) if dropped else _NOBODY
    matched = dict.fromkeys([(one.address, *persons[one.address][:2]) for found in seen.values() for one in found])
    open_deals = {person: found for person in seen if (found := known.open_deals.get(person))}
    bcc_only = bcc_only_deals = _NOBODY.bcc_only
    if facts.direction is Direction.OUT:
        bcc_only = frozenset([person for person, found in seen.items() if all([one.role == "bcc" for one in found])])
    deals = {deal.id: deal for found in open_deals.values() for deal in found}
    if bcc_only:
        shown = {deal.id for person, found in open_deals.items() if person not in bcc_only for deal in found}
        bcc_only_deals = frozenset(deals.keys() - shown)
    return _Match(tuple(matched), bcc_only, tuple(deals.values()), tuple(open_deals), bcc_only_deals, dropped)


def _chosen(facts: Facts, match: _Match) -> Decision:
    """R25: what was picked in the composer; in a private thread the links are the owner's alone."""
    return Decision(
        LinkState.PRIVATE if facts.private_thread else LinkState.LINKED,
        "R25",
        "The deal was picked in the composer" + ("; the thread is private." if facts.private_thread else "."),
        persons=match.persons,
        deals=tuple(dict.fromkeys(facts.chosen_deals)),
        matched=match.matched,
        open_deals=match.refs,
        origin="compose",
        bcc_only=match.bcc_only,
    )


def _barred(facts: Facts, match: _Match) -> Decision | None:
    """The reasons for which a message links to nothing, whoever took part."""
    if facts.private_thread:
        return Decision(LinkState.PRIVATE, "private", "The thread is marked private: nothing is linked by itself.")
    if facts.never_link and (sender := _listed_sender(facts, match)):
        return _none("never-link", f"The sender {sender} is on the never-link list.")
    if facts.participants and facts.own.issuperset([one.address for one in facts.participants if one.address]):
        return _none("own", "All addresses are our own.")
    return None


def _listed_sender(facts: Facts, match: _Match) -> str:
    """The sender that the never-link list names, or ""; where From is nobody registered Reply-To is one too."""
    senders = [one for one in facts.participants if one.role == "from"]
    registered = {address for address, _, _ in match.matched}
    if facts.direction is Direction.IN and not any(one.address in registered for one in senders):
        senders += [one for one in facts.participants if one.role == "reply_to" and one.address not in facts.own]
    return next((one.address for one in senders if listed(one.address, facts.never_link)), "")


def _unmatched(facts: Facts, known: Known, match: _Match) -> Decision:
    """R16, and the suggestion for a stranger who writes in a linked thread."""
    suggested = _open_of_thread(facts, known, match)
    if facts.direction is Direction.IN and suggested:
        titles = ", ".join(deal.title for deal in suggested)
        return Decision(
            LinkState.SUGGESTED,
            "suggest",
            _sentence(f"It answers a message of {titles}, but {_who(facts)} is nobody in the CRM."),
            open_deals=tuple(deal.ref for deal in suggested),
            suggested=tuple(deal.id for deal in suggested),
        )
    reasons = {
        "never-link": "The only registered counterparts are on the never-link list.",
        "bulk": "It is bulk mail and only its Cc names somebody registered.",
    }
    return _none(
        match.dropped or "R16", reasons.get(match.dropped, f"Nobody in the CRM has the address {_who(facts)}.")
    )


def _open_of_thread(facts: Facts, known: Known, match: _Match) -> tuple[OpenDeal, ...]:
    """The deals that the thread leads to and that are still open; the thread's own choice alone when there is one."""
    if not facts.thread_deals and facts.thread_choice is None:
        return ()
    open_here = {**known.thread_open, **{deal.id: deal for deal in match.deals}}
    if facts.thread_choice in open_here:
        return (open_here[facts.thread_choice],)
    return tuple(open_here[deal] for deal in dict.fromkeys(facts.thread_deals) if deal in open_here)


def _thread(facts: Facts, known: Known, match: _Match) -> Decision | None:
    """Which deal, (2): a registered counterpart answers a message linked to a deal that is still open."""
    deals = _open_of_thread(facts, known, match)
    if not deals:
        return None
    titles = ", ".join(deal.title for deal in deals)
    chosen = facts.thread_choice == deals[0].id
    how = "was chosen for the whole thread" if chosen else "is linked to the message answered, and still open"
    return Decision(
        LinkState.LINKED,
        "thread-choice" if chosen else "reply",
        _sentence(f"{titles} {how}; {match.words}."),
        persons=match.persons,
        deals=tuple(deal.id for deal in deals),
        matched=match.matched,
        open_deals=tuple({deal.id: deal.ref for deal in (*match.deals, *deals)}.values()),
        origin="thread",
        bcc_only=match.bcc_only,
    )


def _by_open_deals(facts: Facts, match: _Match, settings: Settings) -> Decision:
    """Which deal, (3) and (4), and R17 when there is none."""
    everybody = settings.contact_link == "always"
    persons = match.persons if everybody else match.with_deal
    if not match.deals and not everybody:
        return _none("R17", f"{match.words}, without an open deal.", match)
    chosen = _pick(match.deals, settings.multi_deal)
    if not match.deals:
        rule, reason = "R17", "without an open deal; contact_link = always links the person alone."
    elif len(match.deals) == 1:
        rule = "R24" if facts.direction is Direction.OUT else "R15"
        reason = f"and there is exactly one open deal: {match.deals[0].title}."
    else:
        rule, outcome = "several-deals", "which one is asked, not guessed"
        reason = f"with {len(match.deals)} open deals; {f'multi_deal = {settings.multi_deal}' if chosen else outcome}."
    return Decision(
        LinkState.NEEDS_DEAL if match.deals and not chosen else LinkState.LINKED,
        rule,
        _sentence(f"{match.words}, {reason}"),
        persons=persons,
        deals=tuple([deal.id for deal in chosen]),
        matched=match.matched,
        open_deals=match.refs,
        bcc_only=match.bcc_only.intersection(persons),
        # Whoever sees a deal sees its mail: a deal reached through Bcc alone would tell of the Bcc.
        bcc_only_deals=match.bcc_only_deals and match.bcc_only_deals.intersection([deal.id for deal in chosen]),
    )


def _pick(deals: tuple[OpenDeal, ...], setting: str) -> tuple[OpenDeal, ...]:
    """Choose the only open deal, or among several as ``multi_deal`` says; nothing for ``ask``."""
    if len(deals) < 2:
        return deals
    if setting == "newest":
        return (max(deals, key=lambda deal: (deal.created, deal.id)),)
    if setting == "last_active":
        return (max(deals, key=lambda deal: (deal.last_mail or deal.created, deal.created, deal.id)),)
    return deals if setting == "all" else ()


def _who(facts: Facts) -> str:
    """The addresses of the counterparts, for a sentence."""
    roles = {"from", "reply_to"} if facts.direction is Direction.IN else _SENT
    found = list(dict.fromkeys([a for a, _, role in facts.participants if role in roles and a not in facts.own]))
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") or "(none given)"


def _sentence(reason: str) -> str:
    """A reason holds addresses that strangers wrote, cleaned each where it came in: one line that isn't endless."""
    return reason if len(reason) <= 400 and reason.isprintable() else line(reason, 400)
