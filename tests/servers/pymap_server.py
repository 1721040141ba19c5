"""Starts pymap, the demo's own IMAP server, in a thread: OBJECTID and MOVE, no SPECIAL-USE, no CONDSTORE."""

from __future__ import annotations

import atexit

from tests.servers.mailserver import PASSWORD, MailServer
from tests.servers.threads import LoopThread
from tui.demo.servers import ImapServer


class PymapServer(MailServer):
    """A running pymap; see MailServer."""

    def __init__(self, thread: LoopThread, inside: ImapServer) -> None:
        super().__init__(inside.port)
        self._thread = thread
        self._inside = inside
        atexit.register(self.stop)

    @classmethod
    def start(cls) -> PymapServer:
        """Start a server and return when it listens."""
        thread, inside = LoopThread("pymap"), ImapServer({}, ())
        thread.run(inside.start())
        return cls(thread, inside)

    def admit(self, user: str) -> None:
        """Make a user who can log in, with an empty INBOX."""
        self._thread.run(self._inside.admit(user, PASSWORD))

    def stop(self) -> None:
        """End the server; may be called twice."""
        atexit.unregister(self.stop)
        if self._thread.loop.is_running():
            self._thread.run(self._inside.stop())
        self._thread.stop()
