"""What to do about a fault of an account's sync: what to show, how long to wait, and who may cut the wait short."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from tui.engine.errors import AuthError, CertificateError, CredentialsError, DealdeskError, ServerError
from tui.engine.imap.quirks import Throttled
from tui.engine.model import AccountState
from tui.engine.sync.context import Times
from tui.engine.sync.lines import REFUSALS, SignIn


@dataclass(frozen=True, slots=True)
class Pause:
    """What follows from a fault.

    Args:
        state: what the account shows; with ``sentence``.
        seconds: how long to wait; None is until a person asks.
        firm: nothing cuts the wait short: the server asked for it.
    """

    state: AccountState
    sentence: str
    seconds: float | None
    firm: bool = False


def back_off(count: int, times: Times) -> float:
    """Return how long to wait after the so many-th fault in a row, 1 being the first: doubling, capped, with jitter."""
    return min(times.longest_wait, times.first_wait * 2.0 ** min(count - 1, 16)) * random.uniform(0.8, 1.2)


def pause_after(error: Exception, count: int, times: Times, email: str) -> Pause:
    """Return what follows from a fault.

    Args:
        error: the fault; for ``Throttled`` the caller knows better how long.
        count: how many in a row this is, at least 1.
        times: how patient to be.
        email: the account's address.
    """
    wait = back_off(count, times)
    if isinstance(error, SignIn):
        return Pause(AccountState.ERROR, str(error), None)
    if isinstance(error, AuthError) or isinstance(error.__cause__, AuthError):
        stop = isinstance(error.__cause__, AuthError) and count >= REFUSALS
        told = f"{error} Dealdesk has stopped trying; sign in again, then ask for a sync." if stop else str(error)
        return Pause(AccountState.ERROR, told, None if stop else wait)
    if isinstance(error, CertificateError | CredentialsError):
        return Pause(AccountState.ERROR, str(error), times.person_wait * random.uniform(0.8, 1.2))
    if isinstance(error, Throttled):
        return Pause(AccountState.WAITING, asks_to_wait(error, error.seconds, time.time()), error.seconds, firm=True)
    if isinstance(error, ServerError):
        return Pause(AccountState.WAITING, str(error), wait)
    if isinstance(error, DealdeskError):
        return Pause(AccountState.ERROR, str(error), wait)
    return Pause(AccountState.ERROR, f"{email}: dealdesk made a mistake; the log says which.", wait)


def asks_to_wait(error: Throttled, seconds: float, now: float) -> str:
    """Return the sentence for the status line: who asks for how long, and until when by the clock on the wall."""
    span = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    until = time.strftime("%H:%M", time.localtime(now + seconds))
    return f"{error.who or 'The server'} asks to wait {span}; until {until}"
