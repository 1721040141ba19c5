"""Exports as files: sheets, the folder of a deal, an mbox of a mailbox folder. Never over a file, never elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tui.engine.crm import dossier, sheets, vcard
from tui.engine.crm.columns import NOUNS
from tui.engine.crm.reader import CrmReader
from tui.engine.errors import InvalidInput
from tui.engine.model import Deal, View
from tui.engine.store.reader import Reader

KINDS = ("people", "deals", "orgs", "all")


class Target:
    """A folder that files are made in: by name, inside it, new.

    Args:
        folder: made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Path] = []

    def inside(self, name: str) -> Target:
        """Return a folder inside this one; what is made there is told of here too."""
        found = Target(self.folder / name)
        found.made = self.made
        return found

    def free(self, *names: str) -> None:
        """Check that none of the files is there yet.

        Raises:
            InvalidInput: one is.
        """
        for name in names:
            if (self.folder / name).exists() or (self.folder / name).is_symlink():
                raise InvalidInput(f"There is already a {name} in {self.folder}; choose another folder.")

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """Make a file, for its owner alone.

        Raises:
            InvalidInput: it is there already, or can't be written.
        """
        path = self.folder / name
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                self.made.append(path)
                yield file
        except FileExistsError as error:
            raise InvalidInput(f"There is already a {name} in {self.folder}; choose another folder.") from error
        except OSError as error:
            raise InvalidInput(f"{path} can't be written ({error.strerror}); choose another folder.") from error

    def write(self, name: str, data: bytes) -> None:
        """Make a file of these bytes; else as ``file``."""
        with self.file(name) as file:
            file.write(data)

    def write_beside(self, name: str, data: bytes) -> None:
        """Make a file of this name, or of one like it when there is one already."""
        stem, extension = os.path.splitext(name)
        number = 1
        while (path := self.folder / name).exists() or path.is_symlink():
            number += 1
            name = f"{stem} ({number}){extension}"
        self.write(name, data)


def export(crm: CrmReader, kind: str, folder: str | os.PathLike[str]) -> list[Path]:
    """Export the CRM, or one kind of it: CSV and JSON, people as vCards too; for ``all`` each deal as a folder.

    Args:
        kind: one of ``KINDS``.

    Raises:
        InvalidInput: the kind is unknown, a file is there already, the folder can't be used.
    """
    if kind not in KINDS:
        raise InvalidInput(f'"{kind}" can\'t be exported; choose one of {", ".join(KINDS)}.')
    target = Target(Path(folder).expanduser().absolute())
    found = sheets.sheets(crm, kind)
    names = [f"{name}.csv" for name in found] + ([] if kind == "all" else [f"{kind}.json"])
    names += ["crm.json", "deals"] * (kind == "all") + ["people.vcf"] * ("people" in found and kind != "deals")
    target.free(*names)
    for name, rows in found.items():
        declared = [one.name for one in crm.fields(NOUNS[name])] if name in NOUNS else []
        target.write(f"{name}.csv", sheets.as_csv(name, rows, declared))
    if kind == "all":
        pipelines = [
            {"name": one.name, "archived": one.archived, "stages": [[s.name, s.probability] for s in one.stages]}
            for one in crm.pipelines()
        ]
        fields = [{"kind": f.kind, "name": f.name, "type": f.type, "choices": list(f.choices)} for f in crm.fields()]
        target.write("crm.json", sheets.as_json({"pipelines": pipelines, "fields": fields, **found}))
    else:
        target.write(f"{kind}.json", sheets.as_json(found[kind]))
    if "people.vcf" in names:
        with target.file("people.vcf") as file:
            for card in vcard.written(crm.persons()):
                file.write(card.encode("utf-8", "replace"))
    if kind == "all":
        for deal in sorted(crm.deals(), key=lambda one: one.id):
            _write_deal(crm, deal, target.inside("deals").inside(dossier.title(deal)))
    return target.made


def export_deal(crm: CrmReader, deal: Deal, folder: str | os.PathLike[str]) -> list[Path]:
    """Export a deal: its story as ``deal.md``, its mail as ``mails.mbox``, the attachments in ``files/``.

    Raises:
        InvalidInput: one of them is there already, or the folder can't be used.
    """
    target = Target(Path(folder).expanduser().absolute())
    target.free("deal.md", "mails.mbox", "files")
    _write_deal(crm, deal, target)
    return target.made


def export_mbox(reader: Reader, folder_id: int, path: str | os.PathLike[str]) -> tuple[Path, int, int]:
    """Write the messages of a mailbox folder into one mbox file (mboxrd), oldest first.

    Returns:
        The file, how many were written, and how many have no text here yet and were left out.

    Raises:
        InvalidInput: the file is there already or can't be written.
    """
    place = Path(path).expanduser().absolute()
    written = left = 0
    with Target(place.parent).file(place.name) as file:
        for number in reversed(reader.ids(View("folder", folder_id))):
            raw = reader.raw(number)
            if raw is None:
                left += 1
                continue
            row = reader.row(number)
            file.write(dossier.mbox(raw, row.sender.email, row.date))
            written += 1
    return place, written, left


def _write_deal(crm: CrmReader, deal: Deal, target: Target) -> None:
    target.write("deal.md", dossier.story(crm, deal).encode("utf-8", "replace"))
    attached = target.inside("files")
    with target.file("mails.mbox") as file:
        for one in dossier.mails(crm, deal.id):
            file.write(dossier.mbox(dossier.source(one), one.from_.email, one.date))
            for name, data in dossier.files(one):
                attached.write_beside(name, data)
