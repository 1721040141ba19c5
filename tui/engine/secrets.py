"""Where passwords live: the keyring, a command that prints one, or a 0600 file; never the config, a log or argv."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tui.engine.errors import CredentialsError
from tui.engine.model import Account
from tui.engine.paths import Paths

T = TypeVar("T")

SERVICE = "dealdesk"
WAIT = 20.0
"""Seconds that a keyring or a command gets; a keyring without D-Bus can hang for ever."""


async def read(account: Account, paths: Paths) -> str:
    """Return the secret of an account.

    Raises:
        CredentialsError: it can't be had; the sentence says where it was looked for and never holds it.
    """
    if account.secret.startswith("command:"):
        return await run(account.secret.removeprefix("command:"))
    if account.secret == "file":
        return await asyncio.to_thread(_read_file, _file(paths, account.email))
    return await _keyring_read(account.email)


async def store(email: str, secret: str, paths: Paths) -> str:
    """Store a secret and return where: ``keyring`` where one works and the home is the platform's, else ``file``.

    Raises:
        CredentialsError: it can't be stored.
    """
    if not paths.own_home and await _keyring_write(email, secret):
        return "keyring"
    await asyncio.to_thread(_write_file, _file(paths, email), secret)
    return "file"


async def forget(account: Account, paths: Paths) -> None:
    """Delete what was stored for an account; a command is only forgotten."""
    if account.secret == "file":
        _file(paths, account.email).unlink(missing_ok=True)
    elif account.secret == "keyring":
        await _keyring_forget(account.email)


async def run(command: str) -> str:
    """Return the first line that a command prints; it is split like a shell would, and no shell runs it.

    Raises:
        CredentialsError: it fails, prints nothing, or takes longer than ``WAIT`` seconds.
    """
    try:
        words = shlex.split(command)
        if not words:
            raise CredentialsError("The password command is empty; give the account one.")
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except (ValueError, OSError) as error:
        raise CredentialsError(f"The password command can't be run ({error}); correct it.") from error
    try:
        async with asyncio.timeout(WAIT):
            output, _ = await process.communicate()
    except TimeoutError:
        raise CredentialsError(f"The password command took longer than {WAIT:.0f} s; run it by hand.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    secret = output.decode("utf-8", "replace").splitlines()[0] if output else ""
    if process.returncode or not secret:
        raise CredentialsError(
            f"The password command ended with code {process.returncode} and printed "
            f"{'no password' if not secret else 'something'}; run it by hand to see why."
        )
    return secret


def _file(paths: Paths, email: str) -> Path:
    safe = "".join(c if c.isalnum() or c in "@._+-" else f"%{ord(c):x}" for c in email).lstrip(".")
    return paths.secrets / safe


def _read_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\n")
    except OSError as error:
        raise CredentialsError(
            f"The password file {path} can't be read ({error.strerror}); add the account again."
        ) from error


def _write_file(path: Path, secret: str) -> None:
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)
    except OSError as error:
        raise CredentialsError(f"The password file {path} can't be written ({error.strerror}).") from error


async def _keyring_read(email: str) -> str:
    try:
        async with asyncio.timeout(WAIT):
            secret = await _aside(_keyring_get, email)
    except TimeoutError:
        raise CredentialsError(f"The keyring did not answer within {WAIT:.0f} s; unlock it.") from None
    if secret is None:
        raise CredentialsError(f"The keyring holds no password for {email}; add the account again.")
    return secret


async def _keyring_forget(email: str) -> None:
    try:
        async with asyncio.timeout(WAIT):
            await _aside(_keyring_delete, email)
    except TimeoutError:
        raise CredentialsError(
            f"The keyring did not answer within {WAIT:.0f} s; delete the password of {email} there by hand."
        ) from None


async def _aside(function: Callable[..., T], *args: str) -> T:
    """Run a function in a thread that the end of the program does not wait for: a keyring may never answer."""
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
    outcome.set_running_or_notify_cancel()

    def work() -> None:
        try:
            outcome.set_result(function(*args))
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=work, name="keyring", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def _keyring_get(email: str) -> str | None:
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(SERVICE, email)
    except keyring.errors.KeyringError as error:
        raise CredentialsError(f"The keyring can't be used ({type(error).__name__}); unlock or install one.") from error


async def _keyring_write(email: str, secret: str) -> bool:
    try:
        async with asyncio.timeout(WAIT):
            return await _aside(_keyring_set, email, secret)
    except TimeoutError:
        return False


def _keyring_set(email: str, secret: str) -> bool:
    import keyring
    import keyring.errors

    if keyring.get_keyring().priority <= 0:
        return False
    try:
        keyring.set_password(SERVICE, email, secret)
    except keyring.errors.KeyringError:
        return False
    return True


def _keyring_delete(email: str) -> None:
    import keyring
    import keyring.errors

    try:
        keyring.delete_password(SERVICE, email)
    except keyring.errors.KeyringError:
        return
