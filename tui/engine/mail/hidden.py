"""Which elements of an HTML message a reader of it would not have seen, and where they end.

Text with ``font-size: 0`` is not hidden: mail builders wrap whole messages in it. Nor is ``mso-hide``: that is
what only Outlook shall not see.
"""

from __future__ import annotations

import re

from tui.engine.mail.markup import attributes

_SUSPECT = re.compile(r"none|hidden|class|id\s*=", re.I)
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_COLLAPSED = re.compile(r"max-height\s*:\s*0(?:px)?\s*(?:;|!|$)", re.I)
_CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.I)
_TINY = re.compile(r"\s*[01](?:px)?\s*")
_TINY_STYLE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01]px", re.I)
_IMAGE = re.compile(r"<img\b([^<>]*)>", re.I)
_VOID = frozenset(
    ("br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "param")
)
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

    def opens(self, name: str, data: str) -> bool:
        """Tell whether a start tag opens a hidden element, and begin to skip it then."""
        if not data or not _SUSPECT.search(data) or name in _VOID or not self._is_hidden(data):
            return False
        self.name, self.depth = name, 1
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

    def _is_hidden(self, data: str) -> bool:
        found = attributes(data)
        style = found.get("style", "")
        if _INVISIBLE.search(style) or ("hidden" in found and found["hidden"] != "until-found"):
            return True
        if _COLLAPSED.search(style) and _CLIPPED.search(style):
            return True
        if not self.selectors:
            return False
        return ("#" + found.get("id", "")) in self.selectors or any(
            "." + name in self.selectors for name in found.get("class", "").split()
        )


def is_pixel(image: dict[str, str]) -> bool:
    """Tell whether the attributes of an image are those of a tracking pixel: from elsewhere, and not to be seen."""
    if not image.get("src", "").lstrip()[:6].lower().startswith(("http:", "https:", "//")):
        return False
    style = image.get("style", "")
    tiny = _TINY.fullmatch(image.get("width", "")) or _TINY.fullmatch(image.get("height", ""))
    return bool(tiny or _TINY_STYLE.search(style) or _INVISIBLE.search(style))


def pixel_count(document: str) -> int:
    """Return how many tracking pixels a document holds, without reading the rest of it."""
    return sum(is_pixel(attributes(match[1])) for match in _IMAGE.finditer(document))
