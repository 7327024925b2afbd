"""Decimal arithmetic and the ways a number is printed. All money and scores are Decimal; rounding is half-up."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
MOST_PLACES = 2
"""Decimals of a score unless its scheme has fewer."""
_CENT = Decimal("0.01")
_WIDE = Context(prec=60)
_ROOMY = Context(prec=2000)  # any quotient of two floats fits: a freak number in a cell must not stop a command
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)\Z")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?\Z")


def exact(value: float | int | Decimal) -> Decimal:
    """The Decimal a person meant by a cell's number: the shortest text that reads back as that float (0.1 -> 0.1)."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def half_up(value: Decimal, places: Decimal = _CENT) -> Decimal:
    """Round to ``places`` (0.01 unless told), ties away from zero: 0.985 -> 0.99. The only rounding of a score."""
    return value.quantize(places, ROUND_HALF_UP, _ROOMY)


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """The quotient to 60 digits. Multiply first and divide once: then a score that falls on a tie is exactly that tie."""
    return _WIDE.divide(numerator, denominator)


def read_number(text: str) -> Decimal | None:
    """The number in a text that is nothing but a number: full-width digits, spaces and thousands commas allowed.

    Anything else (units, percent signs, words, misplaced commas) is None: it is never guessed at.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).replace("−", "-")
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    return Decimal(plain) if _PLAIN_NUMBER.match(plain) else None


def step(places: int) -> Decimal:
    """The smallest difference between numbers with so many decimals: 2 -> 0.01."""
    return Decimal(1).scaleb(-places)


def show_score(value: Decimal, places: int = MOST_PLACES) -> str:
    """A score as printed, half-up: two decimals unless its scheme has fewer. 9.9825 -> '9.98'."""
    return f"{half_up(value, step(places)):.{places}f}"


def show_span(low: Decimal, high: Decimal, places: int = MOST_PLACES) -> str:
    """The bounds of a score that is still open. 79.95, 99.95 -> '79.95～99.95'."""
    return f"{show_score(low, places)}～{show_score(high, places)}"


def show_number(value: Decimal) -> str:
    """An amount or count with thousands commas, its own decimals and no trailing zeros. 245250193.770 -> '245,250,193.77'."""
    plain = f"{value:,f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def show_percent(value: Decimal, decimals: int = 2) -> str:
    """A fraction as a percentage, half-up. 0.98578 -> '98.58%'."""
    return f"{half_up(value * 100, Decimal(1).scaleb(-decimals)):f}%"
