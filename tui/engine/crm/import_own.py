"""What an import adds to people, organizations and deals beside their rows: tags and the fields that were declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui.engine.crm import columns, declared
from tui.engine.crm.importing import Scene
from tui.engine.crm.locale import Locale
from tui.engine.crm.records import Record, said
from tui.engine.crm.rows import CHUNK, fold, marks
from tui.engine.errors import InvalidInput
from tui.engine.model import Field
from tui.engine.text import line

_SYSTEM_LABELS = frozenset({"* mycontacts", "* starred", "* my contacts"})


@dataclass(slots=True)
class Own:
    """Tags (by folded name) and values (by field) that something has, and which of them are still to be written."""

    tags: dict[str, str] = field(default_factory=dict)
    values: dict[int, str] = field(default_factory=dict)
    new_tags: list[str] = field(default_factory=list)
    new_values: list[int] = field(default_factory=list)

    def fill(self, other: Own) -> bool:
        """Take what another has and this lacks; return whether that was anything."""
        tags = [key for key in other.tags if key not in self.tags]
        values = [id for id in other.values if id not in self.values]
        self.tags |= {key: other.tags[key] for key in tags}
        self.values |= {id: other.values[id] for id in values}
        self.new_tags += tags
        self.new_values += values
        return bool(tags or values)


class OwnRows:
    """Reads tags and fields from records, and writes them.

    Args:
        noun: person, organization or deal.
        locale: how the file writes amounts and dates.
        currency: of amounts that name none.
    """

    def __init__(self, scene: Scene, noun: str, locale: Locale, currency: str) -> None:
        self._scene = scene
        self._noun = noun
        self._locale = locale
        self._currency = currency
        self._tags: dict[str, int] = {}
        self._declared: dict[str, Field] | None = None

    async def prepare(self) -> None:
        """Read which fields there are."""
        if self._declared is None:
            found = await self._scene.tx.read(declared.declared(self._noun))
            self._declared = {one.name: one for one in found}

    def of(self, record: Record) -> Own:
        """Return what a record says.

        Raises:
            InvalidInput: a value is none of its field's type; the sentence names the column.
        """
        own = Own()
        for value in record.several("tag", comma=True):
            tag = value.text if record.exact else value.text.removeprefix("* ")
            if (key := fold(tag)) and (record.exact or value.text.lower() not in _SYSTEM_LABELS):
                own.tags[key] = line(tag, 60)
        locale = declared.EXACT if record.exact else self._locale
        for name, one in (self._declared or {}).items():
            for value in record.values.get(columns.OWN + name, ()):
                try:
                    kept = declared.canonical(one, value.text, locale, self._currency)
                except InvalidInput as error:
                    raise said(value, InvalidInput(str(error).removeprefix(f"{one.name}: "))) from error
                if kept:
                    own.values[one.id] = kept
        return own

    def held(self, tags: Iterable[str], values: Iterable[tuple[str, str]]) -> Own:
        """Return what something in the CRM has."""
        known = self._declared or {}
        return Own({fold(tag): tag for tag in tags}, {known[name].id: value for name, value in values if name in known})

    def differences(self, held: Own, said: Own) -> list[tuple[str, str, str]]:
        """Return (field, value here, value there) where the two say something else."""
        names = {one.id: one.name for one in (self._declared or {}).values()}
        return [
            (names[id], held.values[id], value)
            for id, value in said.values.items()
            if id in held.values and held.values[id] != value
        ]

    async def write(self, things: Sequence[tuple[int, Own]]) -> None:
        """Write what is new of things by their ids."""
        await self._name_tags(own for _, own in things)
        column = f"{self._noun}_id"
        tags = [(id, {"tag_id": self._tags[key]}) for id, own in things for key in own.new_tags]
        values = [
            (id, {"field_id": field_id, "value": own.values[field_id]})
            for id, own in things
            for field_id in own.new_values
        ]
        for what, found in (("tags", tags), ("fields", values)):
            bulk: list[Mapping[str, object]] = []
            for id, row in found:
                if self._scene.bulk.is_new(f"{self._noun}s", id):
                    bulk.append({column: id, **row})
                else:
                    await self._scene.tx.insert(f"{self._noun}_{what}", {column: id, **row})
            await self._scene.bulk.add(f"{self._noun}_{what}", bulk)

    async def _name_tags(self, things: Iterable[Own]) -> None:
        wanted = {key: own.tags[key] for own in things for key in own.new_tags if key not in self._tags}
        keys = list(wanted)
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            rows = await self._scene.tx.execute(f"SELECT key, id FROM tags WHERE key IN ({marks(chunk)})", chunk)
            self._tags.update((key, number) for key, number in rows)
        new = [key for key in keys if key not in self._tags]
        ids = await self._scene.bulk.add("tags", [{"name": wanted[key], "key": key} for key in new])
        self._tags.update(zip(new, ids, strict=True))
