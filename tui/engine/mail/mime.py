"""A raw message as what a person reads: safe text, attachments, headers. Never raises, never hangs.

Structure, transfer encodings, charsets and HTML are read leniently; what had to be repaired is said in ``warnings``.
A message that can't be read at all comes back as ``raw``: its bytes as text (RULES.md, R43). Calls of large messages
belong in a thread: they hold the interpreter for tens of milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tui.engine import errors, text
from tui.engine.mail import charset, html
from tui.engine.mail.fields import Values, clean_fields, content_fields, parse_fields, split_at, values_of
from tui.engine.mail.filenames import safe_name
from tui.engine.mail.flowed import unflow
from tui.engine.mail.headers import HeaderFacts, facts_of, shown_fields
from tui.engine.mail.hidden import pixel_count
from tui.engine.mail.markup import first_tags, remote_count
from tui.engine.mail.parts import Part, parse_tree
from tui.engine.mail.skeleton import skeleton
from tui.engine.mail.words import decode_words

MAX_TEXT = 3_000_000
"""Characters of text that a message shows; the rest is only in its raw source."""
MAX_TAGS = 150_000
"""Tags of an HTML text that are looked at: an element costs many times its octets in memory."""
WHOLE = 8 << 20
"""Octets of a message that may be read at once."""
TEXT_TYPES = ("text/plain", "text/html", "text/enriched", "text/markdown")
MAX_SHOWN_HEADERS = 500
MAX_INNER = 3

_META_CHARSET = re.compile(rb"""<meta[^>]{0,300}charset\s*=\s*["']?([A-Za-z0-9_:.-]{1,40})""", re.I)
_SUBJECT = re.compile(rb"[Ss][A-Za-z]{6}[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]{1,12})\b", re.I)
SHORT = 300
_NO_PLAIN = 4
"""A plain part under SHORT characters is a mere placeholder when the HTML is this many times longer."""


class PartInfo(NamedTuple):
    """One attachment: its number (from 1, in message order), a safe name, media type, decoded bytes.

    ``inline``: meant to be shown within the text (an image of the HTML), not a document of its own.
    """

    part: int
    name: str
    type: str
    size: int
    inline: bool


class ParsedMail(NamedTuple):
    """A message to read. ``text`` and header values are safe to show; ``document`` is its HTML, decoded.

    ``state``: ``full``, or ``raw`` when it could not be parsed. ``auth``: what the receiving server found, as
    "spf=pass dkim=fail", "" when it says nothing. ``has_text``: somebody wrote words in it. ``shown``: which of two
    alternatives ``text`` was made from, ``plain`` or ``html``. ``remote`` and ``trackers`` count what the HTML wanted
    to load and nothing loaded.
    """

    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    document: str | None = None
    attachments: tuple[PartInfo, ...] = ()
    state: str = "full"
    warnings: tuple[str, ...] = ()
    auth: str = ""
    has_text: bool = False
    facts: HeaderFacts = HeaderFacts()
    shown: str = "plain"
    remote: int = 0
    trackers: int = 0

    @property
    def html(self) -> str | None:
        """The HTML without controls, for export; ``document`` is as it came."""
        return text.clean(self.document) if self.document is not None else None


class Gist(NamedTuple):
    """What is kept of a message for search and lists; the three are the same as in its ``ParsedMail``."""

    text: str
    attachments: tuple[PartInfo, ...]
    state: str


def parse(raw: bytes) -> ParsedMail:
    """Return what a message says, whatever its bytes are."""
    try:
        return _parse(raw)
    except Exception as fault:  # R43: one message that can't be read must not stop a sync; it is shown as it came
        return _as_raw(raw, f"This message could not be parsed ({type(fault).__name__}); it is shown as it came.")


def gist(raw: bytes) -> Gist:
    """Return a message's text and attachments as ``parse`` finds them, for a quarter of its time: every mail that is
    synced goes through here."""
    try:
        header, source, start, clean = split_at(raw)
        fields = content_fields(header) if clean else parse_fields(header)
        if clean or fields or not raw.strip():
            read = _Reading(counting=False)
            shown, attachments = read.whole(_Choice(parse_tree(values_of(fields), source, start)[0]))
            return Gist(shown[:MAX_TEXT], attachments, "full")
        return Gist(_as_raw(raw, "").text, (), "raw")
    except Exception:  # R43, as in ``parse``; the state tells of it
        return Gist(_as_raw(raw, "").text, (), "raw")


def gist_of_file(path: Path) -> Gist:
    """Return the same of a big message in a file, without holding it: what lies deep in attachments is only counted.

    Where a text reaches into what would be left out, the whole message is read after all, unless it is bigger than
    ``WHOLE``: the text lacks its middle then. So do the sizes of the attachments where it needs repairs too.
    """
    bones, whole_fits = skeleton(path), path.stat().st_size <= WHOLE
    if not bones.gaps:
        return gist(bones.data)
    header, source, start, clean = split_at(bones.data)
    if not clean:
        return gist(path.read_bytes() if whole_fits else bones.data)
    root, _ = parse_tree(values_of(content_fields(header)), source, start)
    parts = list(root.walk())
    if any(
        part.source is not source
        or (not part.children and part.type in TEXT_TYPES and any(bones.within(part.start, part.end)))
        for part in parts
    ):
        if whole_fits:
            return gist(path.read_bytes())
        if any(part.source is not source for part in parts):
            return gist(bones.data)
    choice = _Choice(root)
    shown, attachments = _Reading(counting=False).whole(choice)
    whole = []
    for part, info in zip(choice.attachments, attachments, strict=True):
        octets, decoded = bones.within(part.start, part.end)
        whole.append(info._replace(size=info.size + (decoded if part.encoding == "base64" else octets)))
    return Gist(shown[:MAX_TEXT], tuple(whole), "full")


def files(raw: bytes, part: int = 0) -> Iterator[tuple[PartInfo, bytes]]:
    """Yield description and decoded bytes of every attachment in order, or of the one that has the number ``part``."""
    header, source, start, _ = split_at(raw)
    root, _ = parse_tree(values_of(parse_fields(header)), source, start)
    for number, node in enumerate(attached(root), 1):
        if part in (0, number):
            inner = node.type == "message/rfc822"
            yield _info(node, number), node.source[node.start : node.end] if inner else node.body()


def attachment_bytes(raw: bytes, part: int) -> tuple[PartInfo, bytes]:
    """Return one of them by its number.

    Raises:
        NotFound: the message has no attachment of that number.
    """
    for found in files(raw, part):
        return found
    raise errors.NotFound("attachment", part)


def attached(root: Part) -> list[Part]:
    """Return the parts that are attachments, in the order of their numbers."""
    return _Choice(root).attachments


def _parse(raw: bytes) -> ParsedMail:
    header, source, start, clean = split_at(raw)
    fields = clean_fields(header) if clean else parse_fields(header)
    if not fields and raw.strip():
        return _as_raw(raw, "This has no header; it is shown as it came.")
    values = values_of(fields)
    root, warnings = parse_tree(values, source, start)
    if not clean:
        warnings.insert(0, "The header of this message is not well formed; it was read as far as it goes.")
    chosen = _Choice(root)
    reading = _Reading()
    shown, attachments = reading.whole(chosen)
    if reading.cut or len(shown) > MAX_TEXT:
        shown = shown[:MAX_TEXT]
        warnings.append("The text is very long; its end is only in the raw source.")
    if any(node.truncated for node in chosen.attachments):
        warnings.append("The last attachment is not complete.")
    return ParsedMail(
        headers=shown_fields(fields[:MAX_SHOWN_HEADERS]),
        text=shown,
        document=reading.html,
        attachments=attachments,
        warnings=tuple(warnings),
        auth=_auth(values),
        has_text=any(char.isalnum() for char in shown),
        facts=facts_of(values),
        shown=reading.shown,
        remote=reading.remote,
        trackers=reading.trackers,
    )


def _as_raw(raw: bytes, warning: str) -> ParsedMail:
    shown = text.clean(charset.decode(raw[:MAX_TEXT]))
    return ParsedMail(text=shown, state="raw", warnings=(warning,), has_text=bool(shown.strip()))


def _info(node: Part, number: int) -> PartInfo:
    declared = node.disposition_params.get("filename") or node.params.get("name") or ""
    if not declared and node.type == "message/rfc822" and node.children:
        declared = _inner_subject(node)
    name = safe_name(declared, node.type, number)
    inline = node.disposition != "attachment" and bool(node.content_id) and not node.type.startswith("message/")
    return PartInfo(number, name, node.type, node.size(), inline)


def _inner_subject(node: Part) -> str:
    source, limit = node.source, node.start + 20_000
    header = b"\n" + source[node.start : min(node.children[0].start, limit)]
    if match := _SUBJECT.match(header, header.lower().find(b"\nsubject") + 1):
        value = match[1].translate(None, b"\r\n").strip()
    else:  # none, or a header that needs repairs
        fields = parse_fields(source[node.start : min(node.end, limit)])
        value = next((value for name, value in fields if name.lower() == "subject"), b"")
    subject = text.line(decode_words(value), 80)
    return subject.replace("/", "_").replace("\\", "_") + ".eml" if subject else ""


@dataclass(slots=True)
class _Alternative:
    """Text parts of which one is shown."""

    plain: list[Part]
    html: list[Part]


class _Choice:
    """Divides the leaves of a message into what is read and what is attached."""

    def __init__(self, root: Part) -> None:
        self.texts: list[_Alternative | Part] = []
        self.attachments: list[Part] = []
        self.visit(root, top=True)
        if not self.texts:
            self.read_named(root)

    def read_named(self, root: Part) -> None:
        """Where nothing else is to read, read the first text that carries a name, as old mailers name their bodies."""
        for index, part in enumerate(self.attachments):
            if part.type in TEXT_TYPES and (part.disposition != "attachment" or part is root):
                self.texts.append(_alternative(self.attachments.pop(index)))
                return

    def visit(self, part: Part, top: bool = False) -> None:
        if part.type == "multipart/alternative":
            self.alternative(part)
        elif part.type.startswith("multipart/") and part.children:
            for child in part.children:
                self.visit(child)
        elif part.type in ("message/rfc822", "message/global"):
            if top and part.children:
                self.visit(part.children[0], top=True)
            else:
                self.attachments.append(part)
                if part.disposition != "attachment" and part.children:
                    self.texts.append(part)
        elif is_text(part):
            self.texts.append(_alternative(part))
        elif part.end > part.start or part.disposition or part.params.get("name"):
            self.attachments.append(part)

    def alternative(self, part: Part) -> None:
        found = _Alternative([], [])
        others: list[Part] = []
        for child in part.children:
            leaves = [child] if not child.type.startswith("multipart/") else list(child.walk())[1:]
            for leaf in leaves:
                if leaf.type.startswith("multipart/"):
                    continue
                if is_text(leaf):
                    (found.html if leaf.type == "text/html" else found.plain).append(leaf)
                elif leaf.type != "text/x-amp-html":
                    others.append(leaf)
        if found.plain or found.html:
            self.texts.append(found)
        self.attachments.extend(others)


def is_text(part: Part) -> bool:
    """Tell whether a part is text to read here: plain or HTML, not marked or named as a file."""
    if part.type not in TEXT_TYPES or part.disposition == "attachment":
        return False
    return not (part.disposition_params.get("filename") or part.params.get("name"))


def _alternative(part: Part) -> _Alternative:
    return _Alternative([], [part]) if part.type == "text/html" else _Alternative([part], [])


class _Reading:
    """Makes the one text of the parts that were chosen.

    Args:
        counting: also keep the HTML and count what it would load.
    """

    def __init__(self, counting: bool = True) -> None:
        self.counting = counting
        self.pieces: list[str] = []
        self.html: str | None = None
        self.shown = "plain"
        self.remote = 0
        self.trackers = 0
        self.length = 0
        self.cut = False  # some text is too long to be read to its end

    def whole(self, choice: _Choice) -> tuple[str, tuple[PartInfo, ...]]:
        """Return the text and the attachments of a message."""
        self.read(choice)
        shown = "\n\n".join([piece for piece in self.pieces if piece]).strip("\n")
        return shown, tuple([_info(node, number) for number, node in enumerate(choice.attachments, 1)])

    def read(self, choice: _Choice, inner: int = 0) -> None:
        for item in choice.texts:
            if self.length > MAX_TEXT:
                return
            if isinstance(item, Part):
                if inner < MAX_INNER:
                    self.add("\n".join(_inner_heading(item)))
                    self.read(_Choice(item.children[0]), inner + 1)
            else:
                self.add(self.alternative(item))

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)

    def alternative(self, item: _Alternative) -> str:
        plain = "\n".join([self.plain(part) for part in item.plain])
        words = plain.strip()
        if not item.html or (len(words) >= SHORT and not self.counting):
            return plain
        document = "\n".join([self.document(part) for part in item.html])
        self.html = document if self.html is None else self.html + "\n" + document
        if len(words) >= SHORT:
            self.remote += remote_count(document)
            self.trackers += pixel_count(document)
            return plain
        rendered = html.render(document)
        self.remote += rendered.remote
        self.trackers += rendered.trackers
        if words and len(rendered.text) <= _NO_PLAIN * len(words) + 200:
            return plain
        self.shown = "html"
        return rendered.text

    def plain(self, part: Part) -> str:
        """Return the text of a part that is no HTML, as far as it is read."""
        whole = part.body()
        self.cut = self.cut or len(whole) > MAX_TEXT
        decoded = text.clean(charset.decode(whole[:MAX_TEXT], part.params.get("charset", "")))
        if part.params.get("format", "").lower() == "flowed":
            return unflow(decoded, part.params.get("delsp", "").lower() == "yes")
        return decoded

    def document(self, part: Part) -> str:
        """Return the HTML of a part as text, as far as it is read."""
        whole = part.body()
        data = first_tags(whole[:MAX_TEXT], MAX_TAGS)
        self.cut = self.cut or len(data) < len(whole)
        label = part.params.get("charset", "")
        if not charset.codec(label) and (meta := _META_CHARSET.search(data, 0, 4096)):
            label = meta[1].decode("ascii")
        return charset.decode(data, label)


def _inner_heading(part: Part) -> Iterator[str]:
    yield "----- Forwarded message -----"
    source, start = part.source, part.start
    header, _, _, clean = split_at(source[start : min(part.children[0].start, start + 100_000)])
    if not clean:
        header, *_ = split_at(source[start : min(part.end, start + 100_000)])
    for name, value in clean_fields(header) if clean else parse_fields(header):
        if name.lower() in ("from", "to", "date", "subject"):
            yield f"{name.capitalize()}: {text.line(decode_words(value), 300)}"


def _auth(values: Values) -> str:
    """Return the verdicts of the topmost Authentication-Results (RFC 8601): the receiving server's own."""
    if "authentication-results" not in values:
        return ""
    said = decode_words(values["authentication-results"][0][:8000])
    return " ".join(dict.fromkeys(f"{kind}={verdict}".lower() for kind, verdict in _RESULT.findall(said)))
