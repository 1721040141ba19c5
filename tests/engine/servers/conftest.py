"""The fixtures of the rules' scenarios, on Cyrus, Courier and pymap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox
from tests.servers.kinds import mailbox_on


@pytest.fixture(params=["cyrus", "courier", "pymap"])
def program(request: pytest.FixtureRequest) -> str:
    """The server that a scenario runs on."""
    return str(request.param)


@pytest.fixture
def mailbox(program: str) -> Iterator[Mailbox]:
    """A fresh mailbox as that server gives it."""
    with mailbox_on(program) as box:
        yield box


@pytest.fixture
def plain(program: str) -> Iterator[Mailbox]:
    """A fresh mailbox with an INBOX and nothing else."""
    with mailbox_on(program, **({"special_use": False} if program == "cyrus" else {})) as box:
        yield box
