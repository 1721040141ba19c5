"""HTML mail as plain text that reads well in a terminal: blocks, lists, quotes, tables, numbered links.

One pass over the tags with a stack of frames that is at most 30 deep, so it is linear and never recurses. Nothing
is fetched; what would be is counted. Text with ``font-size: 0`` stays, because mail builders wrap whole messages in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.engine import text
from tui.engine.mail.links import Links, host_of
from tui.engine.mail.markup import attributes, hiding_selectors, tokens
from tui.engine.mail.tables import layout

MAX_FRAMES = 30
MAX_INPUT = 20_000_000

_PARAGRAPHS = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "figure", "fieldset", "address")
)
_BLOCKS = frozenset(
    (
        "div", "section", "article", "header", "footer", "main", "nav", "aside", "center", "form", "dt", "dd", "tbody",
        "thead", "tfoot", "caption", "figcaption", "details", "summary", "legend", "option", "body", "html", "hgroup",
    )
)  # fmt: skip
_VOID = frozenset(
    ("br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "param")
)
_SELF_CLOSING = frozenset(("p", "li", "td", "th", "tr", "option", "dd", "dt"))
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### "}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_COLLAPSED = re.compile(r"max-height\s*:\s*0(?:px)?\s*(?:;|!|$)", re.I)
_CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.I)
_MAYBE_HIDDEN = re.compile(r"none|hidden|class|id\s*=", re.I)
_FILLERS = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufff0-\ufff8]|(?:[\u200c\u200d]\\s*)+(?=\\s|$)")
_REMOTE = re.compile(
    r"""(?:\b(?:src|srcset|background|poster|data)\s*=\s*["']?|url\(\s*["']?|@import\s*["'])\s*(?:https?:)?//""", re.I
)
_TINY = re.compile(r"^\s*[01](?:px)?\s*$")
_TINY_STYLE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01]px", re.I)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What HTML became: its text, how many remote things it names, and how many of them are tracking pixels."""

    text: str
    remote: int
    trackers: int


@dataclass(slots=True)
class _Frame:
    """A stretch of lines that gets a prefix or a place in a table when it ends."""

    kind: str
    marker: str = ""
    lines: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    space: bool = False
    gap: bool = False
    rows: list[list[list[str]]] = field(default_factory=list)
    heading: bool = False
    bordered: bool = False
    count: int = 0

    def add(self, words: str, before: bool, after: bool) -> None:
        if self.parts and (self.space or before):
            self.parts.append(" ")
        self.parts.append(words)
        self.space = after

    def flush(self) -> None:
        if self.parts:
            self.line("".join(self.parts))
            self.parts = []
        self.space = False

    def line(self, content: str) -> None:
        if self.gap and self.lines and self.lines[-1]:
            self.lines.append("")
        self.gap = False
        self.lines.append(content)


def html_to_text(document: str) -> str:
    """Return HTML as safe text, links numbered and listed at the end; linear in its length."""
    return render(document).text


def render(document: str) -> Rendered:
    """Return the text of an HTML document and what it would have loaded. Never raises, opens nothing."""
    document = document[:MAX_INPUT]
    walker = _Walker()
    walker.run(document)
    lines = walker.finish()
    body = text.clean("\n".join(lines))
    if not body.isascii():
        body = _FILLERS.sub("", body)
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(row.rstrip() for row in body.split("\n"))).strip("\n")
    return Rendered(body, len(_REMOTE.findall(document)), walker.trackers)


class _Walker:
    """Turns tags into frames and lines."""

    def __init__(self) -> None:
        self.frames = [_Frame("root")]
        self.links = Links()
        self.hidden: set[str] = set()
        self.skipping = ""
        self.depth = 0
        self.overflow = 0
        self.preformatted = 0
        self.trackers = 0
        self.link: tuple[str, list[str]] | None = None
        self.lists: list[str] = []
        self.openers: dict[str, Callable[[str, str], None]] = {
            "br": self.line_break,
            "hr": self.rule,
            "img": self.image,
            "a": self.open_link,
            "li": self.open_item,
            "ul": self.open_list,
            "ol": self.open_list,
            "blockquote": self.open_quote,
            "table": self.open_table,
            "tr": self.open_row,
            "td": self.open_cell,
            "th": self.open_cell,
            "pre": self.open_pre,
            "form": self.open_form,
            "input": self.input,
            "style": self.style,
        }

    def run(self, document: str) -> None:
        for name, data in tokens(document):
            if self.skipping:
                if name and self.still_skipping(name):
                    continue
                if not name:
                    continue
            if not name:
                self.words(data)
            elif name[0] == "/":
                self.close(name[1:])
            elif name == "style":
                self.style(name, data)
            else:
                self.open(name, data)

    def finish(self) -> list[str]:
        while len(self.frames) > 1:
            self.pop()
        root = self.frames[0]
        root.flush()
        listed = self.links.listed()
        return [*root.lines, "", *listed] if listed else root.lines

    # texts

    def words(self, content: str) -> None:
        frame = self.frames[-1]
        if self.preformatted:
            self.preformatted_text(frame, content)
            return
        pieces = content.split()
        if not pieces:
            frame.space = True
            return
        joined = pieces[0] if len(pieces) == 1 else " ".join(pieces)
        frame.add(joined, content[0].isspace(), content[-1].isspace())
        if self.link is not None:
            self.link[1].append(joined)

    def preformatted_text(self, frame: _Frame, content: str) -> None:
        first, *others = content.expandtabs(4).split("\n")
        if first:
            frame.add(first, False, False)
        for row in others:
            frame.line("".join(frame.parts).rstrip())
            frame.parts = [row] if row else []
        if self.link is not None:
            self.link[1].append(content)

    # tags

    def open(self, name: str, data: str) -> None:
        if name not in _VOID and data and _MAYBE_HIDDEN.search(data) and self.is_hidden(data):
            if not data.endswith("/"):
                self.skipping, self.depth = name, 1
            return
        opener = self.openers.get(name)
        if opener is not None:
            opener(name, data)
        elif name in _PARAGRAPHS:
            frame = self.paragraph()
            marker = _HEADINGS.get(name)
            if marker:
                frame.parts.append(marker)
                frame.space = False
        elif name in _BLOCKS:
            self.frames[-1].flush()

    def close(self, name: str) -> None:
        if name == "a":
            self.close_link()
        elif name in ("ul", "ol"):
            self.close_frame("item", "cell", "quote", "table")
            if self.lists:
                self.lists.pop()
            self.paragraph()
        elif name == "li":
            self.close_frame("item", "cell", "quote", "table")
        elif name == "blockquote":
            self.close_frame("quote", "cell", "table")
        elif name in ("td", "th"):
            self.close_frame("cell", "table")
        elif name == "table":
            self.close_frame("table")
        elif name == "tr":
            self.to_table()
        elif name == "pre":
            self.preformatted = max(0, self.preformatted - 1)
            self.paragraph()
        elif name in _PARAGRAPHS:
            frame = self.frames[-1]
            if name in _HEADINGS and frame.parts == [_HEADINGS[name]]:
                frame.parts = []
            self.paragraph()
        elif name in _BLOCKS:
            self.frames[-1].flush()

    def is_hidden(self, data: str) -> bool:
        found = attributes(data)
        style = found.get("style", "")
        if _HIDDEN.search(style) or ("hidden" in found and found["hidden"] != "until-found"):
            return True
        if _COLLAPSED.search(style) and _CLIPPED.search(style):
            return True
        if not self.hidden:
            return False
        return ("#" + found.get("id", "") in self.hidden) or any(
            "." + name in self.hidden for name in found.get("class", "").split()
        )

    def still_skipping(self, name: str) -> bool:
        """Follow the tags inside a hidden element; return whether the tag still belongs to it."""
        hidden = self.skipping
        if name == hidden:
            if hidden in _SELF_CLOSING and self.depth == 1:
                self.skipping = ""
                return False
            self.depth += 1
        elif name == "/" + hidden:
            self.depth -= 1
            if self.depth <= 0:
                self.skipping = ""
        elif hidden in _SELF_CLOSING:
            if name == "table":
                self.depth += 1
            elif name == "/table":
                self.depth -= 1
                if self.depth <= 0:
                    self.skipping = ""
                    return False
        return True

    # frames

    def paragraph(self) -> _Frame:
        frame = self.frames[-1]
        frame.flush()
        frame.gap = True
        return frame

    def push(self, frame: _Frame) -> None:
        if len(self.frames) >= MAX_FRAMES:
            self.overflow += 1
            self.frames[-1].flush()
            return
        self.frames[-1].flush()
        self.frames.append(frame)

    def close_frame(self, kind: str, *walls: str) -> None:
        """End the nearest frame of a kind, and those inside it, unless a wall stands between."""
        if self.overflow:
            self.overflow -= 1
            self.frames[-1].flush()
            return
        for frame in reversed(self.frames):
            if frame.kind == kind:
                while self.frames[-1] is not frame:
                    self.pop()
                self.pop()
                return
            if frame.kind in walls:
                return

    def pop(self) -> None:
        frame = self.frames.pop()
        frame.flush()
        parent = self.frames[-1]
        parent.flush()
        lines = frame.lines
        while lines and not lines[-1]:
            lines.pop()
        if frame.kind == "cell":
            if parent.kind == "table":
                parent.rows[-1].append(lines)
            return
        if frame.kind == "table":
            lines = lines + layout(frame.rows, frame.heading, frame.bordered)
            if not lines:
                return
            if len(lines) > 1:
                parent.gap = True
        if frame.kind == "quote":
            parent.gap = True
            lines = [(">" + row) if row.startswith(">") else ("> " + row).rstrip() for row in lines]
        elif frame.kind == "item" and lines:
            indent = " " * len(frame.marker)
            lines = [frame.marker + lines[0], *(indent + row if row else "" for row in lines[1:])]
        for row in lines:
            parent.line(row)
        if frame.kind == "quote" or (frame.kind == "table" and len(lines) > 1):
            parent.gap = True

    def to_table(self) -> _Frame | None:
        """End the open cell of the nearest table and return the table, or None outside of one."""
        if self.overflow:
            return None
        for index in range(len(self.frames) - 1, 0, -1):
            if self.frames[index].kind == "table":
                while len(self.frames) > index + 1:
                    self.pop()
                return self.frames[index]
        return None

    # openers

    def line_break(self, name: str, data: str) -> None:
        frame = self.frames[-1]
        if frame.parts:
            frame.flush()
        elif frame.lines and frame.lines[-1]:
            frame.lines.append("")

    def rule(self, name: str, data: str) -> None:
        self.frames[-1].flush()
        self.frames[-1].line("-" * 20)

    def image(self, name: str, data: str) -> None:
        found = attributes(data)
        style = found.get("style", "")
        tiny = _TINY.match(found.get("width", "")) or _TINY.match(found.get("height", "")) or _TINY_STYLE.search(style)
        source = found.get("src", "").strip().lower()
        if (tiny or _HIDDEN.search(style)) and source.startswith(("http:", "https:", "//")):
            self.trackers += 1
            return
        alt = " ".join(found.get("alt", "").split())[:500]
        if alt:
            self.words(alt)
        elif self.link is not None and not tiny:
            self.link[1].append("")

    def open_link(self, name: str, data: str) -> None:
        self.close_link()
        href = attributes(data).get("href", "")
        if href:
            self.link = (href, [])

    def close_link(self) -> None:
        if self.link is None:
            return
        href, shown = self.link
        self.link = None
        if not shown:
            return
        words = " ".join(filter(None, shown))
        mark = self.links.mark(href, words)
        frame = self.frames[-1]
        if not mark:
            return
        if not words:
            self.words("[link]" + mark)
        elif frame.parts:
            frame.parts.append(mark)
        elif frame.lines and frame.lines[-1]:
            frame.lines[-1] += mark
        else:
            frame.parts.append(mark.strip())

    def open_list(self, name: str, data: str) -> None:
        if not any(frame.kind == "item" for frame in self.frames[-2:]):
            self.paragraph()
        start = attributes(data).get("start", "1") if name == "ol" and data else "1"
        self.lists.append(start if name == "ol" and start.isascii() and start.isdigit() and len(start) < 7 else name)
        if name == "ol" and not self.lists[-1].isdigit():
            self.lists[-1] = "1"

    def open_item(self, name: str, data: str) -> None:
        if self.frames[-1].kind == "item" and self.frames[-1].count == len(self.lists):
            self.close_frame("item")
        marker = "• "
        if self.lists and self.lists[-1].isdigit():
            marker = f"{self.lists[-1]}. "
            self.lists[-1] = str(int(self.lists[-1]) + 1)
        self.push(_Frame("item", marker, count=len(self.lists)))

    def open_quote(self, name: str, data: str) -> None:
        self.push(_Frame("quote"))

    def open_table(self, name: str, data: str) -> None:
        border = attributes(data).get("border", "") if "border" in data else ""
        self.push(_Frame("table", bordered=border.strip().isdigit() and border.strip() != "0"))

    def open_row(self, name: str, data: str) -> None:
        table = self.to_table()
        if table is None:
            self.frames[-1].flush()
        else:
            table.rows.append([])

    def open_cell(self, name: str, data: str) -> None:
        table = self.to_table()
        if table is None:
            self.frames[-1].flush()
            return
        if not table.rows:
            table.rows.append([])
        if name == "th" and len(table.rows) == 1:
            table.heading = True
        self.push(_Frame("cell"))

    def open_pre(self, name: str, data: str) -> None:
        self.paragraph()
        self.preformatted += 1

    def open_form(self, name: str, data: str) -> None:
        self.frames[-1].flush()
        host = host_of(attributes(data).get("action", "").strip())
        if host:
            self.words(f"[form for {text.line(host, 100)}: it can't be filled in here]")
            self.frames[-1].flush()

    def input(self, name: str, data: str) -> None:
        found = attributes(data)
        kind = found.get("type", "text").lower()
        if kind in ("submit", "button", "reset"):
            self.words(f"[{found.get('value', kind)[:100]}]")
        elif kind not in ("hidden", "image"):
            self.words("[____]")

    def style(self, name: str, data: str) -> None:
        self.hidden |= hiding_selectors(data)
