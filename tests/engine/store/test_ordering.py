"""What a list is sorted by, and what the config may say of a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui.engine import config
from tui.engine.errors import ConfigError
from tui.engine.model import Order
from tui.engine.store.ordering import by_name, by_subject


def test_a_subject_is_sorted_without_the_signs_of_answers() -> None:
    subjects = ["Re: Offer", "AW: WG: offer", "fwd: [x] Offer", "  Re[2]:  OFFER", "Recent news", "«Offer»"]
    assert [by_subject(one) for one in subjects] == ["offer", "offer", "x] offer", "offer", "recent news", "offer»"]


def test_a_name_is_sorted_as_it_is_looked_up() -> None:
    """By the name that the list shows: accents don't count; a name that claims an address is a disguise."""
    assert by_name(json.dumps(["Émile Zola", "e@x.example"])) == "emile zola"
    assert by_name(json.dumps(["", "Bo@x.example"])) == "bo@x.example"
    assert by_name(json.dumps(["ceo@bank.example", "x@evil.example"])) == "x@evil.example"
    assert by_name(json.dumps({"to": [["Ann", "ann@x.example"]], "cc": []})) == "ann"
    assert by_name(json.dumps({"to": []})) == by_name(json.dumps({})) == ""


def test_the_config_says_how_a_list_looks(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[list]\norder = "sender"\ndensity = "roomy"\ncolumns = ["date", "subject", "size"]\n')
    found = config.load(path)
    assert (found.order, found.density, found.columns) == (Order.SENDER, "roomy", ("date", "subject", "size"))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ('order = "colour"', "colour"),
        ('density = "tiny"', "tiny"),
        ('columns = ["date"]', "subject"),
        ('columns = ["subject", "subject"]', "each once"),
        ('columns = ["subject", "colour"]', "colour"),
        ('columns = "subject"', "list"),
        ("columns = [1, ['subject']]", "list"),
    ],
)
def test_a_list_that_can_not_be_shown_is_named(tmp_path: Path, said: str, named: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[list]\n{said}\n")
    with pytest.raises(ConfigError, match=named):
        config.load(path)
