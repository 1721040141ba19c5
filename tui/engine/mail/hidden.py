"""Which elements of an HTML message a reader of it would not have seen, and where they end.

Text with ``font-size: 0`` is not hidden: mail builders wrap whole messages in it. Nor is ``mso-hide``: that is
what only Outlook shall not see.
"""

from __future__ import annotations

import re

from tui.engine.mail.markup import INVISIBLE, Tag, attributes

_TINY = re.compile(r"\s*[01](?:px)?\s*")
_TINY_STYLE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01]px", re.I)
_IMAGE = re.compile(r"<img\b([^<>]*)>", re.I)
_SELF_CLOSING = frozenset(("p", "li", "td", "th", "tr", "option", "dd", "dt"))


class Hidden:
    """Follows the tags of a document from where a hidden element opens to where it ends.

    Args:
        selectors: the ``.class`` and ``#id`` names that the document's style sheets hide.
    """

    def __init__(self, selectors: set[str]) -> None:
        self.selectors = selectors
        self.name = ""
        """The element being skipped, "" outside of one."""
        self.depth = 0
        self._met: dict[Tag, bool] = {}

    def opens(self, tag: Tag) -> bool:
        """Tell whether a start tag opens a hidden element, and begin to skip it then."""
        if not tag.hides and not (tag.named and self.selectors and self._chosen(tag)):
            return False
        self.name, self.depth = tag.name, 1
        return True

    def holds(self, tag: str) -> bool:
        """Tell whether a tag ("td", "/td") still belongs to the hidden element, its own end tag included."""
        hidden = self.name
        if tag == hidden:
            if hidden in _SELF_CLOSING and self.depth == 1:
                self.name = ""
                return False
            self.depth += 1
        elif tag == "/" + hidden:
            self._leave()
        elif hidden in _SELF_CLOSING:
            if tag == "table":
                self.depth += 1
            elif tag == "/table":
                self._leave()
                return bool(self.name)
        return True

    def _leave(self) -> None:
        self.depth -= 1
        if self.depth <= 0:
            self.name = ""

    def _chosen(self, tag: Tag) -> bool:
        """Tell whether a style sheet hides an element."""
        met = self._met.get(tag)
        if met is None:
            found = tag.attributes
            met = self._met[tag] = "#" + found.get("id", "") in self.selectors or any(
                "." + name in self.selectors for name in found.get("class", "").split()
            )
        return met


def is_pixel(image: dict[str, str]) -> bool:
    """Tell whether the attributes of an image are those of a tracking pixel: from elsewhere, and not to be seen."""
    if not image.get("src", "").lstrip()[:6].lower().startswith(("http:", "https:", "//")):
        return False
    style = image.get("style", "")
    tiny = _TINY.fullmatch(image.get("width", "")) or _TINY.fullmatch(image.get("height", ""))
    return bool(tiny or _TINY_STYLE.search(style) or INVISIBLE.search(style))


def pixel_count(document: str) -> int:
    """Return how many tracking pixels a document holds, without reading the rest of it."""
    return sum(is_pixel(attributes(match[1])) for match in _IMAGE.finditer(document))
