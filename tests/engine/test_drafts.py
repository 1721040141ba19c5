"""Drafts are kept whole, by their owner alone, and never outside their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.drafts import Drafts
from tui.engine.errors import ConfigError, NotFound
from tui.engine.model import Draft
from tui.engine.paths import Paths


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(Paths.of(tmp_path))


def test_a_saved_draft_comes_back_as_it_was(drafts: Drafts) -> None:
    """What was written is what is read, every field of it."""
    draft = Draft(
        1, "Ann <ann@acme.io>", "c@x", "b@x", "Grüße", "a\n\nb", ("/tmp/a b",), 7, None, 3, 99, "me@our.example"
    )
    name = drafts.save(draft)
    assert drafts.load(name).draft == draft
    assert [one.id for one in drafts.list()] == [name]


def test_saving_again_replaces_and_leaves_nothing_else(drafts: Drafts, tmp_path: Path) -> None:
    """One draft is one file, whatever the number of saves."""
    name = drafts.save(Draft(1, subject="a"))
    assert drafts.save(Draft(1, subject="b"), name) == name
    assert [path.name for path in (tmp_path / "data" / "drafts").iterdir()] == [f"{name}.json"]
    assert drafts.load(name).draft.subject == "b"


def test_files_are_the_owners_alone(drafts: Drafts, tmp_path: Path) -> None:
    """0600 in 0700."""
    name = drafts.save(Draft(1))
    folder = tmp_path / "data" / "drafts"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f"{name}.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../x", "", "a" * 16 + "/..", "zz", "0123456789abcdeg"])
def test_a_name_never_leads_outside(drafts: Drafts, name: str) -> None:
    """Only names that we made are names."""
    with pytest.raises(NotFound):
        drafts.load(name)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"account_id": "x"}', '{"account_id": 1, "to": 5}', "[" * 100_000])
def test_a_damaged_file_is_named_and_left_alone(drafts: Drafts, tmp_path: Path, text: str) -> None:
    """One bad file hides no other draft."""
    good = drafts.save(Draft(1))
    bad = tmp_path / "data" / "drafts" / "0123456789abcdef.json"
    bad.write_text(text)
    assert [one.id for one in drafts.list()] == [good]
    assert len(drafts.broken()) == 1
    assert str(bad) in drafts.broken()[0]
    with pytest.raises(ConfigError):
        drafts.load("0123456789abcdef")
    assert bad.read_text() == text


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, subject: str, body: str) -> None:
    """No text makes a draft unreadable; a lone surrogate becomes a question mark."""
    drafts = Drafts(Paths.of(tmp_path_factory.mktemp("home")))
    name = drafts.save(Draft(1, subject=subject, body=body))
    expected = body.encode("utf-8", "replace").decode("utf-8")
    assert drafts.load(name).draft.body == expected


def test_deleting_twice_is_no_error(drafts: Drafts) -> None:
    """What is gone is gone."""
    name = drafts.save(Draft(1))
    drafts.delete(name)
    drafts.delete(name)
    assert drafts.list() == []
