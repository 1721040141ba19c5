"""Settings of the link rules and the never-link list, with their previews, by keys."""

from __future__ import annotations

import json

import pytest

from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import assert_golden, screen_text
from tui.engine import config
from tui.engine.errors import InvalidInput
from tui.engine.model import View
from tui.engine.paths import Paths
from tui.screens.declaring import FieldLine
from tui.screens.settings import Pattern, SettingsScreen, Value


async def test_a_pattern_says_what_it_would_have_kept_and_changes_no_past_mail(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        reader = screen.dealdesk.host.reader
        every = reader.rows(reader.ids(View("all")))
        await rest(pilot, "g", "comma")
        page = pilot.app.screen
        assert isinstance(page, SettingsScreen)
        assert_golden(pilot.app, "settings-120x40")
        kept = reader.never_link_preview("acme.example").unlinked
        matched = reader.mailbox.execute("SELECT message_id, matched FROM decisions WHERE result = 'linked'").fetchall()
        alone = {
            one["message_id"]
            for one in matched
            if {a.rpartition("@")[2] for a, _, _ in json.loads(one["matched"])} == {"acme.example"}
        }
        assert alone
        assert alone <= set(kept)
        await rest(pilot, "n", *"acme.example", "enter")
        assert f"left unlinked {len(kept)}" in screen_text(pilot.app)
        await rest(pilot, "y")
        assert reader.never_link() == ["acme.example"]
        assert reader.rows(reader.ids(View("all"))) == every
        page.lines.go_to(Pattern("acme.example"))
        await rest(pilot, "D")
        assert reader.never_link() == []
        await rest(pilot, "u")
        assert reader.never_link() == ["acme.example"]
        assert "acme.example" in screen_text(pilot.app)
        await rest(pilot, "u")
        assert reader.never_link() == []


async def test_R17_a_setting_is_chosen_after_its_preview_and_kept_in_the_config_file(paths: Paths) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        linked = screen.dealdesk.host.reader.setting_preview("contact_link", "always").linked
        await rest(pilot, "g", "comma")
        page = pilot.app.screen
        assert isinstance(page, SettingsScreen)
        page.lines.go_to(Value("contact_link", "always"))
        await rest(pilot, "enter")
        assert (f"linked {len(linked)}" if linked else "changed nothing") in screen_text(pilot.app)
        await rest(pilot, "y")
        assert screen.dealdesk.host.engine.config.contact_link == "always"
        assert screen.dealdesk.config.contact_link == "always"
        assert config.load(paths.settings).contact_link == "always"
        assert config.load(paths.settings).multi_deal == "ask"
        await rest(pilot, "u")
        assert screen.dealdesk.config.contact_link == "with_open_deal"
        assert config.load(paths.settings).contact_link == "with_open_deal"


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[interface]\nprofile = "mutt"\n',
        '[linking]\nmulti_deal = "all" # so\n\n[keys]\n"mail.reply" = "r"\n',
        '# mine\n[linking]  # rules\ncontact_link = "always"\n',
    ],
)
def test_the_config_file_keeps_everything_else(text: str, paths: Paths) -> None:
    paths.settings.parent.mkdir(parents=True, exist_ok=True)
    paths.settings.write_text(text)
    before = config.load(paths.settings)
    changed = config.choose(paths.settings, "multi_deal", "newest")
    assert changed.multi_deal == "newest"
    assert (changed.contact_link, changed.profile, changed.keys) == (before.contact_link, before.profile, before.keys)
    assert all(one in paths.settings.read_text() for one in text.splitlines() if "multi_deal" not in one)
    with pytest.raises(InvalidInput, match="choose one of ask"):
        config.choose(paths.settings, "multi_deal", "some")


async def test_a_field_of_ones_own_is_declared_changed_and_removed_by_keys(paths: Paths) -> None:
    """Name, kind and choices are asked for; what would go with it is said; undo takes each step back."""
    async with workspace(paths, 120, 40) as (pilot, screen):
        engine, crm = screen.dealdesk.host.engine, screen.dealdesk.host.reader.crm
        await rest(pilot, "g", "comma")
        page = pilot.app.screen
        assert isinstance(page, SettingsScreen)
        had = [one.name for one in crm.fields("deal")]
        for keys in (("A",), ("1",), (*"Terms", "enter"), ("5",), (*"Net,Cash", "enter")):
            await rest(pilot, *keys)
        assert next(one for one in crm.fields("deal") if one.name == "Terms").choices == ("Net", "Cash")
        await screen.dealdesk.ask(lambda _: engine.deals.edit("Acme licences", fields={"Terms": "Cash"}))
        page.lines.go_to(FieldLine("deal", "Terms"))
        for keys in (("e",), ("2", "enter"), (*",later", "enter")):
            await rest(pilot, *keys)
        assert next(one for one in crm.fields("deal") if one.name == "Terms2").choices == ("Net", "Cash", "later")
        await rest(pilot, "u")
        assert [one.name for one in crm.fields("deal")] == [*had, "Terms"]
        page.lines.go_to(FieldLine("deal", "Terms"))
        await rest(pilot, "D")
        assert "1 value of deals would go with it" in screen_text(pilot.app)
        await rest(pilot, "y")
        assert [one.name for one in crm.fields("deal")] == had
        await rest(pilot, "u")
        assert dict(crm.deal("Acme licences").fields)["Terms"] == "Cash"
