"""The walk over the tags of an HTML message that makes lines of its boxes, lists, quotes and tables.

One pass with a stack of frames that is at most 30 deep, so it is linear and never recurses.
"""

from __future__ import annotations

from html import unescape

from tui.engine import text
from tui.engine.mail.frames import Frame, folded, merge
from tui.engine.mail.hidden import Hidden, is_pixel
from tui.engine.mail.links import Links, host_of
from tui.engine.mail.markup import NO_TAG, UNSURE, Act, Tag, Tags, address_of, pieces, straight

MAX_FRAMES = 30
MAX_PREFIXES = 10
"""Quotes and list items within each other that still move their lines to the right."""

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
}
"""Per end tag: the kind of frame that it ends, and the kinds that it can't reach through."""
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### "}


def walk(document: str, selectors: set[str]) -> tuple[list[str], int]:
    """Return the lines of a document without asides, not clean yet, and how many tracking pixels it holds.

    Args:
        document: HTML as ``without_asides`` leaves it.
        selectors: the ``.class`` and ``#id`` names that its style sheets hide.
    """
    walker = _Walker(selectors)
    walker.run(document)
    return walker.finish(), walker.trackers


class _Walker:
    """Turns tags into frames and lines. ``frame`` is the innermost of ``frames``."""

    def __init__(self, selectors: set[str]) -> None:
        self.frame = Frame("root")
        self.frames = [self.frame]
        self.links = Links()
        self.spare: Frame | None = None
        self.hidden = Hidden(selectors)
        self.overflow = dict.fromkeys(("quote", "item", "table", "cell"), 0)
        self.preformatted = 0
        self.trackers = 0
        self.alt = ""
        """What the picture said that stands just before, folded; "" where something else does."""
        self.lists: list[str] = []

    def run(self, document: str) -> None:
        """Read the whole document: it is cut at the speed of C, and what is written alike is read once."""
        hidden, links, known = self.hidden, self.links, _TAGS
        chosen, skipping, cut = bool(hidden.selectors), bool(hidden.name), pieces(document)
        if words := next(cut):
            self.read(words)
        for piece in cut:
            tag, blank, content = known[piece]
            if not skipping and not tag.special and not (chosen and tag.named):
                if tag.act is not None:
                    tag.act(self, tag)
            elif tag is UNSURE:
                self.run(straight("<" + "<".join([piece, *cut])))
                return
            else:
                if tag is not NO_TAG and not (skipping and hidden.holds(tag.name)) and not hidden.opens(tag):
                    if tag.act is not None:
                        tag.act(self, tag)
                    if tag.apart:
                        self.set_apart(tag.apart)
                if skipping := bool(hidden.name):
                    continue
            if blank:
                if self.preformatted:
                    self.preformatted_text(blank)
                elif parts := self.frame.parts:
                    parts.append(" ")
            elif self.alt or "&" in content or self.preformatted:
                if content:
                    self.read(content)
            elif content:
                self.frame.parts.append(content)
                if links.shown is not None:
                    links.shown.append(content)

    def read(self, content: str) -> None:
        """Read text as it is written between two tags."""
        if "&" in content:
            content = unescape(content.replace("&nbsp;", "\xa0"))  # by far the commonest
        if self.preformatted:
            self.preformatted_text(content)
        elif content.isspace():
            self.frame.apart()
        else:
            alt, self.alt = self.alt, ""
            if alt and alt == folded(content):
                self.repeat(content, alt)
            else:
                self.say(content)

    def repeat(self, content: str, alt: str) -> None:
        """Read words that the picture before them said: a line of it gives way, else they are not said again."""
        if self.frame.forget(alt):
            self.say(content)
        elif self.links.shown is not None:
            if self.frame.parts or self.frame.last_words() == alt:
                self.links.shown.append(content)
            else:  # its number needs words to stand behind
                self.say(content)

    def set_apart(self, style: str) -> None:
        """Begin a line, or at least a word, where an inline element is styled as a block."""
        if style == "block":
            self.frame.flush()
        else:
            self.frame.apart()

    def finish(self) -> list[str]:
        while len(self.frames) > 1:
            self.pop()
        root = self.frame
        root.flush()
        listed = self.links.listed()
        return [*root.lines, "", *listed] if listed else root.lines

    def say(self, content: str) -> None:
        """Add words that stand in an attribute, or that nobody wrote."""
        self.frame.parts.append(content)
        if self.links.shown is not None:
            self.links.shown.append(content)

    def preformatted_text(self, content: str) -> None:
        frame = self.frame
        first, *others = content.expandtabs(4).split("\n")
        if first:
            frame.parts.append(first)
        for row in others:
            frame.line("".join(frame.parts).rstrip())
            frame.parts = [row] if row else []
        frame.raw = bool(frame.parts)
        if self.links.shown is not None:
            self.links.shown.append(content)

    def paragraph(self, tag: Tag) -> None:
        self.frame.paragraph()

    def open_heading(self, tag: Tag) -> None:
        self.frame.paragraph()
        self.frame.parts.append(_HEADINGS[tag.name])

    def close_heading(self, tag: Tag) -> None:
        frame = self.frame
        if frame.parts == [_HEADINGS[tag.name[1:]]]:
            frame.parts.clear()
        frame.paragraph()

    def part(self, tag: Tag) -> None:
        frame = self.frame
        if frame.parts:
            frame.flush()

    def close_pre(self, tag: Tag) -> None:
        self.preformatted = max(0, self.preformatted - 1)
        self.frame.paragraph()

    def close_list(self, tag: Tag) -> None:
        self.close_frame(*_WALLS["li"])
        if self.lists:
            self.lists.pop()
        self.frame.paragraph()

    def close_element(self, tag: Tag) -> None:
        self.close_frame(*_WALLS[tag.name[1:]])

    def close_table(self, tag: Tag) -> None:
        if self.frame.kind == "table" and not self.overflow["table"]:
            self.pop()
        else:
            self.close_frame("table", "table")

    def close_cell(self, tag: Tag) -> None:
        frame = self.frame
        if self.overflow["table"]:
            frame.flush()
        elif frame.kind != "cell" or self.overflow["cell"]:
            self.close_frame("cell", "table")
        elif frame.lines or self.frames[-2].kind != "table":
            self.pop()
        else:  # most cells hold one line: give it over and keep the frame for the next cell
            self.frames.pop()
            self.frame = self.frames[-1]
            self.frame.rows[-1].append((frame.taken(),) if frame.parts else ())
            frame.gap = False
            self.spare = frame

    def close_row(self, tag: Tag) -> None:
        self.to_table()

    # frames

    def push(self, frame: Frame) -> None:
        self.frame.flush()
        deep = frame.kind in _PREFIXED and sum(open_.kind in _PREFIXED for open_ in self.frames) >= MAX_PREFIXES
        if deep or len(self.frames) >= MAX_FRAMES:
            self.overflow[frame.kind] += 1
        else:
            self.enter(frame)

    def enter(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.frame = frame

    def close_frame(self, kind: str, *walls: str) -> None:
        """End the nearest frame of a kind, and those inside it, unless a wall stands between."""
        if self.overflow[kind]:
            self.overflow[kind] -= 1
            self.frame.flush()
            return
        for frame in reversed(self.frames):
            if frame.kind == kind:
                while self.frame is not frame:
                    self.pop()
                self.pop()
                return
            if frame.kind in walls:
                return

    def pop(self) -> None:
        ended = self.frames.pop()
        self.frame = self.frames[-1]
        merge(ended, self.frame)

    def to_table(self) -> Frame | None:
        """End the open cell of the nearest table and return the table, or None outside of one."""
        if self.overflow["table"]:
            return None
        if self.frame.kind == "table":
            return self.frame
        for index in range(len(self.frames) - 1, 0, -1):
            if self.frames[index].kind == "table":
                while len(self.frames) > index + 1:
                    self.pop()
                return self.frames[index]
        return None

    # openers

    def line_break(self, tag: Tag) -> None:
        frame = self.frame
        if frame.parts:
            frame.flush()
        elif frame.lines and frame.lines[-1]:
            frame.lines.append("")

    def rule(self, tag: Tag) -> None:
        self.frame.flush()
        self.frame.line("-" * 20)

    def image(self, tag: Tag) -> None:
        found = tag.attributes
        if is_pixel(found):
            self.trackers += 1
            return
        alt = " ".join(found.get("alt", "").split())[:500]
        if alt and folded(alt) != self.frame.last_words():
            self.say(alt)
            self.alt = folded(alt)
        elif alt and self.links.repeats():
            self.links.shown = None
        elif self.links.shown is not None:
            self.links.shown.append("")

    def open_link(self, tag: Tag) -> None:
        self.links.open(address_of(tag.data), self.frame)

    def close_link(self, tag: Tag) -> None:
        self.links.close(self.frame)

    def open_list(self, tag: Tag) -> None:
        if not any(frame.kind == "item" for frame in self.frames[-2:]):
            self.frame.paragraph()
        start = tag.attributes.get("start", "") if tag.name == "ol" and tag.data else ""
        usable = start.isascii() and start.isdigit() and len(start) < 7
        self.lists.append("" if tag.name == "ul" else start if usable else "1")

    def open_item(self, tag: Tag) -> None:
        if self.frame.kind == "item" and self.frame.count == len(self.lists):
            self.close_frame("item")
        marker = "• "
        if self.lists and self.lists[-1]:
            marker = f"{self.lists[-1]}. "
            self.lists[-1] = str(int(self.lists[-1]) + 1)
        self.push(Frame("item", marker, count=len(self.lists)))

    def open_quote(self, tag: Tag) -> None:
        self.push(Frame("quote"))

    def open_table(self, tag: Tag) -> None:
        plain = "border=" not in tag.data or 'border="0"' in tag.data  # nearly all: for these it need not be read
        border = "" if plain else tag.attributes.get("border", "").strip()
        table = Frame("table")
        table.bordered = border.isdigit() and border != "0"
        self.push(table)

    def open_row(self, tag: Tag) -> None:
        table = self.to_table()
        if table is None:
            self.frame.flush()
        else:
            table.rows.append([])

    def open_cell(self, tag: Tag) -> None:
        table = self.frame
        if table.kind != "table" or self.overflow["table"]:
            nearest = self.to_table()
            if nearest is None:
                self.frame.flush()
                return
            table = nearest
        if not table.rows:
            table.rows.append([])
        if tag.name == "th" and len(table.rows) == 1:
            table.heading = True
        if table.parts:
            table.flush()
        if self.spare is not None and len(self.frames) < MAX_FRAMES:
            self.enter(self.spare)
            self.spare = None
        else:
            self.push(Frame("cell"))

    def open_pre(self, tag: Tag) -> None:
        self.frame.paragraph()
        self.preformatted += 1

    def open_form(self, tag: Tag) -> None:
        self.frame.flush()
        host = host_of(tag.attributes.get("action", "").strip())
        if host:
            self.say(f"[form for {text.line(host, 100)}: it can't be filled in here]")
            self.frame.flush()

    def input(self, tag: Tag) -> None:
        found = tag.attributes
        kind = found.get("type", "text").lower()
        if kind in ("submit", "button", "reset"):
            self.say(f"[{found.get('value', kind)[:100]}]")
        elif kind not in ("hidden", "image"):
            self.say("[____]")


_ACTS: dict[str, Act] = {
    **{slash + name: _Walker.part for name in _BLOCKS for slash in ("", "/")},
    **{slash + name: _Walker.paragraph for name in _PARAGRAPHS for slash in ("", "/")},
    **{name: _Walker.open_heading for name in _HEADINGS},
    **{"/" + name: _Walker.close_heading for name in _HEADINGS},
    "br": _Walker.line_break,
    "hr": _Walker.rule,
    "img": _Walker.image,
    "a": _Walker.open_link,
    "li": _Walker.open_item,
    "ul": _Walker.open_list,
    "ol": _Walker.open_list,
    "blockquote": _Walker.open_quote,
    "table": _Walker.open_table,
    "tr": _Walker.open_row,
    "td": _Walker.open_cell,
    "th": _Walker.open_cell,
    "pre": _Walker.open_pre,
    "form": _Walker.open_form,
    "input": _Walker.input,
    "/a": _Walker.close_link,
    "/ul": _Walker.close_list,
    "/ol": _Walker.close_list,
    "/li": _Walker.close_element,
    "/blockquote": _Walker.close_element,
    "/td": _Walker.close_cell,
    "/th": _Walker.close_cell,
    "/tr": _Walker.close_row,
    "/table": _Walker.close_table,
    "/pre": _Walker.close_pre,
}
"""What a tag does; any other only parts its neighbours' texts."""
_TAGS = Tags(_ACTS)
