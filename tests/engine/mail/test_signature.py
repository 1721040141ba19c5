"""What a signature block is taken to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.mail.signature import Signature, parse


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (
            "Hello,\n\nyes.\n\n-- \nAnn Archer\nHead of IT, Acme GmbH\nTel. +49 30 1234567\nwww.acme.example\n",
            "Ann Archer",
            Signature("+49 30 1234567", "Head of IT", "Acme GmbH"),
        ),
        (
            "See you\n\nBo Chen\nSales Manager | Beta Ltd\nMobile: (020) 7946 0018\nbo@beta.example\n",
            "Bo Chen",
            Signature("(020) 7946 0018", "Sales Manager", "Beta Ltd"),
        ),
        ("Order 4711-2291-33 is late, call 12.11.2026\n", "Ann", Signature()),
        ("Thanks\n-- \nEve\nFax +49 30 999999\nIBAN DE02 1203 0000 0000 2020 51\n", "Eve", Signature()),
        ("ok\n\nOn 3 Mar 2026, Ann Archer wrote:\n> -- \n> Head of IT, Acme GmbH\n", "Bo", Signature()),
        ("-- \n" + "long line of text\n" * 40 + "Head of IT\n", "Bo", Signature()),
    ],
)
def test_a_signature_is_read(text: str, name: str, said: Signature) -> None:
    """Phone, title and organization of the writer alone; a fax, a bank or a quoted block is nobody's."""
    assert parse(text, name) == said


@given(st.text(max_size=400), st.text(max_size=20))
def test_anything_can_be_read(text: str, name: str) -> None:
    """Hostile text gives clean single lines."""
    for said in parse(f"{text}\n-- \n{text}", name):
        assert "\n" not in said
        assert len(said) <= 120
