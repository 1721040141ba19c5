"""Imports against the bare building blocks: ``python -m bench.crm [rows]``.

Contestants: the csv module that only reads the file; SQLite that is given the finished rows; dealdesk's import, the
same file again (nothing changes), and the undo of it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.engine.commands.imports import Reading, import_table
from tui.engine.core import Engine
from tui.engine.paths import Paths

HEAD = (
    "First Name",
    "Last Name",
    "E-mail Address",
    "E-mail 2 Address",
    "Company",
    "Job Title",
    "Business Phone",
    "Notes",
)


def contacts(count: int) -> bytes:
    """Return an Outlook export with so many people in a fiftieth as many companies."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for at in range(count):
        company = at // 50
        second = f"p{at}@home.example" if at % 4 == 0 else ""
        row = (
            f"Zoë{at}",
            f"Müller-{at % 997}",
            f"person{at}@company{company}.example",
            second,
            f"Company {company} GmbH",
        )
        writer.writerow((*row, "Head of IT", f"+49 30 {at}", "met at the fair" if at % 3 == 0 else ""))
    return file.getvalue().encode()


@contextmanager
def timed(what: str, base: float | None = None) -> Iterator[list[float]]:
    """Print what a piece of work took, and its ratio to another."""
    taken: list[float] = []
    start = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - start)
    ratio = "" if base is None else f"   {taken[0] / base:6.1f} x"
    print(f"  {what:42}{taken[0]:9.3f} s{ratio}")


def bare(data: bytes, path: Path) -> None:
    """Read the file with the csv module and give SQLite the finished rows of people and addresses."""
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, name, key, title, note)")
        database.execute("CREATE TABLE e (id INTEGER PRIMARY KEY, p, address, norm UNIQUE)")
        database.executemany(
            "INSERT INTO p (name, key, title, note) VALUES (?, ?, ?, ?)",
            [
                (r["First Name"] + " " + r["Last Name"], r["First Name"].lower(), r["Job Title"], r["Notes"])
                for r in rows
            ],
        )
        found = [(at, r[name]) for at, r in enumerate(rows, 1) for name in HEAD[2:4] if r[name]]
        database.executemany("INSERT INTO e (p, address, norm) VALUES (?, ?, ?)", [(p, a, a.lower()) for p, a in found])
    database.close()


async def ours(data: bytes, home: Path, base: float) -> None:
    """Import, import again, undo."""
    engine = await Engine.open(Paths.of(home))
    try:
        with timed("import", base):
            report = await import_table(engine, io.BytesIO(data), "people.csv", Reading("people"))
        with timed("the same file again", base):
            again = await import_table(engine, io.BytesIO(data), "people.csv", Reading("people"))
        with timed("undo", base):
            await engine.undo()
        print(f"  {report.created:,} created, then {again.skipped:,} skipped; {len(report.errors)} errors")
    finally:
        await engine.close()


def main() -> None:
    """Print the table for the rows that are asked for."""
    for count in [int(one) for one in sys.argv[1:]] or [10_000, 100_000]:
        data = contacts(count)
        print(f"{count:,} people, {len(data) / 1e6:.1f} MB")
        with tempfile.TemporaryDirectory() as folder:
            with timed("csv module and bare SQLite") as base:
                bare(data, Path(folder) / "bare.db")
            asyncio.run(ours(data, Path(folder) / "home", base[0]))


if __name__ == "__main__":
    main()
