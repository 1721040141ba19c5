"""The mailbox database: everything that was downloaded, private to this machine."""

from __future__ import annotations

from pathlib import Path

SCHEMA = Path(__file__).parent / "schema"
"""The numbered schema files, forward only."""
