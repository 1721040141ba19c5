"""A CSV of 1 GB through the dry run and the import: time and the most memory. ``python -m bench.flood [MB]``

A note of a thousand octets in each row, so that there are less than the million rows that an import takes; the file
is written to the folder for temporary files and removed afterwards.
"""

from __future__ import annotations

import asyncio
import csv
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench.crm import HEAD
from tui.engine.commands.imports import Reading, import_table
from tui.engine.core import Engine
from tui.engine.paths import Paths

NOTE = "Met at the fair; wants an offer for the whole house, in two steps, the first of them before March. " * 11


def write(path: Path, octets: int) -> int:
    """Write so much of an Outlook export and return its number of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        rows = 0
        while rows % 1000 or file.tell() < octets:
            company = rows // 50
            names = f"Zoë{rows}", f"Müller-{rows % 997}"
            emails = f"person{rows}@company{company}.example", ""
            writer.writerow((*names, *emails, f"Company {company} GmbH", "Head of IT", f"+49 30 {rows}", NOTE))
            rows += 1
    return rows


def peak() -> float:
    """Return the most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(octets: int) -> None:
    """Print what each of both takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        rows = write(path, octets)
        engine = await Engine.open(Paths.of(Path(folder) / "home"))
        try:
            print(f"{path.stat().st_size / 1e6:,.0f} MB, {rows:,} rows; {peak():.0f} MB of memory before", flush=True)
            for what, dry_run in (("dry run", True), ("import", False)):
                began, used = time.perf_counter(), time.process_time()
                with path.open("rb") as file:
                    report = await import_table(engine, file, path.name, Reading("people"), dry_run)
                spent = f"{time.perf_counter() - began:.1f} s, processor {time.process_time() - used:.1f} s"
                print(f"  {what}: {spent}, at most {peak():.0f} MB of memory; {report.created:,} people", flush=True)
        finally:
            await engine.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1] if len(sys.argv) > 1 else 1000) * 1_000_000))
