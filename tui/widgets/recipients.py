"""A field for addresses: what is typed after the last comma is completed from people and from those written to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from textual import events
from textual.widgets import Input

from tui.widgets.entry import InTurn


class Recipients(InTurn, Input):
    """An address field with completion in grey; Right or Tab takes what is offered, Up and Down go through the others.

    Args:
        id: the widget's id.
    """

    def __init__(self, *, id: str | None = None) -> None:
        self._candidates = Candidates()
        self.notes: Mapping[str, str] = {}
        """What is to be known of an address, in lower case, before one writes to it; shown behind the offer."""
        self._offered = ""
        self._turned = 0
        super().__init__(id=id, select_on_focus=False)

    @property
    def candidates(self) -> Candidates:
        """What is completed from."""
        return self._candidates

    @candidates.setter
    def candidates(self, known: Candidates) -> None:
        self._candidates = known
        self._offer()

    def accept(self) -> bool:
        """Take what is offered in grey; return whether something was."""
        if not self._suggestion or self.cursor_position != len(self.value):
            return False
        head, comma, _ = self.value.rpartition(",")
        self.value = f"{head}{comma}{' ' if comma else ''}{self._offered}, "
        self.cursor_position = len(self.value)
        return True

    def on_key(self, event: events.Key) -> None:
        """Go through the other candidates by Up and Down."""
        if event.key in ("down", "up") and self._suggestion:
            event.stop()
            event.prevent_default()
            self._turned += 1 if event.key == "down" else -1
            self._offer()

    def on_paste(self, event: events.Paste) -> None:
        """Take every address of what is pasted: of all its lines, also out of a spreadsheet's columns."""
        event.stop()
        event.prevent_default()
        text = pasted(event.text)
        if self.selection.is_empty:
            follows = "@" in self.value[: self.cursor_position].rpartition(",")[2]
            self.insert_text_at_cursor(f", {text}" if follows else text)
        else:
            self.replace(text, *self.selection)
        # Textual does not scroll to the end of the first text that a field gets, only after a move of the cursor.
        place, self.cursor_position = self.cursor_position, 0
        self.cursor_position = place

    def watch_value(self, value: str) -> None:
        """Offer what continues the new text."""
        self._turned = 0
        self._offer()

    def _offer(self) -> None:
        head, comma, typed = self.value.rpartition(",")
        found = self._candidates.matching(typed.strip()) if typed.strip() else []
        if not found:
            self._suggestion = ""
            return
        shown, self._offered = found[self._turned % len(found)]
        address = self._offered.rpartition("<")[2].rstrip(">").lower()
        note = f"   ✗ {self.notes[address]}" if address in self.notes else ""
        self._suggestion = f"{head}{comma}{' ' if comma else ''}{shown}{note}"

    def action_cursor_right(self, select: bool = False) -> None:
        """Take what is offered, without what is noted behind it; else as in any field."""
        if select or not self.accept():
            super().action_cursor_right(select)


def pasted(text: str) -> str:
    """Return a pasted text as one line of addresses, each once; a name in the column beside one goes with it."""
    found: dict[str, str] = {}
    for row in text.splitlines():
        cells = [cell.strip() for cell in row.split("\t") if cell.strip()]
        address = next((cell for cell in cells if "@" in cell), "")
        name = next((cell for cell in cells if "@" not in cell), "")
        plain = len(cells) > 1 and address and not set("<>,; ") & set(address)
        shown = f'"{name}" <{address}>' if plain and name and '"' not in name else " ".join(cells)
        shown = shown.rstrip(",; ")
        if shown:
            found.setdefault(shown.lower(), shown)
    return ", ".join(found.values())


class Candidates:
    """Addresses to complete from, ready to be searched at every key; make it beside the screen.

    Args:
        known: the addresses, the most likely first; each as ``Ann Archer <ann@acme.io>``.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = tuple(known)
        lines = [one.lower() for one in self._known]
        self._text = "\n" + "\n".join(lines) + "\n"
        self._words = self._text.translate({ord(mark): " " for mark in '"@('})
        self._ends = list(accumulate(len(line) + 1 for line in lines))

    def matching(self, wanted: str, limit: int = 8) -> list[tuple[str, str]]:
        """Return what to offer for ``wanted``: how it continues what is typed, and the candidate itself.

        The offer is drawn as the rest of what is typed where a name or address begins with it; behind those come the
        ones of which another word of the name, or the domain, begins with it, drawn behind an arrow. What is complete
        already is offered nothing.
        """
        small = wanted.lower()
        found: dict[int, tuple[str, str]] = {}
        for before in ("\n", "<"):
            for place in self._places(self._text, before + small, limit):
                candidate = self._known[place]
                rest = candidate if before == "\n" else candidate.rpartition("<")[2].rstrip(">")
                found.setdefault(place, (wanted + rest[len(wanted) :], candidate))
        if found and (f"\n{small}\n" in self._text or f"<{small}>" in self._text):
            return []
        offered = [found[place] for place in sorted(found)]
        if len(offered) < limit:
            inside = (
                self._known[place] for place in self._places(self._words, f" {small}", limit) if place not in found
            )
            offered += [(f"{wanted} → {candidate}", candidate) for candidate in inside]
        return offered[:limit]

    def _places(self, text: str, sought: str, limit: int) -> Iterator[int]:
        """Yield which candidates have a text, each once, at most so many."""
        at = text.find(sought)
        while at >= 0 and limit:
            place = bisect_right(self._ends, at)
            yield place
            limit -= 1
            at = text.find(sought, self._ends[place])
