"""Organizations from a file: the name names them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.engine.crm.importing import Scene, checked_name, new_organization
from tui.engine.crm.records import Record
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.text import clean, line


class OrganizationsImport:
    """Adds organizations and fills those that are known."""

    noun = "organizations"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def take(self, records: Sequence[Record]) -> None:
        """Import some records."""
        tally, tx = self._scene.tally, self._scene.tx
        named: dict[str, list[Record]] = {}
        for record in records:
            try:
                named.setdefault(fold(checked_name(record.one("name"), "name")), []).append(record)
            except InvalidInput as error:
                tally.error(record.number, str(error))
        known = await self._known(list(named))
        rows = []
        for key, same in named.items():
            id, website, note = known.get(key, (0, "", ""))
            before = (website, note)
            for record in same:
                website, note = website or line(record.one("website"), 1000), note or clean(record.note())
            if not id:
                rows.append(new_organization(record_name(same[0]), tx.now, website, note))
            elif (website, note) != before:
                self._scene.touched.add(id)
                await tx.update("organizations", id, {"website": website, "note": note, "updated_at": tx.now})
            changed = not id or (website, note) != before
            tally.created += not id
            tally.updated += changed and bool(id)
            tally.skipped += len(same) - changed
        self._scene.touched.update(await self._scene.bulk.add("organizations", rows))

    async def _known(self, keys: Sequence[str]) -> dict[str, tuple[int, str, str]]:
        found: dict[str, tuple[int, str, str]] = {}
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            sql = (
                f"SELECT key, id, website, note FROM organizations WHERE deleted_at IS NULL AND key IN ({marks(chunk)})"
            )
            found.update((key, (id, site, note)) for key, id, site, note in await self._scene.tx.execute(sql, chunk))
        return found


def record_name(record: Record) -> str:
    """Return the name that a record gives."""
    return line(record.one("name"), 300)
