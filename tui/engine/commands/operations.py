"""For each kind of server work: how it is backed out when the server refuses, and what undoes it once done.

What it does on the server (replay) lies in ``sync``: moves.py for move, copy, delete, flag; sent.py for send, append;
drafting.py for draft.
"""

from __future__ import annotations

from tui.engine.commands.base import Applied, Desk, NewOperation
from tui.engine.commands.drafting import keep_unsent
from tui.engine.model import Draft, OperationState
from tui.engine.store import bodies, folders, links, messages, operations
from tui.engine.store.db import Tx
from tui.engine.store.operations import Entry

FOLDER_KINDS = ("create-folder", "rename-folder", "delete-folder")
"""Done over IMAP, about folders and no message."""
MAIL_KINDS = ("move", "copy", "delete", "flag", "append", "draft", "restore", *FOLDER_KINDS)
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


async def unsend(tx: Tx, desk: Desk, entry: Entry) -> Applied | None:
    """Take a message that will not be sent out of Sent and of the deals that it was filed under, into Drafts again.

    Returns:
        What the draft leaves to be done, None when its text is no longer here.

    Raises:
        NotFound: its account is gone; the sending should then go on.
    """
    if entry.message_id is None:
        return None
    action = await operations.action(tx, entry.action_id)
    raw = await bodies.raw(tx, entry.message_id)
    written = action.command.get("draft") if action is not None else None
    if action is not None and "letter" in entry.payload:
        written = action.command["drafts"][entry.payload["letter"]]
    kept = None
    if raw is not None and isinstance(written, dict):
        kept = await keep_unsent(tx, desk, Draft(**{**written, "attachments": ()}), raw)
    await messages.set_gone(tx, [entry.message_id], True)
    await links.remove(tx, [entry.message_id], (), ())
    await links.refresh(tx, [entry.message_id])
    return kept


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
