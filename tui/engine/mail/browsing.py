"""A message's HTML for a browser: rebuilt from what is allowed, with a policy that loads and runs nothing.

What is not on the list of allowed elements and attributes is left out and counted; the Content-Security-Policy stands
over it, so that even what was overlooked can neither load nor run nor send anything.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from tui.engine.text import clean, safe_url

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
MAX_HTML = 5_000_000
"""Characters of a document that are read."""

_ALLOWED = frozenset(
    re.findall(
        r"\w+",
        "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div"
        " dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q"
        " s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr",
    )
)
_EMPTY = frozenset({"br", "hr", "img", "col", "wbr"})
_WITH_CONTENT = frozenset(
    {"script", "style", "title", "noscript", "iframe", "object", "svg", "math", "template", "textarea", "select"}
)
_WORDS = {
    "script": "script",
    "form": "form",
    "iframe": "frame",
    "object": "embedded object",
    "embed": "embedded object",
    "svg": "drawing",
    "style": "style sheet",
    "link": "outside style sheet",
    "meta": "instruction to the browser",
    "base": "instruction to the browser",
}
_ATTRIBUTES = frozenset(
    {"align", "valign", "width", "height", "colspan", "rowspan", "border", "cellpadding", "cellspacing", "dir", "lang"}
    | {"bgcolor", "color", "size", "start", "type", "alt", "title"}
)
_STYLE = re.compile(
    r"(?:color|background-color|font-(?:weight|style|size|family)|text-(?:align|decoration)|padding|margin|width"
    r"|border(?:-[a-z]+)?|line-height|vertical-align)(?:-(?:top|left|right|bottom))?\s*:[\w\s#%.,()'-]{1,100}",
    re.I,
)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]{1,2000000}")


@dataclass(frozen=True, slots=True)
class Page:
    """A document that is harmless, and what was taken out of it in words ("3 remote images")."""

    html: str
    removed: tuple[str, ...]


class _Rebuilder(HTMLParser):
    """Writes what is allowed of what it reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.removed: Counter[str] = Counter()
        self.hidden: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an allowed element with its allowed attributes."""
        if tag in _WORDS:
            self.removed[_WORDS[tag]] += 1
        if tag in _WITH_CONTENT:
            self.hidden.append(tag)
        if self.hidden or tag not in _ALLOWED:
            return
        written = "".join(f' {name}="{escape(value, quote=True)}"' for name, value in self._attributes(tag, attrs))
        self.out.append(f"<{tag}{written}>")
        if tag not in _EMPTY and len(self.open) < 2000:
            self.open.append(tag)

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
        kept: list[tuple[str, str]] = []
        for name, raw in attrs[:50]:
            value = clean(raw or "")
            if name.startswith("on"):
                self.removed["script"] += 1
            elif tag == "a" and name == "href":
                url = safe_url(value)
                kept += [("href", url), ("rel", "noreferrer noopener")] if url else []
                self.removed["unsafe link"] += url is None
            elif tag == "img" and name == "src":
                if _DATA_IMAGE.fullmatch(value):
                    kept.append((name, value))
                else:
                    self.removed["remote image" if not value.lower().startswith("cid:") else "attached image"] += 1
            elif name == "style":
                rules = [rule for rule in value.split(";")[:50] if _STYLE.fullmatch(rule.strip()) and "url" not in rule]
                kept.append((name, ";".join(rules)))
            elif name in _ATTRIBUTES:
                kept.append((name, value[:500]))
        return kept

    def handle_endtag(self, tag: str) -> None:
        """Close an element that is open."""
        if self.hidden:
            if tag == self.hidden[-1]:
                self.hidden.pop()
        elif tag in self.open:
            while self.open:
                last = self.open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        """Write text that is shown."""
        if not self.hidden:
            self.out.append(escape(clean(data)))


def page(document: str, title: str) -> Page:
    """Return a document without anything that runs, loads, sends or hides.

    Args:
        document: the mail's HTML, decoded.
        title: the subject.
    """
    reader = _Rebuilder()
    reader.feed(document[:MAX_HTML])
    reader.close()
    reader.out += [f"</{tag}>" for tag in reversed(reader.open)]
    removed = tuple(f"{many} {word}{'s' if many > 1 else ''}" for word, many in reader.removed.items() if many)
    body = "".join(reader.out)
    return Page(_framed(body, title), removed)


def plain_page(text: str, title: str) -> Page:
    """Return a message without HTML as a page."""
    return Page(_framed(f"<pre style='white-space:pre-wrap'>{escape(clean(text))}</pre>", title), ())


def _framed(body: str, title: str) -> str:
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(clean(title))}</title></head>\n<body>\n{body}\n</body></html>\n"
    )
