"""The customer of the demo: answers what is sent to anybody outside, and writes now and then without being asked."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import random
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from typing import Any

from tui.demo.cast import BY_ADDRESS, ME_ACTOR, OWN, Actor
from tui.demo.letter import Letter, Sent
from tui.demo.lines import ANSWERS, ANYBODY, KEYWORDS, UNASKED, Unasked
from tui.demo.mail import envelope, message_id, quote
from tui.demo.world import World
from tui.engine.text import line, normalize_address, normalize_message_id

ANSWER_SECONDS = (2.0, 4.0)
WRITE_SECONDS = (20.0, 40.0)
HEADLESS_PACE = 0.1
_ANSWERED_AT_ONCE = 3
_MAX_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Written:
    """What the customer has just put into one of our INBOXes; ``answers`` is the Message-ID it replies to, or ""."""

    user: str
    sender: Actor
    subject: str
    message_id: str
    answers: str = ""


class Customer:
    """Everybody outside, in one object that lives on the world's loop.

    Args:
        world: the servers, already started.
        pace: factor on all waiting times; ``HEADLESS_PACE`` in the run without a terminal.
        seed: what makes the same customer write the same things.
        told: called on the world's loop with everything written, before it is delivered.
    """

    def __init__(
        self, world: World, *, pace: float = 1.0, seed: int = 7, told: Callable[[Written], None] | None = None
    ) -> None:
        self._world = world
        self._pace = pace
        self._random = random.Random(seed)
        self._told = told
        self._answers: dict[str, Iterator[str]] = {}
        self._answered: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing: concurrent.futures.Future[None] | None = None
        world.listen(self._heard)

    def start(self) -> None:
        """Begin to write unasked; answering needs no start."""
        if self._writing is None:
            self._writing = self._world.spawn(self._write())
            self._writing.add_done_callback(self._ended)

    def stop(self) -> None:
        """Write nothing unasked any more."""
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _ended(self, writing: concurrent.futures.Future[None]) -> None:
        error = None if writing.cancelled() else writing.exception()
        if error is not None:
            self._world.faults.append(f"The customer stopped writing: {type(error).__name__}: {error}")

    async def _write(self) -> None:
        for unasked in itertools.cycle(UNASKED):
            await asyncio.sleep(self._random.uniform(*WRITE_SECONDS) * self._pace)
            await self._deliver(unasked)

    async def _deliver(self, unasked: Unasked) -> None:
        sender, now = unasked.sender, int(time.time())
        to = BY_ADDRESS.get(unasked.to, ME_ACTOR)
        mail = envelope(sender, (to.address,), unasked.subject, now, _new_id(sender))
        if unasked.replies_to is not None:
            parent = message_id(*unasked.replies_to)
            mail["In-Reply-To"], mail["References"] = parent, parent
        mail.set_content(f"{unasked.text}\n\n-- \n{sender.name}\n")
        await self._file(to.email, sender, mail, "")

    def _heard(self, sent: Sent) -> None:
        """Answer later; runs on the world's loop, inside the SMTP conversation, so it must not wait."""
        author = normalize_address(sent.sender)
        outside = [norm for norm in map(normalize_address, sent.recipients) if norm not in OWN]
        if author not in OWN:
            return
        for recipient in list(dict.fromkeys(outside))[:_ANSWERED_AT_ONCE]:
            task = asyncio.get_running_loop().create_task(self._answer(author, recipient, sent.raw))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, author: str, recipient: str, raw: bytes) -> None:
        original = message_from_bytes(raw, policy=default)
        identity = normalize_message_id(str(original.get("Message-ID", "")))
        if str(original.get("Auto-Submitted", "no")).lower() != "no" or (recipient, identity) in self._answered:
            return
        if identity:
            self._answered.add((recipient, identity))
        await asyncio.sleep(self._random.uniform(*ANSWER_SECONDS) * self._pace)
        sender = BY_ADDRESS.get(recipient) or _unknown(recipient)
        to = BY_ADDRESS.get(author, ME_ACTOR)
        subject = line(str(original.get("Subject", "")), 200)
        subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        now, text = int(time.time()), _text(original)
        mail = envelope(sender, (to.address,), subject, now, _new_id(sender))
        if identity:
            known = [normalize_message_id(reference) for reference in str(original.get("References", "")).split()]
            chain = [*[reference for reference in known if reference][-_MAX_REFERENCES:], identity]
            mail["In-Reply-To"] = f"<{identity}>"
            mail["References"] = " ".join(f"<{reference}>" for reference in chain)
        body = f"{self._reply(sender, text)}\n\n{sender.name.partition(' ')[0]}\n\n"
        mail.set_content(body + quote(text, to.name, now, sender.zone) + "\n")
        await self._file(author, sender, mail, identity)

    async def _file(self, user: str, sender: Actor, mail: EmailMessage, answers: str) -> None:
        if self._told is not None:
            identity = normalize_message_id(str(mail["Message-ID"]))
            self._told(Written(user, sender, str(mail["Subject"]), identity, answers))
        await self._world.file(Letter(user, "INBOX", bytes(mail)))

    def _reply(self, sender: Actor, asked: str) -> str:
        """Return what fits: an answer to a word in what was asked, else the next of what this person says."""
        lowered = asked.lower()
        for words, answer in KEYWORDS:
            if any(word in lowered for word in words):
                return answer
        if sender.email not in self._answers:
            self._answers[sender.email] = itertools.cycle(ANSWERS.get(sender.email, ANYBODY))
        return next(self._answers[sender.email])


def _new_id(sender: Actor) -> str:
    return f"<{secrets.token_hex(10)}@{sender.domain}>"


def _unknown(address: str) -> Actor:
    """Return somebody for an address that the cast doesn't have: ``jo.doe@x.example`` is Jo Doe."""
    local = address.partition("@")[0]
    return Actor(" ".join(word.capitalize() for word in local.replace("_", ".").split(".") if word) or local, address)


def _text(original: Any) -> str:
    """Return what was written, without signature and quote, or "" when there is no plain text to be read."""
    try:
        part = original.get_body(("plain",))
        content = str(part.get_content()) if part is not None else ""
    except (LookupError, MessageError):
        return ""
    own = itertools.takewhile(lambda row: row != "-- " and not row.startswith(">"), content.splitlines())
    return "\n".join(own).strip()
