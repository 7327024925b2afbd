"""What a working paper adds to a rule's basis: the band or step that was hit, and the sums behind one number."""

from __future__ import annotations

import pytest

from tests.rulekit import D, Plain, amount, answers, choice, context, count, percent, read
from tests.test_rules_annex_rows import FIELDS as ANNEX_FIELDS
from tests.test_rules_annex_rows import MIDDLE, OTHER, RULE, judged, measured
from tests.test_rules_mean_rate import FIELDS as MONTH_FIELDS
from tests.test_rules_mean_rate import RULE as MEAN

QUANTITIES = context(
    amount("part", "部分（万元）"),
    amount("one", "甲"),
    amount("two", "乙"),
    count("due", "应做"),
    count("done", "已做"),
)
BANDS = """
kind = "ratio_bands"
ratio = "比率"
numerator = ["part"]
denominator = ["one", "two"]
bands = [{le = 0.1, score = 2}, {gt = 0.1, score = 0}]
"""
STEPS = 'kind = "shortfall"\ndue = "due"\ndone = "done"\nsteps = [{le = 3, each = 1}, {gt = 3, each = 0.5}]\n'
OVERRUN = 'kind = "overrun_steps"\nactual = "one"\nbudget = "two"\nstep = 0.05\neach = 0.5\n'


def hits(toml: str, points: int, **values: Plain) -> list[str]:
    found: list[str] = read(toml, QUANTITIES, points).hits(answers(QUANTITIES, values), D(points))
    return found


@pytest.mark.parametrize(("part", "band"), [("10", "不超过 10% 的，得 2 分。"), ("10.01", "超过 10% 的，得 0 分。")])
def test_a_ratio_names_its_band_and_the_parts_of_a_sum(part: str, band: str) -> None:
    assert hits(BANDS, 2, part=part, one="60.5", two="39.5") == ["分母 100 = 60.5 + 39.5。", f"比率{band}"]


def test_the_parts_of_a_numerator_are_named_too() -> None:
    toml = (
        BANDS.replace('["part"]', '["sum"]').replace('["one", "two"]', '["part"]').replace('["sum"]', '["one", "two"]')
    )
    assert hits(toml, 2, part="100", one="1.5", two="2") == ["分子 3.5 = 1.5 + 2。", "比率不超过 10% 的，得 2 分。"]


@pytest.mark.parametrize(
    ("toml", "due", "done", "expected"),
    [
        (STEPS, 3, 2, ["“应做”不超过 3 的，每项扣 1 分。"]),
        (STEPS, 4, 2, ["“应做”超过 3 的，每项扣 0.5 分。"]),
        (STEPS, 4, 0, ["“应做”超过 3 的，每项扣 0.5 分。"]),
        (STEPS, 4, 4, []),
        (STEPS + 'all_missing = "zero"', 4, 0, []),
        (STEPS + 'all_missing = "zero"', 4, 1, ["“应做”超过 3 的，每项扣 0.5 分。"]),
    ],
)
def test_a_shortfall_names_its_step_where_it_counts(toml: str, due: int, done: int, expected: list[str]) -> None:
    assert hits(toml, 3, due=due, done=done) == expected


@pytest.mark.parametrize(
    ("actual", "budget", "named"), [("100", "100", False), ("100.01", "100", True), ("1", "0", False)]
)
def test_an_overrun_names_its_step_above_the_budget(actual: str, budget: str, named: bool) -> None:
    step = "超过 0 的，每满 5% 扣 0.5 分，不满 5% 的部分不扣，减至 0 分为止。"
    assert hits(OVERRUN, 2, one=actual, two=budget) == ([step] if named else [])


def test_a_mean_shows_its_months_and_which_were_capped() -> None:
    months = {"basis": "月度平均", "rate_1": "0.9", "rate_2": "1.2", "rate_4": "1"}
    assert MEAN.hits(answers(MONTH_FIELDS, months), D(10)) == [
        "（90.00% + 100.00% + 100.00%）÷ 3 = 96.67%；1 个月超过 100%，按 100% 计。"
    ]
    plain = answers(MONTH_FIELDS, {"basis": "月度平均", "rate_1": "0.9"})
    assert MEAN.hits(plain, D(10)) == ["（90.00%）÷ 1 = 90.00%。"]


def test_an_annual_rate_has_no_months_to_show() -> None:
    for values in ({"basis": "年度执行率", "rate_1": "0.9"}, {"basis": "月度平均", "spent": "1", "budget": "2"}):
        assert MEAN.hits(answers(MONTH_FIELDS, values), D(10)) == []


@pytest.mark.parametrize(
    ("values", "default", "other"),
    [
        (measured("≥", "100", "59.99"), "不足 60%，不得分", None),
        (measured("≥", "100", "60"), "正好 60%，按完成率计分", "正好 60%，不得分"),
        (measured("≥", "100", "60.01"), "60% 至 100%，60.01% × 10", None),
        (measured("≥", "100", "100"), "100% 至 150%，得满分", None),
        (measured("≥", "100", "150"), "100% 至 150%，得满分", None),
        (measured("≥", "100", "150.1"), "超过 150%，得权重的一半", "超过 150%，按完成率的一半计分"),
        (measured("≤", "100", "100"), "达到目标，得满分", None),
        (measured("≤", "100", "110"), "60% 至 100%，90.00% × 10", "60% 至 100%，90.91% × 10"),
        (measured("=", "100", "100"), "100% 至 150%，得满分", None),
        (judged(MIDDLE, "7"), f"“{MIDDLE}”：6.00（含）至 8.00（不含）", None),
        (judged(MIDDLE, "8"), "", None),  # outside its tier: no score
        (measured("≥", "100", None), "", None),
        ({}, "", None),
    ],
)  # fmt: skip
def test_an_annex_row_says_where_it_falls(values: dict[str, Plain], default: str, other: str | None) -> None:
    given = answers(ANNEX_FIELDS, {"filed": True, **values})
    assert RULE.hit(given, 1) == default
    assert OTHER.hit(given, 1) == (default if other is None else other)


def test_a_rule_that_says_it_all_in_its_basis_adds_nothing() -> None:
    surroundings = context(percent("unused"), choice("word", "甲", "乙"), amount("one"), amount("two"))
    rule = read('kind = "within_limit"\nactual = "one"\nbudget = "two"\n', surroundings, 2)
    assert rule.hits(answers(surroundings, {"one": 1, "two": 2}), D(2)) == []


def test_the_score_before_rounding_is_kept() -> None:
    rule = read('kind = "proportion"\nactual = "one"\nreserved = "two"\nratio = "比"\n', QUANTITIES, 1)
    outcome = rule.score(answers(QUANTITIES, {"one": "985", "two": "1000"}), D(1))
    assert (outcome.score, outcome.exact) == (D("0.99"), D("0.985"))
