"""What a person can do, one family a file: a command changes the workspace at once and queues what servers must do.

    mail      Move Copy Archive Delete DeleteForever SetFlags
    outgoing  Send, SendAll
    drafting  KeepDraft DropDraft
    remind    Remind
    link      LinkMessages UnlinkMessages MarkPrivate NeverLink ChooseRule
    crm       MoveDeal CloseDeal ReopenDeal DeleteDeal DeletePerson
    divergence FollowServer PushMine LeaveAlone
    folder    CreateFolder RenameFolder DeleteFolder

``Engine.do(command)`` applies and journals it in one transaction. ``operations`` says for each kind of server work
how it is backed out when the server refuses, and what undoes it once it is done.
"""

from __future__ import annotations

from typing import Any

from tui.engine.commands.base import Applied, Command, Desk
from tui.engine.commands.crm import CloseDeal, DeleteDeal, DeletePerson, MoveDeal, ReopenDeal
from tui.engine.commands.divergence import FollowServer, LeaveAlone, PushMine
from tui.engine.commands.drafting import DropDraft, KeepDraft
from tui.engine.commands.folder import CreateFolder, DeleteFolder, RenameFolder
from tui.engine.commands.link import ChooseRule, LinkMessages, MarkPrivate, NeverLink, UnlinkMessages
from tui.engine.commands.mail import Archive, Copy, Delete, DeleteForever, Move, SetFlags
from tui.engine.commands.outgoing import Send, SendAll
from tui.engine.commands.remind import Remind

__all__ = [
    "Applied",
    "Archive",
    "ChooseRule",
    "CloseDeal",
    "Command",
    "Copy",
    "CreateFolder",
    "Delete",
    "DeleteDeal",
    "DeleteFolder",
    "DeleteForever",
    "DeletePerson",
    "Desk",
    "DropDraft",
    "FollowServer",
    "KeepDraft",
    "LeaveAlone",
    "LinkMessages",
    "MarkPrivate",
    "Move",
    "MoveDeal",
    "NeverLink",
    "PushMine",
    "Remind",
    "RenameFolder",
    "ReopenDeal",
    "Send",
    "SendAll",
    "SetFlags",
    "UnlinkMessages",
    "from_json",
]

_TYPES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Archive,
        ChooseRule,
        CloseDeal,
        Copy,
        CreateFolder,
        Delete,
        DeleteDeal,
        DeleteFolder,
        DeleteForever,
        DeletePerson,
        FollowServer,
        LeaveAlone,
        LinkMessages,
        MarkPrivate,
        Move,
        MoveDeal,
        NeverLink,
        PushMine,
        Remind,
        RenameFolder,
        ReopenDeal,
        SetFlags,
        UnlinkMessages,
    )
}


def from_json(values: dict[str, Any]) -> Command | None:
    """Return the command that was written down, or None for one that can't be done again (a sent message)."""
    fields = dict(values)
    kind = _TYPES.get(fields.pop("type", ""))
    return kind(**fields) if kind is not None else None
