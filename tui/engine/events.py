"""What happened in the engine, as frozen values; the bus merges those of one type by uniting their ids.

Events are past participles. A subscriber reads what changed from the reader; an event carries only ids and short words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; ``merge`` unites two of the same type and key."""

    @property
    def key(self) -> object:
        """Events of one type with equal keys are merged."""
        return None

    def merge(self, later: Self) -> Self:
        """Return one event that says what both said."""
        return later


@dataclass(frozen=True, slots=True)
class _Ids(Event):
    """An event about a set of things."""

    ids: frozenset[int]

    def merge(self, later: Self) -> Self:
        """Unite the ids."""
        return replace(later, ids=self.ids | later.ids)


class MessagesAdded(_Ids):
    """Messages were ingested or came into view."""

    __slots__ = ()


class MessagesChanged(_Ids):
    """Flags, folder, body, links, pending or server state of messages changed."""

    __slots__ = ()


class MessagesRemoved(_Ids):
    """Messages left the workspace (deleted for ever here, account removed)."""

    __slots__ = ()


class FoldersChanged(_Ids):
    """Folders came, went, were renamed, or their counts or errors changed."""

    __slots__ = ()


class AccountsChanged(_Ids):
    """An account's settings, connection state or error changed."""

    __slots__ = ()


class OperationsChanged(_Ids):
    """Operations of the journal changed state."""

    __slots__ = ()


class DealsChanged(_Ids):
    """Deals, their stages, persons or timelines changed."""

    __slots__ = ()


class PersonsChanged(_Ids):
    """People changed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SyncProgressed(Event):
    """A folder's download got further: ``done`` of ``total``, back to ``oldest`` (R40)."""

    account_id: int
    folder_id: int
    folder: str
    done: int
    total: int
    oldest: int | None

    @property
    def key(self) -> object:
        """One a folder."""
        return self.folder_id


@dataclass(frozen=True, slots=True)
class OperationRefused(Event):
    """The server refused an operation for good; ``text`` is in its own words (R35)."""

    operation_id: int
    text: str

    @property
    def key(self) -> object:
        """Each refusal is told."""
        return self.operation_id


@dataclass(frozen=True, slots=True)
class Notified(Event):
    """Something a person should read once; ``severity`` is information, warning or error."""

    text: str
    severity: str = "information"

    @property
    def key(self) -> object:
        """Each text is told once a merge window."""
        return self.text
