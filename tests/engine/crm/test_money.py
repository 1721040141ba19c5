from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.engine.crm import money
from tui.engine.errors import InvalidInput
from tui.engine.text import line


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("1200", "EUR", 120000),
        ("1200.5", "EUR", 120050),
        ("1,200.50", "EUR", 120050),
        ("1.200,50", "EUR", 120050),
        ("1 200,50", "CZK", 120050),
        ("1'200.50", "CHF", 120050),
        ("1,234,567", "USD", 123456700),
        ("1.234.567,8", "EUR", 123456780),
        ("€12,50", "EUR", 1250),
        ("12.50 eur", "EUR", 1250),
        ("EUR 12", "EUR", 1200),
        ("$12", "CAD", 1200),
        (".5", "EUR", 50),
        ("0,5", "EUR", 50),
        ("0", "EUR", 0),
        ("1,200", "JPY", 1200),
        ("1.200", "JPY", 1200),
        ("1200", "JPY", 1200),
        ("12.3456", "KWD", None),
        ("0.123", "KWD", 123),
        ("1200.500", "KWD", 1200500),
        ("1.50", "CLF", 15000),
        ("12.500", "EUR", None),
        ("1,200", "EUR", None),
        ("0.123", "EUR", None),
        ("12,34,567", "INR", 123456700),
        ("12k", "EUR", 1200000),
        ("1.5m", "EUR", 150000000),
        ("1,5 Mio.", "EUR", 150000000),
        ("€12.5K", "EUR", 1250000),
        ("1.25 mn usd", "USD", 125000000),
        ("1.2345k", "EUR", 123450),
        ("3k", "JPY", 3000),
        ("1.5k", "JPY", 1500),
        ("1.200k", "EUR", None),
        ("1.23456k", "EUR", 123456),
        ("1.234567k", "EUR", None),
        ("k", "EUR", None),
        ("12kk", "EUR", None),
        ("12kg", "EUR", None),
        ("999999999999m", "EUR", None),
        ("1.2.3", "EUR", None),
        ("1,2.3,4", "EUR", None),
        ("-5", "EUR", None),
        ("", "EUR", None),
        ("abc", "EUR", None),
        ("1e5", "EUR", None),
        ("١٢", "EUR", None),
        ("$12", "EUR", None),
        ("1" * 30, "EUR", None),
        ("99999999999999999", "EUR", None),
    ],
)
def test_parse(text: str, code: str, value: int | None) -> None:
    if value is None:
        with pytest.raises(InvalidInput):
            money.parse(text, code)
    else:
        assert money.parse(text, code) == value


def test_an_ambiguous_amount_is_asked_unless_the_mark_is_known() -> None:
    with pytest.raises(InvalidInput, match=r"could mean 1200 or 1\.200"):
        money.parse("1.200", "EUR")
    assert money.parse("1.200", "EUR", mark=",") == 120000
    assert money.parse("1,200", "EUR", mark=".") == 120000
    assert money.parse("1,20", "EUR", mark=",") == 120


@given(st.integers(0, money.LIMIT), st.sampled_from(sorted(money.CURRENCIES)))
def test_what_is_shown_is_read_back(value: int, code: str) -> None:
    if money.decimals(code) == 3 and value < 10**6:
        assert money.parse(money.plain(value, code), code, mark=".") == value
    else:
        assert money.parse(money.plain(value, code), code) == value
    assert money.parse(money.show(value, code), code, mark=".") == value


@given(st.text(max_size=40), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_text_is_an_amount_or_refused(text: str, code: str) -> None:
    try:
        value = money.parse(text, code)
    except InvalidInput as error:
        value, text = 0, str(error)
        assert_harmless(text)
    assert 0 <= value <= money.LIMIT


def assert_harmless(text: str) -> None:
    assert line(text) == text


def test_currencies() -> None:
    assert money.currency(" eur ") == "EUR"
    assert [money.currency(one) for one in (" € ", "$", "£", "Zł")] == ["EUR", "USD", "GBP", "PLN"]
    assert [money.decimals(code) for code in ("EUR", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]
    assert all(len(code) == 3 for code in money.CURRENCIES)
    with pytest.raises(InvalidInput, match="ISO 4217"):
        money.currency("BTC")


@pytest.mark.parametrize(
    ("text", "value"), [("1,20,000", 120_000_00), ("12,34,567.50", 1_234_567_50), ("1,234,567", 1_234_567_00)]
)
def test_lakhs_are_grouped_as_in_india(text: str, value: int) -> None:
    assert money.parse(text, "INR") == value


@pytest.mark.parametrize("text", ["1,2,345", "1,20,00", "12,345,67", "123,45,678"])
def test_other_groups_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not grouped"):
        money.parse(text, "INR")
