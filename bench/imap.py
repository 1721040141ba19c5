"""The IMAP client against a raw socket that parses nothing, and against imaplib: the same commands, the same Dovecot.

Contestants take turns; medians of several runs. What a row says: CPU seconds and wall seconds of each, and the ratio of
the client's to the raw socket's. Memory is the peak of a process of its own for the big literal and the bodies.
"""

from __future__ import annotations

import asyncio
import imaplib
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill, make_mail
from tui.engine.imap.facts import HEADER_FIELDS, Fetched
from tui.engine.imap.session import Session, open_session
from tui.engine.imap.uidset import UidSet
from tui.engine.model import Security, Server

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SMALL, BODIES, BIG = 10_000, 5_000, 50_000_000
JOBS: dict[str, tuple[str, str]] = {
    "10,000 x FLAGS": ("small", "(UID FLAGS)"),
    "10,000 headers": ("small", f"(UID BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])"),
    "5,000 x 10 KB bodies": ("bodies", "(UID BODY.PEEK[])"),
    "one literal of 50 MB": ("big", "(UID BODY.PEEK[])"),
}
Cost = tuple[float, float, int]
"""Wall seconds, CPU seconds, peak memory in MB above the start."""


def main() -> int:
    """Start Dovecot, fill it, let everyone fetch, print."""
    if sys.argv[1:2] == ["--one"]:
        print(*one(*sys.argv[2:]))
        return 0
    with DovecotServer.start() as server:
        fill_server(server)
        print(f"{'':24}{'raw socket':>18}{'imaplib':>18}{'dealdesk':>18}{'against raw':>16}{'against imaplib':>18}")
        print(f"{'':24}" + f"{'wall  cpu  MB':>18}" * 3 + f"{'wall   cpu':>16}{'wall   cpu':>18}")
        for job in JOBS:
            report(server.port, job)
    return 0


def report(port: int, job: str) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in RUNNERS}
    order = list(RUNNERS)
    for turn in range(RUNS):
        for name in order[turn % 3 :] + order[: turn % 3]:
            costs[name].append(measured(name, port, job))
    middle = {
        name: tuple(statistics.median(values) for values in zip(*each, strict=True)) for name, each in costs.items()
    }
    line = f"{job:24}"
    for name in ("raw", "imaplib", "dealdesk"):
        wall, cpu, memory = middle[name]
        line += f"{f'{wall:.2f} {cpu:.3f} {memory:4.0f}':>18}"
    for other in ("raw", "imaplib"):
        ours, theirs = middle["dealdesk"], middle[other]
        ratio = f"{ours[0] / theirs[0]:.2f}x {ours[1] / max(theirs[1], 0.001):.2f}x"
        line += f"{ratio:>{16 if other == 'raw' else 18}}"
    print(line, flush=True)


def measured(name: str, port: int, job: str) -> Cost:
    command = [sys.executable, "-m", "bench.imap", "--one", name, str(port), job]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1]), int(said[2])


def one(name: str, port: str, job: str) -> Cost:
    """Fetch in this process; logging in and opening the folder don't count."""
    return RUNNERS[name](int(port), *JOBS[job])


def clocked(work: Callable[[], int], wanted: int) -> Cost:
    start = peak(reset=True)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    got = work()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    if got < wanted:
        raise SystemExit(f"Only {got} of {wanted} came; the figures would mean nothing.")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, (peak() - start) // 1024


def peak(reset: bool = False) -> int:
    """The highest memory of this process since it was last reset, in KiB; 0 where the system doesn't tell."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def wanted_of(user: str) -> int:
    return {"small": SMALL, "bodies": BODIES, "big": 1}[user]


def by_raw_socket(port: int, user: str, items: str) -> Cost:
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.recv(4096)
        for number, command in enumerate((f"LOGIN {user} secret", "SELECT INBOX")):
            link.sendall(f"a{number} {command}\r\n".encode())
            while f"a{number} OK".encode() not in link.recv(65536):
                continue

        def work() -> int:
            link.sendall(f"zz UID FETCH 1:* {items}\r\n".encode())
            tail, octets = b"", 0
            while b"\r\nzz OK" not in tail:
                data = link.recv(262_144)
                octets += len(data)
                tail = tail[-20:] + data
            return octets

        return clocked(work, wanted_of(user))


def by_imaplib(port: int, user: str, items: str) -> Cost:
    client = imaplib.IMAP4("127.0.0.1", port)
    client.login(user, "secret")
    client.select("INBOX")
    cost = clocked(lambda: sum(bool(part) for part in client.uid("FETCH", "1:*", items)[1]), wanted_of(user))
    client.logout()
    return cost


def by_dealdesk(port: int, user: str, items: str) -> Cost:
    with tempfile.TemporaryDirectory() as spool, asyncio.Runner() as runner:
        server = Server("127.0.0.1", port, Security.NONE)
        session = runner.run(open_session(server, user, "secret", spool=Path(spool)))
        runner.run(session.select("INBOX"))
        cost = clocked(lambda: runner.run(fetch(session, items)), wanted_of(user))
        runner.run(session.close())
        return cost


async def fetch(session: Session, items: str) -> int:
    count = 0

    def take(got: Fetched) -> None:
        nonlocal count
        count += 1

    wanted = {"flags": "FLAGS" in items, "header": "HEADER" in items, "body": "PEEK[]" in items}
    await session.fetch(UidSet.span(1), **wanted, guid=False, on_fetched=take)
    return count


RUNNERS: dict[str, Callable[[int, str, str], Cost]] = {
    "raw": by_raw_socket,
    "imaplib": by_imaplib,
    "dealdesk": by_dealdesk,
}


def fill_server(server: DovecotServer) -> None:
    """Three mailboxes: many small messages, many of 10 KB, one of 50 MB; their caches warm."""
    for user, count, size in (("small", SMALL, 600), ("bodies", BODIES, 10_000), ("big", 1, BIG)):
        text = ("x" * 70 + "\r\n") * (size // 72)
        mails = (make_mail("Ann <a@x.example>", "me@our.example", f"Message {at}", text) for at in range(count))
        fill(server, user, mails)
        with imaplib.IMAP4("127.0.0.1", server.port) as client:
            client.login(user, "secret")
            client.select("INBOX")
            client.uid("FETCH", "1:*", JOBS["10,000 headers"][1])


if __name__ == "__main__":
    sys.exit(main())
