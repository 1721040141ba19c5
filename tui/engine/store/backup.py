"""Both databases of a home in one file, at one moment; and back into a home. Secrets are never in it.

The file is a tar.gz of ``manifest.json``, ``mailbox.db``, ``crm.db`` and ``config.toml``. The databases are copied by
SQLite's backup (sqlite.org/backup.html) from snapshots taken while nothing writes to the mailbox: what the mailbox
calls published is in the CRM then.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

from tui.engine.errors import Busy, InvalidInput
from tui.engine.paths import Paths
from tui.engine.store.health import faults

FORMAT = 1
MAILBOX, CRM, CONFIG, MANIFEST = "mailbox.db", "crm.db", "config.toml", "manifest.json"
_TOLD = "It was queued when the backup was made and may have been sent since; retry sends it, cancel leaves it unsent."


def back_up(paths: Paths, file: str | os.PathLike[str], crm_only: bool = False) -> tuple[Path, tuple[str, ...]]:
    """Write a home into one new file, readable by its owner alone; return it and what is in it.

    May run while the workspace does. Reads and writes gigabytes: call it in a thread.

    Args:
        crm_only: leave the mailbox and the settings out; what is in the file is linked then (R27).

    Raises:
        InvalidInput: there is nothing to back up, the file is there already, or can't be written.
    """
    sources = [path for path in ((paths.crm,) if crm_only else (paths.mailbox, paths.crm)) if path.exists()]
    if not sources:
        raise InvalidInput(f"There is nothing to back up in {paths.data}; name another home with --home.")
    place = Path(file).expanduser().absolute()
    try:
        with _new(place) as target, tempfile.TemporaryDirectory(dir=paths.state) as folder:
            copies = _copies(sources, Path(folder))
            if not crm_only and paths.settings.exists():
                copies.append(paths.settings)
            names = tuple(path.name for path in copies)
            manifest = Path(folder) / MANIFEST
            manifest.write_text(json.dumps({"format": FORMAT, "made": int(time.time()), "files": names}), "utf-8")
            with tarfile.open(fileobj=target, mode="w:gz", compresslevel=1) as archive:
                for path in (manifest, *copies):
                    archive.add(path, path.name, filter=_owned_by_nobody)
    except FileExistsError as error:
        raise InvalidInput(f"There is already a {place}; choose another name.") from error
    except (OSError, sqlite3.Error) as error:
        raise InvalidInput(f"The backup {place} can't be written ({error}); nothing of it was kept.") from error
    return place, names


def restore(paths: Paths, file: str | os.PathLike[str], replace: bool = False) -> tuple[str, ...]:
    """Put a backup into a home; return what came back. What had not been sent when it was made waits for a decision.

    Args:
        replace: put it over a home that holds something; what is there is kept beside it, as ``before-restore-…``.

    Raises:
        InvalidInput: it is no backup, is damaged, or the home holds something.
        Busy: a dealdesk runs in this home.
    """
    paths.create()
    with _alone(paths), tempfile.TemporaryDirectory(dir=paths.data) as folder:
        names = _unpack(Path(file).expanduser().absolute(), Path(folder))
        targets = {MAILBOX: paths.mailbox, CRM: paths.crm, CONFIG: paths.settings}
        there = [targets[name] for name in names if targets[name].exists()]
        if there and not replace:
            raise InvalidInput(f"There is already a {there[0]}; give --replace, or another home with --home.")
        for name in names:
            if name.endswith(".db") and (found := faults(Path(folder) / name)):
                raise InvalidInput(f"The {name} in the backup is damaged ({found[0]}); use an older backup.")
        if MAILBOX in names:
            _hold_back(Path(folder) / MAILBOX)
        if there:
            _keep(there, paths.data / time.strftime("before-restore-%Y%m%d-%H%M%S", time.gmtime()))
        for name in names:
            (Path(folder) / name).chmod(0o600)
            (Path(folder) / name).replace(targets[name])
    return names


def _copies(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Copy databases as they are at one moment."""
    made = []
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(_open(path))) for path in sources]
        with closing(_open(sources[0])) as writer:
            # While nothing writes to the mailbox, a snapshot of each is taken; copying them takes longer.
            writer.execute("BEGIN IMMEDIATE")
            for connection in connections:
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            writer.execute("ROLLBACK")
        for path, connection in zip(sources, connections, strict=True):
            copy = folder / path.name
            with closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
            made.append(copy)
    return made


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA busy_timeout = 30000")
    return connection


def _hold_back(mailbox: Path) -> None:
    """Leave it to a person whether mail that was queued then is sent now: it may have left in the meantime."""
    with closing(_open(mailbox)) as connection:
        connection.execute(
            "UPDATE operations SET state = 'failed', error = ? WHERE kind = 'send' AND state IN ('queued', 'running')",
            (_TOLD,),
        )


def _unpack(file: Path, folder: Path) -> tuple[str, ...]:
    """Take the files that a backup may hold out of it, whatever else is in it."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            found: dict[str, IO[bytes]] = {}
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or member.name not in (MAILBOX, CRM, CONFIG, MANIFEST) or member.name in found:
                    raise InvalidInput(f"{file} is no backup of dealdesk; choose another file.")
                found[member.name] = content
                with (folder / member.name).open("wb") as target:
                    while piece := content.read(1 << 20):
                        target.write(piece)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        known, names = int(manifest["format"]), tuple(map(str, manifest["files"]))
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file} is no whole backup ({type(error).__name__}); choose another.") from error
    if known > FORMAT:
        raise InvalidInput(f"{file} was made by a newer dealdesk; update dealdesk.")
    if set(names) | {MANIFEST} != set(found) or not names:
        raise InvalidInput(f"{file} lacks something that it should hold; choose another file.")
    return names


def _keep(there: Sequence[Path], folder: Path) -> None:
    """Move what is there into a folder of its own."""
    folder.mkdir(mode=0o700)
    for path in there:
        for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if part.exists():
                part.rename(folder / part.name)


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file; it goes again when it can't be written whole."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


@contextmanager
def _alone(paths: Paths) -> Iterator[None]:
    """Hold the home's network lock.

    Raises:
        Busy: another process has it.
    """
    with os.fdopen(os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy("A dealdesk runs in this home; close it before a backup is put back.") from None
        yield


def _owned_by_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
