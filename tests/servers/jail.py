"""Runs a program inside a root (see roots.py) as a plain user, and has Linux end it when its parent ends.

python jail.py ROOT UID GID PROGRAM [ARGUMENT ...]; needs root rights, and nothing outside the standard library.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(root: str, uid: str, gid: str, program: str, *arguments: str) -> None:
    """Become the program; the rights go before it starts."""
    libc = ctypes.CDLL(None)
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
