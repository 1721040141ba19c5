"""The examination of a home: what may be wrong with it, and how to mend each; nothing is changed but folders made.

It works where the engine can't be opened any more, so it opens that last.
"""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import time
from pathlib import Path

from tui.engine import config
from tui.engine.errors import DealdeskError
from tui.engine.model import Check
from tui.engine.paths import Paths
from tui.engine.store import files, health

SKEW_SECONDS = 120
"""How far the clock may be behind a mail server's."""
RELEASED = 1_767_225_600
"""2026-01-01: a clock that shows less is wrong."""


async def examine(paths: Paths) -> list[Check]:
    """Check folders, config, keyring, both databases, every account's servers, and the clock."""
    checks = [_folders(paths), _config(paths), await asyncio.to_thread(_keyring, paths)]
    sound = True
    for name, path in (("mailbox database", paths.mailbox), ("CRM database", paths.crm)):
        check = await asyncio.to_thread(_database, name, path)
        sound = sound and check.ok
        checks.append(check)
    if sound and all(check.ok for check in checks[:2]):
        checks += await _servers(paths)
    checks.append(await asyncio.to_thread(_clock, paths, time.time()))
    return checks


def _folders(paths: Paths) -> Check:
    try:
        paths.create()
    except DealdeskError as error:
        return Check("folders", False, str(error))
    for file in (paths.mailbox, paths.crm, paths.settings, *paths.secrets.glob("*")):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            return Check("folders", False, f"Others may read {file}; say: chmod 600 '{file}'.")
    return Check("folders", True, f"{paths.data}, readable by you alone")


def _config(paths: Paths) -> Check:
    try:
        config.load(paths.settings)
    except DealdeskError as error:
        return Check("config", False, str(error))
    state = "read" if paths.settings.exists() else "not there, so the defaults hold"
    return Check("config", True, f"{paths.settings}: {state}")


def _keyring(paths: Paths) -> Check:
    if paths.own_home:
        return Check("keyring", True, f"not used with a home of its own; passwords are files in {paths.secrets}")
    import keyring

    found = keyring.get_keyring()
    if found.priority <= 0:
        return Check(
            "keyring", True, f"none works here; passwords are kept in {paths.secrets}, or use --password-command"
        )
    return Check("keyring", True, type(found).__module__)


def _database(name: str, path: Path) -> Check:
    try:
        found = health.faults(path)
    except sqlite3.Error as error:
        return Check(name, False, f"{path} can't be read ({error}); {files.remedy(path, error)}.")
    if found:
        return Check(name, False, f"{path} is damaged ({'; '.join(found)}); restore it from a backup or move it away.")
    if not path.exists():
        return Check(name, True, "not there yet; it is made when it is needed")
    return Check(name, True, f"{path}: sound, {path.stat().st_size / 1_000_000:.1f} MB")


async def _servers(paths: Paths) -> list[Check]:
    from tui.engine.core import Engine

    try:
        engine = await Engine.open(paths)
    except DealdeskError as error:
        return [Check("engine", False, str(error))]
    try:
        accounts = engine.reader.accounts()
        tested = await asyncio.gather(*(engine.test_account(account.id) for account in accounts))
    finally:
        await engine.close()
    return [
        Check(f"{check.check} of {account.email}", check.ok, check.detail)
        for account, checks in zip(accounts, tested, strict=True)
        for check in checks
    ]


def _clock(paths: Paths, now: float) -> Check:
    newest = health.newest_received(paths.mailbox)
    if now < RELEASED:
        return Check("clock", False, "The clock shows a time before dealdesk was made; set it.")
    if newest is None:
        return Check("clock", True, "no mail yet whose server's clock could be compared")
    behind = newest - now
    if behind > SKEW_SECONDS:
        return Check(
            "clock",
            False,
            f"The clock is at least {behind / 60:.0f} min behind the mail server's: the newest mail arrived in the"
            " future; set it.",
        )
    return Check("clock", True, "not behind the mail servers")
