"""A TCP proxy for bad lines: delay, narrow bandwidth, cuts, stalls and one-way silence, changed while it runs.

``listen_in`` records what is said line by line and sets a trap at one of them (``dialogue.py``).

From a shell, to try the program over a slow line:

    python -m tests.servers.proxy --listen 1143 --to 127.0.0.1:143 --delay-ms 50 --kbit 256
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field

from tests.servers.dialogue import STALL, Dialogue, Direction, Line
from tests.servers.threads import LoopThread

CHUNK = 16_384
QUEUE_CHUNKS = 256


@dataclass
class Way:
    """One direction of the line; every value may be changed while it runs.

    Args:
        delay_ms: added to every byte, without holding up the bytes behind it.
        bytes_per_second: 0 is no limit.
        cut_after: cut the connection once this many bytes of it went this way; None is never.
        drop: swallow everything silently, as a dead NAT entry does.
        bytes: how much went through so far, on all connections.
    """

    delay_ms: float = 0
    bytes_per_second: float = 0
    cut_after: int | None = None
    drop: bool = False
    bytes: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """A running proxy to one server.

    Attributes:
        host, port: where it listens.
        up: client to server. down: server to client.
        connections: how many were ever opened.
        refuse: close new connections at once.
        dialogue: what new connections say, line by line; see ``listen_in``.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.up = Way()
        self.down = Way()
        self.connections = 0
        self.refuse = False
        self.dialogue: Dialogue | None = None
        self._target = target
        self._thread: LoopThread
        self._server: asyncio.Server | None = None
        self._ends: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._changed = threading.Condition()

    @classmethod
    def start(cls, host: str, port: int, *, listen: int = 0, delay_ms: float = 0) -> Proxy:
        """Start a proxy to host:port and return when it listens.

        Args:
            host: the server's address.
            port: the server's port.
            listen: the port to listen on; 0 takes a free one.
            delay_ms: each way.
        """
        proxy = cls((host, port))
        proxy.up.delay_ms = proxy.down.delay_ms = delay_ms
        proxy._thread = LoopThread("proxy")
        proxy._thread.run(proxy._listen(listen))
        return proxy

    def cut(self, *, newest: bool = False) -> None:
        """Reset every connection that is open now, or only the one that was opened last."""
        self._thread.run(self._cut(newest=newest))

    def stall(self) -> None:
        """Hold every byte, both ways, until flow(); the connections stay open."""
        self._thread.run(self._flow(False))

    def flow(self) -> None:
        """Let the bytes go on after stall()."""
        self._thread.run(self._flow(True))

    def listen_in(self, dialogue: Dialogue | None) -> None:
        """Have the connections that are opened from now on recorded and trapped line by line; None ends it."""
        self.dialogue = dialogue

    def wait_for_connections(self, count: int, timeout: float = 40) -> None:
        """Return as soon as `count` connections were ever opened; raise TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.connections >= count, timeout):
                raise TimeoutError(f"{self.connections} of {count} connections were opened within {timeout:g} s")

    def stop(self) -> None:
        """Cut everything and end; may be called twice."""
        if self._server is not None:
            self._thread.run(self._close())
            self._server = None
        self._thread.stop()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self, port: int) -> None:
        await self._flow(True)
        self._server = await asyncio.start_server(self._serve, self.host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self, *, newest: bool = False) -> None:
        for ends in self._ends[-1:] if newest else list(self._ends):
            for end in ends:
                reset(end)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()

    async def _flow(self, on: bool) -> None:
        if on:
            self._go_on()
            return
        for way in (self.up, self.down):
            way._open.clear()

    def _go_on(self) -> None:
        for way in (self.up, self.down):
            way._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._changed:
            self.connections += 1
            self._changed.notify_all()
        try:
            if not self.refuse:
                far_reader, far_writer = await asyncio.open_connection(*self._target)
                await self._carry(reader, writer, far_reader, far_writer)
        except OSError:
            return
        finally:
            reset(writer)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Carry both directions until one of them ends, or until this is cancelled, at whatever moment."""
        ends = writer, far_writer
        self._ends.append(ends)
        line = Line(self.dialogue) if self.dialogue is not None else None
        pumps = [
            asyncio.create_task(self._pump(reader, far_writer, self.up, "up", line, writer)),
            asyncio.create_task(self._pump(far_reader, writer, self.down, "down", line, far_writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ends.remove(ends)
            for pump in pumps:
                pump.cancel()
            try:
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                for end in ends:
                    reset(end)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Way,
        direction: Direction,
        line: Line | None,
        back: asyncio.StreamWriter,
    ) -> None:
        """Carry one direction until its end; a reader and a writer, so that delay doesn't narrow the line."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUE_CHUNKS)
        filling = asyncio.create_task(self._fill(reader, queue, way))
        try:
            await self._drain(queue, writer, way, direction, line, back)
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)

    async def _fill(self, reader: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]], way: Way) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            await queue.put((loop.time() + way.delay_ms / 1000, data))
            if not data:
                return

    async def _drain(
        self,
        queue: asyncio.Queue[tuple[float, bytes]],
        writer: asyncio.StreamWriter,
        way: Way,
        direction: Direction,
        line: Line | None,
        back: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        carried = 0
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await way._open.wait()
            over = not data
            if line is not None:
                data, cut = (line.rest(direction), True) if over else line.feed(direction, data)
                over = over or cut
                back.write(line.back)
                line.back = b""
                if line.stalled:
                    line.stalled = False
                    await self._flow(False)
                    loop.call_later(STALL, self._go_on)
                    await way._open.wait()
            if way.drop:
                data = b""
            if not data:
                if over:
                    return
                continue
            rest = None if way.cut_after is None else max(0, way.cut_after - carried)
            data = data[:rest]
            writer.write(data)
            await writer.drain()
            carried += len(data)
            way.bytes += len(data)
            if over or (way.cut_after is not None and carried >= way.cut_after):
                return
            if way.bytes_per_second:
                await asyncio.sleep(len(data) / way.bytes_per_second)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset instead of a farewell."""
    line: socket.socket | None = writer.get_extra_info("socket")
    if line is not None and line.fileno() >= 0:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def main() -> None:
    """Run a proxy from the command line until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.proxy", description=__doc__)
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="port of 127.0.0.1; 0 takes a free one")
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--delay-ms", type=float, default=0, help="each way")
    parser.add_argument("--kbit", type=float, default=0, help="bandwidth each way in kbit/s; 0 is no limit")
    parser.add_argument("--cut-after", type=int, default=None, metavar="BYTES", help="cut once this much came down")
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    with Proxy.start(host, int(port), listen=options.listen, delay_ms=options.delay_ms) as proxy:
        proxy.up.bytes_per_second = proxy.down.bytes_per_second = options.kbit * 125
        proxy.down.cut_after = options.cut_after
        print(f"127.0.0.1:{proxy.port} -> {options.to}; Ctrl-C ends it", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{proxy.connections} connections, {proxy.up.bytes} bytes up, {proxy.down.bytes} bytes down")


if __name__ == "__main__":
    main()
