"""The deal pane: whose mail this is, which deal it belongs to and why, what is next, and the story so far.

It shows the last message's deal until ``show`` is given the next one, and repaints only what differs: no flicker.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui import cells, look
from tui.engine.model import Activity, Deal, LinkState, Person, Stage, Waiting
from tui.engine.model import DealPane as DealFacts
from tui.engine.text import age
from tui.widgets.lines import Item, LinePane
from tui.widgets.timeline import entry_items

SHOWN_PERSONS = 3
"""Persons drawn in full; more are counted."""


class DealPane(LinePane):
    """The deal of the message under the cursor.

    Enter posts ``Chosen`` with what the line stands for: a ``Deal``, a ``DealRef`` that is suggested, a ``Person`` or
    a ``TimelineEntry``.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.facts: DealFacts | None = None
        self.heading = ((("Deal", ""),), ())

    def show(self, facts: DealFacts | None) -> None:
        """Show the deal of a message; None when no message is under the cursor."""
        other = facts is None or self.facts is None or _subject(facts) != _subject(self.facts)
        self.facts = facts
        self._build(to_top=other)

    def resized(self) -> None:
        """Lay the lines out for the new width."""
        self._build()

    def _build(self, *, to_top: bool = False) -> None:
        width = max(10, self.size.width - 2)
        now = look.now()
        if self.facts is None:
            self.heading = ((("Deal", "dim"),), ())
            self.set_items([], to_top=to_top)
            return
        facts = self.facts
        items: list[Item] = _forged(width) if facts.forged else []
        if facts.deals:
            first = facts.deals[0]
            self.heading = (
                ((first.title, ""),),
                ((look.money(first.value, first.currency), ""),) if first.value else (),
            )
            items.extend(deal_items(first, facts.stages.get(first.pipeline_id, ()), width, now))
            items.extend(_other_deals(facts.deals[1:], width))
        else:
            self.heading = (((_without_deal(facts), ""),), ())
            items.extend(_choices(facts, width))
        items.extend(_persons(facts, width, now))
        if facts.why is not None and facts.why.reason:
            items.append(Item(()))
            items.extend(_hint(facts.why.reason.removesuffix("."), width)[:4])
        items.extend(_next(facts, width, now))
        past = [entry for entry in facts.timeline if entry.kind != "activity" or entry.at <= now]
        if past:
            items.append(Item((("─" * width, "faint"),)))
            items.extend(entry_items(past, width, now))
        self.set_items(items, to_top=to_top)


def _forged(width: int) -> list[Item]:
    words = "! DMARC failed: whoever is named here may not have written it."
    return [*(Item(((part, "bad"),)) for part in cells.wrap(words, width)), Item(())]


def _subject(facts: DealFacts) -> tuple[object, ...]:
    """Return what the pane is about; while it stays the same the pane keeps its place."""
    return (facts.link_state, *(deal.id for deal in facts.deals), *(one.id for one in facts.persons))


def deal_items(deal: Deal, stages: Sequence[Stage], width: int, now: float) -> list[Item]:
    """Return the stage bar with how long, and when it should close."""
    if deal.status == "open":
        since = (f"open {age(now - deal.created)}", "dim")
    else:
        since = (
            deal.status + (f" {look.date(deal.closed, now)}" if deal.closed else ""),
            "good" if deal.status == "won" else "dim",
        )
    bar = stage_bar(deal, stages, max(8, width - cells.width(since[0]) - 2))
    items = [Item(look.spread(bar, [since], width), deal)]
    here = f"{age(now - deal.stage_entered)} in this stage" if deal.status == "open" else deal.lost_reason
    closing = f"close {look.iso_day(deal.expected_close, now)}" if deal.expected_close and deal.status == "open" else ""
    if here or closing:
        items.append(Item(look.spread([(here, "dim")], [(closing, "dim")] if closing else [], width)))
    return items


def stage_bar(deal: Deal, stages: Sequence[Stage], width: int) -> look.Line:
    """Return ``Lead ▸ Offer ▸ Negotiation`` in at most ``width`` cells, the present stage marked ``●``.

    Where not all fit, stages are dropped from the ends so that the present one and what comes next stay in sight.
    """
    names = [stage.name for stage in sorted(stages, key=lambda stage: stage.position)] or [deal.stage]
    ids = [stage.id for stage in sorted(stages, key=lambda stage: stage.position)] or [deal.stage_id]
    at = ids.index(deal.stage_id) if deal.stage_id in ids else 0
    first, last = at, at + 1
    while first > 0 or last < len(names):
        if last < len(names) and _bar_width(names, first, last + 1) <= width:
            last += 1
        elif first > 0 and _bar_width(names, first - 1, last) <= width:
            first -= 1
        else:
            break
    line: list[look.Piece] = [("… ▸ ", "faint")] if first > 0 else []
    for index in range(first, last):
        if index > first:
            line.append((" ▸ ", "faint"))
        line.append((f"● {names[index]}", "title") if index == at else (names[index], "dim"))
    if last < len(names):
        line.append((" ▸ …", "faint"))
    return look.shorten(line, width)


def _bar_width(names: Sequence[str], first: int, last: int) -> int:
    shown = sum(cells.width(name) for name in names[first:last]) + 3 * (last - first - 1) + 2
    return shown + (4 if first > 0 else 0) + (4 if last < len(names) else 0)


def _other_deals(deals: Sequence[Deal], width: int) -> list[Item]:
    """Return further deals that the message is linked to, a line each."""
    return [
        Item(
            look.spread(
                [("◆ ", ""), (deal.title, "")],
                [(f"{deal.stage} {look.money(deal.value, deal.currency)}", "dim")],
                width,
            ),
            deal,
        )
        for deal in deals
    ]


def _without_deal(facts: DealFacts) -> str:
    """Return the heading of a message without a deal."""
    if facts.link_state is LinkState.NEEDS_DEAL:
        return "Which deal?"
    if facts.link_state is LinkState.PRIVATE:
        return "⌂ Private"
    if facts.link_state is LinkState.LINKED:
        return "No deal"
    return "Not linked"


def _choices(facts: DealFacts, width: int) -> list[Item]:
    """Return what one could link to, numbered as in the picker, or how to."""
    if facts.link_state is LinkState.PRIVATE:
        return _hint("Never linked, hidden from colleagues. p undoes it.", width)
    items = [
        Item(look.spread([(f"{number} ", "accent"), (f"◇ {deal.title}", "")], [(deal.stage, "dim")], width), deal)
        for number, deal in enumerate(facts.suggestions[:9], 1)
    ]
    if items:
        return [*items, *_hint("l links, w says why it is open", width)]
    if facts.link_state is LinkState.NONE and not facts.persons:
        return _hint("l links it to a person or deal", width)
    return items


def _hint(text: str, width: int) -> list[Item]:
    """Return grey lines of text."""
    return [Item(((part, "dim"),)) for part in cells.wrap(text, width)]


def _persons(facts: DealFacts, width: int, now: float) -> list[Item]:
    """Return the persons with who waits for whom, or the unregistered counterpart."""
    items: list[Item] = []
    roles = {one.id: one.role for deal in facts.deals[:1] for one in deal.persons}
    for one in facts.persons[:SHOWN_PERSONS]:
        items.append(Item(()))
        items.extend(person_items(one, width, roles.get(one.id, "")))
        items.extend(waiting_items([w for w in facts.waiting if w.person and w.person.id == one.id], width, now))
    shown = {one.id for one in facts.persons[:SHOWN_PERSONS]}
    items.extend(
        waiting_items([w for w in facts.waiting if not w.person or w.person.id not in shown], width, now, named=True)
    )
    if len(facts.persons) > SHOWN_PERSONS:
        items.append(Item(((f"and {len(facts.persons) - SHOWN_PERSONS} more", "dim"),)))
    if not facts.persons and facts.counterpart is not None:
        who = facts.counterpart
        items.append(Item(()))
        items.append(Item(((look.person(who.name, who.email), ""),)))
        if who.name:
            items.append(Item(((who.email, "dim"),)))
        items.append(Item((("not among your contacts", "faint"),)))
    return items


def task(one: Activity) -> list[look.Piece]:
    """Return what is to be done, its kind, and how often it comes again."""
    kind = [(f" · {one.kind}", "dim")] if one.kind != "task" else []
    return [(one.subject, ""), *kind, *([(f" ↻ {one.repeat}", "dim")] if one.repeat else [])]


def person_items(one: Person, width: int, role: str = "") -> list[Item]:
    """Return a person in two lines: name with role, title and organization, then how to reach them."""
    about = [part for part in (one.title, one.organization.name if one.organization else "") if part]
    line: list[look.Piece] = [(one.name, "strong"), *([(f" ({role})", "accent")] if role else [])]
    if about:
        line.append((" · " + ", ".join(about), ""))
    reach = [*one.emails[:1], *one.phones[:1]]
    items = [Item(look.shorten(line, width), one)]
    if reach:
        items.append(Item(look.shorten([(" · ".join(reach), "dim")], width)))
    return items


def waiting_items(
    found: Sequence[Waiting], width: int, now: float, *, named: bool = False, about: bool = False
) -> list[Item]:
    """Return who owes whom an answer since when, a line each: ``waits for you since 2 h (usually 5 h)``.

    Args:
        found: what was computed from linked mail.
        width: cells of a line.
        now: the present, seconds since the epoch.
        named: True to begin with who it is.
        about: True to end with the deal.
    """
    items = []
    for one in found:
        whom = (f"{one.who} waits for you" if named else "waits for you") if one.owed_by == "us" else ""
        since = f"{whom or 'you wait' + (f' for {one.who}' if named else '')} since {age(now - one.since)}"
        rest = f"(usually {age(one.usual * 86400)})"
        if about and one.deal is not None:
            rest += f" · {one.deal.title}"
        line: list[look.Piece] = [("! " if one.late else "", "warn"), (since, "warn" if one.late else "")]
        if look.line_width(line) + 1 + cells.width(rest) <= width:
            items.append(Item((*line, (f" {rest}", "dim")), one))
        else:
            items += [Item(look.shorten(line, width), one), Item(look.shorten([(f"  {rest}", "dim")], width))]
    return items


def _next(facts: DealFacts, width: int, now: float) -> list[Item]:
    """Return the planned activities, soonest first; where an open deal has none, say so, because deals die of it."""
    planned = sorted(
        (entry for entry in facts.timeline if entry.kind == "activity" and entry.at > now), key=lambda entry: entry.at
    )
    if planned:
        items = [Item(())]
        for entry in planned[:3]:
            when = look.coming(entry.at, now)
            items.append(
                Item(look.spread([("next ", "dim"), (f"{when}  ", "accent"), (entry.title, "")], [], width), entry)
            )
        return items
    if any(deal.status == "open" for deal in facts.deals):
        return [Item(()), Item((("○ no next step", "warn"), ("  t plans one", "dim")))]
    return []
