"""What the engine tells and is told: plain immutable values, no behaviour, no I/O.

Times are integers, seconds since the epoch in UTC; money is an integer of minor units with its ISO 4217 currency;
ids are integers of the database the thing lives in. Every text here has gone through ``text.clean``.
"""

from __future__ import annotations

from tui.engine.model.address import Address
from tui.engine.model.crm import (
    Card,
    Deal,
    DealPane,
    DealRef,
    LinkCandidate,
    LinkState,
    Organization,
    Person,
    PersonRef,
    Pipeline,
    Stage,
    TimelineEntry,
    Why,
)
from tui.engine.model.divergence import Difference, Divergence
from tui.engine.model.imports import Column, HistoryEntry, ImportPreview, ImportReport, Removal, RowError
from tui.engine.model.mail import (
    Account,
    AccountState,
    Activity,
    Attachment,
    Body,
    Direction,
    Draft,
    Folder,
    Note,
    Operation,
    OperationState,
    Order,
    Role,
    Row,
    Security,
    Server,
    Status,
    Undelivered,
    View,
)
from tui.engine.model.proofs import Check, FolderProof, SyncReport
from tui.engine.model.reports import ForecastSum, MailVolume, Outcome, StageFlow, StageSum, Stale, Waiting

__all__ = [
    "Account",
    "AccountState",
    "Activity",
    "Address",
    "Attachment",
    "Body",
    "Card",
    "Check",
    "Column",
    "Deal",
    "DealPane",
    "DealRef",
    "Difference",
    "Direction",
    "Divergence",
    "Draft",
    "Folder",
    "FolderProof",
    "ForecastSum",
    "HistoryEntry",
    "ImportPreview",
    "ImportReport",
    "LinkCandidate",
    "LinkState",
    "MailVolume",
    "Note",
    "Operation",
    "OperationState",
    "Order",
    "Organization",
    "Outcome",
    "Person",
    "PersonRef",
    "Pipeline",
    "Removal",
    "Role",
    "Row",
    "RowError",
    "Security",
    "Server",
    "Stage",
    "StageFlow",
    "StageSum",
    "Stale",
    "Status",
    "SyncReport",
    "TimelineEntry",
    "Undelivered",
    "View",
    "Waiting",
    "Why",
]
