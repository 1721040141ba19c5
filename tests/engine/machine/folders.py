"""What the server in memory does with folders: LIST, STATUS, CREATE, RENAME, DELETE."""

from __future__ import annotations

from tests.engine.machine.boxes import Box, Store
from tests.engine.machine.words import No, Words, quoted


class Folders:
    """The commands of a connection that name a folder."""

    _store: Store
    _offered: frozenset[str]

    def _say(self, line: str | bytes) -> None:
        raise NotImplementedError

    def _list(self, words: Words) -> None:
        for box in self._store.boxes.values():
            role = f" {box.role}" if box.role else ""
            self._say(f'LIST (\\HasNoChildren{role}) "/" {quoted(box.name)}')
        if b"STATUS" in words.line.upper():
            for box in self._store.boxes.values():
                self._say(self._counts(box))

    def _lsub(self, words: Words) -> None:
        for box in self._store.boxes.values():
            self._say(f'LSUB () "/" {quoted(box.name)}')

    def _status(self, words: Words) -> None:
        self._say(self._counts(self._named(words.string())))

    def _counts(self, box: Box) -> str:
        unseen = sum("seen" not in copy.flags for copy in box.copies.values())
        modseq = f" HIGHESTMODSEQ {box.modseq}" if "CONDSTORE" in self._offered else ""
        return (
            f"STATUS {quoted(box.name)} (MESSAGES {len(box.copies)} UIDNEXT {box.uidnext}"
            f" UIDVALIDITY {box.validity} UNSEEN {unseen}{modseq})"
        )

    def _named(self, name: str) -> Box:
        box = self._store.boxes.get(name)
        if box is None:
            raise No("[NONEXISTENT] no such folder")
        return box

    def _create(self, words: Words) -> None:
        name = words.string()
        if name in self._store.boxes:
            raise No("[ALREADYEXISTS] it exists")
        self._store.create(name)

    def _rename(self, words: Words) -> None:
        old, new = words.string(), words.string()
        if new in self._store.boxes:
            raise No("[ALREADYEXISTS] it exists")
        self._named(old)
        self._store.rename(old, new)

    def _delete(self, words: Words) -> None:
        """What a folder still holds goes with it."""
        box = self._named(words.string())
        for copy in box.copies.values():
            self._store.removed[copy.token] += 1
        del self._store.boxes[box.name]
        box.change()
