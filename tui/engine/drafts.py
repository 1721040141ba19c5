"""Messages being written, kept as one JSON file each under ``data/drafts`` while their composer is open.

Who leaves it has a message in Drafts (``commands/drafting.py``); a file is left by a crash, or where no account can
keep it. A draft is saved whole and atomically (a temporary file, fsync, rename), 0600 in a 0700 folder, so that a
crash leaves the last saved text or the one before it, never half of one. A file that can't be read is left alone and
named.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from tui.engine.errors import ConfigError, NotFound
from tui.engine.model import Draft
from tui.engine.paths import Paths
from tui.engine.saving import save_attachment
from tui.engine.text import clean

_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft that is kept: its id, when it was saved (seconds since the epoch), and what it says."""

    id: str
    saved: int
    draft: Draft


class Drafts:
    """The drafts of one home.

    Args:
        paths: where the home is; the folder is made when the first draft is saved.
    """

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.data / "drafts"

    def save(self, draft: Draft, draft_id: str | None = None) -> str:
        """Keep ``draft``, over the one called ``draft_id`` when given; return its id.

        Raises:
            ConfigError: the file can't be written.
            NotFound: ``draft_id`` is not the name of a draft.
        """
        name = draft_id or secrets.token_hex(8)
        path = self._path(name)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        text = json.dumps(draft._asdict(), ensure_ascii=False)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ConfigError(
                f"The draft can't be kept in {self._folder} ({error.strerror}); free some space or copy the text."
            ) from error
        return name

    def list(self) -> list[SavedDraft]:
        """Return the drafts that can be read, the one saved last first."""
        found = []
        if self._folder.is_dir():
            for path in self._folder.glob("*.json"):
                if _NAME.fullmatch(path.stem):
                    try:
                        found.append(self.load(path.stem))
                    except (ConfigError, NotFound):
                        continue  # named by `broken`; the others are still wanted
        return sorted(found, key=lambda one: (-one.saved, one.id))

    def broken(self) -> tuple[str, ...]:
        """Return one sentence for each draft file that can't be read."""
        found = []
        if self._folder.is_dir():
            for path in sorted(self._folder.glob("*.json")):
                try:
                    self.load(path.stem)
                except ConfigError as error:
                    found.append(str(error))
                except NotFound:
                    found.append(f"{path} is no draft of dealdesk; move it away.")
        return tuple(found)

    def load(self, draft_id: str) -> SavedDraft:
        """Return the draft called ``draft_id``.

        Raises:
            NotFound: there is none.
            ConfigError: its file can't be read.
        """
        path = self._path(draft_id)
        try:
            saved = int(path.stat().st_mtime)
            data = json.loads(path.read_text("utf-8"))
            return SavedDraft(draft_id, saved, from_json(data))
        except FileNotFoundError as error:
            raise NotFound("draft", draft_id) from error
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"The draft {path} can't be read ({error}); mend it or move it away.") from error

    def delete(self, draft_id: str) -> None:
        """Throw the draft away; one that is gone already is no error."""
        self._path(draft_id).unlink(missing_ok=True)

    def keep_files(self, files: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
        """Keep the files (name, bytes) that a forward takes along; return their paths.

        Raises:
            InvalidInput: they can't be written.
        """
        if not files:
            return ()
        folder = self._folder / "files" / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tuple(str(save_attachment(name, data, folder)) for name, data in files)

    def drop_files(self, draft: Draft) -> None:
        """Remove those of a draft's attachments that ``keep_files`` wrote; a person's own files stay."""
        kept = self._folder / "files"
        for name in draft.attachments:
            path = Path(name)
            if path.parent.parent == kept:
                path.unlink(missing_ok=True)
                if path.parent.is_dir() and not any(path.parent.iterdir()):
                    path.parent.rmdir()

    def _path(self, draft_id: str) -> Path:
        if not _NAME.fullmatch(draft_id):
            raise NotFound("draft", draft_id)
        return self._folder / f"{draft_id}.json"


def named(draft: Draft, email: str) -> Draft:
    """Return a draft with the Message-ID that its versions in Drafts will bear, where it has none yet.

    Args:
        email: who writes; its domain is named.
    """
    from tui.engine.mail.compose import new_message_id

    return draft if draft.name else draft._replace(name=new_message_id(email.rpartition("@")[2]))


def as_read(draft: Draft) -> str:
    """Return the text of a draft as its recipients will read it: where it is Markdown, what its HTML looks like."""
    if not draft.markdown:
        return clean(draft.body)
    from tui.engine.mail.html import html_to_text
    from tui.engine.mail.markdown import to_html

    return html_to_text(to_html(draft.body))


def from_json(data: Any) -> Draft:
    """Return the draft that was written down as JSON; what a newer version wrote beside it is left out.

    Raises:
        ValueError: it is no draft.
    """
    if not isinstance(data, dict):
        raise ValueError("it is not an object")
    known = get_type_hints(Draft)
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            continue
        kind = known[name]
        if kind is bool and not isinstance(value, bool):
            raise ValueError(f"{name} is neither true nor false")
        if kind is str and not isinstance(value, str):
            raise ValueError(f"{name} is not a text")
        if kind in (int, int | None) and not (isinstance(value, int) or (value is None and kind is not int)):
            raise ValueError(f"{name} is not a number")
        if get_origin(kind) is tuple:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise ValueError(f"{name} is not a list of texts")
            value = tuple(value)
        values[name] = value
    return Draft(**values)
