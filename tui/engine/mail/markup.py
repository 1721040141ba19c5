"""HTML cut into tags and texts in linear time, without building a tree.

A tree costs more than its text is worth: measured here, the native parser takes 20 s for 100,000 nested ``<div>``
(600 KB of mail) and can't be stopped. Rules follow the WHATWG tokenizer where they change what a reader sees.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

MAX_ATTRIBUTES = 10_000
_LONGEST_KEPT = 300
_MOST_KEPT = 8192
"""Tags whose reading is kept, and characters of one: what the same sender writes looks alike."""

STRETCH = 100_000
"""Characters of a document that are looked at in one go, while nobody else may run."""
_LONGEST_OPENING = 16
"""Characters of the longest tag that begins an aside, and more."""

_RAW = (
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "svg", "math", "object", "applet",
)  # fmt: skip
_CLOSING = {name: re.compile(f"</{name}(?=[\\s/>])", re.I) for name in _RAW}
_SPECIAL = re.compile(
    r"<(?:!--|([!?])|(?=[aimnostxAIMNOSTX])(?!a |td|tr|table|span)"  # spares most tags the comparison with every name
    rf"((?i:{'|'.join(_RAW)}))(?=[\s/>]))"
)
_QUICK = re.compile(r"(/?[a-zA-Z][^\s/<>]*)([^<>]*)")
_TAG = re.compile(r"""<(/?[a-zA-Z][^\s/>]{0,60}+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+)>""")
_TAG_PLAIN = re.compile(r"<(/?[a-zA-Z][^\s/>]{0,60}+)([^>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]{1,200})\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))|([^\s"'<>/=]{1,200})""")
_REMOTE = ("src=", "srcset=", "background=", "poster=", "url(")
_PAIR = re.compile(r'\s([a-z-]{1,200}+)="([^"]*+)"')
_PLAIN = re.compile(r'(?:\s++[a-z-]{1,200}+="[^"]*+")*+\s*+/?')
"""Attributes as nearly all are written: names in small letters, values between double quotes."""
_HREF = re.compile(r'(?:\s++(?!href)[a-z-]{1,200}+="[^"]*+")*+\s++href="([^"]*+)"')
INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_COLLAPSED = re.compile(r"max-height\s*:\s*0(?:px)?\s*(?:;|!|$)", re.I)
_CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.I)
_INLINE = frozenset(("a", "span", "b", "strong", "em", "i", "font", "label", "small", "img"))
_BLOCK_STYLE = re.compile(r"display\s*:\s*(inline-)?block")
VOID = frozenset(
    ("br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "param")
)
_NONE = re.compile(r"display\s*:\s*none", re.I)
_AT_RULE = re.compile("@[^{;]*[{;]")
_SELECTOR = re.compile(r"[a-z]{0,12}([.#][a-zA-Z0-9_-]{1,100})")


def without_asides(document: str) -> tuple[str, list[str]]:
    """Return a document without comments, declarations and elements that show no text, and its style sheets.

    What never ends (``<!--`` without ``-->``, ``<script>`` without its end tag) costs only its opening, so that
    nobody's words disappear behind it.
    """
    kept: list[str] = []
    styles: list[str] = []
    endless: set[str] = set()
    position = 0
    while match := _next_special(document, position):
        start, end = match.span()
        kept.append(document[position:start])
        name = match[2].lower() if match[2] else match[1] or "--"
        stop = -1 if name in endless else _end_of(document, start, end, name)
        if stop < 0:
            endless.add(name)
            tag_end = document.find(">", end) if match[2] and name + ">" not in endless else -1
            if match[2] and tag_end < 0:
                endless.add(name + ">")
            position = tag_end + 1 if tag_end >= 0 else end
            continue
        if name == "style":
            styles.append(document[end:stop].partition(">")[2])
        position = stop
    kept.append(document[position:])
    return "".join(kept), styles


def _next_special(document: str, position: int) -> re.Match[str] | None:
    """Return where the next aside begins; a long document is looked through in stretches, so that others may run."""
    for start in range(position, len(document), STRETCH):
        match = _SPECIAL.search(document, start, start + STRETCH + _LONGEST_OPENING)
        if match is not None and match.start() < start + STRETCH:
            return match
    return None


def first_tags(data: bytes, most: int) -> bytes:
    """Return a document up to where more than so many ``<`` are; by halving, so that no step holds the interpreter."""
    if data.count(b"<") <= most:
        return data
    low, high, number = 0, len(data), most + 1
    while high - low > 1:
        middle = (low + high) // 2
        before = data.count(b"<", low, middle)
        if before >= number:
            high = middle
        else:
            low, number = middle, number - before
    return data[:low]


def pieces(document: str) -> Iterator[str]:
    """Yield what the ``<`` of a document part: ``split("<")``, but never of much in one go."""
    return chain.from_iterable(stretch.split("<") for stretch in _stretches(document))


def _stretches(document: str) -> Iterator[str]:
    """Yield a document cut at some of its ``<``."""
    start = 0
    while (stop := document.find("<", start + STRETCH)) >= 0:
        yield document[start:stop]
        start = stop + 1
    yield document[start:]


def _end_of(document: str, start: int, end: int, name: str) -> int:
    """Return the offset behind a comment, declaration or raw element that opens at ``start``, or -1."""
    if name == "--":
        if document.startswith((">", "->"), end):
            return document.index(">", end) + 1
        close = document.find("-->", end)
        return close + 3 if close >= 0 else -1
    if name in "!?":
        close = document.find(">", end)
        return close + 1 if close >= 0 else -1
    closing = _CLOSING[name].search(document, end)
    if closing is None:
        return -1
    close = document.find(">", closing.end())
    return close + 1 if close >= 0 else len(document)


class Tag:
    """One tag: its name in lower case, that of an end tag with its "/"; its attributes as written.

    ``hides``: its own attributes hide the element; ``named``: a style sheet may. ``apart``: styled as a "block", or as
    an "inline-" one, or "". ``special``: it hides, is apart or is no tag. ``act``: what is to be done at it, None for
    nothing.
    """

    __slots__ = ("_found", "act", "apart", "data", "hides", "name", "named", "special")

    def __init__(self, name: str, data: str, act: Act | None) -> None:
        self.name = name
        self.data = data
        self.act = act
        self._found: dict[str, str] | None = None
        self.hides = self.named = False
        self.apart = ""
        if data and name[0] != "/" and not data.isspace():
            lowered = data.lower()
            suspect = "hidden" in lowered or ("none" in lowered and ("display" in lowered or "&" in lowered))
            self.hides = bool(suspect) and name not in VOID and _hides(self.attributes)
            match = _BLOCK_STYLE.search(lowered) if "block" in lowered and name in _INLINE else None
            self.named = ("class" in lowered or "id" in lowered) and name not in VOID
            self.apart = (match[1] or "block") if match else ""
        self.special = self.hides or bool(self.apart) or not name

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of a start tag, names in lower case, the first of each name counting; not to be changed."""
        if self._found is None:
            self._found = attributes(self.data)
        return self._found


Act = Callable[[Any, Tag], None]
NO_TAG = Tag("", "", None)
"""Stands for a ``<`` that is mere text."""
UNSURE = Tag("", "", None)
"""Stands for what may be the first half of a tag with ``<`` or ``>`` in its attributes; ``straight`` mends it."""


Piece = tuple[Tag, str, str]
"""A tag, the blank behind it or "", and the text behind it or "", entities not resolved."""


class Tags(dict[str, Piece]):
    """The pieces of documents that were cut at every ``<``, by how they are written.

    What is written alike, as most of a message of boxes within boxes is, is read once.

    Args:
        acts: by the name of a tag, what is to be done at it.
    """

    def __init__(self, acts: dict[str, Act]) -> None:
        super().__init__()
        self.acts = acts
        self.kept: dict[str, Tag] = {}

    def __missing__(self, piece: str) -> Piece:
        source, closed, content = piece.partition(">")
        tag = (self.kept.get(source) or self._tag(source)) if closed else NO_TAG
        if tag is NO_TAG:
            return NO_TAG, "", "<" + piece
        if content and not content.isspace():
            return tag, "", content
        if len(piece) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[piece] = tag, content, ""
        return tag, content, ""

    def _tag(self, source: str) -> Tag:
        match = _QUICK.fullmatch(source)
        if match is None:
            return NO_TAG
        name, data = match[1].lower(), match[2]
        tag = UNSURE if _is_open(data) else Tag(name, data, self.acts.get(name))
        if len(source) <= _LONGEST_KEPT:
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            self.kept[source] = tag
        return tag


def _is_open(data: str) -> bool:
    """Tell whether a quote among the attributes of a tag may not be closed."""
    return bool(data.count('"') & 1 or ("='" in data and data.count("'") & 1))


def straight(document: str) -> str:
    """Return a document with quotes respected and no ``<`` or ``>`` left in any attribute, ``<`` in no text.

    Every character is looked at a bounded number of times.
    """
    out: list[str] = []
    done, position, pattern = 0, 0, _TAG
    while (start := document.find("<", position)) >= 0:
        match = pattern.match(document, start)
        if match is not None and match.start() < start + STRETCH:
            out.append(document[done:start].replace("<", "&lt;"))
            out.append(_straightened(match))
            done = position = match.end()
            continue
        follows = document[start + 1 : start + 2]
        if follows == "/" or (follows.isascii() and follows.isalpha()):
            if pattern is _TAG:
                pattern = _TAG_PLAIN  # quotes that never close: from here on they mean nothing
                continue
            if document.find(">", start) < 0:
                break
        position = start + 1
    out.append(document[done:].replace("<", "&lt;"))
    return "".join(out)


def _straightened(tag: re.Match[str]) -> str:
    """Return a tag as it is written, or anew where its quotes or brackets could be misread."""
    name, data = tag.groups()
    if "<" in name:
        return ""  # no element that anybody knows
    if not ("<" in data or ">" in data or _is_open(data)):
        return tag[0]
    if name[0] == "/":
        return f"<{name}>"
    return f"<{name} " + " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes(data).items()) + ">"


def _hides(found: dict[str, str]) -> bool:
    """Tell whether attributes hide their element."""
    style = found.get("style", "")
    if INVISIBLE.search(style) or ("hidden" in found and found["hidden"] != "until-found"):
        return True
    return bool(_COLLAPSED.search(style) and _CLIPPED.search(style))


def attributes(data: str) -> dict[str, str]:
    """Return the attributes of a start tag, names in lower case, the first of each name counting."""
    found: dict[str, str] = {}
    if _PLAIN.fullmatch(data):
        found.update(reversed(_PAIR.findall(data)))
        return {name: html.unescape(value) for name, value in found.items()} if "&" in data else found
    for match in _ATTRIBUTE.finditer(data):
        name = (match[1] or match[5]).lower()
        if name not in found:
            value = match[2] or match[3] or match[4] or ""
            found[name] = html.unescape(value) if "&" in value else value
            if len(found) >= MAX_ATTRIBUTES:
                break
    return found


def address_of(data: str) -> str:
    """Return the ``href`` among the attributes of a start tag, "" when there is none."""
    match = _HREF.match(data)
    if match is None:
        return attributes(data).get("href", "")
    return html.unescape(match[1]) if "&" in match[1] else match[1]


def remote_count(source: str) -> int:
    """Return how many things a document and its styles would have loaded from elsewhere, roughly."""
    count, at = 0, source.find("//")
    while at >= 0:
        before = source[max(0, at - 20) : at].lower().removesuffix("https:").removesuffix("http:")
        count += (before[:-1] if before.endswith(('"', "'")) else before).endswith(_REMOTE)
        at = source.find("//", at + 2)
    return count


@lru_cache(maxsize=16)
def hiding_selectors(style: str) -> frozenset[str]:
    """Return the ``.class`` and ``#id`` names that a style sheet hides outright (not inside an at-rule)."""
    names: set[str] = set()
    for rule in _outside_at_rules(style[:200_000]).split("}"):
        if "none" not in rule:
            continue
        selectors, _, declarations = rule.partition("{")
        if _NONE.search(declarations):
            names.update(
                match[1] for part in selectors.split(",") if (match := _SELECTOR.fullmatch(part.strip())) is not None
            )
    return frozenset(names)


def _outside_at_rules(style: str) -> str:
    """Return a style sheet without its ``@media`` and other at-blocks, by counting braces."""
    out: list[str] = []
    depth = position = 0
    while (at := style.find("@", position)) >= 0:
        out.append(style[position:at])
        depth = max(0, depth + out[-1].count("{") - out[-1].count("}"))
        if depth:
            out.append("@")
            position = at + 1
            continue
        opening = _AT_RULE.match(style, at)
        if opening is None:
            return "".join(out)
        position = _behind_block(style, opening.end()) if opening[0][-1] == "{" else opening.end()
    return "".join([*out, style[position:]])


def _behind_block(style: str, position: int) -> int:
    """Return the offset behind the block that ``position`` lies in."""
    depth = 1
    while depth:
        close = style.find("}", position)
        if close < 0:
            return len(style)
        depth += style.count("{", position, close) - 1
        position = close + 1
    return position
