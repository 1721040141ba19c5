"""Servers that several families of rules need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Mailbox, fresh_user
from tests.engine.rules.desk import server
from tests.servers.dovecot import DovecotServer


@pytest.fixture(scope="session")
def bare_server() -> Iterator[DovecotServer]:
    """A Dovecot whose new users have an INBOX and nothing else."""
    with server(special_use=False) as mailbox:
        yield mailbox.server


@pytest.fixture
def plain(bare_server: DovecotServer) -> Mailbox:
    """A fresh mailbox with an INBOX and nothing else."""
    return Mailbox(bare_server, fresh_user())
