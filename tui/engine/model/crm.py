"""People, deals and links as the engine tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
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
    """The little of a person that a badge shows."""

    id: int
    name: str


class Organization(NamedTuple):
    """A company; ``website`` and ``note`` are filled where it is read for itself, not as part of something else."""

    id: int
    name: str
    website: str = ""
    note: str = ""


class Person(NamedTuple):
    """Somebody with registered addresses, the first being the primary one."""

    id: int
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...] = ()
    organization: Organization | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


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
    """A sale in the making; ``value`` in minor units of ``currency``."""

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


class Card(NamedTuple):
    """An open deal as a board shows it; times in seconds since the epoch, ``close`` an ISO date.

    ``who`` is its first person; ``due`` and ``todo`` its next activity, which is overdue from ``late_from`` on (a whole
    day's when the day is over); ``mail_at`` and ``mail_direction`` (``in``,
    ``out``) its last mail.
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


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a deal's or person's story, newest first. ``kind``: mail, note, activity, change, file.
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


@dataclass(frozen=True, slots=True)
class DealPane:
    """Everything the deal pane shows for one message, read in one go."""

    message: int
    link_state: LinkState
    persons: tuple[Person, ...] = ()
    deals: tuple[Deal, ...] = ()
    stages: Mapping[int, tuple[Stage, ...]] = field(default_factory=dict)
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
