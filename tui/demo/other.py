"""Another mail program on the same mailbox: what it sees proves what really reached the server."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from typing import TypeVar

from tui.demo.world import HOST, World
from tui.engine.errors import DealdeskError
from tui.engine.text import normalize_message_id

T = TypeVar("T")
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Held:
    """A message as the server holds it; ``message_id`` without brackets."""

    uid: int
    message_id: str
    flags: tuple[str, ...]


class OtherProgram:
    """Looks at and changes a mailbox of the world through an IMAP connection of its own, one for each question.

    Args:
        world: the servers.
        user: whose mailbox.
    """

    def __init__(self, world: World, user: str) -> None:
        self._world = world
        self._user = user

    async def list(self, folder: str) -> tuple[Held, ...]:
        """Return what a folder holds."""
        return await self._ask(lambda client: _list(client, folder))

    async def find(self, folder: str, message_id: str) -> tuple[Held, ...]:
        """Return the copies of a message in a folder."""
        return tuple(held for held in await self.list(folder) if held.message_id == message_id)

    async def move(self, message_id: str, source: str, target: str) -> None:
        """Move a message, as its owner does on the telephone."""

        def move(client: imaplib.IMAP4) -> None:
            for held in _list(client, source):
                if held.message_id == message_id:
                    client.select(source)
                    _ok(client.uid("MOVE", str(held.uid), target))

        await self._ask(move)

    async def _ask(self, question: Callable[[imaplib.IMAP4], T]) -> T:
        def ask() -> T:
            client = imaplib.IMAP4(HOST, self._world.imap_port, timeout=_SECONDS)
            try:
                client.login(self._user, self._world.password)
                return question(client)
            finally:
                client.shutdown()

        try:
            return await asyncio.to_thread(ask)
        except (imaplib.IMAP4.error, OSError) as error:
            raise DealdeskError(f"The other mail program of the demo could not look: {error}") from error


def _list(client: imaplib.IMAP4, folder: str) -> tuple[Held, ...]:
    _ok(client.select(folder, readonly=True))
    _, answer = client.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    found = []
    for item in answer:
        if isinstance(item, tuple):
            facts, header = item[0], item[1]
            uid = int(facts.partition(b"UID ")[2].split()[0].rstrip(b")"))
            flags = tuple(flag.decode("ascii") for flag in imaplib.ParseFlags(facts))
            identity = normalize_message_id(str(message_from_bytes(header)["Message-ID"]))
            found.append(Held(uid, identity, flags))
    return tuple(found)


def _ok(answer: tuple[str, object]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the server said {answer[0]} {answer[1]}")
