"""The kinds that compare an actual amount with another: proportion, overrun_steps, within_limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, Plain, amount, context, every_one, fillings, problems, read, score, yesno

FIELDS = context(amount("actual", "实际"), amount("budget", "预算"), yesno("word"))
PROPORTION = 'kind = "proportion"\nactual = "actual"\nreserved = "budget"\nratio = "效能数值"\n'
CAPPED, OPEN = read(PROPORTION, FIELDS, 1), read(PROPORTION + 'cap = "none"', FIELDS, 1)
OVERRUN = 'kind = "overrun_steps"\nactual = "actual"\nbudget = "budget"\nstep = 0.05\neach = 0.5\n'
WHOLE = read(OVERRUN, FIELDS, 2)
STARTED, LINEAR = (read(OVERRUN + f'steps = "{word}"', FIELDS, 2) for word in ("started", "linear"))
LIMIT = read('kind = "within_limit"\nactual = "actual"\nbudget = "budget"', FIELDS, 2)


@pytest.mark.parametrize(
    ("actual", "budget", "expected"),
    [
        ("245250193.77", "248786733.58", "0.99"), ("98.5", "100", "0.99"), ("98.49", "100", "0.98"), ("100", "100", "1.00"),
        ("100.01", "100", "1.00"), ("200", "100", "1.00"), ("0", "100", "0.00"), ("0.49", "100", "0.00"), ("0.5", "100", "0.01"),
    ],
)  # fmt: skip
def test_in_proportion_up_to_the_points(actual: str, budget: str, expected: str) -> None:
    wide = context(*(_in_yuan(name) for name in ("actual", "budget")))
    assert str(score(read(PROPORTION, wide, 1), 1, actual=actual, budget=budget).score) == expected


def _in_yuan(name: str) -> Field:
    return replace(amount(name), unit="元", high=None)


def test_in_proportion_without_a_cap() -> None:
    assert score(OPEN, 1, actual=150, budget=100).score == D("1.5")
    assert score(OPEN, 1, actual=50, budget=100).score == D("0.5")


def test_a_proportion_tells_its_ratio_unrounded() -> None:
    outcome = score(CAPPED, 1, actual="245250.19377", budget="248786.73358")
    assert outcome.basis == "245,250.19377 ÷ 248,786.73358 = 98.58%，× 1 分 = 0.99 分"
    assert str(outcome.rates["效能数值"]).startswith("0.98578485")
    assert score(CAPPED, 1, actual=3, budget=2).basis == "3 ÷ 2 = 150.00%，超过 100%，得满分 1 分"


def test_a_proportion_of_nothing() -> None:
    assert score(CAPPED, 1, actual=0, budget=0).result is Result.NOT_APPLICABLE
    outcome = score(CAPPED, 1, actual=5, budget=0)
    assert (outcome.result, [each.code for each in outcome.findings]) == (Result.NEEDS_REVIEW, ["zero-base"])


@pytest.mark.parametrize(
    ("actual", "whole", "started", "linear"),
    [
        ("0", 2, 2, "2.00"), ("100", 2, 2, "2.00"), ("100.01", 2, 1.5, "2.00"), ("100.1", 2, 1.5, "1.99"),
        ("104.99", 2, 1.5, "1.50"), ("105", 1.5, 1.5, "1.50"), ("105.01", 1.5, 1, "1.50"), ("110", 1, 1, "1.00"),
        ("119.99", 0.5, 0, "0.00"), ("120", 0, 0, "0.00"), ("500", 0, 0, "0.00"),
    ],
)  # fmt: skip
def test_steps_over_the_budget(actual: str, whole: float, started: float, linear: str) -> None:
    assert score(WHOLE, 2, actual=actual, budget=100).score == D(str(whole))
    assert score(STARTED, 2, actual=actual, budget=100).score == D(str(started))
    assert str(score(LINEAR, 2, actual=actual, budget=100).score) == linear


def test_steps_are_counted_from_exact_amounts() -> None:
    # 5 % over 364.75 is 382.9875: a rate rounded to 5.00 % would take the step a hundredth too early
    assert score(WHOLE, 2, actual="382.9874", budget="364.75").score == 2
    assert score(WHOLE, 2, actual="382.9875", budget="364.75").score == D("1.5")
    assert score(STARTED, 2, actual="382.9876", budget="364.75").score == 1


def test_no_budget() -> None:
    for rule in (WHOLE, STARTED, LINEAR):
        assert (score(rule, 2, actual=0, budget=0).result, score(rule, 2, actual=0, budget=0).score) == (
            Result.SCORED,
            2,
        )
        assert score(rule, 2, actual="0.01", budget=0).score == 0


def test_the_basis_of_an_overrun() -> None:
    outcome = score(WHOLE, 2, actual=107, budget=100)
    assert outcome.basis == "（107 − 100）÷ 100 = 7.00%，扣 1 × 0.5 分，得 1.5 分"
    assert outcome.rates == {"某项指标": D("0.07")}
    assert score(LINEAR, 2, actual=107, budget=100).basis.endswith("扣 1.4 × 0.5 分，得 1.3 分")
    assert score(WHOLE, 2, actual=97, budget=100).rates == {"某项指标": D("-0.03")}
    assert score(WHOLE, 2, actual=97, budget=100).basis == "（97 − 100）÷ 100 = -3.00%，不超过 0，得满分 2 分"


def test_freak_numbers_stop_nothing() -> None:
    for rule in (WHOLE, STARTED, LINEAR):
        freak = score(rule, 2, actual="2000000", budget="0.000001")
        assert freak.score == 0
        assert freak.basis.endswith("得 0 分")
        assert score(rule, 2, actual="2000000", budget=1e-300).basis.startswith("预算为 0")  # noise
        assert score(rule, 2, actual="2000000", budget="1e300").score is None


@pytest.mark.parametrize(("actual", "expected"), [("0", 2), ("54.79", 2), ("54.8", 2), ("54.81", 0)])
def test_within_the_limit_or_not(actual: str, expected: int) -> None:
    outcome = score(LIMIT, 2, actual=actual, budget="54.8")
    assert (outcome.result, outcome.score) == (Result.SCORED, expected)


def test_a_unit_in_the_label_is_not_said_twice() -> None:
    labelled = context(amount("actual", "实际（万元）"), amount("budget", "预算（万元）"))
    limit = read('kind = "within_limit"\nactual = "actual"\nbudget = "budget"', labelled, 2)
    assert score(limit, 2, actual=3, budget=2).basis == "实际 3 万元，超过预算 2 万元，不得分"


def test_the_basis_of_a_limit() -> None:
    assert score(LIMIT, 2, actual="32.54", budget="54.8").basis == "实际 32.54 万元，不超过预算 54.8 万元，得满分 2 分"
    assert score(LIMIT, 2, actual=1, budget=0).basis == "实际 1 万元，超过预算 0 万元，不得分"
    assert score(LIMIT, 2, actual=0, budget=0).score == 2


@pytest.mark.parametrize("rule", [CAPPED, WHOLE, LIMIT], ids=lambda rule: rule.kind)
def test_blank_and_unusable_inputs(rule: object) -> None:
    outcome = score(rule, 2, actual=1)  # type: ignore[arg-type]
    assert (outcome.result, outcome.missing, outcome.score, outcome.low, outcome.high) == (
        Result.MISSING, ("budget",), None, 0, 2,
    )  # fmt: skip
    for rubbish in ("无", -1):
        assert score(rule, 2, actual=1, budget=rubbish).result is Result.NEEDS_REVIEW  # type: ignore[arg-type]
    assert score(rule, 2, actual="无").missing == ("budget",)  # type: ignore[arg-type]
    assert rule.fields() == ("actual", "budget")  # type: ignore[attr-defined]


@pytest.mark.parametrize("toml", [PROPORTION, OVERRUN, 'kind = "within_limit"\nactual = "actual"\nbudget = "budget"\n'])
def test_what_is_wrong_with_the_parameters(toml: str) -> None:
    found = problems(toml.replace('"actual"', '"word"').replace('"budget"', '"nobody"') + "more = 1", FIELDS, 2)
    assert len(found) == 3
    assert found[0].startswith("actual: 字段 'word' 应为金额")
    assert "没有字段 'nobody'" in found[1]
    assert found[2].startswith("more: 不认识")


def test_steps_must_be_above_zero() -> None:
    found = problems(OVERRUN.replace("0.05", "0").replace("0.5", "-0.5"), FIELDS, 2)
    assert found == ["step: 应大于 0，现为 0", "each: 应大于 0，现为 -0.5"]
    assert problems(OVERRUN + 'steps = "up"', FIELDS, 2) == ["steps: 只能是 whole、started、linear 之一，现为 'up'"]


def test_a_number_that_may_be_negative_is_refused() -> None:
    loose = context(replace(amount("actual"), low=None), amount("budget"))
    assert problems(PROPORTION, loose, 1) == ["actual: 字段 'actual' 须写明不小于 0 的下限 low：负数无法计分"]


def test_explained() -> None:
    assert CAPPED.explain(D(1))[1] == "得分 = 效能数值 × 1 分，最高 1 分。"
    assert OPEN.explain(D(1))[1] == "得分 = 效能数值 × 1 分。"
    assert [rule.explain(D(2))[1] for rule in (WHOLE, STARTED, LINEAR)] == [
        "不超过 0 的，得满分 2 分；超过 0 的，每满 5% 扣 0.5 分，不满 5% 的部分不扣，减至 0 分为止。",
        "不超过 0 的，得满分 2 分；超过 0 的，每超 5% 扣 0.5 分，不足 5% 按 5% 计，减至 0 分为止。",
        "不超过 0 的，得满分 2 分；超过 0 的，按比例扣分，每 5% 扣 0.5 分，减至 0 分为止。",
    ]
    assert LIMIT.explain(D(2)) == ["“实际”不超过“预算”的，得 2 分，否则不得分。"]


@pytest.fixture(scope="module", params=["capped", "whole", "started", "linear", "limit"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    rules = {"capped": CAPPED, "whole": WHOLE, "started": STARTED, "linear": LINEAR, "limit": LIMIT}
    return Bench(rules[request.param], 2, tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    budgets: tuple[Plain, ...] = ("100", "364.75", "0.01", "54.8", 0, None, "无", -5)
    factors = ("0", "0.985", "0.99", "1", "1.0001", "1.0499", "1.05", "1.0501", "1.1", "1.15", "1.1999", "1.2", "3")
    for budget in budgets:
        base = D(budget) if isinstance(budget, str) and budget[:1].isdigit() else D(100)
        every_one(bench, ({"actual": str(base * D(factor)), "budget": budget} for factor in factors))
        every_one(bench, ({"actual": actual, "budget": budget} for actual in (None, "无", -1, "364.75")))


@settings(max_examples=50)
@given(values=fillings(CAPPED))
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]


def test_the_formula_without_a_cap_agrees(tmp_path_factory: pytest.TempPathFactory) -> None:
    bench = Bench(OPEN, 1, tmp_path_factory.mktemp("bench"))
    for actual, shown in ((150, 1.5), (98.5, 0.99), (0, 0.0)):
        assert bench.show({"actual": actual, "budget": 100}) == shown
