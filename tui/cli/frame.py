"""The frame of every command: its options, the engine it works on, its errors and exit codes (CLI.md).

    @group.command("list")
    @engine_command
    async def list_things(engine: Engine, out: Out) -> None:
        out.give([...], table(...))

``--home`` and ``--json`` are understood before the command and after every subcommand. A command fails by raising a
``DealdeskError`` (exit 1, its sentence on stderr) or a ``click.UsageError`` (exit 2).
"""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec

import click

from tui.cli import logfile
from tui.cli.output import Out
from tui.engine import text
from tui.engine.errors import DealdeskError, InvalidInput
from tui.engine.paths import Paths

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.model import Account
    from tui.engine.store.reader import Reader

P = ParamSpec("P")
ID = click.IntRange(1, 2**63 - 1)
"""The type of an argument that is an id of a database."""
FILES = frozenset({"file", "folder", "body_file", "attach", "screenshot"})
"""The names of all parameters that name a file or folder of the system."""
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

_log = logging.getLogger(__name__)


@dataclass
class Invocation:
    """What the options that every command has said."""

    home: str | None = None
    json: bool = False

    @property
    def paths(self) -> Paths:
        """The home that is worked in."""
        return Paths.of(self.home)


class Failure(click.ClickException):
    """A failure with its one sentence; exit code 1."""

    def show(self, file: Any = None) -> None:
        """Print the sentence, and nothing else, on stderr."""
        click.echo(text.line(self.message, 4000), file=sys.stderr if file is None else file)


def _shared_options() -> list[click.Parameter]:
    def keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
            invocation = context.ensure_object(Invocation)
            if value:
                setattr(invocation, name, value)

        return callback

    return [
        click.Option(
            ["--home"],
            metavar="DIR",
            expose_value=False,
            callback=keep("home"),
            help="Keep config, data and state under DIR.",
        ),
        click.Option(
            ["--json"], is_flag=True, expose_value=False, callback=keep("json"), help="Print JSON and nothing else."
        ),
    ]


class Command(click.Command):
    """A command that understands ``--home`` and ``--json``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, unless it was given bytes that are no text; a file may have such a name."""
        for name, value in ctx.params.items():
            for given in value if isinstance(value, tuple) else (value,):
                if isinstance(given, str) and name not in FILES:
                    given.encode()
        return super().invoke(ctx)


class Noun(click.Group):
    """The commands of one noun."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()


Noun.group_class = Noun


class Root(Noun):
    """All commands; the module of a noun is imported when the noun is used.

    Args:
        nouns: command name -> (module, its attribute).
    """

    def __init__(self, *args: Any, nouns: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nouns = nouns

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self._nouns)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in self._nouns:
            return None
        module, attribute = self._nouns[cmd_name]
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; every error becomes one sentence."""
        try:
            return super().invoke(ctx)
        except DealdeskError as error:
            raise Failure(str(error)) from error
        except (click.ClickException, click.Abort, click.exceptions.Exit, EOFError, BrokenPipeError):
            raise
        except UnicodeEncodeError as error:
            raise Failure("What was given holds bytes that are no text in UTF-8; write it in UTF-8.") from error
        except Exception as error:
            paths = ctx.ensure_object(Invocation).paths
            logfile.start(paths)
            _log.exception("A command met a fault")
            if isinstance(error, sqlite3.Error):
                raise Failure(f"A database can't be used now ({error}); try again, or ask dealdesk doctor.") from error
            raise Failure(
                f"dealdesk made a mistake ({type(error).__name__}); {paths.log} says which, please report it."
            ) from error

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
        try:
            code = super().main(args, *rest, **{"prog_name": "dealdesk", **extra, "standalone_mode": False})
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except click.Abort:
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


def home_command(function: Callable[Concatenate[Paths, Out, P], Awaitable[None]]) -> Callable[P, None]:
    """Make a command of a coroutine function: it gets the paths of the home and where to print."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        invocation = click.get_current_context().ensure_object(Invocation)
        paths = invocation.paths
        logfile.start(paths)

        async def work() -> None:
            await function(paths, Out(invocation.json), *args, **kwargs)

        asyncio.run(work())

    return command


def engine_command(function: Callable[Concatenate[Engine, Out, P], Awaitable[None]]) -> Callable[P, None]:
    """Make a command of a coroutine function: it gets the open engine (no network) and where to print."""

    async def opened(paths: Paths, out: Out, /, *args: P.args, **kwargs: P.kwargs) -> None:
        from tui.engine.core import Engine

        engine = await Engine.open(paths)
        try:
            await function(engine, out, *args, **kwargs)
            await engine.publish()
        finally:
            await engine.close()

    return home_command(functools.update_wrapper(opened, function))


def fail(sentence: str) -> NoReturn:
    """End the command with exit code 1 after its result was printed."""
    raise Failure(sentence)


def warn(sentence: str) -> None:
    """Tell something on stderr that doesn't make the command fail."""
    click.echo(text.line(sentence, 4000), err=True)


def chosen_account(reader: Reader, account_ref: str | None) -> Account:
    """Return the account that was named, or the only one.

    Raises:
        NotFound: there is no such account.
        InvalidInput: none was named, and there isn't exactly one.
    """
    if account_ref is not None:
        return reader.account(account_ref)
    every = reader.accounts()
    if len(every) != 1:
        raise InvalidInput(f"There are {len(every)} accounts; say which one with --account.")
    return every[0]


def has_terminal() -> bool:
    """Return whether somebody can be asked something."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, yes: bool) -> None:
    """Ask whether to go on, where somebody can be asked and hasn't said ``--yes``.

    Raises:
        click.Abort: no.
    """
    if not yes and has_terminal():
        click.confirm(text.line(question, 500), abort=True, err=True)


def read_text(name: str) -> str:
    """Return the text of a file, ``-`` being standard input.

    Raises:
        InvalidInput: it can't be read or isn't UTF-8.
    """
    try:
        with click.open_file(name, "rb") as file:
            data: bytes = file.read()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f'The file "{name}" can\'t be read ({error.strerror}); give another one.') from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f'The file "{name}" isn\'t text in UTF-8 ({error.reason}); convert it.') from error
