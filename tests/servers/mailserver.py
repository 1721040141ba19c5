"""What every mail server of the tests can do, whichever program it is: let users in, take mail, show another client."""

from __future__ import annotations

import contextlib
import imaplib
import re
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

PASSWORD = "secret"
START_SECONDS = 10.0
ROOM = 512 * 1024 * 1024
"""Octets that all homes and servers of a run fit in many times."""


class ServerMissing(Exception):
    """A server can't be had on this machine; the message says what is missing and what to do."""


class ServerFailed(Exception):
    """A server is installed and doesn't do what was asked; the message carries its words."""


class MailServer:
    """A running IMAP server on the loopback interface.

    Attributes:
        host: always 127.0.0.1.
        port: IMAP without TLS (with STARTTLS where the server has a certificate).
        user: a user name for those who need no isolation.
        password: the password of every user.
        prefix: what the names of all folders but INBOX begin with: "" or "INBOX.".
    """

    host = "127.0.0.1"
    user = "anna"
    password = PASSWORD

    def __init__(self, port: int, prefix: str = "") -> None:
        self.port = port
        self.prefix = prefix

    def admit(self, user: str) -> None:
        """Make a user who can log in, where the server doesn't let in everybody."""

    def stop(self) -> None:
        """End the server and remove what it kept; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def second_client(self, user: str) -> imaplib.IMAP4:
        """Return an imaplib connection, logged in as `user`: the other client. The caller logs it out."""
        client = imaplib.IMAP4(self.host, self.port, timeout=20)
        try:
            client.login(user, self.password)
        except BaseException:
            client.shutdown()
            raise
        return client

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX", flags: str = "") -> int:
        """APPEND `raw` to a folder of `user` and return its UID (RFC 4315); the folder is made when it is missing.

        Args:
            user: any name that the server lets in.
            raw: the message; bare LF is turned into CRLF.
            folder: the mailbox name as the server spells it (modified UTF-7 outside ASCII).
            flags: such as r"\\Seen \\Flagged".
        """
        client = self.second_client(user)
        try:
            mailbox = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
            typ, data = client.append(mailbox, f"({flags})" if flags else "", "", raw)
            if typ == "NO" and b"TRYCREATE" in data[0]:
                client.create(mailbox)
                typ, data = client.append(mailbox, f"({flags})" if flags else "", "", raw)
            if typ != "OK":
                raise ServerFailed(f"APPEND to {folder} of {user} was refused: {data!r}")
            found = re.search(rb"APPENDUID \d+ (\d+)", data[0])
            return int(found[1]) if found else 0
        finally:
            client.logout()

    def wire(self, folder: str) -> str:
        """Return how the server spells a folder that others call "Projects" or "A/B"."""
        if not self.prefix or folder.upper() == "INBOX" or folder.startswith(self.prefix):
            return folder
        return self.prefix + folder.replace("/", self.prefix[-1])

    def local(self, name: str) -> str:
        """Return what others call a folder that the program shows as `name`: "Projects" for "INBOX/Projects"."""
        return name.removeprefix(self.prefix.replace(self.prefix[-1], "/")) if self.prefix else name

    def shown(self, folder: str) -> str:
        """Return how the program shows a folder that others call "Projects"."""
        wire = self.wire(folder)
        return wire.replace(self.prefix[-1], "/") if self.prefix else wire

    def wait_for_greeting(self, running: Callable[[], bool], said: Callable[[], str]) -> None:
        """Return when the server greets.

        Args:
            running: whether its process still runs.
            said: the end of its log, for the error.

        Raises:
            ServerFailed: it ended or didn't greet within ten seconds.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and running():
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=5) as link:
                if link.recv(64).startswith(b"* OK"):
                    return
            time.sleep(0.01)
        words = said()
        self.stop()
        raise ServerFailed(f"{type(self).__name__} didn't start within {START_SECONDS:.0f} s: {words[-2000:]}")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def in_memory() -> str:
    """Return a folder whose files need no disk, where this system has one with room, else /tmp.

    What a killed process wrote is there either way. It is short, as the sockets of a server in it want.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else "/tmp"
