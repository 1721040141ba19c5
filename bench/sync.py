"""The sync against mbsync, offlineimap and notmuch: the same mail on the same Dovecot, the programs taking turns.

    .venv/bin/python -m bench.sync              every line
    .venv/bin/python -m bench.sync first-ten    one of them: first-ten first-fifty quiet busy delay deletes big

What a ratio says: dealdesk's wall time to mbsync's. mbsync only downloads (FSync off, no compression); dealdesk also
stores durably (SQLite in WAL mode, ``synchronous = NORMAL``: what was committed survives a crash of the program, and
of the machine up to the last checkpoint), reads, indexes and links. The server's caches are warm for everybody.
The other programs are Debian's: apt-get install isync offlineimap3 notmuch.
"""

from __future__ import annotations

import imaplib
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._corpora import FIFTY, TEN, Corpus, install, octets
from bench._rivals import Cost, Running, dealdesk, mbsync, missing, notmuch, offlineimap, run
from tests.servers.dialogue import Dialogue
from tests.servers.dovecot import DovecotServer
from tests.servers.mailgen import fill, make_mail
from tests.servers.proxy import Proxy
from tui.engine.imap.facts import HEADER_FIELDS

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
ALL = os.environ.get("BENCH_ALL", "") != ""
"""Also the programs that take minutes."""
ITEMS = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])"
BIG = 50_000_000


def main() -> int:
    """Run the lines that are asked for."""
    for program in missing("mbsync", "offlineimap", "notmuch"):
        print(f"NOT INSTALLED, left out: {program} (apt-get install isync offlineimap3 notmuch)")
    wanted = sys.argv[1:] or list(LINES)
    unknown = [name for name in wanted if name not in LINES]
    if unknown:
        print(f"There is no line {unknown[0]}; there are: {', '.join(LINES)}.", file=sys.stderr)
        return 2
    with DovecotServer.start(special_use=False) as server:
        for name in wanted:
            LINES[name](server)
    return 0


@contextmanager
def home() -> Iterator[Path]:
    """A folder for one run of one program."""
    with tempfile.TemporaryDirectory(prefix="dd-bench-") as folder:
        yield Path(folder)


def prepare(server: DovecotServer, corpus: Corpus) -> None:
    """Give the server a mailbox once, its caches warm."""
    if (server.root / "mail" / corpus.name).exists():
        return
    install(server, corpus)
    with imaplib.IMAP4(server.host, server.port) as client:
        client.login(corpus.name, server.password)
        for folder in corpus.folders:
            client.select(folder)
            client.uid("FETCH", "1:*", ITEMS)


def first(server: DovecotServer, corpus: Corpus) -> None:
    """The first sync of a mailbox, and what a person sees of it meanwhile."""
    prepare(server, corpus)
    print(f"first sync of {corpus.count:,} messages, {octets(corpus) / 1e6:.0f} MB, {len(corpus.folders)} folders")
    programs: dict[str, Callable[[Path], list[str]]] = {
        "dealdesk": lambda where: dealdesk(server, corpus.name, where, "sync"),
        "mbsync": lambda where: mbsync(server, corpus.name, where),
        "offlineimap": lambda where: offlineimap(server, corpus.name, where),
    }
    if not ALL:
        del programs["offlineimap"]
    for name in missing("mbsync", "offlineimap"):
        programs.pop(name, None)
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for turn in range(RUNS):
        order = list(programs)
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            with home() as where:
                costs[name].append(run(programs[name](where), where))
                if name == "mbsync" and ALL and turn == 0 and not missing("notmuch"):
                    costs["notmuch after it"] = [run(notmuch(where / "mail", where), where)]
    table(costs)
    with home() as where:
        desk = Running(server, corpus.name, where)
        said = desk.ask("sync")
        desk.end()
    print(
        f"  first rows after {said['rows']:.2f} s, first screen with its texts after {said['screen']:.2f} s"
        f" (at most 0.5; connect and login included); peak {said['peak']:.0f} MB (at most 150)"
    )


def table(costs: dict[str, list[Cost]]) -> None:
    """Print each program's medians, and how dealdesk compares with mbsync run by run."""
    for name, each in costs.items():
        wall, cpu = (statistics.median(getattr(c, what) for c in each) for what in ("wall", "cpu"))
        print(f"  {name:17}{wall:8.2f} s wall {cpu:8.2f} s CPU", flush=True)
    if "mbsync" in costs:
        pairs = list(zip(costs["dealdesk"], costs["mbsync"], strict=True))
        walls, cpus = [a.wall / b.wall for a, b in pairs], [a.cpu / b.cpu for a, b in pairs]
        print(
            f"  dealdesk to mbsync: wall {statistics.median(walls):.2f} x (at most 1), {min(walls):.2f} to"
            f" {max(walls):.2f}; CPU {statistics.median(cpus):.2f} x"
        )


def quiet(server: DovecotServer) -> None:
    """Nothing changed: a pass of a running engine, connect and login included, against a whole ``mbsync -a``."""
    prepare(server, FIFTY)
    _steady(server, "nothing changed", lambda: None)
    for folder in FIFTY.folders:
        fill(server, "asked", 20, folder)
    with home() as where, Proxy.start(server.host, server.port) as proxy:
        desk = Running(server, "asked", where, proxy.port)
        desk.ask("sync")
        desk.ask("sync")
        proxy.listen_in(Dialogue("imap"))
        desk.ask("sync")
        desk.end()
        print("  asked of the server after login: " + "; ".join(said_by_us(proxy)))


def busy(server: DovecotServer) -> None:
    """100 new messages, 100 changed flags and 50 deletions by another client."""
    prepare(server, FIFTY)
    chance = random.Random(4)

    def change() -> None:
        with imaplib.IMAP4(server.host, server.port) as client:
            client.login(FIFTY.name, server.password)
            for at, folder in enumerate(FIFTY.folders):
                client.select(folder)
                uids = client.uid("SEARCH", "ALL")[1][0].split()
                some = b",".join(chance.sample(uids, 26 if at < 2 else 25)).decode()
                less, more = some.split(",")[:8], some.split(",")[8:]
                marked = set(client.uid("SEARCH", "FLAGGED")[1][0].decode().split())
                for how, which in (("-FLAGS", marked & set(more)), ("+FLAGS", set(more) - marked)):
                    if which:
                        client.uid("STORE", ",".join(sorted(which)), how, r"(\Flagged)")
                client.uid("STORE", ",".join(less), "+FLAGS", r"(\Deleted)")
                client.expunge()
                for number in range(17):
                    client.append(
                        folder, "", "", make_mail("Ann <a@x.example>", "me@our.example", f"New {number}", "Hi")
                    )

    _steady(server, "about 100 new, 100 flags, 50 deleted", change)


def _steady(server: DovecotServer, what: str, change: Callable[[], object]) -> None:
    print(f"{what}, {FIFTY.count:,} messages in {len(FIFTY.folders)} folders")
    rivals = {"mbsync": mbsync, "offlineimap": offlineimap} if ALL else {"mbsync": mbsync}
    rivals = {name: make for name, make in rivals.items() if not missing(name)}
    with home() as ours, home() as one, home() as two:
        places = {"mbsync": one, "offlineimap": two}
        for name, make in rivals.items():
            run(make(server, FIFTY.name, places[name]), places[name])
        desk = Running(server, FIFTY.name, ours)
        for _ in range(1 + len(FIFTY.folders)):  # each of the first passes also compares one folder UID by UID
            desk.ask("sync")
        seconds: dict[str, list[float]] = {"dealdesk": [], **{name: [] for name in rivals}}
        for turn in range(max(RUNS, 6)):
            change()
            order = list(seconds)
            for name in order[turn % len(order) :] + order[: turn % len(order)]:  # the first one warms the server
                if name == "dealdesk":
                    seconds[name].append(desk.ask("sync")["seconds"])
                else:
                    seconds[name].append(run(rivals[name](server, FIFTY.name, places[name]), places[name]).wall)
        desk.end()
        for name, each in seconds.items():
            print(f"  {name:17}{statistics.median(each):8.3f} s")
        if "mbsync" in seconds:
            ratios = [a / b for a, b in zip(seconds["dealdesk"], seconds["mbsync"], strict=True)]
            print(f"  dealdesk to mbsync: {statistics.median(ratios):.2f} x (at most 1)")


def said_by_us(proxy: Proxy) -> list[str]:
    """Return the commands that went to the server, without their tags and the secret."""
    assert proxy.dialogue is not None
    lines = [piece.raw.decode("latin-1").strip() for piece in proxy.dialogue.pieces if piece.way == "up"]
    return [line.partition(" ")[2][:60] for line in lines if " " in line and "LOGIN" not in line and "AUTH" not in line]


def delay(server: DovecotServer) -> None:
    """The headers of a first sync with 50 ms of round trip added, against none."""
    prepare(server, TEN)
    print("the headers of a first sync of 10,000 with 50 ms of round trip added")
    ratios = []
    for _ in range(RUNS):
        seconds = []
        for each_way in (0, 25):
            with home() as where, Proxy.start(server.host, server.port, delay_ms=each_way) as proxy:
                desk = Running(server, TEN.name, where, proxy.port)
                seconds.append(desk.ask(f"headers {TEN.count}")["seconds"])
                desk.end()
        ratios.append(seconds[1] / seconds[0])
        print(f"  {seconds[0]:.2f} s without, {seconds[1]:.2f} s with it: {ratios[-1]:.2f} x", flush=True)
    print(f"  median {statistics.median(ratios):.2f} x (at most 1.5)")


def deletes(server: DovecotServer) -> None:
    """200 deletions, each a command of its own, and what the server is told."""
    fill(server, "deleter", 400)
    with home() as where, Proxy.start(server.host, server.port) as proxy:
        desk = Running(server, "deleter", where, proxy.port)
        desk.ask("sync")
        desk.ask("delete 200")
        proxy.listen_in(Dialogue("imap"))
        desk.ask("sync")
        desk.end()
        said = [line for line in said_by_us(proxy) if line.startswith("UID") and "FETCH" not in line]
        print(f"200 deletes pressed at once: {len(said)} commands that change something (at most 3): {'; '.join(said)}")


def big(server: DovecotServer) -> None:
    """What one message of 50 MB adds to the peak of memory."""
    text = ("x" * 70 + "\r\n") * 20
    attachment = random.Random(1).randbytes(BIG * 3 // 4)
    huge = make_mail(
        "A <a@x.example>", "b@y.example", "Big", text, attachments=[("a.bin", "application/zip", attachment)]
    )
    peaks = {}
    for user, mails in (("small", [make_mail("A <a@x.example>", "b@y.example", "S", text)]), ("huge", [huge])):
        fill(server, user, mails)
        with home() as where:
            desk = Running(server, user, where)
            peaks[user] = desk.ask("sync")["peak"]
            desk.end()
    print(
        f"one message of {len(huge) / 1e6:.0f} MB adds {peaks['huge'] - peaks['small']:.0f} MB (at most 16)"
        f" to a peak of {peaks['small']:.0f} MB"
    )


LINES: dict[str, Callable[[DovecotServer], None]] = {
    "first-ten": lambda server: first(server, TEN),
    "first-fifty": lambda server: first(server, FIFTY),
    "quiet": quiet,
    "busy": busy,
    "delay": delay,
    "deletes": deletes,
    "big": big,
}

if __name__ == "__main__":
    sys.exit(main())
