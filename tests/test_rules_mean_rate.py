from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, amount, choice, context, count, every_one, fillings, percent, problems, read, score

MONTHS = ("rate_1", "rate_2", "rate_3", "rate_4")
FIELDS = context(
    *(percent(month) for month in MONTHS), choice("basis", "月度平均", "年度执行率"), amount("spent", "支出"),
    amount("budget", "预算"), count("other"),
)  # fmt: skip
TOML = """
kind = "mean_rate"
months = ["rate_1", "rate_2", "rate_3", "rate_4"]
basis = "basis"
monthly = "月度平均"
annual = "年度执行率"
spent = "spent"
budget = "budget"
"""
RULE = read(TOML, FIELDS, 10)
WAITING = read(TOML + 'without_months = "missing"', FIELDS, 10)
MONTHLY, ANNUAL = {"basis": "月度平均"}, {"basis": "年度执行率"}


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (["1"], "10.00"), (["0.9825", "1"], "9.91"), (["1.2", "0.8"], "9.00"), (["1.0001", "1"], "10.00"),
        (["0", "0", "0", "0"], "0.00"), (["1", "1", "1", "0.9"], "9.75"), (["0.333", "0.333", "0.334"], "3.33"),
        (["0.1", "0.2005"], "1.50"), (["0.1", "0.2"], "1.50"), (["0.1005", "0.2004"], "1.50"), (["0.1005", "0.2005"], "1.51"),
    ],
)  # fmt: skip
def test_the_mean_of_the_months_each_capped(rates: list[str], expected: str) -> None:
    outcome = score(RULE, 10, **MONTHLY, **dict(zip(MONTHS, rates, strict=False)))
    assert (outcome.result, str(outcome.score), outcome.findings) == (Result.SCORED, expected, ())


def test_a_blank_month_is_not_counted_and_a_zero_is() -> None:
    assert score(RULE, 10, **MONTHLY, rate_1="0.9", rate_3="0.8").score == D("8.5")
    assert score(RULE, 10, **MONTHLY, rate_1="0.9", rate_2=0, rate_3="0.8").score == D("5.67")


def test_the_basis_of_a_mean() -> None:
    outcome = score(RULE, 10, **MONTHLY, rate_1="0.97", rate_2="0.9948")
    assert outcome.basis == "2 个月通报执行率平均 98.24%，× 10 分 = 9.82 分"
    assert outcome.rates == {"月度平均执行率": D("0.9824")}


@pytest.mark.parametrize("basis", [MONTHLY, ANNUAL])
def test_only_the_annual_rate(basis: dict[str, str]) -> None:
    outcome = score(RULE, 10, **basis, spent="482833.29", budget="483679.37")
    assert (outcome.result, outcome.score) == (Result.SCORED, D("9.98"))
    assert outcome.basis == "482,833.29 ÷ 483,679.37 = 99.83%，× 10 分 = 9.98 分"
    assert [each.code for each in outcome.findings] == ["annual-rate-used"]
    assert (outcome.findings[0].actual, outcome.findings[0].expected) == ("99.83%", "9.98")
    assert list(outcome.rates) == ["年度执行率"]


def test_the_annual_rate_is_capped_too() -> None:
    outcome = score(RULE, 10, **ANNUAL, spent=120, budget=100)
    assert (outcome.score, outcome.basis) == (10, "120 ÷ 100 = 120.00%，按 100% 计，× 10 分 = 10.00 分")
    assert score(RULE, 10, **ANNUAL, spent="99.99", budget=100).score == 10
    assert score(RULE, 10, **ANNUAL, spent="99.94", budget=100).score == D("9.99")


def test_the_annual_rate_beside_months() -> None:
    outcome = score(RULE, 10, **ANNUAL, spent=90, budget=100, rate_1="0.95", rate_2="1.05")
    assert outcome.score == 9
    assert [(each.code, each.expected, each.actual) for each in outcome.findings] == [
        ("annual-rate-beside-months", "97.50%", "90.00%")
    ]


def test_without_months() -> None:
    for rule in (RULE, WAITING):
        outcome = score(rule, 10, **MONTHLY)
        assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (Result.MISSING, ("rate_1",), 0, 10)
    assert score(WAITING, 10, **MONTHLY, spent=90, budget=100).missing == ("rate_1",)
    assert score(RULE, 10, **MONTHLY, spent=90).missing == ("budget",)
    assert score(WAITING, 10, **ANNUAL, spent=90, budget=100).score == 9


def test_no_budget_must_be_settled() -> None:
    outcome = score(RULE, 10, **ANNUAL, spent=1, budget=0)
    assert (outcome.result, [each.code for each in outcome.findings]) == (Result.NEEDS_REVIEW, ["zero-base"])
    outcome = score(RULE, 10, **ANNUAL, spent=0, budget=0)
    assert (outcome.result, outcome.findings) == (Result.NEEDS_REVIEW, ())


def test_blank_and_unusable_inputs() -> None:
    assert score(RULE, 10, rate_1=1).missing == ("basis",)
    assert score(RULE, 10, basis="按季", rate_1=1).result is Result.NEEDS_REVIEW
    assert score(RULE, 10, **MONTHLY, rate_1=1, rate_2="无").result is Result.NEEDS_REVIEW
    assert score(RULE, 10, **MONTHLY, rate_1=1, rate_2=98).result is Result.NEEDS_REVIEW
    assert score(RULE, 10, **ANNUAL, rate_1="无", spent=90, budget=100).score == 9
    assert score(RULE, 10, **ANNUAL, spent="无", budget=100).result is Result.NEEDS_REVIEW


def test_what_is_wrong_with_the_parameters() -> None:
    wrong = TOML.replace('"rate_4"', '"other"').replace('"年度执行率"', '"全年"') + 'cap = 0\nwithout_months = "zero"'
    found = problems(wrong, FIELDS, 10)
    for place in ("months[3]: ", "basis: 字段 'basis' 的选项", "cap: 应大于 0", "without_months: 只能是"):
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 4


def test_explained() -> None:
    assert [len(rule.explain(D(10))) for rule in (RULE, WAITING)] == [3, 2]
    assert RULE.explain(D(10))[1].startswith("“basis”为“年度执行率”的：支出 ÷ 预算（最高 100%） × 10 分")
    assert RULE.fields() == (*MONTHS, "basis", "spent", "budget")


@pytest.fixture(scope="module", params=[RULE, WAITING], ids=["annual", "missing"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(request.param, 10, tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    amounts = (
        {},
        {"spent": 90},
        {"spent": "99.83", "budget": 100},
        {"spent": 120, "budget": 100},
        {"spent": 0, "budget": 0},
    )
    for word in ("月度平均", "年度执行率", None, "按季", 3):
        for given_amounts in (*amounts, {"spent": "无", "budget": 100}):
            for months in (
                {},
                {"rate_1": 1},
                {"rate_2": "0.9825", "rate_4": 1.5},
                {"rate_1": "无", "rate_2": 1},
                {"rate_1": 0},
                {"rate_3": -1},
                {"rate_1": 98},
            ):
                bench.agree({"basis": word, **given_amounts, **months})  # type: ignore[dict-item]


@settings(max_examples=50)
@given(values=fillings(RULE, basis=st.sampled_from(["月度平均", "月度平均", "年度执行率"])))
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]


def test_a_mean_that_falls_on_a_tie_rounds_up_in_both(bench: Bench) -> None:
    ties = (
        {"rate_1": "0.1005", "rate_2": "0.2005"},
        {"rate_1": "0.3005"},
        {"rate_1": "0.9995", "rate_2": "0.9995", "rate_3": "0.9995"},
    )
    every_one(bench, ({**MONTHLY, **tie} for tie in ties))
