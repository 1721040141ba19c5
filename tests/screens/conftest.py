"""A filled home for every test of the screens, copied from one that is made once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.screens.home import make
from tui.engine.paths import Paths


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's mail, people and deals in a home; never changed."""
    root = tmp_path_factory.mktemp("filled") / "home"
    asyncio.run(make(root))
    return root


@pytest.fixture
def paths(filled_home: Path, tmp_path: Path) -> Paths:
    """A copy of it for one test."""
    root = tmp_path / "desk"
    shutil.copytree(filled_home, root)
    return Paths.of(root)
