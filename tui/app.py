"""The App: the engine's lifetime, its events as one Signal, the gate for text that others wrote, keys and themes.

Order of starting: paint the empty workspace, open the databases and fill it from them, only then start the network.
Stopping never hangs: the host's stop is bounded.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal

from tui import driver, hangup, keymaps, theme
from tui.engine import config
from tui.engine.errors import DealdeskError
from tui.engine.host import Host
from tui.engine.paths import Paths
from tui.engine.text import clean
from tui.look import SafeFilter
from tui.turns import InOrder

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.events import Event

T = TypeVar("T")

Demo = Callable[["Engine"], Awaitable[None]]
"""What fills the workspace with the demo's world; awaited on the engine's loop before its network starts."""

_log = logging.getLogger(__name__)


class DealdeskApp(InOrder, inherit_bindings=False):
    """The terminal app.

    ``host`` is the engine's thread; ``readable`` says that there is data to show already, before the engine is open.

    Args:
        paths: the home that is worked in.
        demo: fills it with the demo's world, when this is the demo.
        network: False opens the engine without starting its accounts.

    Raises:
        ConfigError: the config file or its keys can't be used.
    """

    TITLE = "dealdesk"
    CSS_PATH = Path(__file__).with_name("tui.tcss")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]  # noqa: RUF012 Textual's own shape

    def __init__(self, paths: Paths, demo: Demo | None = None, *, network: bool = True) -> None:
        super().__init__()
        self.paths = paths
        self.config = config.load(paths.settings)
        self.keymap = keymaps.load(self.config.profile, self.config.keys)
        self.news: Signal[Sequence[Event]] = Signal(self, "news")
        self.launched: set[Any] = set()
        self._demo = demo
        self._opening = self._leaving = False
        self._asked: set[asyncio.Future[Any]] = set()
        self._network = network
        self._opened = asyncio.Event()
        self.host = Host(paths)
        self.readable = self._demo is None and self.host.peek()
        self._gate: Sequence[LineFilter] = ()
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = self.config.theme if self.config.theme in self.available_themes else "dealdesk"
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[Any]:
        """The workspace."""
        from tui.screens.workspace import Workspace

        return Workspace()

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for this terminal, in our way (``driver.py``)."""
        return driver.ours(super().get_driver_class())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and the gate that drops control characters from every line."""
        if not self._gate:
            self._gate = (*super().get_line_filters(), SafeFilter())
        return self._gate

    async def on_event(self, event: events.Event) -> None:
        """Let the engine's bulk work step aside for each key."""
        if isinstance(event, events.Key):
            self.host.key()
        await super().on_event(event)

    def on_mount(self) -> None:
        """Paint first, then open the engine."""
        if not self.is_headless:
            hangup.watch(self._terminal_gone, self.put_away_and_exit)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        if self.readable:
            self.set_timer(1.0, self.open_engine)
        else:
            self.open_engine()

    def open_engine(self) -> None:
        """Open the engine, once: its imports would hold up the first list, so the workspace calls this after it."""
        if not self._opening:
            self._opening = True
            self.run_worker(self._open(), exit_on_error=False)

    async def _open(self) -> None:
        known = self.readable
        try:
            await self.host.start()
        except DealdeskError as error:
            self.exit(return_code=1, message=str(error))
            return
        self.host.events(self.news.publish)
        self._opened.set()
        gc.collect()
        gc.freeze()
        gc.enable()
        if self._demo is not None:
            await self.host.call(self._demo, self.host.engine)
        if not known:
            self._tell_readable()
        await self._tell_interrupted()
        if not self.host.reader.accounts():
            self._first_run()
        if not self._network:
            return
        try:
            await self.host.call(self.host.engine.start)
        except DealdeskError as error:
            self.notify(str(error), severity="warning", markup=False, timeout=8)

    async def _tell_interrupted(self) -> None:
        """Say that a crash left something that was being written, and which of it can't be read."""
        from tui.engine.drafts import Drafts

        drafts = Drafts(self.paths)
        left, broken = await asyncio.to_thread(lambda: (drafts.list(), drafts.broken()))
        if left:
            key = self.keymap.first_key("go.drafts")
            self.notify(f"Writing was interrupted: {key} finds it.", severity="warning", markup=False, timeout=8)
        for sentence in broken:
            self.notify(clean(sentence), severity="error", markup=False, timeout=8)

    def _first_run(self) -> None:
        """Ask for the first account; Esc leaves it for later."""
        from tui.screens.setup import SetupScreen

        self.push_screen(SetupScreen())

    def _tell_readable(self) -> None:
        """Tell the workspace that there is data."""
        from tui.screens.workspace import Workspace

        self.readable = True
        for screen in self.screen_stack:
            if isinstance(screen, Workspace):
                screen.data_readable()

    async def ask(self, what: Callable[[Engine], Awaitable[T]], *, while_shown: bool = False) -> T:
        """Run ``what`` with the engine, on its loop, as soon as it is open; what is pressed earlier waits for that.

        Once asked it is done, also when the screen that asked is left meanwhile: a key reaches what it was meant for.

        Args:
            what: is given the engine.
            while_shown: given up when the screen that asked is left.

        Raises:
            DealdeskError: what the engine says.
        """
        if while_shown:
            return await self._ask(what)
        asked = asyncio.ensure_future(self._ask(what))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(self._tell_unheard)
            raise

    async def _ask(self, what: Callable[[Engine], Awaitable[T]]) -> T:
        await self._opened.wait()
        return await self.host.call(what, self.host.engine)

    def _tell_unheard(self, asked: asyncio.Future[Any]) -> None:
        """Tell the error of what was asked by a screen that is gone."""
        error = None if asked.cancelled() else asked.exception()
        if error is not None and self.is_running:
            if not isinstance(error, DealdeskError):
                self.log_fault(error)
            self.notify(clean(str(error)), severity="error", markup=False, timeout=8)

    def log_fault(self, error: BaseException) -> None:
        """Write an unexpected error with its traceback into the log; it never holds mail or secrets of itself."""
        _log.error("A screen's work failed", exc_info=error)

    def _terminal_gone(self) -> None:
        hangup.let_go()
        self.put_away_and_exit()

    def put_away_and_exit(self) -> None:
        """Keep what is being written, and leave."""
        if not self._leaving:
            self._leaving = True
            self.run_worker(self._leave(), exit_on_error=False)

    async def _leave(self) -> None:
        from tui.screens.keyed import KeyedScreen

        await self.until_typed()
        kept = [screen.put_away() for screen in self.screen_stack if isinstance(screen, KeyedScreen)]
        for error in await asyncio.gather(*kept, return_exceptions=True):
            if isinstance(error, BaseException):
                self.log_fault(error)
        self.exit()

    async def on_unmount(self) -> None:
        """Stop the engine; takes at most the host's own limit."""
        await asyncio.to_thread(self.host.stop)


def run(paths: Paths, demo: Demo | None = None) -> int:
    """Run the workspace until it is left; return the exit status.

    Args:
        paths: the home.
        demo: fills it with the demo's world.

    Raises:
        ConfigError: the config file can't be used.
    """
    app = DealdeskApp(paths, demo)
    app.run()
    return app.return_code or 0
