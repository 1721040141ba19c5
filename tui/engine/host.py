"""The engine in a thread of its own with its own loop, so that no work of it ever holds up a key (DESIGN.md)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tui.engine.errors import DealdeskError
from tui.engine.paths import Paths
from tui.engine.store.reader import Reader, readable

if TYPE_CHECKING:
    from tui.engine.core import Engine
    from tui.engine.events import Event

P = ParamSpec("P")
T = TypeVar("T")

STOP_SECONDS = 3.0
"""The longest that quitting waits for the engine; everything that matters is committed already."""

_log = logging.getLogger(__name__)


class Host:
    """Runs an engine for a screen; every method is called from the screen's thread.

    Args:
        paths: the home.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._opening: concurrent.futures.Future[Engine] | None = None
        self._readers: list[Reader] = []
        self._reading = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="reads")

    def peek(self) -> bool:
        """Open the readers before the engine, so that what is here is painted first; False for a home to be made."""
        if not readable(self._paths):
            return False
        self._readers = [Reader(self._paths), Reader(self._paths)]
        return True

    async def start(self) -> None:
        """Start the thread and open the engine in it, without the network.

        Raises:
            ConfigError: the home can't be used.
        """
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop, ready), name="engine", daemon=True)
        self._thread.start()
        await asyncio.to_thread(ready.wait)
        self._opening = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        # Who leaves while the databases are being opened ends this wait, not the opening: stop() closes what it opened.
        self._engine = await asyncio.shield(asyncio.wrap_future(self._opening))
        if not self._readers:
            self._readers = [Reader(self._paths), Reader(self._paths)]

    async def _open(self) -> Engine:
        # All that speaks to servers is imported in the engine's thread, after the first paint.
        from tui.engine.core import Engine

        return await Engine.open(self._paths)

    @staticmethod
    async def _close(opening: concurrent.futures.Future[Engine]) -> None:
        engine = await asyncio.wrap_future(opening)
        await engine.close()

    def stop(self) -> None:
        """Close the engine and end the thread, within ``STOP_SECONDS``."""
        loop, opening = self._loop, self._opening
        if loop is not None and opening is not None and loop.is_running():
            try:
                asyncio.run_coroutine_threadsafe(self._close(opening), loop).result(STOP_SECONDS)
            except DealdeskError as error:
                _log.warning("There is no engine to close: %s", error)
            except TimeoutError:
                _log.warning("The engine did not close within %.0f s; what was queued is kept", STOP_SECONDS)
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        self._engine = None
        self._reading.shutdown(wait=True, cancel_futures=True)
        for reader in self._readers:
            reader.close()
        self._readers = []

    def key(self) -> None:
        """A key was pressed: bulk work in the engine steps aside for a moment."""
        if self._engine is not None:
            self._engine.pace.key()

    @property
    def engine(self) -> Engine:
        """The engine; its coroutines run through ``call`` only."""
        assert self._engine is not None, "the host has not been started"
        return self._engine

    @property
    def reader(self) -> Reader:
        """The reader of the screen's thread, for what takes under a millisecond."""
        return self._readers[0]

    async def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a coroutine function on the engine's loop and return what it returns or raises."""
        assert self._loop is not None, "the host has not been started"

        async def work() -> T:
            return await function(*args, **kwargs)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))

    async def read(self, function: Callable[[Reader], T]) -> T:
        """Run reads in the background thread, in order, and return what they give."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, function, self._readers[1])

    def events(self, callback: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        """Call ``callback`` on the caller's loop with each merged batch of events; returns a function that ends it."""
        screen = asyncio.get_running_loop()

        def hand_over(batch: Sequence[Event]) -> None:
            if not screen.is_closed():
                screen.call_soon_threadsafe(callback, batch)

        return self.engine.events.subscribe(hand_over)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        loop.call_soon(ready.set)
        try:
            loop.run_forever()
        finally:
            loop.close()
