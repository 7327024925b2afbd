from __future__ import annotations

import pytest
from hypothesis import given, settings

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, amount, context, count, every_one, fillings, percent, problems, read, score

FIELDS = context(amount("closing", "年末"), amount("opening", "年初"), amount("general", "一般"), percent("share"))
CARRYOVER = """
kind = "ratio_bands"
ratio = "结转率"
numerator = ["closing"]
denominator = ["opening", "general"]
bands = [{le = 0.10, score = 2}, {gt = 0.10, le = 0.20, score = 1}, {gt = 0.20, le = 0.30, score = 0.5}, {gt = 0.30, score = 0}]
"""
RULE = read(CARRYOVER, FIELDS, 2)

COUNTS = context(count("on_time", "及时"), count("all", "总数"))
SIGNING = """
kind = "ratio_bands"
ratio = "及时率"
numerator = ["on_time"]
denominator = ["all"]
part_of_whole = true
bands = [{ge = 1, score = 3}, {ge = 0.9, lt = 1, score = 2}, {ge = 0.8, lt = 0.9, score = 1}, {lt = 0.8, score = 0}]
"""
WHOLE = read(SIGNING, COUNTS, 3)


@pytest.mark.parametrize(
    ("closing", "expected"),
    [("0", 2), ("10", 2), ("10.01", 1), ("20", 1), ("20.01", 0.5), ("30", 0.5), ("30.01", 0), ("250", 0)],
)
def test_both_sides_of_every_end(closing: str, expected: float) -> None:
    outcome = score(RULE, 2, closing=closing, opening="40", general="60")
    assert (outcome.result, outcome.score) == (Result.SCORED, D(str(expected)))
    assert outcome.rates == {"结转率": D(closing) / 100}


@pytest.mark.parametrize(("on_time", "expected"), [(10, 3), (9, 2), (8, 1), (7, 0), (0, 0)])
def test_bands_closed_below(on_time: int, expected: int) -> None:
    assert score(WHOLE, 3, on_time=on_time, all=10).score == expected


def test_a_part_is_compared_exactly_not_by_a_rounded_rate() -> None:
    assert score(RULE, 2, closing="33333.34", opening="0", general="333333.33").score == 1  # 10.0000023 %
    assert score(RULE, 2, closing="33333.33", opening="0", general="333333.33").score == 2  # 9.9999991 %


def test_nothing_over_nothing_is_not_applicable() -> None:
    outcome = score(RULE, 2, closing=0, opening=0, general=0)
    assert (outcome.result, outcome.score, outcome.basis) == (
        Result.NOT_APPLICABLE,
        2,
        "结转率：分子、分母均为 0，按满分计",
    )


def test_something_over_nothing_must_be_settled() -> None:
    outcome = score(RULE, 2, closing="0.01", opening=0, general=0)
    assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, 0, 2)
    assert [each.code for each in outcome.findings] == ["zero-base"]
    assert outcome.findings[0].message.startswith("年初＋一般为 0，而年末为 0.01 万元")


def test_a_part_larger_than_its_whole_must_be_settled_where_it_is_one() -> None:
    outcome = score(WHOLE, 3, on_time=11, all=10)
    assert (outcome.result, [each.code for each in outcome.findings]) == (Result.NEEDS_REVIEW, ["part-exceeds-whole"])
    assert score(RULE, 2, closing=300, opening=1, general=1).score == 0


def test_blank_and_unusable_inputs() -> None:
    outcome = score(RULE, 2, closing=1, general=5)
    assert (outcome.result, outcome.missing, outcome.high) == (Result.MISSING, ("opening",), 2)
    assert score(RULE, 2, closing=1, opening="无", general=5).result is Result.NEEDS_REVIEW
    assert score(RULE, 2, closing=-1, opening=1, general=5).result is Result.NEEDS_REVIEW


def test_the_basis_shows_the_numbers() -> None:
    assert score(RULE, 2, closing="1234.5", opening="5000", general="5000").basis == (
        "1,234.5 ÷ 10,000 = 12.35%，得 1 分"
    )


def test_what_is_wrong_with_the_parameters() -> None:
    found = problems(CARRYOVER.replace('["closing"]', "[]").replace('"general"', '"share", "x"'), FIELDS, 3)
    for place in (
        "numerator: 至少", "denominator[1]: 字段 'share' 应为金额", "denominator[2]: 没有字段 'x'", "bands: 最高一档 2 分",
    ):  # fmt: skip
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 4


def test_explained() -> None:
    assert RULE.explain(D(2))[:2] == [
        "结转率 = 年末 ÷ （年初＋一般），不作四舍五入。",
        "结转率不超过 10% 的，得 2 分。",
    ]
    assert len(RULE.explain(D(2))) == 6
    assert RULE.fields() == ("closing", "opening", "general")


@pytest.fixture(scope="module")
def carryover(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(RULE, 2, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(WHOLE, 3, tmp_path_factory.mktemp("bench"))


def test_the_formulas_agree_at_the_boundaries(carryover: Bench, signing: Bench) -> None:
    parts = ("0", "0.01", "9.99", "10", "10.01", "20", "20.01", "30", "30.01", "200", None, "无", -1)
    bases = (("40", "60"), ("0.1", "99.9"), ("33.33", "66.67"), (0, 0), (None, 100), ("无", 100))
    every_one(
        carryover,
        ({"closing": part, "opening": opening, "general": general} for part in parts for opening, general in bases),
    )
    every_one(signing, ({"on_time": part, "all": whole} for part in range(12) for whole in (0, 5, 10, 2.5, None)))


@settings(max_examples=50)
@given(values=fillings(RULE))
def test_the_formula_agrees(carryover: Bench, values: dict[str, object]) -> None:
    carryover.agree(values)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(values=fillings(WHOLE))
def test_the_formula_of_a_part_of_a_whole_agrees(signing: Bench, values: dict[str, object]) -> None:
    signing.agree(values)  # type: ignore[arg-type]
