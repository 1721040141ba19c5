"""What a pass, a test and a proof came to."""

from __future__ import annotations

from typing import NamedTuple


class SyncReport(NamedTuple):
    """What one pass over an account did (CLI.md, sync)."""

    email: str
    new: int = 0
    updated: int = 0
    gone: int = 0
    pushed: int = 0
    refused: int = 0
    linked: int = 0
    needs_deal: int = 0
    seconds: float = 0.0
    error: str = ""


class Check(NamedTuple):
    """One line of `account test` or `doctor`; ``detail`` says how to mend it when it is not ok."""

    check: str
    ok: bool
    detail: str


class FolderProof(NamedTuple):
    """The ledger of one folder of an account (R47): every message of the server is counted in exactly one column.

    ``here``: placed here with its text. ``failed``: it could not be taken; ``reasons`` says why, by UID. ``missing``:
    the UIDs that are still to come, headers or text. ``vanished``: copies that are known here and no longer there.
    ``error``: why nothing can be said, or why the server's own counts don't add up. ``complete`` only when nothing is
    missing or failed and the server lists as many messages as it counts.
    """

    account: str
    folder: str
    on_server: int
    here: int
    outside_window: int
    failed: int
    complete: bool
    missing: tuple[int, ...]
    reasons: tuple[tuple[int, str], ...] = ()
    vanished: int = 0
    error: str = ""
