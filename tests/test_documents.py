"""What the documents tell a stranger is true: the commands, the keys, the files and the packaged data exist."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_make_command_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", README + CONTRIBUTING, re.M)) != set()
    named = {one or two for one, two in re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", README + CONTRIBUTING, re.M)}
    assert named <= targets


def test_every_key_of_the_readme_is_a_key_of_the_program() -> None:
    section = README.partition("## The main keys")[2].partition("## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.M)
    shown = {key for cell in first_cells for key in re.findall(r"`([^`]+)`", cell)}
    keymap = tomllib.loads((ROOT / "tui" / "keymaps" / "default.toml").read_text())["keys"]
    bound = {key.strip().replace("comma", ",") for keys in keymap.values() for key in keys.split(", ")}
    assert len(shown) > 20
    assert shown <= bound


def test_every_file_that_the_documents_name_exists() -> None:
    paths = set(re.findall(r"`((?:tui|tests|bench|\.ci)/[\w./]*)`", README + CONTRIBUTING))
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", README + CONTRIBUTING) if "://" not in link}
    assert {path for path in paths | links if not (ROOT / path).exists()} == set()


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_data_file_is_packaged() -> None:
    """An installed program has what the checkout has: style sheets, key maps, schemas."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["tui"]
    data = [path.relative_to(ROOT / "tui").as_posix() for path in (ROOT / "tui").rglob("*") if path.is_file()]
    data = [name for name in data if not name.endswith((".py", ".pyc"))]
    assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []
