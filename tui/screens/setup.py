"""A new account, one question at a time: address, servers, password, how far back; then it is tried and saved."""

from __future__ import annotations

import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from tui.engine.errors import AuthError, CredentialsError, DealdeskError, InvalidInput
from tui.engine.model import Account, Security, Server
from tui.engine.text import normalize_address
from tui.screens.keyed import KeyedScreen
from tui.widgets.entry import Entry
from tui.widgets.plain import Plain

MONTH = 30 * 86400
WINDOWS = {"today": 0, "1m": MONTH, "3m": 3 * MONTH, "6m": 6 * MONTH, "1y": 365 * 86400}
"""How far back may be answered, in seconds before now; ``all`` is everything."""

_PORTS = {
    ("imap", Security.TLS): 993,
    ("imap", Security.STARTTLS): 143,
    ("imap", Security.NONE): 143,
    ("smtp", Security.TLS): 465,
    ("smtp", Security.STARTTLS): 587,
    ("smtp", Security.NONE): 25,
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, and what to say about it."""

    name: str
    title: str
    about: str


QUESTIONS = (
    Question("email", "Your e-mail address", "me@example.org"),
    Question("imap", "The IMAP server", "host, or host:port; add starttls or none where it has no TLS"),
    Question("smtp", "The SMTP server, for sending", "likewise; empty for an account that only receives"),
    Question("user", "The user name", "most servers take the address"),
    Question("password", "The password", "kept where only you can read it; some providers want an app password"),
    Question("name", "Your name, as others see it", "who your mail is from; empty for the address alone"),
    Question("since", "How far back", f"{', '.join(WINDOWS)} or all; more can be fetched later"),
)  # fmt: skip


WELCOME = "Welcome to dealdesk. To look around first: Esc, q, and then run dealdesk demo.\n"
"""What stands over the first question."""


def name_in(email: str) -> str:
    """Return the name that an address like ``ann.archer@acme.io`` spells, "" when it spells none."""
    words = [word for word in re.split(r"[._]", email.partition("@")[0]) if word]
    named = len(words) > 1 and all(word.isalpha() for word in words)
    return " ".join(word.capitalize() for word in words) if named else ""


def parse_server(text: str, kind: str) -> Server:
    """Return the server that ``imap.example.org``, ``host:1143 none`` or ``host:587 starttls`` means.

    Args:
        text: what was typed.
        kind: ``imap`` or ``smtp``, for the usual ports.

    Raises:
        InvalidInput: it is not a host with an optional port and security.
    """
    words = text.split()
    if not words or len(words) > 2:
        raise InvalidInput(
            f'"{text}" is not a server; write its name, as in {kind}.example.org, with :port if unusual.'
        )
    host, colon, port = words[0].rpartition(":")
    if not colon:
        host, port = words[0], ""
    try:
        asked = Security(words[1].lower()) if len(words) == 2 else None
        number = int(port) if port else 0
    except ValueError as error:
        raise InvalidInput(f'"{text}" is not a server; write host, host:port, or host:port starttls.') from error
    if asked is None:
        asked = Security.STARTTLS if number in (143, 587) else Security.TLS
    if not host or not 0 <= number <= 65535:
        raise InvalidInput(f'"{text}" has no host, or a port outside 1 to 65535; write it like {kind}.example.org:993.')
    return Server(host, number or _PORTS[kind, asked], asked)


def written(server: Server) -> str:
    """Return a server as it is typed: ``imap.example.org:993 tls``."""
    return f"{server.host}:{server.port} {server.security.value}"


def parse_since(text: str, now: float) -> int | None:
    """Return the first moment of the window, None for everything.

    Raises:
        InvalidInput: it is none of the windows.
    """
    word = text.strip().lower() or "3m"
    if word == "all":
        return None
    if word not in WINDOWS:
        raise InvalidInput(f'"{text}" is not a window; write one of {", ".join(WINDOWS)} or all.')
    return int(now) - int(now) % 86400 - WINDOWS[word]


class SetupScreen(KeyedScreen[None]):
    """Ask, try, save; every error says what was tried, and the answer can be changed."""

    where = "setup"

    DEFAULT_CSS = """
    SetupScreen { align: center middle; }
    SetupScreen > Vertical { width: 76; height: auto; padding: 1 2; border-left: thick $accent; background: $surface; }
    SetupScreen Input { border: none; height: 1; padding: 0; margin: 1 0; background: $boost; }
    SetupScreen Input:focus { border: none; }
    SetupScreen #title { color: $accent; }
    SetupScreen #answers, SetupScreen #about, SetupScreen #foot { color: $text-muted; }
    SetupScreen #error { color: $error; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, str] = {}
        self._step = 0
        self._busy = False
        self._guesses: dict[str, str] = {}
        self._abouts: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """What was answered, the question, its field."""
        with Vertical():
            yield Plain(id="answers")
            yield Plain(id="title")
            yield Plain(id="about")
            yield Entry(id="field")
            yield Plain(id="error")
            yield Plain(id="foot")

    def on_mount(self) -> None:
        """Ask the first question."""
        self._ask()

    def _ask(self, error: str = "") -> None:
        question = QUESTIONS[self._step]
        shown = [
            f"{one.title}: {self._answers[one.name] or '—'}"
            for one in QUESTIONS[: self._step]
            if one.name != "password"
        ]
        self.query_one("#answers", Plain).update(Content("\n".join(shown or [WELCOME])))
        self.query_one("#title", Plain).update(Content(f"{self._step + 1} of {len(QUESTIONS)} · {question.title}"))
        self.query_one("#about", Plain).update(Content(self._abouts.get(question.name, question.about)))
        self.query_one("#error", Plain).update(Content(error))
        self.query_one("#foot", Plain).update(Content("Enter goes on · S-Tab goes back · Esc leaves"))
        field = self.query_one("#field", Input)
        field.password = question.name == "password"
        field.value = self._answers.get(question.name, self._guesses.get(question.name, ""))
        self.set_focus(field)
        field.cursor_position = len(field.value)

    @on(Input.Submitted, "#field")
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._busy:
            return
        name = QUESTIONS[self._step].name
        value = event.value if name == "password" else event.value.strip()
        try:
            self._check(name, value)
        except InvalidInput as error:
            self._answers[name] = value
            self._ask(str(error))
            return
        self._answers[name] = value
        if name == "email" and self._guesses.get("user") != value:
            self._wait(f"Looking for the servers of {value} …", self._detect(value))
        elif name == "imap" and value == self._guesses.get("imap") and "imap" in self._abouts:
            self._answers |= {"smtp": self._guesses["smtp"], "user": self._guesses["user"]}
            self._go_to("password")
        elif self._step + 1 < len(QUESTIONS):
            self._step += 1
            self._ask()
        else:
            self._wait("Trying the servers …", self._save())

    def _wait(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        self._busy = True
        self.query_one("#error", Plain).update(Content(""))
        self.query_one("#foot", Plain).update(Content(f"{what}  Esc leaves"))
        self.work(work)

    def _go_to(self, name: str, error: str = "") -> None:
        self._step = next(index for index, one in enumerate(QUESTIONS) if one.name == name)
        self._ask(error)

    async def _detect(self, email: str) -> None:
        domain = email.rpartition("@")[2]
        self._guesses = {"imap": f"imap.{domain}", "smtp": f"smtp.{domain}", "user": email, "since": "3m"}
        self._guesses["name"] = name_in(email)
        self._abouts = {}
        for name in ("imap", "smtp", "user"):
            self._answers.pop(name, None)
        try:
            found = await self.dealdesk.ask(lambda engine: engine.detect(email), while_shown=True)
        except InvalidInput as error:
            self._guesses.pop("user")
            self._busy = False
            self._go_to("email", str(error))
            return
        except DealdeskError as error:
            self._busy = False
            self._go_to("imap", str(error))
            return
        smtp = written(found.smtp) if found.smtp is not None else ""
        self._guesses |= {"imap": written(found.imap), "smtp": smtp, "user": found.user}
        sending = f"; {found.smtp.host} for sending" if found.smtp is not None else "; none for sending"
        self._abouts["imap"] = f"found {found.imap.host}{sending}: Enter accepts, or type another one"
        if found.hint:
            self._abouts["password"] = found.hint
        self._busy = False
        self._go_to("imap")

    @staticmethod
    def _check(name: str, value: str) -> None:
        if name == "email" and normalize_address(value).count("@") != 1:
            raise InvalidInput(f'"{value}" is not an e-mail address; write it like me@example.org.')
        if name == "imap" or (name == "smtp" and value):
            parse_server(value, name)
        if name == "password" and not value:
            raise InvalidInput("An empty password can't work; type it, it is not shown.")
        if name == "since":
            parse_since(value, time.time())

    def account(self) -> Account:
        """Return the account that the answers describe."""
        given = self._answers
        return Account(
            id=0,
            email=given["email"],
            name=given["name"],
            user=given["user"] or given["email"],
            imap=parse_server(given["imap"], "imap"),
            smtp=parse_server(given["smtp"], "smtp") if given["smtp"] else None,
            since=parse_since(given["since"], time.time()),
        )

    async def _save(self) -> None:
        account, password = self.account(), self._answers["password"]
        try:
            saved = await self.dealdesk.ask(lambda engine: engine.add_account(account, password), while_shown=True)
        except DealdeskError as error:
            self._go_to("password" if isinstance(error, AuthError | CredentialsError) else "imap", str(error))
            return
        finally:
            self._busy = False
        self._answers.clear()
        self.dismiss(None)
        self.app.notify(f"Connected {saved.email}; the newest mail comes first.", markup=False)

    def do_field_next(self) -> None:
        """Tab goes on, as Enter does."""
        field = self.query_one("#field", Input)
        self._answered(Input.Submitted(field, field.value))

    def do_field_previous(self) -> None:
        """One question back."""
        if self._step and not self._busy:
            self._step -= 1
            self._ask()

    def do_setup_cancel(self) -> None:
        """Leave without an account."""
        self._answers.clear()
        self.dismiss(None)
