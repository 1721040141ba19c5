"""The accounts page: every setting can be changed there, and the proof can be asked for."""

from __future__ import annotations

import pytest

from tests.screens.driving import press, until
from tests.screens.home import account, workspace
from tui.engine.errors import InvalidInput
from tui.engine.model import FolderProof, Security, Server
from tui.engine.paths import Paths
from tui.screens.accounts import AccountsScreen, proofs_text
from tui.screens.changing import FIELDS
from tui.screens.dialogs import Panel, Picker, Prompt

OF = {field.title: field for field in FIELDS}


async def test_R41_the_window_is_changed_on_the_accounts_page(paths: Paths) -> None:
    """``e``, the first line, an answer; the list shows it; what is wrong is one sentence and changes nothing."""
    async with workspace(paths, 160) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        await press(pilot, "g", "@", "e")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "1")
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, *["backspace"] * 3, *"6m", "enter")
        await until(pilot, lambda: reader.accounts()[0].since is not None)
        accounts = pilot.app.screen
        assert isinstance(accounts, AccountsScreen)
        await press(pilot, "e", "1", *["backspace"] * 30, *"soon", "enter")
        await until(pilot, lambda: any('"soon" is not a window' in one.message for one in pilot.app._notifications))
        assert reader.accounts()[0].since is not None
        await press(pilot, "e", "1", "escape", "e", "1", "enter")
        assert isinstance(pilot.app.screen, AccountsScreen)


async def test_a_server_that_can_not_be_reached_is_not_saved(paths: Paths) -> None:
    """It is tried first; the sentence says what was tried."""
    async with workspace(paths) as (pilot, screen):
        before = screen.dealdesk.host.reader.accounts()
        await press(pilot, "g", "@", "e", "4", *["backspace"] * 40, *"127.0.0.1:1", "enter")
        await until(pilot, lambda: any(one.severity == "error" for one in pilot.app._notifications))
        assert screen.dealdesk.host.reader.accounts() == before


async def test_R47_verify_answers_in_a_panel(paths: Paths) -> None:
    """A server that can't be asked is told; nothing hangs."""
    async with workspace(paths) as (pilot, _):
        await press(pilot, "g", "@", "v")
        assert isinstance(pilot.app.screen, Panel)
        await until(pilot, lambda: any(one.severity == "error" for one in pilot.app._notifications))


def test_R47_the_proof_names_what_is_missing_and_why() -> None:
    """One line a folder; reasons below; nothing missing, nothing more said."""
    good = FolderProof("a", "INBOX", 1204, 1200, 4, 0, True, ())
    bad = FolderProof("a", "Sent", 5, 3, 0, 1, False, (7,), ((9, "The server refused to fetch it"),))
    odd = FolderProof("a", "Odd", 0, 0, 0, 0, False, (), error="Permission denied")
    assert proofs_text([good]).plain == "✓ INBOX  1,204 on the server · 1,200 here · 4 outside the window"
    text = proofs_text([good, bad, odd]).plain
    for words in (
        "! Sent  5 on the server · 3 here · 1 failed · 1 missing",
        "refused to fetch it",
        "Permission denied",
    ):
        assert words in text
    assert "next sync" in text
    assert "No folder" in proofs_text([]).plain


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.title)
def test_what_is_shown_can_be_written_back(field: object) -> None:
    """Every setting is shown as it is typed; the window is shown as a day and typed as a span."""
    one = account("me@our.example")._replace(aliases=("a@b.example", "c@d.example"), since=None)
    assert field in FIELDS
    chosen = OF[field.title]  # type: ignore[attr-defined]
    assert chosen.changed(one, chosen.written(one)) == one


@pytest.mark.parametrize(
    ("title", "text"), [("How far back", ""), ("How far back", "soon"), ("IMAP server", ""), ("SMTP server", "a b c")]
)
def test_what_can_not_be_is_one_sentence(title: str, text: str) -> None:
    """It names what was typed or what can be."""
    with pytest.raises(InvalidInput, match=r"\."):
        OF[title].changed(account("me@our.example"), text)


def test_an_empty_smtp_server_means_none() -> None:
    """An account that only receives."""
    one = account("me@our.example")
    assert OF["SMTP server"].changed(one, " ").smtp is None
    changed = OF["SMTP server"].changed(one, "mail.example:587")
    assert changed.smtp == Server("mail.example", 587, Security.STARTTLS)
