"""An event loop whose connections to ``*.machine`` end in memory, where the engine's own protocols speak.

It has one thread and a clock that jumps: where everybody waits, the next moment that somebody waits for is at once.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

from tests.engine.machine import clock

HOST = ".machine"
"""What the names of servers in memory end with; every other name goes to the network."""


class Pipe(asyncio.Transport):
    """One end of a connection in memory; what is written is delivered in the loop's next round."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._protocol: asyncio.Protocol | None = None
        self._other: Pipe | None = None
        self._closed = False
        self._reading = True
        self._held: list[bytes] = []

    @classmethod
    def pair(cls, loop: asyncio.AbstractEventLoop) -> tuple[Pipe, Pipe]:
        """Return two ends that are connected with each other."""
        one, other = cls(loop), cls(loop)
        one._other, other._other = other, one
        return one, other

    def attach(self, protocol: asyncio.Protocol) -> None:
        """Give this end its protocol."""
        self._protocol = protocol
        protocol.connection_made(self)

    # --- what protocols use

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is no socket."""
        return default

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of this end."""
        assert self._protocol is not None
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Change the protocol of this end."""
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_write_buffer_size(self) -> int:
        """Nothing is ever held back."""
        return 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets to the other end."""
        if not self._closed and self._other is not None and data:
            self._loop.call_soon(self._other._take, bytes(data))

    def is_closing(self) -> bool:
        """Whether this end was closed."""
        return self._closed

    def is_reading(self) -> bool:
        """Whether octets are taken."""
        return self._reading

    def pause_reading(self) -> None:
        """Hold back what comes."""
        self._reading = False

    def resume_reading(self) -> None:
        """Take what was held back."""
        self._reading = True
        held, self._held = self._held, []
        for data in held:
            self._loop.call_soon(self._take, data)

    def close(self) -> None:
        """Close both ends; what was written before still arrives."""
        if self._closed:
            return
        self._closed = True
        self._loop.call_soon(self._lost)
        if self._other is not None:
            self._loop.call_soon(self._other._ended)

    def abort(self) -> None:
        """Close both ends."""
        self.close()

    # --- inside

    def _take(self, data: bytes) -> None:
        if self._closed or self._protocol is None:
            return
        if self._reading:
            self._protocol.data_received(data)
        else:
            self._held.append(data)

    def _lost(self) -> None:
        if self._protocol is not None:
            self._protocol.connection_lost(None)

    def _ended(self) -> None:
        if not self._closed:
            self._closed = True
            self._lost()


class Jumping(selectors.BaseSelector):
    """Never waits: what a loop would have waited is added to ``jumped``, in seconds."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.jumped = 0.0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See ``selectors``."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """See ``selectors``."""
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """See ``selectors``."""
        return self._real.get_map()

    def close(self) -> None:
        """See ``selectors``."""
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, the time has passed.

        Raises:
            AssertionError: everybody waits for somebody else, for ever.
        """
        if timeout is not None and timeout <= 0:
            # Nobody outside this thread speaks to the loop, so that only a pause is worth a look.
            return []
        ready = self._real.select(0)
        if not ready:
            assert timeout is not None, "everybody waits for somebody else"
            self.jumped += timeout
        return ready


class MemoryLoop(asyncio.SelectorEventLoop):
    """A loop with servers of its own: host name -> what makes the protocol of a new connection to it, or refuses it."""

    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)
        self.servers: dict[str, Callable[[], asyncio.Protocol]] = {}

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        """Connect to a server in memory, or as every loop does."""
        if not isinstance(host, str) or not host.endswith(HOST):
            return await super().create_connection(protocol_factory, host, port, **options)
        serving = self.servers[host]()
        here, there = Pipe.pair(self)
        protocol = protocol_factory()
        there.attach(serving)
        here.attach(protocol)
        return here, protocol

    def time(self) -> float:
        """Return the clock of this loop, in seconds."""
        return clock.steady() + self._jumping.jumped

    @property
    def jumped(self) -> float:
        """How many seconds of waiting were left out so far."""
        return self._jumping.jumped

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do it here and at once."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done
