"""Throw-away roots: the Debian packages of a server, unpacked into a folder of their own, which it sees as `/`.

The packages of Dovecot, Cyrus and Courier can't be installed on one machine. So each of the two others gets its
packages, and every package that these need, downloaded by apt and unpacked without being installed: no script of theirs
runs, nothing is mounted, the machine itself isn't touched. A root is built once (about 15 s) and kept in the user's
cache; each running server works in a copy made of hard links (0.1 s), which goes with it. chroot is all that it needs
root rights for, so it works in an unprivileged container too.

    root = Root.of(CYRUS)       # built when it isn't there
    process = root.run("/usr/sbin/cyrmaster", "-D")
    root.remove()
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers.mailserver import ServerMissing

UID = GID = 65534
BUILD_SECONDS = 300
DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}
LEFT_OUT = ("doc", "man", "locale", "i18n", "info", "lintian", "perl", "perl5", "bug", "bash-completion")
NOT_NEEDED = re.compile(
    r"^(exim4|cron|gawk|perl|libperl|dpkg$|tar$|e2fsprogs|libext2fs|adduser|passwd|debconf|usrmerge|init-system|sysvinit"
    r"|logsave|sensible-utils|netbase|lsb-base|libfile-find|libnumber-compare|libtext-glob|readline-common|db-util"
    r"|db5.3-util|gcc-1|libss2|libaudit-common|libsemanage|libtirpc-common|libpam-runtime|libpam-modules-bin|gnutls-bin)"
)
"""Packages that the dependencies name and the servers' programs never open."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Packages:
    """What a root holds.

    Args:
        name: of the root.
        packages: Debian's names.
        programs: paths inside the root that must be able to start.
    """

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]


CYRUS = Packages(
    "cyrus",
    ("cyrus-imapd", "sasl2-bin", "libsasl2-modules"),
    ("/usr/sbin/cyrmaster", "/usr/lib/cyrus/bin/imapd", "/usr/sbin/saslpasswd2"),
)
COURIER = Packages(
    "courier",
    ("courier-imap", "courier-authdaemon", "courier-authlib-userdb"),
    ("/usr/sbin/couriertcpd", "/usr/bin/imapd", "/usr/lib/courier/courier-authlib/authdaemond"),
)


class Root:
    """A copy of a built root for one server.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, packages: Packages) -> Root:
        """Build the root where it isn't there yet, and return a copy for one server.

        Raises:
            ServerMissing: this machine or container can't: not root, no apt, no network, no chroot.
        """
        built = build(packages)
        running = _cache() / "running"
        running.mkdir(exist_ok=True)
        with _locked(running):
            _sweep(running)
            path = running / f"{packages.name}-{os.getpid()}-{next(_numbers)}"
            subprocess.run(["cp", "-al", built, path], check=True, timeout=60)
        root = cls(path)
        # Daemons that name an abstract socket after their user would be shared by all roots: each has its own name.
        root.write("/etc/passwd", f"{path.name}:x:{UID}:{GID}::/srv:/bin/false\n" + (built / "etc/passwd").read_text())
        return root

    def write(self, name: str, content: str, mode: int = 0o644) -> None:
        """Write a file of the plain user; one of the same name is replaced, never changed (it is shared)."""
        target = self.path / name.lstrip("/")
        target.unlink(missing_ok=True)
        self.folder(str(Path(name).parent))
        target.write_text(content, "utf-8")
        target.chmod(mode)
        os.chown(target, UID, GID)

    def folder(self, name: str) -> None:
        """Make a folder of the plain user."""
        target = self.path / name.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        os.chown(target, UID, GID)

    def run(
        self, *command: str, log: str = "/srv/log", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program of the root, as the plain user, in a session of its own; what it says goes to `log`."""
        with (self.path / log.lstrip("/")).open("ab") as said:
            return subprocess.Popen(
                _jailed(self.path, *command),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(environment or {})},
                start_new_session=True,
            )

    def call(self, *command: str, data: bytes = b"") -> bytes:
        """Run a program of the root to its end and return what it prints; CalledProcessError when it fails."""
        done = subprocess.run(_jailed(self.path, *command), input=data, capture_output=True, timeout=30, check=True)
        return done.stdout

    def said(self, log: str = "/srv/log") -> str:
        """Return what the programs said."""
        path = self.path / log.lstrip("/")
        return path.read_text(errors="replace") if path.exists() else ""

    def remove(self) -> None:
        """End what still runs inside, such as daemons that left their session, and remove the copy."""
        _end_inside(self.path)
        shutil.rmtree(self.path, ignore_errors=True)


def build(packages: Packages) -> Path:
    """Return the folder of a built root, building it under a lock where it isn't there.

    Raises:
        ServerMissing: see ``Root.of``.
    """
    if os.geteuid() != 0:
        raise ServerMissing(f"the root of {packages.name} needs root rights (chroot)")
    for program in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(program) is None:
            raise ServerMissing(f"{program} isn't here, so the packages of {packages.name} can't be unpacked")
    target = _cache() / f"{packages.name}-{_fingerprint(packages)}"
    with _locked(target):
        if not target.is_dir():
            _build(packages, target)
    return target


def _build(packages: Packages, target: Path) -> None:
    for old in target.parent.glob(f"{packages.name}-*"):
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
    work = target.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    (work / "debs").mkdir(parents=True)
    root = work / "root"
    root.mkdir()
    try:
        _apt(work / "debs", "download", *_closure(work, packages))
        out = [f"--exclude=./usr/share/{name}" for name in LEFT_OUT]
        for deb in sorted((work / "debs").glob("*.deb")):
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as reading:
                subprocess.run(
                    ["tar", "-x", "--keep-directory-symlink", "-C", root, *out], stdin=reading.stdout, check=True
                )
        _furnish(root)
        _prove(packages, root)
        root.rename(target)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip()
        raise ServerMissing(f"the root of {packages.name} can't be built: {error} {said[-500:]}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _closure(work: Path, packages: Packages) -> list[str]:
    """Every package that a machine with nothing on it would need."""
    nothing = work / "status"
    nothing.touch()
    options = ["-o", f"Dir::State::status={nothing}", "-o", "APT::Install-Recommends=0"]
    try:
        plan = _apt(work, *options, "--simulate", "install", *packages.packages)
    except subprocess.CalledProcessError:
        _apt(work, "update")
        plan = _apt(work, *options, "--simulate", "install", *packages.packages)
    names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    return [name for name in names if not NOT_NEEDED.match(name)]


def _apt(where: Path, *arguments: str) -> str:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", *arguments]
    done = subprocess.run(command, cwd=where, capture_output=True, timeout=BUILD_SECONDS, check=True)
    return done.stdout.decode(errors="replace")


def _furnish(root: Path) -> None:
    for name in ("dev", "tmp", "run", "srv", "var/run"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    os.chown(root / "srv", UID, GID)
    plain = "".join(f"{name}:x:{UID}:{GID}::/srv:/bin/false\n" for name in ("nobody", "cyrus", "courier"))
    (root / "etc/passwd").write_text(f"root:x:0:0::/:/bin/false\n{plain}")
    (root / "etc/group").write_text(f"root:x:0:\nmail:x:{GID}:\n")
    for name, (major, minor) in DEVICES.items():
        os.mknod(root / "dev" / name, 0o20666, os.makedev(major, minor))
        (root / "dev" / name).chmod(0o666)


def _prove(packages: Packages, root: Path) -> None:
    """Have each program's loader find all of its libraries."""
    [loader, *_] = [path for folder in ("lib64", "lib") for path in (root / folder).glob("ld-linux*.so*")]
    for program in packages.programs:
        listed = subprocess.run(
            _jailed(root, f"/{loader.relative_to(root)}", "--list", program),
            capture_output=True,
            timeout=30,
            check=True,
        )
        if b"not found" in listed.stdout:
            raise OSError(f"{program} lacks a library: {listed.stdout.decode(errors='replace')}")


def _jailed(root: Path, *command: str) -> list[str]:
    jail = Path(__file__).with_name("jail.py")
    if threading.current_thread() is not threading.main_thread():
        # Linux sends the death signal when the starting thread ends, which may mean nothing here.
        return ["chroot", f"--userspec={UID}:{GID}", "--groups=", str(root), *command]
    return [sys.executable, "-I", "-S", str(jail), str(root), str(UID), str(GID), *command]


def _fingerprint(packages: Packages) -> str:
    release = Path("/etc/os-release")
    facts = (
        packages,
        NOT_NEEDED.pattern,
        LEFT_OUT,
        platform.machine(),
        release.read_text() if release.exists() else "",
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _cache() -> Path:
    base = os.environ.get("DEALDESK_TEST_ROOTS") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "dealdesk-test-roots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process of the machine at a time work on a folder of the cache."""
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(running: Path) -> None:
    """Remove the copies of test runs that were killed."""
    for left in running.iterdir():
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _end_inside(left)
            shutil.rmtree(left, ignore_errors=True)


def _end_inside(root: Path) -> None:
    """Kill the processes whose `/` is this root."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "root") == str(root):
                os.kill(int(process.name), signal.SIGKILL)
