"""An attachment's name is hostile; its file is ours, new, and inside the chosen folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.errors import InvalidInput
from tui.engine.saving import save_attachment


@given(st.text())
def test_any_name_lands_inside_the_folder(name: str) -> None:
    """Whatever the sender wrote, the result is one new file in the chosen folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = save_attachment(name, b"x", folder)
        assert path.parent == Path(folder)
        assert [one.name for one in Path(folder).iterdir()] == [path.name]


def test_a_file_that_is_there_is_never_touched(tmp_path: Path) -> None:
    """The second one gets a number; a symbolic link is not followed."""
    assert save_attachment("a.txt", b"one", tmp_path).name == "a.txt"
    assert save_attachment("a.txt", b"two", tmp_path).name == "a (2).txt"
    (tmp_path / "b.txt").symlink_to(tmp_path / "elsewhere")
    assert save_attachment("b.txt", b"x", tmp_path).name == "b (2).txt"
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "a.txt").read_bytes() == b"one"


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    """One sentence that names the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="file"):
        save_attachment("a", b"", tmp_path / "file")
