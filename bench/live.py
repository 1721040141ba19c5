"""Seconds from a delivery to Dovecot to the screen, badge included, and from a delete by key to the server."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill, make_mail
from tests.widgets.terminal import Terminal
from tui.engine.core import Engine
from tui.engine.model import Account, Security, Server
from tui.engine.paths import Paths

ROUNDS, CACHED = 8, 2_000
USER = "me@our.example"


async def prepare(root: Path, server: DovecotServer) -> None:
    """Make a home with one account, one person and her open deal."""
    engine = await Engine.open(Paths.of(root))
    ann = await engine.people.add("Ann Archer", ["ann@acme.example"])
    await engine.deals.add("Acme licences", persons=[ann.id], stage="Offer")
    await engine.forget_history()
    here = Server(server.host, server.port, Security.NONE)
    await engine.add_account(Account(0, USER, "Me", USER, here, None), server.password)
    await engine.sync()
    await engine.close()


def main() -> None:
    """Print the medians and the worst of some rounds."""
    server = DovecotServer.start()
    arrived, deleted = [], []
    try:
        fill(server, USER, CACHED)
        with tempfile.TemporaryDirectory() as root:
            asyncio.run(prepare(Path(root), server))
            with Terminal("tui", "--home", root, columns=160, lines=50) as terminal:
                terminal.wait_for("synced")
                terminal.settle(1)
                for number in range(ROUNDS):
                    arrived.append(arrive(server, terminal, f"Round{number}"))
                    deleted.append(delete(server, terminal))
    finally:
        server.stop()
    for what, seconds in (("delivered to on the screen with its badge", arrived), ("delete by key to server", deleted)):
        print(f"{what}: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s (at most 1)")


def arrive(server: DovecotServer, terminal: Terminal, subject: str) -> float:
    """Deliver a message and return the seconds until its row, badge included, is on the screen."""
    server.deliver(USER, make_mail("Ann Archer <ann@acme.example>", USER, subject, "Forty seats?"))
    began = time.perf_counter()
    terminal.wait(lambda: any(subject in row and "◆ Offer" in row for row in terminal.screen.display))
    return time.perf_counter() - began


def delete(server: DovecotServer, terminal: Terminal) -> float:
    """Press d on the newest message and return the seconds until the server's inbox has one less."""
    with server.second_client(USER) as other:
        before = int(other.select("INBOX", readonly=True)[1][0] or 0)
        terminal.press("gg")
        began = time.perf_counter()
        terminal.type("d")
        while int(other.select("INBOX", readonly=True)[1][0] or 0) == before:
            terminal.read(0.01)
        took = time.perf_counter() - began
    terminal.settle(0.3)
    return took


if __name__ == "__main__":
    main()
