"""Reports as lines with bars of Unicode blocks: pure, so that a plot is a small test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tui import cells, look
from tui.engine.model import ForecastSum, StageSum
from tui.engine.reporting import Reports
from tui.widgets.lines import Item

SHADES = "█▒░"
"""How the parts of a bar are drawn."""

LONGEST = 60
"""Cells of the longest bar: an eye that has to travel compares no more."""

NAMES = {
    "pipeline": "Pipeline by stage",
    "forecast": "Forecast by month",
    "outcomes": "Won and lost",
    "conversion": "Conversion and time in stage",
    "mail": "Mail per deal",
    "waiting": "Who waits for an answer",
    "stale": "Deals to which nothing happens",
}
"""The reports with their headings, in the order in which the keys go through them."""


def plot(name: str, found: Reports, width: int) -> list[Item]:
    """Return a report's lines for a width in cells; ``name`` is one of ``NAMES``."""
    lines = list(_PLOTS[name](found, width))
    return lines or [Item((("There is nothing to report yet.", "dim"),))]


def _row(
    label: str, numbers: Sequence[str], pieces: Sequence[tuple[float, str]], largest: float, room: int, width: int
) -> Item:
    """Return a line: label in its room, numbers, and a bar of several inks, as long as its part of the largest."""
    line: list[look.Piece] = [(cells.fit(label, room), "")]
    line += [(f" {cells.cut(text, 11):>11}", "dim") for text in numbers]
    rest = min(LONGEST, max(0, width - look.line_width(line) - 1))
    line.append((" ", ""))
    drawn = stack([value for value, _ in pieces], largest, rest)
    line += [(text, ink) for text, (_, ink) in zip(drawn, pieces, strict=True)]
    return Item(look.shorten(line, width))


def stack(values: Sequence[float], largest: float, room: int) -> list[str]:
    """Return the parts of a bar, each in a shade of its own so that they are told apart without colour.

    Args:
        values: what the parts stand for, each 0 or more; at most three.
        largest: what fills the whole room.
        room: cells; a single part is drawn in eighths of one.
    """
    if len([value for value in values if value > 0]) == 1 and values[0] > 0:
        return [cells.bar(values[0], largest, room), *[""] * (len(values) - 1)]
    drawn, total, filled = [], 0.0, 0
    for shade, value in zip(SHADES, values, strict=False):
        total += value
        end = round(min(1.0, total / largest) * room) if largest > 0 else 0
        end = max(end, filled + (value > 0 and filled < room))
        drawn.append(shade * (end - filled))
        filled = end
    return drawn


def _room(labels: Iterable[str], numbers: int, width: int) -> int:
    """Return the cells for labels: what they need, as long as two fifths beside the numbers are left for the bars."""
    return max(14, min(max(map(cells.width, labels), default=0), 32, (width - 12 * numbers - 1) * 3 // 5))


def _head(label: str, titles: Sequence[str], note: str, room: int, width: int) -> Item:
    line: list[look.Piece] = [(cells.fit(label, room), "strong")]
    line += [(f" {title:>11}", "dim") for title in titles]
    return Item(look.shorten([*line, (f" {note}", "faint")], width))


def _largest(found: Sequence[StageSum | ForecastSum]) -> Mapping[str, float]:
    """Return the largest sum of each currency: bars are never measured across currencies."""
    largest: dict[str, float] = {}
    for one in found:
        largest[one.currency] = max(largest.get(one.currency, 0), one.value)
    return largest


def _sums(one: StageSum | ForecastSum, label: str, largest: Mapping[str, float], room: int, width: int) -> Item:
    value = look.money(one.value, one.currency) if one.currency else "-"
    parts = [(float(one.weighted), "accent"), (float(one.value - one.weighted), "faint")]
    return _row(label, [f"{one.deals:,}", value], parts, largest[one.currency], room, width)


def _pipeline(found: Reports, width: int) -> Iterator[Item]:
    largest = _largest(found.pipeline)
    room = _room([text for one in found.pipeline for text in (one.pipeline, one.stage)], 2, width)
    for name in dict.fromkeys(one.pipeline for one in found.pipeline):
        yield _head(name, ("deals", "value"), "█ weighted ▒ not", room, width)
        for one in found.pipeline:
            if one.pipeline == name:
                yield _sums(one, one.stage, largest, room, width)
        yield Item(())
    yield from _totals(found.pipeline)


def _forecast(found: Reports, width: int) -> Iterator[Item]:
    if not found.forecast:
        return
    names = {"late": "should be closed", "none": "no date"}
    room = _room(("expected close", *names.values()), 2, width)
    yield _head("expected close", ("deals", "value"), "█ weighted ▒ not", room, width)
    for one in found.forecast:
        yield _sums(one, names.get(one.month, one.month), _largest(found.forecast), room, width)
    yield Item(())
    yield from _totals(found.forecast)


def _totals(found: Sequence[StageSum | ForecastSum]) -> Iterator[Item]:
    for currency in dict.fromkeys(one.currency for one in found if one.currency):
        here = [one for one in found if one.currency == currency]
        value, weighted = sum(one.value for one in here), sum(one.weighted for one in here)
        words = f"In all {look.money(value, currency)}, weighted {look.money(weighted, currency)}"
        yield Item(((words, "dim"),))


def _outcomes(found: Reports, width: int) -> Iterator[Item]:
    if not found.outcomes:
        return
    won, lost = (sum(one.deals for one in found.outcomes if one.status == status) for status in ("won", "lost"))
    yield Item(((f"Won {won:,} of {won + lost:,} that ended, {100 * won / (won + lost):.0f} %", ""),))
    yield Item(())
    labels = ["won" if one.status == "won" else f"lost: {one.reason or 'no reason given'}" for one in found.outcomes]
    room = _room(labels, 2, width)
    yield _head("ended", ("deals", "value"), "█ deals", room, width)
    largest = max(one.deals for one in found.outcomes)
    for one, label in zip(found.outcomes, labels, strict=True):
        ink = "good" if one.status == "won" else "bad"
        numbers = [f"{one.deals:,}", look.money(one.value, one.currency)]
        yield _row(label, numbers, [(one.deals, ink)], largest, room, width)


def _conversion(found: Reports, width: int) -> Iterator[Item]:
    room = _room([text for one in found.flow for text in (one.pipeline, one.stage)], 3, width)
    for name in dict.fromkeys(one.pipeline for one in found.flow):
        yield _head(name, ("entered", "went on", "days there"), "█ went on ▒ still in ░ lost", room, width)
        largest = max(one.entered for one in found.flow)
        for one in found.flow:
            if one.pipeline == name:
                share = f"{100 * one.advanced / one.entered:.0f} %" if one.entered else "-"
                days = "-" if one.days is None else f"{one.days:g}"
                parts = [(one.advanced, "good"), (one.still, "faint"), (one.lost, "bad")]
                yield _row(one.stage, [f"{one.entered:,}", share, days], parts, largest, room, width)
        yield Item(())


def _mail(found: Reports, width: int) -> Iterator[Item]:
    if not found.mail:
        return
    largest = max(one.received + one.sent for one in found.mail)
    room = _room([one.deal.title for one in found.mail], 2, width)
    yield _head("deal", ("received", "sent"), "█ received ▒ sent", room, width)
    for one in found.mail:
        numbers = [f"{one.received:,}", f"{one.sent:,}"]
        line = _row(one.deal.title, numbers, [(one.received, "accent"), (one.sent, "faint")], largest, room, width)
        yield line._replace(key=one.deal)


def _waiting(found: Reports, width: int) -> Iterator[Item]:
    largest = max((one.days for one in found.waiting), default=0)
    titles = [one.deal.title if one.deal is not None else "" for one in found.waiting]
    labels = [f"{one.who} · {title}" if title else one.who for one, title in zip(found.waiting, titles, strict=True)]
    room = _room(labels, 2, width)
    for whose, heading in (("us", "We owe an answer"), ("them", "They owe an answer")):
        here = [(one, label) for one, label in zip(found.waiting, labels, strict=True) if one.owed_by == whose]
        if here:
            yield _head(heading, ("waits", "usual"), "█ late ▒ not yet", room, width)
        for one, label in here:
            parts = [(one.days * one.late, "bad"), (one.days * (not one.late), "faint")]
            line = _row(label, [f"{one.days:g} d", f"{one.usual:g} d"], parts, largest, room, width)
            yield line._replace(key=one.deal)
        if here:
            yield Item(())


def _stale(found: Reports, width: int) -> Iterator[Item]:
    if not found.stale:
        return
    largest = max(one.days for one in found.stale)
    room = _room([one.deal.title for one in found.stale], 2, width)
    yield _head("deal", ("next", "silent for"), "", room, width)
    for one in found.stale:
        due = look.coming(one.next_due, look.now()) if one.next_due is not None else "none"
        line = _row(one.deal.title, [due, f"{one.days:,} d"], [(one.days, "faint")], largest, room, width)
        yield line._replace(key=one.deal)


_PLOTS: Mapping[str, Callable[[Reports, int], Iterator[Item]]] = {
    "pipeline": _pipeline,
    "forecast": _forecast,
    "outcomes": _outcomes,
    "conversion": _conversion,
    "mail": _mail,
    "waiting": _waiting,
    "stale": _stale,
}
