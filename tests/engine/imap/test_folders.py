"""Roles and names of folders, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.imap.captures import facts, frames
from tui.engine.imap import names
from tui.engine.imap.facts import Listing
from tui.engine.imap.folders import display_name, folders
from tui.engine.imap.wellknown import NAMES
from tui.engine.model import Role


def listed(*wires: str, flags: dict[str, str] | None = None, delimiter: str = "/", prefix: str = "") -> dict[str, Role]:
    given = flags or {}
    lines = [Listing("LIST", frozenset(given.get(wire, "").split()), delimiter, wire) for wire in wires]
    return {folder.wire: folder.role for folder in folders(lines, (), {}, prefix) if folder.role}


def test_R9_special_use_comes_before_any_name() -> None:
    """Cyrus writes the attribute in lower case; LIST already gives it so."""
    flags = {"Post": "\\sent", "Kram": "\\trash \\hasnochildren"}
    assert listed("Sent", "Post", "Kram", flags=flags) == {"Post": Role.SENT, "Kram": Role.TRASH}


def test_R10_localized_names_and_their_rank() -> None:
    assert listed("Gesendet", "Sent Items", "Sent") == {"Sent": Role.SENT}
    for wire, role in (
        ("Envoy&AOk-s", Role.SENT),
        ("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", Role.SENT),
        ("Entw&APw-rfe", Role.DRAFTS),
        ("INBOX.Papelera", Role.TRASH),
        ("[Gmail]/Spam", Role.JUNK),
        (names.encode("送信済みトレイ"), None),
    ):
        assert listed(wire, delimiter="." if "." in wire else "/").get(wire) == role


@pytest.mark.parametrize("role", list(NAMES))
def test_R10_every_well_known_name_is_found(role: Role) -> None:
    for name in NAMES[role]:
        wire = names.encode(name.title() if name.isascii() else name)
        assert listed(wire) == {wire: role}, name


def test_no_name_means_two_things() -> None:
    every = [name for known in NAMES.values() for name in known]
    assert sorted(every) == sorted(set(every))


def test_one_folder_a_role_and_only_at_the_top() -> None:
    flags = {"A": "\\sent", "B": "\\sent", "C": "\\trash \\noselect"}
    assert listed("A", "B", "C", "Customers/Sent", flags=flags) == {"A": Role.SENT}
    assert listed("Customers/Sent", "Trash/Sent") == {}


def test_a_prefix_is_looked_below() -> None:
    assert listed("INBOX", "INBOX.Sent", "INBOX.x.Trash", delimiter=".", prefix="INBOX.") == {
        "INBOX": Role.INBOX,
        "INBOX.Sent": Role.SENT,
    }


def test_inbox_is_one_folder_in_any_case() -> None:
    assert listed("inbox", "INBOX", "Inbox") == {"INBOX": Role.INBOX}
    assert listed("inbox", "Inbox") == {"inbox": Role.INBOX}


def test_hostile_names_are_shown_harmless_and_kept_exact(corpus: Path) -> None:
    said, _ = facts(frames((corpus / "hostile/imap/list-hostile-names.txt").read_bytes())[0])
    given = folders([fact for fact in said if isinstance(fact, Listing)], (), {}, "")
    shown = {folder.wire: folder.name for folder in given}
    assert shown["../../etc"] == "../../etc"
    assert shown["[@click=app.quit]x[/]"] == "[@click=app.quit]x[∕]" or "[@click" in shown["[@click=app.quit]x[/]"]
    assert all(name and name.isprintable() and len(name) <= 500 for name in shown.values())
    assert "" not in shown
    assert not any("\x00" in wire for wire in shown)
    assert shown['a\\b"c']


@pytest.mark.parametrize(
    ("wire", "delimiter", "name"),
    [
        ("INBOX.Sub.Gel&APY-scht", ".", "INBOX/Sub/Gelöscht"),
        ("inbox/x", "/", "INBOX/x"),
        ("a/b.c", ".", "a\u2215b/c"),
        ("plain", "", "plain"),
        ("\x1b[2J", "/", "[2J"),
        ("\x07", "/", "unnamed folder 07"),
        ("x\u00c3\u00a4", "/", "xä"),
    ],
)
def test_display_names(wire: str, delimiter: str, name: str) -> None:
    assert display_name(wire, delimiter) == name
