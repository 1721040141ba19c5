"""HTML mail as plain text that reads well in a terminal: blocks, lists, quotes, tables, numbered links.

One pass over the tags with a stack of frames that is at most 30 deep, so it is linear and never recurses. Nothing
is fetched; what would be is counted. Text with ``font-size: 0`` stays, because mail builders wrap whole messages in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from tui.engine import text
from tui.engine.mail.frames import Frame, merge
from tui.engine.mail.hidden import Hidden, is_pixel
from tui.engine.mail.links import Links, host_of
from tui.engine.mail.markup import attributes, hiding_selectors, quads, remote_count, without_asides

MAX_FRAMES = 30
MAX_PREFIXES = 10
"""Quotes and list items within each other that still move their lines to the right."""
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
_PREFIXED = ("quote", "item")
_WALLS = {
    "li": ("item", "cell", "quote", "table"),
    "blockquote": ("quote", "cell", "table"),
    "table": ("table",),
}
"""Per end tag: the kind of frame that it ends, and the kinds that it can't reach through."""
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### "}
_FILLERS = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufff0-\ufff8]|(?:[\u200c\u200d]\\s*)+(?=\\s|$)")
_INLINE = frozenset(("a", "span", "b", "strong", "em", "i", "font", "label", "small", "img"))
_BLOCK_STYLE = re.compile(r"display\s*:\s*(inline-)?block", re.I)
_TRAILING = re.compile(r"[ \t]++$", re.M)
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What HTML became: its text, how many remote things it names, and how many of them are tracking pixels."""

    text: str
    remote: int
    trackers: int


def html_to_text(document: str) -> str:
    """Return HTML as safe text, links numbered and listed at the end; linear in its length."""
    return render(document).text


def render(document: str) -> Rendered:
    """Return the text of an HTML document and what it would have loaded. Never raises, opens nothing."""
    document, styles = without_asides(document[:MAX_INPUT])
    walker = _Walker(set().union(*map(hiding_selectors, styles)))
    walker.run(document)
    body = text.clean("\n".join(walker.finish()))
    if not body.isascii():
        body = _FILLERS.sub("", body)
    body = _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", body)).strip("\n")
    return Rendered(body, remote_count(document + "".join(styles)), walker.trackers)


class _Walker:
    """Turns tags into frames and lines."""

    def __init__(self, selectors: set[str]) -> None:
        self.frames = [Frame("root")]
        self.links = Links()
        self.spare: Frame | None = None
        self.hidden = Hidden(selectors)
        self.overflow = dict.fromkeys(("quote", "item", "table", "cell"), 0)
        self.preformatted = 0
        self.trackers = 0
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
        }
        self.closers: dict[str, Callable[[str], None]] = {
            "a": self.close_link,
            "ul": self.close_list,
            "ol": self.close_list,
            "li": self.close_element,
            "blockquote": self.close_element,
            "td": self.close_cell,
            "th": self.close_cell,
            "tr": self.close_row,
            "table": self.close_element,
            "pre": self.close_pre,
        }
        for names, opener, closer in (
            (_PARAGRAPHS, self.open_paragraph, self.close_paragraph),
            (_BLOCKS, self.open_block, self.close_block),
        ):
            for name in names:
                self.openers.setdefault(name, opener)
                self.closers.setdefault(name, closer)

    def run(self, document: str) -> None:
        """Read the whole document."""
        openers, closers, words, hidden = self.openers, self.closers, self.words, self.hidden
        for content, slash, name, data in quads(document):
            if hidden.name:
                if not name or hidden.holds(slash + name.lower()):
                    continue
            elif content:
                words(content)
            if not name:
                continue
            name = name.lower()
            if slash:
                closer = closers.get(name)
                if closer is not None:
                    closer(name)
            elif not data or not hidden.opens(name, data):
                opener = openers.get(name)
                if opener is not None:
                    opener(name, data)
                if data and "block" in data and name in _INLINE:
                    self.set_apart(data)

    def set_apart(self, data: str) -> None:
        """Begin a line, or at least a word, where an inline element is styled as a block."""
        match = _BLOCK_STYLE.search(data)
        if match and match[1]:
            self.frames[-1].space = True
        elif match:
            self.frames[-1].flush()

    def finish(self) -> list[str]:
        while len(self.frames) > 1:
            self.pop()
        root = self.frames[0]
        root.flush()
        listed = self.links.listed()
        return [*root.lines, "", *listed] if listed else root.lines

    # texts

    def words(self, content: str) -> None:
        if "&" in content:
            content = unescape(content)
        frame = self.frames[-1]
        if self.preformatted:
            self.preformatted_text(frame, content)
            return
        pieces = content.split()
        if not pieces:
            frame.space = True
            return
        joined = pieces[0] if len(pieces) == 1 else " ".join(pieces)
        parts = frame.parts
        if parts and (frame.space or content[0].isspace()):
            parts.append(" ")
        parts.append(joined)
        frame.space = content[-1].isspace()
        if self.links.shown is not None:
            self.links.shown.append(joined)

    def preformatted_text(self, frame: Frame, content: str) -> None:
        first, *others = content.expandtabs(4).split("\n")
        if first:
            frame.parts.append(first)
        for row in others:
            frame.line("".join(frame.parts).rstrip())
            frame.parts = [row] if row else []
        if self.links.shown is not None:
            self.links.shown.append(content)

    # tags

    def open_paragraph(self, name: str, data: str) -> None:
        frame = self.frames[-1]
        frame.paragraph()
        marker = _HEADINGS.get(name)
        if marker:
            frame.parts.append(marker)

    def open_block(self, name: str, data: str) -> None:
        self.frames[-1].flush()

    def close_block(self, name: str) -> None:
        self.frames[-1].flush()

    def close_paragraph(self, name: str) -> None:
        frame = self.frames[-1]
        if name in _HEADINGS and frame.parts == [_HEADINGS[name]]:
            frame.parts.clear()
        frame.paragraph()

    def close_pre(self, name: str) -> None:
        self.preformatted = max(0, self.preformatted - 1)
        self.frames[-1].paragraph()

    def close_list(self, name: str) -> None:
        self.close_frame(*_WALLS["li"])
        if self.lists:
            self.lists.pop()
        self.frames[-1].paragraph()

    def close_element(self, name: str) -> None:
        self.close_frame(*_WALLS[name])

    def close_cell(self, name: str) -> None:
        frame = self.frames[-1]
        if self.overflow["table"]:
            frame.flush()
        elif frame.kind != "cell" or self.overflow["cell"]:
            self.close_frame("cell", "table")
        elif frame.lines or self.frames[-2].kind != "table":
            self.pop()
        else:  # most cells hold one line: give it over and keep the frame for the next cell
            self.frames.pop()
            self.frames[-1].rows[-1].append(["".join(frame.parts)] if frame.parts else [])
            frame.parts.clear()
            frame.space = frame.gap = False
            self.spare = frame

    def close_row(self, name: str) -> None:
        self.to_table()

    # frames

    def push(self, frame: Frame) -> None:
        deep = frame.kind in _PREFIXED and sum(open_.kind in _PREFIXED for open_ in self.frames) >= MAX_PREFIXES
        if deep or len(self.frames) >= MAX_FRAMES:
            self.overflow[frame.kind] += 1
            self.frames[-1].flush()
            return
        self.frames[-1].flush()
        self.frames.append(frame)

    def close_frame(self, kind: str, *walls: str) -> None:
        """End the nearest frame of a kind, and those inside it, unless a wall stands between."""
        if self.overflow[kind]:
            self.overflow[kind] -= 1
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
        merge(frame, self.frames[-1])

    def to_table(self) -> Frame | None:
        """End the open cell of the nearest table and return the table, or None outside of one."""
        if self.overflow["table"]:
            return None
        if self.frames[-1].kind == "table":
            return self.frames[-1]
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
        if is_pixel(found):
            self.trackers += 1
            return
        alt = " ".join(found.get("alt", "").split())[:500]
        if alt:
            self.words(alt)
        elif self.links.shown is not None:
            self.links.shown.append("")

    def open_link(self, name: str, data: str) -> None:
        self.links.open(attributes(data).get("href", ""), self.frames[-1])

    def close_link(self, name: str) -> None:
        self.links.close(self.frames[-1])

    def open_list(self, name: str, data: str) -> None:
        if not any(frame.kind == "item" for frame in self.frames[-2:]):
            self.frames[-1].paragraph()
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
        self.push(Frame("item", marker, count=len(self.lists)))

    def open_quote(self, name: str, data: str) -> None:
        self.push(Frame("quote"))

    def open_table(self, name: str, data: str) -> None:
        border = attributes(data).get("border", "") if "border" in data else ""
        table = Frame("table")
        table.bordered = border.strip().isdigit() and border.strip() != "0"
        self.push(table)

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
        if table.parts:
            table.flush()
        if self.spare is not None and len(self.frames) < MAX_FRAMES:
            self.frames.append(self.spare)
            self.spare = None
        else:
            self.push(Frame("cell"))

    def open_pre(self, name: str, data: str) -> None:
        self.frames[-1].paragraph()
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
