"""Numbers: read from a text, rounded half-up, printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.numbers import divide, exact, half_up, read_number, show_number, show_percent, show_score, show_span

D = Decimal


@pytest.mark.parametrize(
    ("value", "meant"), [(0.1, "0.1"), (245250193.77, "245250193.77"), (3, "3"), (1e-7, "1E-7"), (D("1.10"), "1.10")]
)
def test_a_cells_number_is_what_a_person_meant(value: float | int | Decimal, meant: str) -> None:
    assert str(exact(value)) == meant


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("364.75", "364.75"), ("１２３．５", "123.5"), (" 1 234 . 5\n", "1234.5"), ("\u00a0７\u3000", "7"), ("12,345.60", "12345.60"),
        ("1,234,567", "1234567"), ("１，２３４", "1234"), ("-5", "-5"), ("−5", "-5"), ("－5", "-5"), ("+5", "5"), ("-1,234.", "-1234"),
        (".5", "0.5"), ("5.", "5"), ("007", "7"), ("٣", "3"),
    ],
)  # fmt: skip
def test_a_text_that_is_nothing_but_a_number_is_read(text: str, number: str) -> None:
    assert read_number(text) == D(number)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "-", "--5", "5-", "364.75万元", "98%", "无", "/", "1e5", "NaN", "Infinity", "1.2.3", "12,34", "1,2345",
        "1234,567", ",123", "1,234,56", "1X2", "5\n个", "0x10",
    ],
)  # fmt: skip
def test_anything_else_is_not_guessed_at(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.985", "0.99"), ("0.98578", "0.99"), ("9.9825", "9.98"), ("2.675", "2.68"), ("-0.005", "-0.01")]
)  # fmt: skip
def test_ties_go_away_from_zero(value: str, rounded: str) -> None:
    assert str(half_up(D(value))) == rounded
    assert show_score(D(value)) == rounded


def test_rounding_to_other_places() -> None:
    assert str(half_up(D("0.12345"), D("0.0001"))) == "0.1235"
    assert half_up(D("1e300") + D("0.005")) == half_up(D("1e300"))  # wider than the context that Decimal starts with


def test_a_quotient_has_sixty_digits() -> None:
    assert str(divide(D(2), D(3))) == f"0.{'6' * 59}7"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("245250193.770", "245,250,193.77"), ("1000", "1,000"), ("100", "100"), ("0.50", "0.5"), ("5.00", "5"), ("1E+3", "1,000"),
        ("-1234.5", "-1,234.5"), ("0", "0"),
    ],
)  # fmt: skip
def test_a_number_is_shown_with_its_own_decimals(value: str, shown: str) -> None:
    assert show_number(D(value)) == shown


def test_a_score_is_shown_with_two_decimals() -> None:
    assert [show_score(D(each)) for each in ("10", "0", "9.5")] == ["10.00", "0.00", "9.50"]


def test_a_fraction_is_shown_as_a_percentage() -> None:
    assert show_percent(D("0.98578")) == "98.58%"
    assert show_percent(D(1)) == "100.00%"
    assert show_percent(D("0.12345678"), 4) == "12.3457%"
    assert show_percent(D("0.125"), 0) == "13%"


def test_the_bounds_of_a_score_are_shown_like_scores() -> None:
    assert show_span(D("79.945"), D(100)) == "79.95～100.00"
