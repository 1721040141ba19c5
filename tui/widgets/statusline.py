"""The last line: at the left what the engine is doing, at the right the keys of the focused pane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from textual.geometry import Region
from textual.timer import Timer

from tui import cells, look
from tui.engine.model import Account, AccountState, Status
from tui.widgets.pane import Pane

COUNTED = 600
"""Seconds before a message leaves in which they are counted down."""

NOTICE = 4.0
"""Seconds that a notice stays."""


class Progress(NamedTuple):
    """How far the download of one folder is: ``done`` of ``total``, back to ``oldest`` (R40)."""

    account_id: int
    folder: str
    done: int
    total: int
    oldest: int | None


class StatusLine(Pane, can_focus=False):
    """One line. Trouble first, then work in progress, then all quiet."""

    DEFAULT_CSS = """
    StatusLine { height: 1; width: 1fr; background: $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.status: Status | None = None
        self.hints: tuple[tuple[str, str], ...] = ()
        self.notice: look.Piece | None = None
        self.undo_key = "u"
        self._progress: dict[tuple[int, str], Progress] = {}
        self._clock: Timer | None = None
        self._quiet: Timer | None = None

    def show_status(self, status: Status) -> None:
        """Show connection states, pending and refused operations, the outbox."""
        self.status = status
        self._tick()

    def _tick(self) -> None:
        """Repaint, and again each second while a message is about to leave."""
        self.refresh_changed()
        if self._clock is not None:
            self._clock.stop()
        self._clock = self.set_timer(1, self._tick) if _leaves_in(self.status) is not None else None

    def show_progress(self, progress: Progress) -> None:
        """Show how far a folder is; one that is complete goes."""
        key = (progress.account_id, progress.folder)
        if progress.done >= progress.total:
            self._progress.pop(key, None)
        else:
            self._progress[key] = progress
        self.refresh_changed()

    def show_hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """Show keys with what they do now, most useful first: ``("e", "archive 12")``; what doesn't fit is left out."""
        self.hints = tuple(hints)
        self.refresh_changed()

    def show_notice(self, text: str, ink: str = "") -> None:
        """Say something for the moment in place of the status; "" ends it at once."""
        self.notice = (text, ink) if text else None
        if self._quiet is not None:
            self._quiet.stop()
        self._quiet = self.set_timer(NOTICE, lambda: self.show_notice("")) if text else None
        self.refresh_changed()

    def line_count(self) -> int:
        """Return 0: the line itself is the title line of this pane."""
        return 0

    def draw_title(self, width: int) -> look.Line:
        """Draw state at the left and hints at the right; the state takes half of the width at most, a notice all."""
        left = [self.notice] if self.notice else self._state()
        left = [(" ", ""), *look.shorten(left, width // 2 if self.hints and not self.notice else width - 2)]
        room = width - look.line_width(left) - 3
        right: list[look.Piece] = []
        for key, title in self.hints:
            need = cells.width(key) + cells.width(title) + 1 + (2 if right else 0)
            if need > room:
                break
            if right:
                right.append(("  ", ""))
            right += [(key, "accent"), (f" {title}", "dim")]
            room -= need
        return look.spread(left, [*right, (" ", "")], width)

    def _state(self) -> list[look.Piece]:
        parts: list[look.Piece] = []
        status = self.status
        if status is not None:
            leaving = _leaves_in(status)
            if leaving is not None:
                parts.append((self._leaving(status, leaving), "warn"))
            parts += [piece for account in status.accounts if (piece := _trouble(account)) is not None]
            if status.refused:
                parts.append((f"{look.count(status.refused)} refused !", "bad"))
            if status.pending:
                parts.append((f"{look.count(status.pending)} pending ↑", "warn"))
            if status.unanswered:
                parts.append((f"{look.count(status.unanswered)} unanswered", "warn"))
            if status.outbox and leaving is None:
                parts.append((f"{look.count(status.outbox)} in outbox", "warn"))
        parts += [self._progress_piece(progress) for progress in list(self._progress.values())[-2:]]
        if status is not None and not self._progress:
            parts.append((_quiet(status), "dim"))
        # Why is read on the accounts' page too; how much waits is needed here first.
        accounts = status.accounts if status is not None else ()
        parts += [(one.error, "warn") for one in accounts if one.state is AccountState.WAITING and one.error]
        line: list[look.Piece] = []
        for part in parts:
            if line:
                line.append((" · ", "faint"))
            line.append(part)
        return line

    def _leaving(self, status: Status, left: int) -> str:
        first = "sends" if status.outbox == 1 else f"{look.count(status.outbox)} in outbox, the first leaves"
        return f"{first} in {left} s, {self.undo_key} takes it back"

    def _progress_piece(self, progress: Progress) -> look.Piece:
        accounts = self.status.accounts if self.status is not None else ()
        name = next((one.email.split("@")[0] for one in accounts if one.id == progress.account_id), "")
        where = f"{name}: {progress.folder}" if len(accounts) > 1 and name else progress.folder
        back = f", back to {look.date(progress.oldest, look.now())}" if progress.oldest is not None else ""
        return (f"{where} {look.count(progress.done)} of {look.count(progress.total)}{back}", "")

    def refresh_changed(self) -> None:
        """Repaint if it reads differently."""
        if self.is_attached and self.size and self._drawn.get(0) != self._draw(0):
            self.refresh(Region(0, 0, self.size.width, 1))


def _leaves_in(status: Status | None) -> int | None:
    """Return in how many seconds the next message leaves, None when that is not soon."""
    left = status.next_send - look.now() if status is not None and status.next_send is not None else -1
    return math.ceil(left) if 0 < left <= COUNTED else None


def _trouble(account: Account) -> look.Piece | None:
    """Return what is wrong with an account's connection, if anything."""
    name = account.email.split("@")[0]
    if account.state is AccountState.ERROR:
        return (f"! {name}: {account.error or 'cannot connect'}", "bad")
    if account.state is AccountState.OFFLINE:
        return (f"○ {name} offline", "dim")
    if account.state is AccountState.WAITING:
        return (f"○ {name}: trying again", "warn")
    return None


def _quiet(status: Status) -> str:
    """Return the state when nothing is wrong: connecting, syncing, or when it was in step last."""
    states = {account.state for account in status.accounts}
    if not status.accounts:
        return "no account yet"
    if AccountState.CONNECTING in states:
        return "connecting …"
    if AccountState.SYNCING in states:
        return "syncing …"
    if status.last_sync is None:
        return "never synced"
    return f"synced {look.date(status.last_sync, look.now())}"
