"""The fixtures of the rules' scenarios, on Cyrus, Courier, pymap and poorer Dovecots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import Mailbox
from tests.engine.servers.table import reason
from tests.servers.kinds import DOVECOTS, mailbox_on


@pytest.fixture(params=["cyrus", "courier", "pymap"])
def program(request: pytest.FixtureRequest) -> str:
    """The server that a scenario runs on."""
    return str(request.param)


@pytest.fixture
def mailbox(program: str) -> Iterator[Mailbox]:
    """A fresh mailbox as that server gives it."""
    with _box(program) as box:
        yield box


@pytest.fixture
def plain(program: str) -> Iterator[Mailbox]:
    """A fresh mailbox with an INBOX and nothing else."""
    with _box(program, **({} if program in ("courier", "pymap") else {"special_use": False})) as box:
        yield box


def _box(program: str, **options: object) -> AbstractContextManager[Mailbox]:
    dovecot = DOVECOTS.get(program)
    return mailbox_on(program, **options) if dovecot is None else mailbox_on("dovecot", **{**dovecot, **options})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the table says a server can't do."""
    here = Path(__file__).parent
    left, tried = [], []
    for item in items:
        program = getattr(item, "callspec", None) and item.callspec.params.get("program", "")
        out = here in item.path.parents and bool(program) and bool(reason(program, item.originalname))
        (left if out else tried).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = tried
