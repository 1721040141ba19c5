"""Servers that several families of rules need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox
from tests.engine.rules.desk import server, stop_servers


@pytest.fixture(scope="session", autouse=True)
def _servers_end() -> Iterator[None]:
    """End the servers of special kinds with the run."""
    yield
    stop_servers()


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    """A fresh mailbox with an INBOX and nothing else."""
    with server(special_use=False) as mailbox:
        yield mailbox
