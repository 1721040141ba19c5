"""Why a message is linked or a deal is suggested, and who changed what, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui import cells, look
from tui.engine.model import HistoryEntry, LinkCandidate, Why


def candidate_line(one: LinkCandidate, width: int) -> Content:
    """Return a line of the picker: deal or person, stage, value, why it is suggested.

    Args:
        width: cells of the screen; where there are few, the reason has what title and stage can spare.
    """
    title, stage = (22, 12) if width >= 100 else (16, 6)
    if one.deal is not None:
        value = look.money(one.value, one.currency) if one.value else ""
        said = f"◆ {cells.fit(one.deal.title, title)} {cells.fit(look.stage_name(one.deal), stage)} {value:>9}  "
        return Content.assemble(said, (one.reason, "$text-muted"))
    name = one.person.name if one.person is not None else ""
    return Content.assemble(f"○ {cells.fit(name + ' only', title + stage + 11)}  ", (one.reason, "$text-muted"))


def why_text(why: Why | None) -> Content:
    """Return a stored decision in words."""
    if why is None:
        return Content("No rule has looked at this message: it was never offered to one.")
    lines = [
        Content(why.reason),
        Content(""),
        Content.assemble(("decision  ", "$text-muted"), f"{why.decision} ({why.origin}, rule {why.rule})"),
        Content.assemble(("when      ", "$text-muted"), look.full_date(why.at, look.now())),
    ]
    lines += [
        Content.assemble(("matched   ", "$text-muted"), f"{address} is {name}") for address, _, name in why.matched
    ]
    lines += [
        Content.assemble(("open deal ", "$text-muted"), f"{deal.title} · {deal.stage}") for deal in why.open_deals
    ]
    return Content("\n").join(lines)


def history_text(found: Sequence[HistoryEntry], now: float) -> Content:
    """Return changes as lines: when and who, what, from what to what."""
    lines: list[Content] = []
    for one in found:
        was = ((f"{one.old} ", "$text-muted"), ("→ ", "$text-muted")) if one.old and one.new else ()
        said = one.new or (f"no more {one.old}" if one.old else "")
        lines.append(Content.assemble((look.full_date(one.at, now), "$text-muted"), "  ", (one.who, "$text-muted")))
        lines.append(Content.assemble("  ", (one.field, "$accent"), "  ", *was, said))
    return Content("\n").join(lines) if lines else Content("Nothing was changed here yet.")
