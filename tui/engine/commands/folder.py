"""What a person does with folders: create, rename, delete; here at once, then on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.commands.base import Applied, Desk, NewOperation, count
from tui.engine.commands.mail import Delete
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Role
from tui.engine.store import folders
from tui.engine.store.db import Tx
from tui.engine.store.folders import FolderState
from tui.engine.text import line

LONGEST = 200
"""Characters of a folder's name."""


@dataclass(frozen=True, slots=True)
class CreateFolder:
    """Create a folder; ``/`` in the name puts it inside another."""

    account_id: int
    name: str

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Make it here and queue the server's."""
        name = _named(self.name)
        await _is_free(tx, self.account_id, name)
        number = await folders.add_local(tx, self.account_id, name, Role.NONE)
        made = NewOperation(self.account_id, "create-folder", None, {"to": number})
        return _applied(f'Created the folder "{name}"', {"made_folders": [number]}, [made], [number])


@dataclass(frozen=True, slots=True)
class RenameFolder:
    """Give a folder another name, or with ``/`` another place; the folders inside go with it."""

    folder_id: int
    name: str

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Rename it here and queue the server's."""
        folder, name = await _plain(tx, self.folder_id), _named(self.name)
        if name == folder.name:
            raise InvalidInput(f'The folder "{name}" has that name already.')
        if name.startswith(f"{folder.name}/"):
            raise InvalidInput(f'The folder "{folder.name}" can\'t lie in itself; give another name than "{name}".')
        await _is_free(tx, folder.account_id, name)
        kept = [folder, *await _inside(tx, folder)]
        before = {"folder_names": [[one.id, one.name] for one in kept]}
        await folders.set_names(tx, [(one.id, name + one.name[len(folder.name) :]) for one in kept])
        payload = {"folder": folder.id, "name": name, "was": folder.name}
        operation = NewOperation(folder.account_id, "rename-folder", None, payload)
        return _applied(f'Renamed the folder "{folder.name}" to "{name}"', before, [operation], [f.id for f in kept])


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Delete a folder; what it holds goes to Trash first, on the server also what is not here.

    Args:
        messages: how many messages a person agreed to; the folder is refused when it holds more here.
    """

    folder_id: int
    messages: int = 0

    async def apply(self, tx: Tx, desk: Desk) -> Applied:
        """Put its messages into Trash, hide it and queue the server's work.

        Raises:
            InvalidInput: it is needed, has folders inside, or holds messages that nobody agreed to.
        """
        folder = await _plain(tx, self.folder_id)
        inside = [one.name for one in await _inside(tx, folder) if one.on_server or one.selected]
        if inside:
            raise InvalidInput(f'The folder "{folder.name}" holds the folder "{inside[0]}"; delete that first.')
        held = await folders.messages_in(tx, folder.id)
        if len(held) > self.messages:
            raise InvalidInput(
                f'The folder "{folder.name}" holds {count(len(held))}, which would go to Trash; say that they may.'
            )
        cleared = await Delete(held).apply(tx, desk) if held else None
        await folders.set_selected(tx, [folder.id], False)
        before = {**(cleared.before if cleared else {}), "folders_selected": [[folder.id, folder.selected]]}
        operations = [*cleared.operations] if cleared else []
        operations.append(NewOperation(folder.account_id, "delete-folder", None, {"folder": folder.id}))
        touched = [folder.id, *(cleared.folders if cleared else ())]
        return _applied(f'Deleted the folder "{folder.name}"', before, operations, touched, held)


def _applied(
    title: str,
    before: dict[str, Any],
    operations: Sequence[NewOperation],
    touched: Sequence[int],
    held: Sequence[int] = (),
) -> Applied:
    return Applied(title, before, operations, frozenset(held), folders=frozenset(touched))


def _named(name: str) -> str:
    """Return a folder's name as it is stored: its parts trimmed, one ``/`` between them."""
    parts = [part.strip() for part in line(name, 2 * LONGEST).split("/")]
    if not all(parts) or len(name) > LONGEST:
        raise InvalidInput(f'"{line(name, 60)}" is no name for a folder; write it like Clients or Clients/Acme.')
    return "/".join(parts)


async def _is_free(tx: Tx, account_id: int, name: str) -> None:
    for folder in await folders.of_account(tx, account_id):
        if folder.name.casefold() == name.casefold() and (folder.on_server or folder.selected):
            raise InvalidInput(f'There is a folder "{folder.name}" already; choose another name.')


async def _plain(tx: Tx, folder_id: int) -> FolderState:
    """Return a folder that a person may rename or delete.

    Raises:
        NotFound: there is none. InvalidInput: mail programs and servers need it where it is.
    """
    folder = await folders.get(tx, folder_id)
    if folder is None:
        raise NotFound("folder", folder_id)
    if folder.role is not Role.NONE:
        raise InvalidInput(f'The folder "{folder.name}" is the {folder.role.value} folder, which has to stay.')
    return folder


async def _inside(tx: Tx, folder: FolderState) -> list[FolderState]:
    every = await folders.of_account(tx, folder.account_id)
    return [one for one in every if one.name.startswith(f"{folder.name}/")]
