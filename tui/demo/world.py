"""A world of two mail servers in a thread of their own, on free ports of the loopback interface."""

from __future__ import annotations

import asyncio
import concurrent.futures
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tui.demo.letter import Letter, Sent
from tui.engine.errors import ConfigError, DealdeskError
from tui.engine.text import normalize_address

if TYPE_CHECKING:
    from tui.demo.servers import ImapServer, SmtpServer

HOST = "127.0.0.1"
ME = "me@our.example"
TEAM = "sales@our.example"
FOLDERS = ("Sent", "Drafts", "Archive", "Clients", "Trash")
START_SECONDS = 20.0
STOP_SECONDS = 2.0

T = TypeVar("T")


class World:
    """The servers of the demo: an IMAP and an SMTP port that both want the login of one of ``users``.

    Mail that is submitted to one of ``users`` is delivered to that INBOX; every submission is shown to the listeners.
    Nothing leaves the machine: what is addressed to anyone else ends with the listeners.

    Args:
        users: the addresses that exist, which are also their login names.
        folders: the folders that each of them has beside INBOX.
    """

    def __init__(self, users: Iterable[str] = (ME, TEAM), folders: Iterable[str] = FOLDERS) -> None:
        self.password = secrets.token_urlsafe(18)
        self.users = tuple(users)
        self.imap_port = 0
        self.smtp_port = 0
        self.faults: list[str] = []
        """What went wrong inside the servers, as the loop reported it."""
        self._folders = tuple(folders)
        self._listeners: list[Callable[[Sent], None]] = []
        self._ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._imap: ImapServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start both servers and return when they listen.

        Raises:
            ConfigError: the packages of the extra ``demo`` are missing.
            DealdeskError: the servers don't come up.
        """
        try:
            import tui.demo.servers  # noqa: F401  (here, so that the sentence reaches the caller's thread)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"The demo needs the package {error.name}; install it with: pip install 'dealdesk[demo]'."
            ) from error
        self._thread = threading.Thread(target=self._run, name="demo-world", daemon=True)
        self._thread.start()
        try:
            self._ready.result(START_SECONDS)
        except (OSError, TimeoutError) as error:
            raise DealdeskError(
                f"The demo's mail servers could not be started on {HOST}: {error}; try again."
            ) from error

    def stop(self) -> None:
        """Drop every connection and end the thread; waits at most 2 s, and may be called twice."""
        thread, loop, over = self._thread, self._loop, self._over
        if thread is None or loop is None or over is None:
            return
        if thread.is_alive() and not loop.is_closed():
            loop.call_soon_threadsafe(over.set)
        thread.join(STOP_SECONDS)
        self._thread = None

    def listen(self, listener: Callable[[Sent], None]) -> None:
        """Have ``listener`` called, on the world's loop, with every message that SMTP accepts."""
        self._listeners.append(listener)

    def spawn(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine on the world's loop, from any thread; it is cancelled when the world ends."""
        assert self._loop is not None, "start() first"
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def file(self, letter: Letter) -> int:
        """Put a message into a mailbox (on the world's loop) and return its UID; IDLE announces it."""
        assert self._imap is not None, "start() first"
        return await self._imap.append(letter.user, letter.folder, letter.raw, letter.flags, letter.at)

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX", flags: Iterable[str] = ()) -> int:
        """Put a message into a mailbox, from any other thread, and return its UID.

        Raises:
            DealdeskError: the world has ended.
        """
        return self.fill([Letter(user, folder, raw, flags=tuple(flags))])[0]

    def fill(self, letters: Iterable[Letter]) -> list[int]:
        """Put many messages into mailboxes, from any other thread, and return their UIDs in the same order."""

        async def all_of_them() -> list[int]:
            return [await self.file(letter) for letter in letters]

        if self._thread is None or not self._thread.is_alive():
            raise DealdeskError("The demo's mail servers have ended; start the demo again.")
        return self.spawn(all_of_them()).result(START_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                self.faults.append(f"{type(error).__name__}: {error}")
            else:
                self._ready.set_exception(error)

    async def _serve(self) -> None:
        from tui.demo.servers import ImapServer, SmtpServer

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._fault)
        passwords = dict.fromkeys(self.users, self.password)
        imap, smtp = ImapServer(passwords, self._folders), SmtpServer(passwords, self._submitted)
        self._imap = imap
        try:
            await self._until_over(imap, smtp)
        finally:
            await smtp.stop()
            await imap.stop()

    async def _until_over(self, imap: ImapServer, smtp: SmtpServer) -> None:
        assert self._over is not None
        await imap.start()
        await smtp.start()
        self.imap_port, self.smtp_port = imap.port, smtp.port
        self._ready.set_result(None)
        await self._over.wait()

    async def _submitted(self, sent: Sent) -> None:
        for recipient in dict.fromkeys(normalize_address(address) for address in sent.recipients):
            if recipient in self.users:
                await self.file(Letter(recipient, "INBOX", sent.raw))
        for listener in self._listeners:
            listener(sent)

    def _fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.faults.append(f"{context.get('message', '')} {type(error).__name__}: {error}".strip())
