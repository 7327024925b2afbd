"""Bands: what they hold at their ends, and what is refused about them."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from perfeval_xl.numbers import ONE
from perfeval_xl.scheme.rules.bands import Band, bands_formula, lookup, read_bands, short_percent
from perfeval_xl.scheme.rules.expr import constant
from perfeval_xl.scheme.spec import Spec
from tests.rulekit import D


def bands(text: str, top: Decimal | None = None) -> tuple[tuple[Band[Decimal], ...], list[str]]:
    found: list[str] = []
    spec = Spec(tomllib.loads(f"bands = [{text}]", parse_float=Decimal), "rule", found)
    return read_bands(spec, "bands", lambda each: each.number("score"), top), found


RISING = "{le = 0.1, score = 2}, {gt = 0.1, le = 0.2, score = 1}, {gt = 0.2, score = 0}"
FALLING = "{ge = 0.9, score = 2}, {ge = 0.6, lt = 0.9, score = 1}, {lt = 0.6, score = 0}"


@pytest.mark.parametrize(
    ("text", "part", "score"),
    [
        (RISING, "0", 2), (RISING, "10", 2), (RISING, "10.01", 1), (RISING, "20", 1), (RISING, "20.01", 0),
        (FALLING, "90", 2), (FALLING, "89.99", 1), (FALLING, "60", 1), (FALLING, "59.99", 0), (FALLING, "0", 0),
    ],
)  # fmt: skip
def test_the_end_belongs_to_the_band_that_includes_it(text: str, part: str, score: int) -> None:
    read, found = bands(text)
    assert found == []
    assert lookup(read, D(part), D(100)) == score


def test_a_ratio_that_no_decimal_holds_is_compared_exactly() -> None:
    thirds, _ = bands("{lt = 0.3333333333, score = 0}, {ge = 0.3333333333, score = 1}")
    assert lookup(thirds, D(1), D(3)) == 1


def test_outside_all_bands_is_an_error() -> None:
    read, _ = bands(RISING)
    with pytest.raises(ValueError, match="no band"):
        lookup(read, D(-1), D(100))


def test_bands_are_put_in_order() -> None:
    assert [band.value for band in bands(FALLING)[0]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("{le = 1, score = 1}, {gt = 2, score = 0}", "bands[1]", "空档"),
        ("{lt = 1, score = 1}, {gt = 1, score = 0}", "bands[1]", "空档"),
        ("{le = 1, score = 1}, {ge = 1, score = 0}", "bands[1]", "重叠"),
        ("{le = 2, score = 1}, {gt = 1, score = 0}", "bands[1]", "重叠"),
        ("{score = 1}, {gt = 1, score = 0}", "bands[1]", "重叠"),
        ("{ge = 1, score = 1}", "bands[0]", "从 0（含）开始"),
        ("{gt = 0, score = 1}", "bands[0]", "从 0（含）开始"),
        ("{ge = -1, score = 1}", "bands[0]", "负数"),
        ("{le = 1, score = 1}", "bands[0]", "不应有上限"),
        ("{ge = 0, gt = 0, score = 1}", "bands[0].ge", "只能写一个"),
        ("{le = 1, lt = 1, score = 1}, {gt = 1, score = 0}", "bands[0].le", "只能写一个"),
        ("{lt = 0, score = 1}, {ge = 0, score = 0}", "bands[0]", "空的"),
        ("{upto = 1, score = 1}", "bands[0].upto", "不认识"),
        ("", "bands", "至少"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, place: str, what: str) -> None:
    found = bands(text)[1]
    assert any(each.startswith(f"rule.{place}: ") and what in each for each in found), found


@pytest.mark.parametrize(("end", "wrong"), [("le = 1", False), ("lt = 1", True), ("le = 0.9", True), ("", True)])
def test_with_a_top_the_bands_end_there(end: str, wrong: bool) -> None:
    found = bands(f"{{lt = 0.5, score = 0}}, {{ge = 0.5, {end + ',' if end else ''} score = 1}}", top=ONE)[1]
    assert bool(found) is wrong
    assert all("最高一段" in each for each in found)


@pytest.mark.parametrize(
    ("text", "top", "told"),
    [
        ("", None, ["bands: 至少要有一段"]),
        ("{lt = 0, score = 1}, {ge = 0, score = 0}", None, ["bands[0]: 下限不小于上限，这一段是空的"]),
        ("{ge = -1, score = 1}", None, ["bands[0]: 最低一段不能从负数开始"]),
        ("{score = 1}", ONE, ["bands[0]: 最高一段应到 1（含）为止"]),
        (
            "{score = 1}, {le = 1, score = 2}, {gt = 1, score = 0}", None,
            ["bands[0]: 与前一段重叠（在 0 处）", "bands[2]: 与前一段重叠（在 1 处）"],
        ),
        ("{le = 2, score = 1}, {le = 1, score = 2}, {gt = 2, score = 0}", None, ["bands[0]: 与前一段重叠（在 0 处）"]),
    ],
)  # fmt: skip
def test_what_is_told_word_for_word(text: str, top: Decimal | None, told: list[str]) -> None:
    assert bands(text, top)[1] == [f"rule.{each}" for each in told]


def test_a_band_of_one_point() -> None:
    read, found = bands("{le = 0, score = 2}, {gt = 0, score = 0}")
    assert found == []
    assert lookup(read, D(0)) == 2
    assert lookup(read, D("0.01")) == 0


def test_in_words() -> None:
    words = [band.describe(short_percent) for band in bands(RISING)[0]]
    assert words == ["不超过 10%", "超过 10% 但不超过 20%", "超过 20%"]
    assert [band.describe() for band in bands(FALLING)[0]] == ["不足 0.6", "达到 0.6 但不足 0.9", "达到 0.9"]
    assert bands("{le = 0, score = 2}, {gt = 0, score = 0}")[0][0].describe() == "等于 0"
    assert bands("{score = 2}")[0][0].describe() == "不论多少"


def test_as_an_expression_the_highest_band_is_asked_first() -> None:
    read, _ = bands(FALLING)
    assert bands_formula(read, "a", "b", constant) == ("IF(a*10>=b*9,2,IF(a*5>=b*3,1,0))")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.1", "10%"),
        ("0.125", "12.5%"),
        ("1", "100%"),
        ("0", "0%"),
        ("0.123455", "12.3455%"),
        ("0.1234567", "12.3457%"),
    ],
)
def test_percentages_have_no_more_decimals_than_they_need(value: str, shown: str) -> None:
    assert short_percent(D(value)) == shown
