"""What reports say. Money is in minor units of its currency and is never added across currencies."""

from __future__ import annotations

from typing import NamedTuple

from tui.engine.model.crm import DealRef, PersonRef


class StageSum(NamedTuple):
    """The open deals of a stage in one currency ("" when there are none); ``weighted`` by the stage's probability."""

    pipeline: str
    stage: str
    probability: int
    currency: str
    deals: int
    value: int
    weighted: int


class ForecastSum(NamedTuple):
    """The open deals that are expected to close in a month (``2026-11``, ``late``, ``none``) in one currency."""

    month: str
    currency: str
    deals: int
    value: int
    weighted: int


class Outcome(NamedTuple):
    """The deals that ended alike: won, or lost for a reason, in one currency."""

    status: str
    reason: str
    currency: str
    deals: int
    value: int


class StageFlow(NamedTuple):
    """What became of the deals that ever were in a stage.

    ``advanced``: went on to another stage or were won from it; ``days``: the median of their time in it, None when
    nobody has left it yet.
    """

    pipeline: str
    stage: str
    entered: int
    advanced: int
    lost: int
    still: int
    days: float | None


class MailVolume(NamedTuple):
    """The mail of a deal: received, sent, and when the first and the last came or went."""

    deal: DealRef
    received: int
    sent: int
    first: int
    last: int


class Waiting(NamedTuple):
    """Somebody owes an answer about a deal (None: about nothing in particular).

    ``who`` is the other side's name or address; ``owed_by`` is ``us`` or ``them``; ``since`` the moment of the mail
    that is not answered, ``mail`` the CRM's number of it; ``usual`` the days after which that is late: how long answers
    usually took between the two.
    """

    deal: DealRef | None
    person: PersonRef | None
    who: str
    owed_by: str
    subject: str
    since: int
    days: float
    usual: float
    late: bool
    mail: int = 0


class Stale(NamedTuple):
    """An open deal that nothing happened to for long: no mail, note, change or finished activity since ``last``."""

    deal: DealRef
    last: int
    days: int
    next_due: int | None
