"""Changing an account that is connected: proved before it is saved, and which of its folders are synced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.engine import events, secrets
from tui.engine.accounts.setup import prove
from tui.engine.errors import InvalidInput, NotFound
from tui.engine.model import Account, short_name
from tui.engine.store import accounts, folders
from tui.engine.sync.plan import select_by_default
from tui.engine.text import line, normalize_address

if TYPE_CHECKING:
    from tui.engine.core import Engine


async def edit(engine: Engine, changed: Account, password: str | None = None, check: bool = True) -> Account:
    """Save changed settings of an account; when its servers, user or secret changed they are tried first.

    A wider window fetches what is missing in the next pass, a narrower one takes nothing away (R41).

    Args:
        changed: the account as it is to be; its ``id`` and address are those of the account that is meant.
        password: the new one; None leaves the secret where ``changed.secret`` says that it lies.
        check: False saves without a test.

    Raises:
        NotFound: there is no such account.
        InvalidInput: the address, or an alias, can't be taken.
        ServerError, CredentialsError: the servers or the secret failed the test; nothing was changed.
    """
    before = await accounts.get(engine.mailbox.reads, changed.id)
    if before is None:
        raise NotFound("account", changed.id)
    changed = _checked(before, changed)
    if check and (password is not None or _way(changed) != _way(before)):
        secret = password if password is not None else await secrets.read(changed, engine.paths)
        await prove(engine, changed, secret)
    if password is not None:
        changed = changed._replace(secret=await secrets.store(changed.email, password, engine.paths))
    async with engine.mailbox.write() as tx:
        await accounts.save(tx, changed)
        for wanted in (True, False) if changed.folders != before.folders else ():
            chosen = [
                folder.id
                for folder in await folders.of_account(tx, changed.id)
                if folder.selected is not wanted
                and wanted is (folder.selectable and select_by_default(folder.role, folder.name, changed.folders))
            ]
            await folders.set_selected(tx, chosen, wanted)
        saved = await accounts.get(tx, changed.id)
    assert saved is not None
    if changed.secret != before.secret:
        await secrets.forget(before, engine.paths)
    engine.events.publish(events.AccountsChanged(frozenset({saved.id})), events.FoldersChanged(frozenset()))
    await engine.restart_account(saved)
    return saved


async def select_folders(engine: Engine, account_id: int, names: Sequence[str], selected: bool) -> None:
    """Select or deselect folders for sync, by name, short name, wire name or role; what is here stays (R2).

    Raises:
        NotFound: there is no such folder; nothing was changed.
    """
    every = await folders.of_account(engine.mailbox.reads, account_id)
    chosen: list[int] = []
    for name in names:
        wanted = name.casefold()
        found = [f.id for f in every if wanted in (f.name.casefold(), f.wire.casefold(), f.role.value or None)]
        found = found or [f.id for f in every if short_name(f.name) == short_name(name)]
        if not found:
            raise NotFound("folder", name)
        chosen.append(found[0])
    async with engine.mailbox.write() as tx:
        await folders.set_selected(tx, chosen, selected)
    engine.events.publish(events.FoldersChanged(frozenset(chosen)))
    await engine.sync_now(account_id)


def _checked(before: Account, changed: Account) -> Account:
    if normalize_address(changed.email) != normalize_address(before.email):
        raise InvalidInput(f"The address of {before.email} can't be changed; add the other one as an account.")
    for alias in changed.aliases:
        if alias.count("@") != 1 or any(c.isspace() for c in alias):
            raise InvalidInput(f'"{line(alias)}" is not an e-mail address; write an alias like sales@example.org.')
    if changed.secret != before.secret and not changed.secret.startswith("command:"):
        raise InvalidInput(f"The password of {before.email} lies where it lay; give a new one to store it elsewhere.")
    user = changed.user.strip() or before.email
    return changed._replace(email=before.email, user=user, state=before.state, error=before.error)


def _way(account: Account) -> tuple[object, ...]:
    """Return what a test would try."""
    return account.imap, account.smtp, account.user, account.auth, account.secret
