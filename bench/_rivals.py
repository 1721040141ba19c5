"""The programs that the sync bench runs against one Dovecot: dealdesk, mbsync, offlineimap; and what they cost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import DovecotServer

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Cost:
    """Wall seconds and CPU seconds, user and system."""

    wall: float
    cpu: float


def run(command: list[str], home: Path) -> Cost:
    """Run a program to its end and return what it cost.

    Raises:
        SystemExit: it failed; with its last words.
    """
    with (home / "said").open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=HERE)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {(home / 'said').read_text(errors='replace')[-2000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime)


def mbsync(server: DovecotServer, user: str, home: Path) -> list[str]:
    """Return the command of ``mbsync -a`` for a Maildir in ``home``: no fsync, no compression."""
    for made in ("mail", "state"):
        (home / made).mkdir(exist_ok=True)
    (home / "rc").write_text(
        f"FSync no\nSyncState {home}/state/\n\n"
        f"IMAPAccount it\nHost 127.0.0.1\nPort {server.port}\nUser {user}\nPass {server.password}\n"
        "SSLType None\nAuthMechs LOGIN\nTimeout 120\n\n"
        "IMAPStore far\nAccount it\n\n"
        f"MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nExpunge Near\nSync All\n"
    )
    return ["mbsync", "-q", "-q", "-c", str(home / "rc"), "-a"]


def offlineimap(server: DovecotServer, user: str, home: Path) -> list[str]:
    """Return the command of offlineimap3 for a Maildir in ``home``, without fsync."""
    (home / "rc").write_text(
        f"[general]\naccounts = it\nmetadata = {home}/meta\nui = quiet\nfsync = no\n"
        "[Account it]\nlocalrepository = near\nremoterepository = far\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {home}/mail\n"
        f"[Repository far]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = {server.port}\nremoteuser = {user}\n"
        f"remotepass = {server.password}\nssl = no\nstarttls = no\nauth_mechanisms = LOGIN\n"
    )
    return ["offlineimap", "-o", "-c", str(home / "rc")]


def notmuch(maildir: Path, home: Path) -> list[str]:
    """Return the command of ``notmuch new`` over what mbsync fetched: the indexing that dealdesk does on the way."""
    config = home / "notmuch-rc"
    config.write_text(f"[database]\npath={maildir}\n[user]\nname=It\nprimary_email=it@our.example\n[new]\ntags=new\n")
    return ["notmuch", f"--config={config}", "new", "--quiet"]


def dealdesk(server: DovecotServer, user: str, home: Path, *jobs: str) -> list[str]:
    """Return the command of dealdesk's engine in a process of its own; see ``bench._engine``."""
    return [sys.executable, "-m", "bench._engine", str(server.port), user, server.password, str(home), *jobs]


def missing(*programs: str) -> list[str]:
    """Return which programs are not installed."""
    return [name for name in programs if shutil.which(name) is None]


class Running:
    """dealdesk's engine, running; ``ask`` has it do a job."""

    def __init__(self, server: DovecotServer, user: str, home: Path, port: int = 0) -> None:
        command = dealdesk(server, user, home)
        command[3] = str(port or server.port)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE, text=True)

    def ask(self, job: str) -> dict[str, float]:
        """Do a job and return what is said of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(job + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if not said:
            raise SystemExit(f"dealdesk failed at {job}.")
        found: dict[str, float] = json.loads(said)
        return found

    def end(self) -> None:
        """Close it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
