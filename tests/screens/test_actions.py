"""The action table and its key maps: nothing dead, nothing doubled, everything said once."""

from __future__ import annotations

import re

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from tui import keymaps
from tui.actions import ACTIONS, BY_ID
from tui.engine.errors import ConfigError

KEYS_MD = {
    "j": "cursor.down", "k": "cursor.up", "g g": "cursor.first", "G": "cursor.last", "C-d": "cursor.half_down",
    "C-u": "cursor.half_up", "PgDn": "cursor.page_down", "PgUp": "cursor.page_up", "J": "folder.next",
    "K": "folder.previous", "Tab": "pane.next", "S-Tab": "pane.previous", "1": "pane.folders", "2": "pane.messages",
    "3": "pane.reader", "4": "pane.deal", "Enter": "message.open", "o": "message.open", "q": "view.back",
    "Esc": "view.back", "Space": "reader.scroll", "S-Space": "reader.scroll_back", "n": "hit.next",
    "N": "hit.previous", "]": "unread.next", "[": "unread.previous", "r": "mail.reply", "a": "mail.reply_all",
    "f": "mail.forward", "m": "mail.compose", "e": "message.archive", "d": "message.delete", "Del": "message.delete",
    "D": "message.destroy", "u": "action.undo", "C-r": "action.redo", "s": "message.move", "S": "message.copy",
    "F": "message.flag", "U": "message.seen", "x": "mark.step", "v": "mark.range", "V": "mark.thread",
    "X": "mark.all", "l": "link.add", "L": "link.remove", "w": "link.why", "p": "message.private",
    "t": "activity.add", "i": "note.add", ">": "deal.advance", "<": "deal.retreat", "g i": "go.inbox",
    "g s": "go.sent", "g d": "go.drafts", "g a": "go.archive", "g t": "go.trash", "g u": "go.unified",
    "g n": "go.triage", "g o": "go.outbox", "g f": "go.folder", "g c": "go.contacts", "g p": "go.pipeline",
    "g l": "go.deal", "/": "search.all", "\\": "list.filter", "z a": "thread.fold", "z o": "thread.open",
    "z c": "thread.close", "z M": "thread.close_all", "z R": "thread.open_all", "T": "thread.toggle",
    "y y": "copy.link", "y e": "copy.address", "y m": "copy.message_id", "O": "url.follow", "h": "reader.headers",
    "|": "message.pipe", "$": "sync.now", "F5": "sync.now", ".": "action.repeat", ":": "palette.open",
    "C-p": "palette.open", "?": "help.open",
}  # fmt: skip


@pytest.mark.parametrize("name", keymaps.PROFILES)
def test_no_profile_has_a_dead_or_doubled_key(name: str) -> None:
    """KEYS.md: profiles ship as data; no profile has a dead or doubled key."""
    assert keymaps.load(name).problems() == []


@pytest.mark.parametrize("name", keymaps.PROFILES)
def test_profiles_name_only_actions_and_reach_all(name: str) -> None:
    """A profile's file names actions of the table, and every action that has a key keeps one."""
    assert set(keymaps.profile(name)) <= set(BY_ID)
    keymap = keymaps.load(name)
    assert all(keymap.keys(action.id) for action in ACTIONS)


@pytest.mark.parametrize(("keys", "action"), KEYS_MD.items())
def test_the_default_profile_is_KEYS_md(keys: str, action: str) -> None:
    """Every key of KEYS.md means in the list what the document says."""
    found = keymaps.load().find("messages", tuple(keys.split()))
    assert found is not None
    assert found.id == action


def test_default_toml_is_the_table() -> None:
    """The file that people copy from says what the table says."""
    assert keymaps.profile("default") == {action.id: action.keys for action in ACTIONS}


def test_ids_are_noun_verb_and_unique() -> None:
    """An action is found by one name alone."""
    assert len(BY_ID) == len(ACTIONS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", action.id) for action in ACTIONS)
    assert all(action.title and action.help.endswith(".") and action.where for action in ACTIONS)


@pytest.mark.parametrize(
    ("key", "character", "expected"),
    [
        ("j", "j", "j"),
        ("J", "J", "J"),
        ("question_mark", "?", "?"),
        ("comma", ",", "comma"),
        ("ctrl+d", "\x04", "C-d"),
        ("ctrl+enter", None, "C-Enter"),
        ("shift+tab", None, "S-Tab"),
        ("space", " ", "Space"),
        ("shift+space", " ", "S-Space"),
        ("escape", "\x1b", "Esc"),
        ("pagedown", None, "PgDn"),
        ("f9", None, "F9"),
        ("alt+v", "v", "M-v"),
        ("enter", "\r", "Enter"),
        ("delete", "\x7f", "Del"),
        ("ñ", "ñ", "ñ"),
    ],
)
def test_a_key_press_is_written_as_in_KEYS_md(key: str, character: str | None, expected: str) -> None:
    """What Textual calls a key and what a person calls it."""
    assert keymaps.token(key, character) == expected


def test_a_persons_keys_win() -> None:
    """The config's [keys] are over the profile's."""
    keymap = keymaps.load("default", {"message.archive": "M-z, y a"})
    assert keymap.keys("message.archive") == ["M-z", "y a"]
    assert keymap.find("messages", ("e",)) is None
    assert {action.id for _, action in keymap.following("messages", ("y",))} >= {"copy.link", "message.archive"}


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ({"message.archve": "e"}, "message.archve"),
        ({"message.archive": "Ctrl-E"}, "Ctrl-E"),
        ({"message.archive": "e,,d"}, "e,,d"),
        ({"message.archive": "d"}, "message.delete"),
        ({"message.archive": "g"}, "message.archive"),
    ],
)
def test_keys_that_can_not_work_are_named(own: dict[str, str], names: str) -> None:
    """A mistake in the config is one sentence that names it."""
    with pytest.raises(ConfigError, match=re.escape(names)):
        keymaps.load("default", own)


def test_an_unknown_profile_is_named() -> None:
    """The sentence lists those there are."""
    with pytest.raises(ConfigError, match=r"emacs.*default, mutt, gmail, aerc"):
        keymaps.load("emacs")


_SENT = {
    "Enter": "\r", "Tab": "\t", "S-Tab": "\x1b[Z", "Esc": "\x1b", "Space": " ", "Backspace": "\x7f", "Del": "\x1b[3~",
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F",
    "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "F1": "\x1bOP", "F5": "\x1b[15~", "F9": "\x1b[20~", "comma": ",",
    "C-Enter": "", "S-Space": "",
}  # fmt: skip
"""What a terminal like xterm sends for a key; "" where only newer ones tell it from another."""


def _sent(key: str) -> str:
    if key in _SENT:
        return _SENT[key]
    if key.startswith("C-"):
        return chr(ord(key[2]) & 31)
    return f"\x1b{key[2]}" if key.startswith("M-") else key


@pytest.mark.parametrize("name", keymaps.PROFILES)
def test_every_key_reaches_the_app_from_a_plain_terminal(name: str) -> None:
    """M-b and M-f don't: Textual takes them for the moves by a word of some terminals. Every action can be reached."""
    keymap = keymaps.load(name)
    for action in ACTIONS:
        ways = keymap._sequences[action.id]
        assert any(all(map(_sent, way)) for way in ways), action.id
        for key in {key for way in ways for key in way if _sent(key)}:
            parser = XTermParser()
            read = [one for text in (_sent(key), "") for one in parser.feed(text) if isinstance(one, events.Key)]
            assert [keymaps.token(one.key, one.character) for one in read] == [key], (action.id, key)
