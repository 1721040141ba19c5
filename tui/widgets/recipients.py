"""A field for addresses: what is typed after the last comma is completed from people and from those written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.widgets import Input


class Recipients(Input):
    """An address field with completion in grey; Right or Tab takes what is offered, Up and Down go through the others.

    Args:
        id: the widget's id.
    """

    def __init__(self, *, id: str | None = None) -> None:
        self._candidates: Sequence[str] = ()
        self._offered = ""
        self._turned = 0
        super().__init__(id=id, select_on_focus=False)

    @property
    def candidates(self) -> Sequence[str]:
        """What is completed from, the most likely first; each as ``Ann Archer <ann@acme.io>``."""
        return self._candidates

    @candidates.setter
    def candidates(self, known: Sequence[str]) -> None:
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
            before = self.value[: self.cursor_position].rstrip()
            self.insert_text_at_cursor(text if not before or before.endswith(",") or "@" not in text else f", {text}")
        else:
            self.replace(text, *self.selection)

    def watch_value(self, value: str) -> None:
        """Offer what continues the new text."""
        self._turned = 0
        self._offer()

    def _offer(self) -> None:
        head, comma, typed = self.value.rpartition(",")
        found = matching(self._candidates, typed.strip()) if typed.strip() else []
        if not found:
            self._suggestion = ""
            return
        shown, self._offered = found[self._turned % len(found)]
        self._suggestion = f"{head}{comma}{' ' if comma else ''}{shown}"


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


def matching(candidates: Iterable[str], wanted: str, limit: int = 8) -> list[tuple[str, str]]:
    """Return what to offer for ``wanted``: how it continues what is typed, and the candidate itself.

    The offer is drawn as the rest of what is typed, so only what begins with it fits: a name, else the address.
    What is complete already is offered nothing.
    """
    small = wanted.lower()
    found: list[tuple[str, str]] = []
    for candidate in candidates:
        low = candidate.lower()
        address = candidate.rpartition("<")[2].rstrip(">")
        if small in (low, address.lower()):
            return []
        if low.startswith(small):
            found.append((wanted + candidate[len(wanted) :], candidate))
        elif address.lower().startswith(small):
            found.append((wanted + address[len(wanted) :], candidate))
        if len(found) >= limit:
            break
    return found
