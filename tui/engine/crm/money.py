"""Amounts of money: what people type, minor units inside, ISO 4217 for the number of decimals."""

from __future__ import annotations

import re

from tui.engine.errors import InvalidInput
from tui.engine.text import line

LIMIT = 10**15


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_DECIMALS = _codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF")
_THREE_DECIMALS = _codes("BHD IQD JOD KWD LYD OMR TND")
_FOUR_DECIMALS = _codes("CLF UYW")
CURRENCIES = (
    _NO_DECIMALS
    | _THREE_DECIMALS
    | _FOUR_DECIMALS
    | _codes(
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF"
        " CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG"
        " HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR"
        " MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD"
        " SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG"
        " YER ZAR ZMW ZWG"
    )
)
"""The ISO 4217 codes of money that people pay with (list one, without metals, funds and test codes)."""
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₴": "UAH", "₫": "VND", "zł": "PLN"}
_SPACES = re.compile(r"[\s'’_]")
_PLAIN = re.compile(r"\d{1,18}")
_SHORT = re.compile(r"([\d.,]*\d)(k|m|mn|mio\.?)", re.ASCII | re.IGNORECASE)


def currency(code: str) -> str:
    """Return a currency code in capitals; a symbol means what it means in an amount.

    Raises:
        InvalidInput: it is not an ISO 4217 code.
    """
    found = _SYMBOLS.get(code.strip().lower(), code.strip().upper())
    if found not in CURRENCIES:
        raise InvalidInput(f'"{line(code, 20)}" is not an ISO 4217 currency code; write one like EUR.')
    return found


def decimals(code: str) -> int:
    """Return how many decimals a currency has: its minor unit's exponent in ISO 4217."""
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 4 if code in _FOUR_DECIMALS else 2


def checked(value: int) -> int:
    """Return an amount of minor units.

    Raises:
        InvalidInput: it is negative or beyond 10^15.
    """
    if not 0 <= value <= LIMIT:
        raise InvalidInput(f"The amount {value} is not between 0 and {LIMIT} minor units; correct it.")
    return value


def parse(text: str, code: str = "EUR", mark: str | None = None) -> int:
    """Return the minor units that an amount means: ``1200``, ``1.200,50``, ``€12,000``, ``12k``, ``1.5m``.

    Args:
        code: the currency; a symbol or code in the text must agree with it.
        mark: the decimal mark, ``.`` or ``,``, where it is known (an import with a stated locale).

    Raises:
        InvalidInput: it is no amount, has too many decimals, or could mean two amounts (``1.200``).
    """
    shown = line(text, 60)
    digits = _SPACES.sub("", _without_currency(shown, currency(code)))
    zeros = 0
    if short := _SHORT.fullmatch(digits):
        digits, zeros = short[1], 3 if short[2] in "kK" else 6
    places = decimals(code) + zeros
    whole, fraction = _split(digits, places, mark, shown)
    if not _PLAIN.fullmatch(whole) or (fraction and not _PLAIN.fullmatch(fraction)) or not digits.isascii():
        unknown = next((word for word in re.findall(r"[A-Z]{3}", shown) if word not in CURRENCIES), "")
        if unknown:
            raise InvalidInput(f'"{unknown}" in "{shown}" is not an ISO 4217 currency code; write one like EUR.')
        raise InvalidInput(f'"{shown}" is not an amount; write it like 1200, 1200.50 or 12k.')
    if len(fraction.rstrip("0")) > places:
        raise InvalidInput(f'"{shown}" has more decimals than {code} has ({decimals(code)}); round it.')
    return checked(int(whole) * 10**places + int(fraction[:places].ljust(places, "0") or "0"))


def read(text: str, code: str) -> tuple[int, str]:
    """Return minor units and currency of what somebody typed: ``1200``, ``1200 USD``, ``€12,000``.

    Args:
        text: an amount with or without its currency.
        code: the currency where the text names none.

    Raises:
        InvalidInput: as ``parse``.
    """
    words = re.findall(r"[A-Z]{3}", line(text, 60).upper())
    named = [word for word in words if word in CURRENCIES]
    symbols = [meant for symbol, meant in _SYMBOLS.items() if symbol in text]
    if symbols == ["USD"] and code.endswith("D"):
        symbols = [code]
    found = next(iter([*named, *symbols]), code)
    return parse(text, found), found


def number(text: str, mark: str | None = None) -> str:
    """Return a number without grouping, with a point and no needless zeros: ``-1,200.50`` gives ``-1200.5``.

    Args:
        mark: the decimal mark, ``.`` or ``,``, where it is known.

    Raises:
        InvalidInput: it is no number, or could mean two.
    """
    shown = line(text, 60)
    digits = _SPACES.sub("", shown)
    sign = "-" if digits[:1] in ("-", "−") else ""
    whole, fraction = _split(digits[bool(sign) :], 2, mark, shown)
    if not _PLAIN.fullmatch(whole) or (fraction and not _PLAIN.fullmatch(fraction)) or not (whole + fraction).isascii():
        raise InvalidInput(f'"{shown}" is not a number; write it like 1200 or 1200.5.')
    found = f"{int(whole)}.{fraction}".rstrip("0").rstrip(".") if fraction.strip("0") else str(int(whole))
    return "0" if found == "0" else sign + found


def symbol(text: str) -> str:
    """Return the currency that an amount names by its symbol or code, "" when it names none."""
    shown = line(text, 60)
    found = next((code for mark, code in _SYMBOLS.items() if mark in shown), "")
    words = re.findall(r"[A-Z]{3}", shown)
    return found or next((word for word in words if word in CURRENCIES), "")


def show(value: int, code: str) -> str:
    """Return an amount as ``1200.50 EUR``, which ``parse`` reads back."""
    return f"{plain(value, code)} {code}"


def plain(value: int, code: str) -> str:
    """Return an amount as ``1200.50``: no grouping, a point, every decimal of the currency (for CSV and JSON)."""
    places = decimals(code)
    if not places:
        return str(value)
    whole, fraction = divmod(value, 10**places)
    return f"{whole}.{fraction:0{places}d}"


def _without_currency(text: str, code: str) -> str:
    for symbol, meant in _SYMBOLS.items():
        if symbol in text:
            if meant != code and not (symbol == "$" and code.endswith("D")):
                raise InvalidInput(f'"{text}" is in {meant}, but the currency is {code}; give one of the two.')
            return text.replace(symbol, "", 1)
    bare = text.upper()
    if bare.startswith(code) or bare.endswith(code):
        return bare.replace(code, "", 1)
    return text


def _split(digits: str, places: int, mark: str | None, shown: str) -> tuple[str, str]:
    """Return the whole part, without grouping, and the fraction."""
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return digits, ""
    if mark is not None:
        other = "," if mark == "." else "."
        whole, _, fraction = digits.partition(mark)
        return _ungroup(whole, other, shown), fraction
    if len(set(marks)) == 2:
        whole, _, fraction = digits.rpartition(marks[-1])
        return _ungroup(whole, marks[0], shown), fraction
    if len(marks) > 1:
        return _ungroup(digits, marks[0], shown), ""
    whole, _, fraction = digits.partition(marks[0])
    if len(fraction) != 3 or whole.startswith("0") or not 1 <= len(whole) <= 3:
        return whole or "0", fraction
    if places == 0:
        return whole + fraction, ""
    raise InvalidInput(
        f'"{shown}" could mean {whole}{fraction} or {whole}.{fraction}; write it without a mark or with both.'
    )


def _ungroup(whole: str, mark: str, shown: str) -> str:
    first, *groups = whole.split(mark)
    thousands = 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)
    lakhs = 1 <= len(first) <= 2 and len(groups[-1:]) == 1 == len({len(group) for group in groups[:-1]} | {2})
    if groups and not thousands and not (lakhs and len(groups[-1]) == 3):
        raise InvalidInput(f'"{shown}" is not grouped by thousands; write it like 1200 or 1200.50.')
    return first + "".join(groups)
