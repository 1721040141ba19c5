"""Drafts: kept as a message in Drafts, here at once and then on the server, where one draft never becomes two.

All versions of a draft bear one Message-ID, each with a Date of its own. A new version is appended, and only when the
server has it is exactly the older copy deleted there (R33). Drafts never link.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from tui.engine.commands.base import Applied, Desk, NewOperation
from tui.engine.commands.building import File, build_draft, read_files, sender_of, store_own
from tui.engine.commands.mail import role_folder
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.mail.compose import new_message_id
from tui.engine.mail.mime import files
from tui.engine.model import Account, Address, Draft, Role
from tui.engine.store import accounts, bodies, drafts, messages
from tui.engine.store.db import Tx
from tui.engine.store.drafts import Version


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """Keep a draft in the Drafts of its account, in the place of the version that it was before.

    A folder for drafts is made on a server that has none, as a person who keeps a draft asks for one (R11).
    """

    draft: Draft

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Store the new version and queue its way to the server.

        Raises:
            InvalidInput, NotFound: the account or an attachment can't be used; nothing was stored.
        """
        return await keep(tx, desk, self.draft, await asyncio.to_thread(read_files, self.draft.attachments))


@dataclass(frozen=True, slots=True)
class DropDraft:
    """Throw a draft away, here and exactly its copy on the server."""

    draft: Draft

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Hide every version that was seen, and queue their deletion."""
        found = await _replaceable(tx, self.draft)
        touched = frozenset(version.folder_id for version in found)
        operations = await retire(tx, found)
        return Applied("Threw a draft away", {}, operations, frozenset(one.id for one in found), folders=touched)


async def keep(tx: Tx, desk: Desk, draft: Draft, files: Sequence[File]) -> Applied:
    """Store a draft with these files as a message in Drafts, and queue what follows from it.

    Where another client wrote a version that was never opened here, both stay: ours becomes a draft of its own.

    Raises:
        InvalidInput, NotFound: the account can't be used.
    """
    account = await accounts.get(tx, draft.account_id)
    if account is None:
        raise NotFound("account", draft.account_id)
    folder = await role_folder(tx, account.id, Role.DRAFTS)
    every = await drafts.versions(tx, draft.name, draft.version)
    older = _seen(every, draft)
    own_name = draft.name if len(older) == len(every) else ""
    named = draft._replace(name=own_name or new_message_id(account.email.rpartition("@")[2]), version=None, lost="")
    moment = max([messages.now(), *(one.date + 1 for one in older)])
    original = await bodies.raw(tx, draft.reply_to) if draft.reply_to is not None else None
    raw, facts = await asyncio.to_thread(build_draft, named, _from(account, draft), original, files, moment)
    stored = await store_own(tx, desk, folder, raw, facts)
    await drafts.put(tx, stored, json.dumps({**named._asdict(), "attachments": []}))
    kept = NewOperation(account.id, "draft", stored, {"to": folder.id})
    operations = [kept, *await retire(tx, older)]
    changed = frozenset(one.id for one in older)
    title = f'Kept the draft "{facts.subject}"' if facts.subject else "Kept a draft without a subject"
    return Applied(title, {}, operations, changed, frozenset({stored}), folders=frozenset({folder.id}))


def _from(account: Account, draft: Draft) -> Address:
    """Return who a draft is from; an alias that the account no longer has is asked about when it is sent."""
    try:
        return sender_of(account, draft.sender)
    except InvalidInput:
        return Address(account.name, account.email)


async def keep_unsent(tx: Tx, desk: Desk, draft: Draft, raw: bytes) -> Applied:
    """Have a message that was taken back before it left be a draft again, with the attachments that it has (R36)."""
    files = await asyncio.to_thread(_files_of, raw)
    return await keep(tx, desk, draft, files)


async def retire_sent(tx: Tx, draft: Draft) -> list[NewOperation]:
    """Hide the versions of a draft that is being sent; their copies go when the message has left."""
    return await retire(tx, await _replaceable(tx, draft))


async def retire(tx: Tx, older: Sequence[Version]) -> list[NewOperation]:
    """Hide versions that something newer replaces, and return the deletions of their copies.

    They wait for the operations before them in the same action, so that a server never has less than one version.
    """
    ids = [version.id for version in older]
    await messages.set_gone(tx, ids, True)
    unneeded = await drafts.unneeded(tx, ids)
    await messages.purge(tx, unneeded)
    return [
        NewOperation(one.account_id, "delete", one.id, {"from": one.folder_id, "draft": True})
        for one in older
        if one.id not in unneeded
    ]


async def _replaceable(tx: Tx, draft: Draft) -> list[Version]:
    return _seen(await drafts.versions(tx, draft.name, draft.version), draft)


def _seen(every: Sequence[Version], draft: Draft) -> list[Version]:
    """Return the versions that this draft goes on from: written here, or opened here, or older than what was."""
    return [one for one in every if one.own or one.id <= (draft.version or 0)]


def _files_of(raw: bytes) -> list[File]:
    return [(info.name, info.type, data) for info, data in files(raw)]
