"""A process of its own for an engine that is attacked, so that its memory can be measured and its hang be ended.

It is forked from a server process that has everything imported. What it is told to do is done on a home of its own:
one account on the hostile server, one on a real server beside it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tui.engine.core import Engine
from tui.engine.errors import DealdeskError
from tui.engine.imap import protocol
from tui.engine.imap.framing import Limits
from tui.engine.mail.smtp import submit
from tui.engine.model import Account, Security, Server, View
from tui.engine.paths import Paths
from tui.engine.sync.context import Times

FLOOD = 4 << 20
"""Octets of talk that answers nothing: an eighth of what is usual, so that reading it takes an eighth of the time."""
_context = multiprocessing.get_context("forkserver")


class Victim:
    """The process as a test sees it."""

    def __init__(self, home: Path, stall: float) -> None:
        _context.set_forkserver_preload([__name__])
        self._line, theirs = _context.Pipe()
        self._process = _context.Process(target=_main, args=(str(home), stall, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def ask(self, what: str, seconds: float = 120, **said: Any) -> Any:
        """Have something done and return its answer.

        Raises:
            TimeoutError: it took longer; the process hangs.
        """
        self._line.send((what, said))
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(self._line.fileno(), came.set)
        try:
            async with asyncio.timeout(seconds):
                await came.wait()
        finally:
            loop.remove_reader(self._line.fileno())
        return self._line.recv()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join(10)
        self._line.close()


def _main(home: str, stall: float, line: Connection) -> None:
    asyncio.run(_serve(home, stall, line))


async def _serve(home: str, stall: float, line: Connection) -> None:
    os.environ["DEALDESK_HOME"] = home
    protocol.Limits = lambda: Limits(flood=FLOOD)  # type: ignore[assignment,misc]
    engine = await Engine.open(Paths.of())
    engine.network.times = Times(first_wait=0.05, longest_wait=1.0, stall=stall)
    loop = asyncio.get_running_loop()
    try:
        while True:
            what, said = await loop.run_in_executor(None, line.recv)
            line.send(await _ACTS[what](engine, **said))
    except EOFError:
        return
    finally:
        await engine.close()


async def _add(engine: Engine, email: str, user: str, port: int, password: str, smtp: int, security: str) -> int:
    server = Server("127.0.0.1", port, Security(security))
    out = Server("127.0.0.1", smtp, Security.NONE) if smtp else None
    account = Account(0, email=email, name="Me", user=user, imap=server, smtp=out, secret="file")
    return (await engine.add_account(account, password, check=False)).id


async def _sync(engine: Engine) -> Mapping[str, Any]:
    """Do a pass over every account; return what it cost and what is here afterwards."""
    rest = _calm()
    reports = await engine.sync()
    peak = _kib("VmHWM")
    return {
        "errors": {report.email: report.error for report in reports},
        "grown": (peak - rest) / 1024,
        **await _state(engine),
    }


async def _state(engine: Engine) -> Mapping[str, Any]:
    """Return what the workspace holds."""
    reader = engine.reader
    rows = reader.rows(reader.ids(View("all"), limit=5000))
    async with engine.mailbox.write() as tx:
        gone = await (await tx.execute("SELECT count(*) AS n FROM placements WHERE gone_at IS NOT NULL")).fetchone()
        live = await (await tx.execute("SELECT count(*) AS n FROM placements WHERE gone_at IS NULL")).fetchone()
    return {
        "subjects": sorted(row.subject for row in rows),
        "flagged": sorted(row.subject for row in rows if row.flagged),
        "states": {a.email: (a.state.value, a.error) for a in reader.accounts()},
        "gone": gone["n"],
        "live": live["n"],
        "folders": {f.name: f.error for account in reader.accounts() for f in reader.folders(account.id)},
        "spool": len([one for one in engine.context().spool.iterdir()]) if engine.context().spool.exists() else 0,
    }


async def _texts(engine: Engine) -> Mapping[str, Any]:
    """Return the subjects under which the text of another message is shown."""
    wrong = []
    for row in engine.reader.rows(engine.reader.ids(View("all"), limit=5000)):
        raw = engine.reader.raw(row.id)
        if row.subject.startswith("Mail ") and raw and f"text of mail {row.subject.split()[1]}.".encode() not in raw:
            wrong.append(row.subject)
    return {"wrong": wrong}


async def _verify(engine: Engine, account: int) -> Any:
    try:
        return [(one.folder, one.on_server, one.here, one.complete, one.error) for one in await engine.verify(account)]
    except DealdeskError as error:
        return str(error)


async def _submit(engine: Engine, port: int, security: str) -> Mapping[str, Any]:
    """Send a message; return what came of it and what it cost."""
    rest, handed = _calm(), []

    async def before_text() -> None:
        handed.append(True)

    try:
        done = await submit(
            Server("127.0.0.1", port, Security(security)),
            "me",
            "secret",
            sender="me@desk.example",
            recipients=["ann@acme.example"],
            raw=b"Subject: Hello\r\n\r\nHello.\r\n",
            before_text=before_text,
            timeout=1.5,
            data_timeout=1.5,
        )
        said, kind = done.reply, "sent"
    except DealdeskError as error:
        said, kind = str(error), type(error).__name__
    return {"kind": kind, "said": said, "handed": bool(handed), "grown": (_kib("VmHWM") - rest) / 1024}


async def _start(engine: Engine) -> None:
    await engine.start()


async def _stop(engine: Engine) -> None:
    await engine.stop()


_ACTS: Mapping[str, Any] = {
    "add": _add,
    "sync": _sync,
    "state": _state,
    "verify": _verify,
    "texts": _texts,
    "submit": _submit,
    "start": _start,
    "stop": _stop,
}


def _calm() -> int:
    """Give back what is free, forget the peak, and return the resident memory in KiB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _kib("VmRSS")


def _kib(name: str) -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith(name + ":")).split()[1])
