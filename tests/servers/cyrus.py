"""Starts a real Cyrus 3 in a throw-away root: special-use in lower case, EMAILID, QRESYNC, push within a second."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal

from tests.servers.mailserver import PASSWORD, MailServer, ServerFailed, free_port
from tests.servers.roots import CYRUS, Root

ADMIN = "cyrus"
SPECIAL = ("Sent", "Trash", "Drafts", "Junk", "Archive")
SERVICES = """START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r -C /srv/imapd.conf"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -U 30 -C /srv/imapd.conf" listen="127.0.0.1:{port}" prefork=2 maxchild=60
}}
EVENTS {{
}}
"""
SETTINGS = """configdirectory: /srv/conf
defaultpartition: default
partition-default: /srv/spool
cyrus_user: cyrus
cyrus_group: mail
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /srv/sasldb2
sasl_mech_list: PLAIN LOGIN
autocreate_quota: 0
specialuse_protect: \\Important
altnamespace: yes
unixhierarchysep: yes
conversations: yes
servername: localhost
defaultdomain: localhost
imapidlepoll: 1
duplicatesuppression: no
"""


class CyrusServer(MailServer):
    """A running Cyrus; see MailServer."""

    def __init__(self, root: Root, port: int) -> None:
        super().__init__(port)
        self._root = root
        self._process = root.run(
            "/usr/sbin/cyrmaster", "-M", "/srv/cyrus.conf", "-C", "/srv/imapd.conf", "-p", "/srv/pid", "-D"
        )
        atexit.register(self.stop)

    @classmethod
    def start(cls, *, special_use: bool = True) -> CyrusServer:
        """Start a server and return when it greets.

        Args:
            special_use: every user has Sent, Trash, Drafts, Junk and Archive with their marks.

        Raises:
            ServerMissing: its root can't be built here.
            ServerFailed: it didn't greet.
        """
        root, port = Root.of(CYRUS), free_port()
        marks = "".join(f"xlist-{name.lower()}: {name}\n" for name in SPECIAL)
        made = f"autocreate_inbox_folders: {'|'.join(SPECIAL)}\nautocreate_subscribe_folders: {'|'.join(SPECIAL)}\n"
        for folder in ("conf", "conf/proc", "conf/db", "conf/socket", "conf/log", "conf/lock", "spool"):
            root.folder(f"/srv/{folder}")
        root.write("/srv/cyrus.conf", SERVICES.format(port=port))
        root.write("/srv/imapd.conf", SETTINGS + (marks + made if special_use else ""))
        server = cls(root, port)
        server.admit(ADMIN)
        server.wait_for_greeting(lambda: server._process.poll() is None, root.said)
        return server

    def admit(self, user: str) -> None:
        """Make a user who can log in."""
        arguments = ("-p", "-c", "-f", "/srv/sasldb2", "-u", "localhost", user)
        self._root.call("/usr/sbin/saslpasswd2", *arguments, data=PASSWORD.encode())

    def limit(self, user: str, resource: str, most: int) -> None:
        """Give a user a quota; the user must have logged in once.

        Args:
            resource: "STORAGE" in KiB, "MESSAGE", or "X-NUM-FOLDERS".
            most: of it; -1 for no end.
        """
        self._as_admin("SETQUOTA", f'"user/{user}"', f"({resource} {most})" if most >= 0 else "()")

    def protect(self, user: str, folder: str) -> None:
        """Leave a user in a folder only the rights to look it up, read it and mark mail as seen (RFC 4314)."""
        self._as_admin("SETACL", f'"user/{user}/{folder}"', f'"{user}"', '"lrs"')

    def _as_admin(self, verb: str, *arguments: str) -> None:
        client = self.second_client(ADMIN)
        typ, data = client.xatom(verb, *arguments)
        client.logout()
        if typ != "OK":
            raise ServerFailed(f"Cyrus refused {verb} {arguments}: {data!r}")

    def stop(self) -> None:
        """End the server and its processes and remove its root; may be called twice."""
        atexit.unregister(self.stop)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._root.remove()
