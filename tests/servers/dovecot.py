"""Starts a real Dovecot, without root rights, on free loopback ports, in a fraction of a second.

One folder holds the configuration, the sockets, the log and the mail, and every process runs as one plain user. Any
user name is let in with the one password, so a fresh name is a fresh, empty mailbox: one server serves a whole run.

    server = DovecotServer.start()
    other = server.second_client("anna")      # imaplib, logged in: "the other client"
    server.deliver("anna", raw_bytes)
    server.stop()
"""

from __future__ import annotations

import atexit
import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.servers.dovecot_conf import Ports, configuration
from tests.servers.mailserver import MailServer, ServerFailed, ServerMissing, free_port

LONGEST_ROOT = 60
"""Unix sockets allow 104 bytes of path on macOS and 108 on Linux; Dovecot adds up to about 40 to its folder's."""


class DovecotMissing(ServerMissing):
    """No Dovecot is installed on this machine."""


class DovecotFailed(ServerFailed):
    """Dovecot is installed and didn't start; the message carries the end of its log."""


def dovecot_binary() -> str:
    """Return the path of the dovecot program, or of $DEALDESK_DOVECOT; raise DovecotMissing where there is none."""
    wanted = os.environ.get("DEALDESK_DOVECOT", "dovecot")
    found = shutil.which(wanted, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if found is None:
        raise DovecotMissing("dovecot isn't installed: apt-get install dovecot-imapd dovecot-lmtpd dovecot-submissiond")
    return found


class DovecotServer(MailServer):
    """A running Dovecot; see MailServer.

    Attributes:
        tls_port: IMAP over TLS; 0 without tls.
        smtp_port: submission; 0 unless started with submission=True.
        lmtp_port: LMTP; 0 unless started with lmtp=True.
        cafile: the certificate to trust; None without tls.
        root: the folder that holds everything; removed by stop().
    """

    def __init__(
        self, root: Path, ports: Ports, command: Sequence[str], as_user: Sequence[str], prefix: str = ""
    ) -> None:
        super().__init__(ports.imap, prefix)
        self.tls_port = ports.imaps
        self.smtp_port = ports.submission
        self.lmtp_port = ports.lmtp
        self.root = root
        self.cafile: Path | None = root / "cert.pem" if ports.imaps else None
        self._command = list(command)
        self._as_user = list(as_user)
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    @classmethod
    def start(
        cls,
        root: Path | None = None,
        *,
        inside: str = "/tmp",
        capability: str | None = None,
        tls: bool = False,
        acl: bool = False,
        quota: str | None = None,
        prefix: str = "",
        special_use: bool = True,
        submission: bool = False,
        relay_port: int = 0,
        lmtp: bool = False,
        extra: str = "",
    ) -> DovecotServer:
        """Start a server and return when it greets.

        Args:
            root: a folder for it. A short one is made when it is None, too long for
                Unix sockets, or closed to the unprivileged user that root starts it as.
            inside: where a folder is made for it.
            capability: replaces the capabilities after login, to hide MOVE, UIDPLUS, QRESYNC and so on.
            tls: adds a certificate, STARTTLS on `port` and TLS on `tls_port`. (Dovecot still lets in a plain login from
                the same address, which it takes for secure.)
            acl: access control lists: folder "ReadOnly" gives `lr`, "NoDelete" all but delete and expunge.
            quota: a rule such as "storage=100K" or "messages=3".
            prefix: "INBOX." puts every folder under the inbox, with the separator ".".
            special_use: make Drafts, Sent, Junk, Trash and Archive with their RFC 6154 marks; False makes none.
            submission: also a submission service, which relays to 127.0.0.1:`relay_port`.
            relay_port: the SMTP server behind the submission service.
            lmtp: also LMTP on `lmtp_port`.
            extra: lines to add at the end of the configuration.

        Raises:
            DovecotMissing: none is installed.
            DovecotFailed: it ended or didn't greet within ten seconds.
        """
        binary = dovecot_binary()
        user = _account()
        folder = _folder(root, inside)
        ports = Ports(
            imap=free_port(),
            imaps=free_port() if tls else 0,
            submission=free_port() if submission else 0,
            lmtp=free_port() if lmtp else 0,
            relay=relay_port,
        )
        (folder / "mail").mkdir(exist_ok=True)
        (folder / "run").mkdir(mode=0o755, exist_ok=True)
        if tls:
            make_certificate(folder)
        (folder / "acl").write_text("ReadOnly owner lr\nNoDelete owner lrwstipkx\n")
        (folder / "dovecot.conf").write_text(
            configuration(
                folder,
                ports,
                user,
                capability=capability,
                acl=acl,
                quota=quota,
                prefix=prefix,
                special_use=special_use,
                extra=extra,
            )
        )
        if os.geteuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, user.pw_uid, user.pw_gid)
        as_user = _as_user(user)
        command = [*_die_with_us(as_user), binary, "-F", "-c", str(folder / "dovecot.conf")]
        server = cls(folder, ports, command, as_user, prefix)
        server.resume()
        return server

    def resume(self) -> None:
        """Start it again after pause(), on the same port with the same mail."""
        with (self.root / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=self.root,
                start_new_session=True,
            )
        self.wait_for_greeting(self._running, lambda: (self.root / "stderr").read_text(errors="replace") + self.log())

    def pause(self) -> None:
        """Kill the server and cut every connection, as a crash or a restart does; the mail stays for resume()."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        # A dying child may still answer on its socket, and the next Dovecot would take that for a running one.
        for left in list((self.root / "run").rglob("*")):
            if left.is_socket() or left.name == "master.pid":
                left.unlink(missing_ok=True)

    def second_client(self, user: str) -> imaplib.IMAP4:
        """Return an imaplib connection, logged in as `user`: the other client. The caller logs it out."""
        if self.cafile is None:
            return super().second_client(user)
        context = ssl.create_default_context(cafile=str(self.cafile))
        client = imaplib.IMAP4_SSL(self.host, self.tls_port, ssl_context=context, timeout=20)
        client.login(user, self.password)
        return client

    def doveadm(self, *args: str, data: bytes | None = None, check: bool = True) -> str:
        """Run doveadm on this server and return what it prints.

        Args:
            args: such as "mailbox", "update", "--uid-validity", "7", "-u", "anna", "INBOX".
            data: given on its standard input.
            check: raise DovecotFailed with its words when it fails.
        """
        program = str(Path(shutil.which("doveadm") or str(Path(dovecot_binary()).parent.parent / "bin" / "doveadm")))
        done = subprocess.run(
            [*self._as_user, program, "-c", str(self.root / "dovecot.conf"), *args],
            input=data,
            capture_output=True,
            cwd=self.root,
            timeout=60,
            check=False,
        )
        if check and done.returncode != 0:
            raise DovecotFailed(f"doveadm {' '.join(args)} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def kick(self, user: str) -> None:
        """Cut every connection of `user`, as a server that restarts does."""
        self.doveadm("kick", user, check=False)

    def log(self) -> str:
        """Return what the server logged so far."""
        path = self.root / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End the server and its processes and remove its folder; may be called twice."""
        atexit.unregister(self.stop)
        self.pause()
        shutil.rmtree(self.root, ignore_errors=True)

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None


def make_certificate(folder: Path) -> None:
    """Write a self-signed cert.pem (for localhost and 127.0.0.1) and its key.pem into `folder`."""
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", names]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def _account() -> pwd.struct_passwd:
    """Whom the server runs as: us, or nobody when we are root (Dovecot refuses mail access with uid 0)."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _as_user(user: pwd.struct_passwd) -> list[str]:
    if os.geteuid() != 0:
        return []
    group = grp.getgrgid(user.pw_gid).gr_gid
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={group}", "--clear-groups"]


def _die_with_us(as_user: Sequence[str]) -> list[str]:
    """Have Linux end the server when this process is killed outright; only the main thread's death may mean that."""
    if threading.current_thread() is not threading.main_thread() or shutil.which("setpriv") is None:
        return list(as_user)
    return [*(as_user or ["setpriv"]), "--pdeathsig=TERM"]


def _folder(wanted: Path | None, inside: str) -> Path:
    if wanted is not None and len(str(wanted)) <= LONGEST_ROOT and _open_to_all(wanted):
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    return Path(tempfile.mkdtemp(prefix="dd-dovecot-", dir=inside))


def _open_to_all(path: Path) -> bool:
    """Whether the unprivileged user can reach `path`; always true when we aren't root."""
    return os.geteuid() != 0 or all(p.stat().st_mode & 0o001 for p in path.absolute().parents if p.exists())
