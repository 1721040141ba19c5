"""Accounts: proved before they are saved, tested, and removed without touching the server (R44 to R46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.engine import events, secrets
from tui.engine.errors import CredentialsError, DealdeskError, InvalidInput, NotFound, ServerError
from tui.engine.imap.session import Session, open_session
from tui.engine.mail.smtp import check_smtp
from tui.engine.model import Account, Check
from tui.engine.store import accounts, messages, outbound
from tui.engine.sync.bodies import fetch_for_deals
from tui.engine.sync.discover import discover
from tui.engine.text import line, normalize_address

if TYPE_CHECKING:
    from tui.engine.core import Engine


async def add(engine: Engine, account: Account, password: str | None, check: bool = True) -> Account:
    """Test the servers, then save the account and its secret; when the test fails nothing is saved.

    Args:
        account: its ``id`` is ignored; with ``password`` None its ``secret`` must be ``command:…``.
        check: False saves without a test.

    Raises:
        InvalidInput: the address is no address, or is connected already.
        ServerError, CredentialsError: the servers or the secret failed the test.
    """
    email = normalize_address(account.email)
    if email.count("@") != 1 or " " in email:
        raise InvalidInput(f'"{line(account.email)}" is not an e-mail address; write it like me@example.org.')
    for known in await accounts.all_of(engine.mailbox.reads):
        if normalize_address(known.email) == email:
            raise InvalidInput(f"{email} is connected already; remove it first, or test it.")
    if password is None and not account.secret.startswith("command:"):
        raise CredentialsError("No password was given; use --password-stdin or --password-command.")
    secret = password if password is not None else await secrets.run(account.secret.removeprefix("command:"))
    fresh = account._replace(email=email, user=account.user or email)
    session = await _log_in(engine, fresh, secret) if check else None
    try:
        if check:
            await _try_smtp(engine, fresh, secret)
        saved = await _save(engine, fresh, password)
        if session is not None:
            await _see_folders(engine, session, saved)
    finally:
        if session is not None:
            await session.close()
    engine.events.publish(events.AccountsChanged(frozenset({saved.id})))
    if engine.running:
        engine.start_account(saved)
    return saved


async def _see_folders(engine: Engine, session: Session, account: Account) -> None:
    """Show the folders at once; the account is saved by now, so that a fault is only told: every sync looks again."""
    try:
        await discover(session, account, engine.context())
    except ServerError as error:
        engine.events.publish(events.Notified(f"{account.email} is saved; its folders come later: {error}", "warning"))


async def _save(engine: Engine, account: Account, password: str | None) -> Account:
    if password is not None:
        account = account._replace(secret=await secrets.store(account.email, password, engine.paths))
    async with engine.mailbox.write() as tx:
        number = await accounts.add(tx, account)
        saved = await accounts.get(tx, number)
    assert saved is not None
    return saved


async def prove(engine: Engine, account: Account, secret: str) -> None:
    """Try both servers of an account.

    Raises:
        ServerError: one of them failed.
    """
    await _try_imap(engine, account, secret)
    await _try_smtp(engine, account, secret)


async def test(engine: Engine, account_id: int) -> list[Check]:
    """Try the secret and both servers of an account; each line says what failed and how to mend it."""
    account = await _account(engine, account_id)
    try:
        secret = await engine.secret(account)
    except DealdeskError as error:
        return [Check("password", False, str(error))]
    checks = [Check("password", True, f"found in: {account.secret.partition(':')[0]}")]
    for name, probe in (("imap", _try_imap), ("smtp", _try_smtp)):
        try:
            checks.append(Check(name, True, await probe(engine, account, secret)))
        except DealdeskError as error:
            checks.append(Check(name, False, str(error)))
    if account.push:
        checks.append(Check("push", True, account.push))
    return checks


async def removal(engine: Engine, account_id: int) -> tuple[int, int]:
    """Return what removing an account would do: how many messages are kept and how many removed (R44)."""
    await _account(engine, account_id)
    kept, held, going = await messages.removal(engine.mailbox.reads, account_id)
    return len(kept) + len(held), len(going)


async def unsent(engine: Engine, account_id: int) -> int:
    """Return how many messages that have not been sent would be lost with an account."""
    await _account(engine, account_id)
    return await accounts.unsent(engine.mailbox.reads, account_id)


async def remove(engine: Engine, account_id: int) -> tuple[int, int]:
    """Remove an account; the server is untouched, messages linked to a deal stay in the deal (R44).

    Returns:
        (kept, removed).
    """
    account = await _account(engine, account_id)
    await engine.stop_account(account_id)
    await fetch_for_deals(account, engine.context())
    await engine.publish()
    # Out of the CRM first: a crash before the mailbox follows leaves messages that are merely due to be told again.
    async with engine.mailbox.write() as tx:
        leaving = await outbound.due_again(tx, (await messages.removal(tx, account_id))[2])
    await engine.withdraw(leaving)
    async with engine.mailbox.write() as tx:
        kept, held, going = await messages.removal(tx, account_id)
        await messages.rehome(tx, held)
        await messages.purge(tx, going)
        await messages.detach(tx, kept)
        await accounts.remove(tx, account_id)
    await engine.withdraw(leaving)
    await secrets.forget(account, engine.paths)
    engine.events.publish(
        events.AccountsChanged(frozenset({account_id})),
        events.MessagesRemoved(frozenset(going)),
        events.MessagesChanged(frozenset(kept + held)),
        events.FoldersChanged(frozenset()),
    )
    return len(kept) + len(held), len(going)


async def _account(engine: Engine, account_id: int) -> Account:
    account = await accounts.get(engine.mailbox.reads, account_id)
    if account is None:
        raise NotFound("account", account_id)
    return account


async def _log_in(engine: Engine, account: Account, secret: str) -> Session:
    return await open_session(
        account.imap, account.user, secret, auth=account.auth, spool=engine.paths.spool, timeout=20
    )


async def _try_imap(engine: Engine, account: Account, secret: str) -> str:
    session = await _log_in(engine, account, secret)
    try:
        listed = await session.list_folders(status=False)
    finally:
        await session.close()
    return f"{account.imap.host}:{account.imap.port} lists {len(listed)} folders"


async def _try_smtp(engine: Engine, account: Account, secret: str) -> str:
    if account.smtp is None:
        return "no server: nothing can be sent from this account"
    await check_smtp(account.smtp, account.user, secret, auth=account.auth)
    return f"{account.smtp.host}:{account.smtp.port} takes mail"
