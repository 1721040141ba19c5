"""People, deals and links as the engine tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tui.engine.model.address import Address

if TYPE_CHECKING:
    from tui.engine.model.reports import Waiting


class LinkState(StrEnum):
    """What the badge of a message says (CLI.md, M.link.state)."""

    NONE = "none"
    LINKED = "linked"
    NEEDS_DEAL = "needs_deal"
    PRIVATE = "private"
    SUGGESTED = "suggested"


class DealRef(NamedTuple):
    """The little of a deal that a badge shows."""

    id: int
    title: str
    stage: str
    status: str


class PersonRef(NamedTuple):
    """The little of a person that a badge shows; ``role`` is what they are in the deal that they are told of with."""

    id: int
    name: str
    role: str = ""


class Field(NamedTuple):
    """A field that people declared for a ``kind`` of thing (person, organization, deal).

    ``type`` is text, number, money, date or choice; ``choices`` are those of the last.
    """

    id: int
    kind: str
    name: str
    type: str
    choices: tuple[str, ...] = ()


class Organization(NamedTuple):
    """A company; what follows the name is filled where it is read for itself, not as part of something else.

    ``emails`` are addresses that it shares, by which no mail is ever linked; ``fields`` (name, value) as declared.
    """

    id: int
    name: str
    website: str = ""
    note: str = ""
    emails: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


class Person(NamedTuple):
    """Somebody with registered addresses, the first being the primary one; ``fields`` (name, value) as declared."""

    id: int
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...] = ()
    organization: Organization | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class Stage(NamedTuple):
    """A column of a pipeline."""

    id: int
    pipeline_id: int
    name: str
    position: int
    probability: int = 0


class Pipeline(NamedTuple):
    """An ordered row of stages."""

    id: int
    name: str
    archived: bool
    stages: tuple[Stage, ...]


class Deal(NamedTuple):
    """A sale in the making; ``value`` in minor units of ``currency``.

    Of ``persons`` the first is the primary one; ``owner`` is the name or address of the user whose deal it is, "" for
    nobody's; ``fields`` (name, value) as declared.
    """

    id: int
    title: str
    pipeline_id: int
    pipeline: str
    stage_id: int
    stage: str
    status: str
    value: int
    currency: str
    persons: tuple[PersonRef, ...]
    organization: Organization | None
    expected_close: str | None
    lost_reason: str
    created: int
    stage_entered: int
    closed: int | None
    owner: str = ""
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


class Card(NamedTuple):
    """An open deal as a board shows it; times in seconds since the epoch, ``close`` an ISO date.

    ``who`` is its first person; ``due`` and ``todo`` its next activity, which is overdue from ``late_from`` on (a whole
    day's when the day is over); ``mail_at`` and ``mail_direction`` (``in``,
    ``out``) its last mail; ``fields`` (name, value) as declared.
    """

    id: int
    title: str
    stage_id: int
    value: int
    currency: str
    who: str
    organization: str
    owner: str
    entered: int
    close: str | None
    due: int | None
    todo: str
    late_from: int | None
    mail_at: int | None
    mail_direction: str
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


class TimelineEntry(NamedTuple):
    """One line of a deal's, person's or organization's story, newest first.

    ``kind``: mail, note, activity, change, file.
    ``message`` is the mailbox id when the mail is here; ``direction`` only for mail; ``mailbox`` whose it came from
    (R28)."""

    kind: str
    at: int
    title: str
    detail: str = ""
    direction: str = ""
    message: int | None = None
    id: int | None = None
    attachments: int = 0
    mailbox: str = ""


class Why(NamedTuple):
    """The stored decision about a message (`why`): the result in words, the rule that made it, and what it saw."""

    decision: str
    rule: str
    matched: tuple[tuple[str, int, str], ...]
    """(address, person id, person name) triples."""
    open_deals: tuple[DealRef, ...]
    at: int
    origin: str
    reason: str


class DealPane(NamedTuple):
    """Everything the deal pane shows for one message, read in one go."""

    message: int
    link_state: LinkState
    persons: tuple[Person, ...] = ()
    deals: tuple[Deal, ...] = ()
    stages: Mapping[int, tuple[Stage, ...]] = MappingProxyType({})
    """pipeline id -> its stages in order."""
    why: Why | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    counterpart: Address | None = None
    suggestions: tuple[DealRef, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    """Who owes whom an answer about the first deal."""
    forged: bool = False
    """The message fails DMARC, so that it may not be from the person."""


class LinkCandidate(NamedTuple):
    """One numbered suggestion of the link picker, with why it is suggested."""

    person: PersonRef | None
    deal: DealRef | None
    value: int
    currency: str
    reason: str
