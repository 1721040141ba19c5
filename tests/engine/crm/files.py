"""Files for imports, and what came of them."""

from __future__ import annotations

import io

from tui.engine.commands.imports import Reading, import_table
from tui.engine.core import Engine
from tui.engine.model import ImportReport, Person


async def take(
    engine: Engine, text: str | bytes, kind: str = "people", dry_run: bool = False, **more: object
) -> ImportReport:
    data = text.encode() if isinstance(text, str) else text
    reading = Reading(kind, **more)  # type: ignore[arg-type]
    return await import_table(engine, io.BytesIO(data), f"{kind}.csv", reading, dry_run)


async def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    names = await engine.crm.fetch("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return {
        name: sorted(await engine.crm.fetch(f"SELECT * FROM {name}"), key=repr)
        for (name,) in names
        if name != "history"
    }


def people(engine: Engine) -> list[Person]:
    return engine.reader.crm.persons()


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.skipped, len(report.errors)
