"""Who a message is from, with which signature, and when it is to leave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tui.engine import config
from tui.engine.errors import ConfigError, InvalidInput
from tui.engine.identities import identities, identity_of, written_as
from tui.engine.later import to_come
from tui.engine.model import Account, Draft, Security, Server

SERVER = Server("mail.example", 993, Security.TLS)
ACCOUNT = Account(1, "me@our.example", "Mia Berg", "me", SERVER, SERVER, aliases=("sales@our.example",))
OTHER = Account(2, "info@our.example", "Info", "info", SERVER, SERVER)

SETTINGS = """
[identities."Sales@Our.Example"]
name = "Berg, Mia"
signature = '''
-- 
Mia Berg
Sales
'''
"""


@pytest.fixture
def settings(tmp_path: Path) -> config.Config:
    (tmp_path / "config.toml").write_text(SETTINGS)
    return config.load(tmp_path / "config.toml")


def test_each_address_is_an_identity_with_its_own_name_and_signature(settings: config.Config) -> None:
    """The account's name serves where the config gives none; a name with a comma is quoted."""
    found = identities([ACCOUNT, OTHER], settings)
    assert [one.sender for one in found] == [
        "Mia Berg <me@our.example>",
        '"Berg, Mia" <sales@our.example>',
        "Info <info@our.example>",
    ]
    assert found[1].block == "\n\n-- \nMia Berg\nSales"
    assert found[0].block == ""


def test_a_draft_is_from_its_sender_else_from_its_account(settings: config.Config) -> None:
    found = identities([ACCOUNT, OTHER], settings)
    assert identity_of(Draft(1, sender="SALES@our.example"), found) == found[1]
    assert identity_of(Draft(1), found) == found[0]
    assert identity_of(Draft(2), found) == found[2]
    assert identity_of(Draft(9), []) is None


def test_another_identity_brings_its_signature_unless_the_old_one_was_edited(settings: config.Config) -> None:
    me, sales, info = identities([ACCOUNT, OTHER], settings)
    signed = written_as(Draft(1, body="Hello"), sales, me)
    assert (signed.body, signed.sender) == ("Hello\n\n-- \nMia Berg\nSales", sales.sender)
    back = written_as(signed, info, sales)
    assert (back.body, back.account_id) == ("Hello", 2)
    edited = written_as(Draft(1, body="Hello\n\n-- \nMia"), info, sales)
    assert edited.body == "Hello\n\n-- \nMia"


def test_an_identity_that_is_no_table_of_texts_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[identities."a@b.example"]\nsignature = 3\n')
    with pytest.raises(ConfigError, match=r"a@b\.example"):
        config.load(tmp_path / "config.toml")


def test_seconds_to_undo_have_bounds(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[writing]\nundo_seconds = 601\n")
    with pytest.raises(ConfigError, match="undo_seconds"):
        config.load(tmp_path / "config.toml")


def test_a_time_to_send_at_lies_ahead() -> None:
    assert to_come("tomorrow 08:00") > time.time()
    with pytest.raises(InvalidInput, match="is over"):
        to_come("2020-01-01 08:00")
