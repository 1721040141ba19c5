"""What the tests of writing are about: Ann of Acme and the deal with her."""

from __future__ import annotations

DEAL = {"title": "Acme licences", "stage": "Offer", "value": "12,000 EUR", "currency": "EUR"}
FIELDS: dict[str, dict[str, str] | str] = {
    "person": {"name": "Ann Archer", "first_name": "Ann", "email": "ann@acme.example"},
    "organization": {},
    "deal": DEAL,
    "me": {"name": "Mia", "email": "me@our.example"},
    "today": "2026-11-23",
}
