"""For each kind of server work: how it is backed out when the server refuses, and what undoes it once done.

What it does on the server (replay) lies in ``sync``: moves.py for move, copy, delete, flag; sent.py for send, append.
"""

from __future__ import annotations

from tui.engine.commands.base import NewOperation
from tui.engine.model import OperationState
from tui.engine.store import folders, links, messages
from tui.engine.store.db import Tx
from tui.engine.store.operations import Entry

FOLDER_KINDS = ("create-folder", "rename-folder", "delete-folder")
"""Done over IMAP, about folders and no message."""
MAIL_KINDS = ("move", "copy", "delete", "flag", "append", "restore", *FOLDER_KINDS)
"""Done over IMAP, in order."""
SEND_KINDS = ("send",)
"""Done over SMTP; a slow SMTP server holds up no IMAP work."""


async def back_out(tx: Tx, entry: Entry) -> None:
    """Put a message back to where the server has it, after a refusal or a cancelled operation (R35, R36)."""
    if entry.kind in FOLDER_KINDS:
        await _back_out_of_folder(tx, entry)
    if entry.message_id is None:
        return
    if entry.kind == "move" and entry.payload.get("from") is not None:
        await tx.execute(*messages.return_statement(entry.message_id, entry.payload["to"], entry.payload["from"]))
    elif entry.kind == "delete":
        await messages.set_gone(tx, [entry.message_id], False)
    elif entry.kind == "flag":
        await messages.set_flags(tx, [entry.message_id], entry.payload["remove"], entry.payload["add"])


async def _back_out_of_folder(tx: Tx, entry: Entry) -> None:
    """Leave a folder as the server has it: not made, under its old name, or shown again."""
    if entry.kind == "create-folder":
        await folders.drop_local(tx, [entry.payload["to"]])
    elif entry.kind == "rename-folder":
        folder = await folders.get(tx, entry.payload["folder"])
        every = await folders.of_account(tx, entry.account_id) if folder is not None else []
        new, old = entry.payload["name"], entry.payload["was"]
        inside = [one for one in every if one.name == new or one.name.startswith(f"{new}/")]
        await folders.set_names(tx, [(one.id, old + one.name[len(new) :]) for one in inside])
    else:
        await folders.set_selected(tx, [entry.payload["folder"]], True)


async def unsend(tx: Tx, entry: Entry) -> None:
    """Take a message that will not be sent out of Sent, and out of the deals that it was filed under."""
    if entry.message_id is not None:
        await messages.set_gone(tx, [entry.message_id], True)
        await links.remove(tx, [entry.message_id], (), ())
        await links.refresh(tx, [entry.message_id])


async def apply_again(tx: Tx, entry: Entry) -> None:
    """Do a refused operation here alone ("keep local only", R35)."""
    if entry.message_id is None:
        return
    if entry.kind == "move":
        await messages.move_local(tx, [entry.message_id], entry.payload["to"])
    elif entry.kind == "delete":
        await messages.set_gone(tx, [entry.message_id], True)
    elif entry.kind == "flag":
        await messages.set_flags(tx, [entry.message_id], entry.payload["add"], entry.payload["remove"])


def inverse(entry: Entry) -> NewOperation | None:
    """Return the server work that undoes a finished operation, or None when nothing can."""
    if entry.kind == "move" and entry.payload.get("from") is not None:
        payload = {"from": entry.payload["to"], "to": entry.payload["from"]}
        return NewOperation(entry.account_id, "move", entry.message_id, payload)
    if entry.kind == "flag":
        payload = {"add": entry.payload["remove"], "remove": entry.payload["add"]}
        return NewOperation(entry.account_id, "flag", entry.message_id, payload)
    if entry.kind == "create-folder":
        return NewOperation(entry.account_id, "delete-folder", None, {"folder": entry.payload["to"], "empty": True})
    if entry.kind == "rename-folder":
        payload = {**entry.payload, "name": entry.payload["was"], "was": entry.payload["name"]}
        return NewOperation(entry.account_id, "rename-folder", None, payload)
    if entry.kind == "delete-folder":
        return NewOperation(entry.account_id, "create-folder", None, {"to": entry.payload["folder"]})
    if entry.kind == "copy" and entry.state is OperationState.DONE and "began" not in entry.progress:
        return None  # it lay there already: what would be removed is no copy of ours (R32)
    if entry.kind in ("copy", "restore"):
        return NewOperation(entry.account_id, "delete", entry.message_id, {"copy_in": entry.payload["to"]})
    return None
