"""Starts a real Courier 5 in a throw-away root: prefix "INBOX.", no MOVE, no CONDSTORE, no SPECIAL-USE, no UIDNEXT."""

from __future__ import annotations

import atexit
import contextlib
import imaplib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.servers.mailserver import PASSWORD, START_SECONDS, MailServer, free_port
from tests.servers.roots import COURIER, GID, UID, Root

SETTINGS = {
    "IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
    "IMAP_KEYWORDS": "1",
    "IMAP_ACL": "1",
    "IMAP_IDLE_TIMEOUT": "60",
    "IMAP_MAILBOX_SANITY_CHECK": "1",
    "IMAP_UMASK": "022",
    "IMAP_USELOCKS": "0",
    "IMAP_TRASHFOLDERNAME": "Trash",
    "IMAP_EMPTYTRASH": "Trash:7",
    "IMAPDSTARTTLS": "NO",
    "MAILDIRPATH": "Maildir",
}
"""Debian's own, without what only TLS needs, and without locks: these start a daemon (gam_server) that outlives all and
that all roots would share, since it listens on an abstract socket."""
AUTHENTICATION = """authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=3
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
"""
LIBRARY = "/usr/lib/courier/courier-authlib"


class CourierServer(MailServer):
    """A running Courier; see MailServer."""

    def __init__(self, root: Root, port: int) -> None:
        super().__init__(port, prefix="INBOX.")
        self._root = root
        self._users: list[str] = []
        self._hash = _crypted(PASSWORD)
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        atexit.register(self.stop)

    @classmethod
    def start(cls) -> CourierServer:
        """Start a server and return when it greets.

        Raises:
            ServerMissing: its root can't be built here.
            ServerFailed: it didn't greet.
        """
        root, port = Root.of(COURIER), free_port()
        for folder in ("/run/courier/authdaemon", "/etc/courier", "/srv"):
            root.folder(folder)
        root.write("/etc/courier/authdaemonrc", AUTHENTICATION)
        server = cls(root, port)
        server.admit(server.user)
        server._processes.append(root.run(f"{LIBRARY}/authdaemond"))
        server._processes.append(
            root.run(
                *("/usr/sbin/couriertcpd", "-address=127.0.0.1", "-nodnslookup", "-noidentlookup"),
                *("-maxprocs=100", "-maxperip=100", str(port), "/usr/lib/courier/courier/imaplogin"),
                *("/usr/bin/imapd", "Maildir"),
                environment=SETTINGS,
            )
        )
        server.wait_for_greeting(lambda: all(one.poll() is None for one in server._processes), root.said)
        server._wait_for_login()
        return server

    def _wait_for_login(self) -> None:
        """Until its password daemon listens, Courier greets and then drops whoever logs in."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.second_client(self.user).logout()
                return
            except imaplib.IMAP4.abort:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def admit(self, user: str) -> None:
        """Make a user who can log in, with an empty INBOX."""
        for made in ("", "/Maildir", "/Maildir/cur", "/Maildir/new", "/Maildir/tmp"):
            self._root.folder(f"/srv/{user}{made}")
        with self._lock:
            self._users.append(user)
            where = f"uid={UID}|gid={GID}|home=/srv/{{0}}|mail=/srv/{{0}}/Maildir"
            for name, fields in (("userdb", where), ("userdbshadow", f"systempw={self._hash}")):
                lines = "".join(f"{one}\t{fields.format(one)}\n" for one in self._users)
                # The last line, a dot, tells the program that all has come.
                self._root.call(
                    *(f"{LIBRARY}/makedatprog", "-", f"/etc/courier/{name}.tmp", f"/etc/courier/{name}.dat"),
                    data=f"{lines}.\n".encode(),
                )

    def maildir(self, user: str) -> Path:
        """Return where a user's mail lies."""
        return self._root.path / "srv" / user / "Maildir"

    def protect(self, user: str, folder: str) -> None:
        """Leave a user in a folder only the rights to look it up, read it and mark mail as seen (RFC 4314)."""
        rights = f"/srv/{user}/Maildir/.{folder.replace('/', '.')}/courierimapacl"
        self._root.write(rights, "owner alrs\nadministrators aceilrstwx\n")

    def stop(self) -> None:
        """End the server and its processes and remove its root; may be called twice."""
        atexit.unregister(self.stop)
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._root.remove()


def _crypted(password: str) -> str:
    done = subprocess.run(["openssl", "passwd", "-1", password], capture_output=True, text=True, check=True)
    return done.stdout.strip()
