"""Servers that several families of rules need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox
from tests.servers.kinds import server


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    """A fresh mailbox with an INBOX and nothing else."""
    with server(special_use=False) as mailbox:
        yield mailbox
