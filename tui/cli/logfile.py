"""The log file: the only place where anything is logged, readable by its owner alone."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler

from tui.engine.paths import Paths

LARGEST = 1_000_000
"""Bytes after which the log begins again; one older file is kept."""


def start(paths: Paths) -> None:
    """Send every log record of warnings and worse to the home's log file, and none to the terminal.

    A home that can't be written to has no log; opening it says so.
    """
    handler: logging.Handler = logging.NullHandler()
    try:
        paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(paths.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600))
        handler = RotatingFileHandler(paths.log, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old, RotatingFileHandler | logging.NullHandler):
            root.removeHandler(old)
            old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
