"""The settings of a scheme that reach into every rule kind: decimals of scores, and rows that leave the total."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfeval_xl.numbers import half_up, step
from perfeval_xl.scheme.rules import RULES, applicability
from perfeval_xl.scheme.rules.base import Context, Outcome, Result, Rule
from perfeval_xl.scheme.rules.expr import Refs
from perfeval_xl.scheme.spec import Spec
from tests.rulekit import Bench, D, answers, choice, fillings, read
from tests.small_schemes import amount, indicator
from tests.test_rules_every_kind import FIELDS, KINDS, WITH_TABLE, build

OTHERS = sorted(set(KINDS) - {"annex_rows"})


def under(name: str, **settings_: object) -> Rule:
    surroundings: Context = WITH_TABLE if name == "annex_rows" else FIELDS
    rule, found = build(name, KINDS[name].toml, replace(surroundings, **settings_))  # type: ignore[arg-type]
    assert found == []
    return rule


def outcome(rule: Rule, name: str, **values: object) -> Outcome:
    return rule.score(answers(rule.context, {**KINDS[name].sound, **values}), D(KINDS[name].points))  # type: ignore[dict-item]


@pytest.fixture(scope="module", params=product(OTHERS, (0, 1)), ids=lambda each: f"{each[0]}-{each[1]}")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    name, places = request.param
    rule = under(name, places=places, excludes=True)
    return Bench(rule, KINDS[name].points, tmp_path_factory.mktemp("bench"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_with_fewer_decimals_and_rows_left_out_formula_and_score_agree(bench: Bench, data: st.DataObject) -> None:
    found = bench.agree(data.draw(fillings(bench.rule)))
    places = bench.rule.context.places
    for points in filter(None, (found.score, found.low, found.high)):
        assert points == half_up(points, step(places))


@pytest.mark.parametrize("name", KINDS)
def test_a_score_is_rounded_once(name: str) -> None:
    exact = outcome(under(name), name)
    for places in (0, 1, 2):
        found = outcome(under(name, places=places), name)
        assert found.score is not None and exact.score is not None
        if exact.exact is not None and name != "annex_rows":  # each of its lines is rounded
            assert found.score == half_up(exact.exact, step(places))
        assert str(found.score) == f"{found.score:.{places}f}"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("shortfall", {"count_1": 0, "count_2": 0}),
        ("ratio_bands", {"amount_1": 0, "amount_2": 0, "count_1": 0}),
        ("proportion", {"amount_1": 0, "amount_2": 0}),
        ("publication", {"yes_1": True}),
    ],
)
def test_a_row_with_nothing_to_count_leaves_the_total(name: str, values: dict[str, object]) -> None:
    full = outcome(under(name), name, **values)
    assert (full.result, full.score) == (Result.NOT_APPLICABLE, D(KINDS[name].points))
    assert full.basis.endswith("，按满分计")
    gone = outcome(under(name, excludes=True), name, **values)
    assert (gone.result, gone.score, gone.low, gone.high) == (Result.NOT_APPLICABLE, None, 0, 0)
    assert gone.basis.endswith("，不计入总分")
    said = "".join(under(name, excludes=True).explain(D(2)))
    assert "按不适用不计入总分" in said and "按不适用计满分" in "".join(under(name).explain(D(2)))


def test_a_waived_row_leaves_the_total() -> None:
    row = indicator("some_row", amount("spent_wan"), may_be_not_applicable=True)
    rule = replace(row.rule, context=replace(row.rule.context, excludes=True))
    row = replace(row, rule=rule)
    known = {field.id: field for field in row.fields}
    known[row.applicable_id] = choice(row.applicable_id, "适用", "不适用")
    surroundings = replace(row.rule.context, fields=known)
    refs = Refs(known)
    said = applicability.formula(row, refs)
    assert said.startswith('IF(some_row_applicable="不适用",IF(') and said.endswith(',"不适用",""),)')
    waived = applicability.score(row, answers(surroundings, {row.applicable_id: "不适用", "spent_wan": 0}))
    assert (waived.result, waived.score, waived.basis) == (Result.NOT_APPLICABLE, None, "选“不适用”，不计入总分")
    doubtful = applicability.score(row, answers(surroundings, {row.applicable_id: "不适用", "spent_wan": 1}))
    assert (doubtful.result, doubtful.low, doubtful.high) == (Result.NEEDS_REVIEW, 0, 10)


CHECKS = """
kind = "checks"
parts = [{ test = "covered", label = "评价", due = "count_1", done = "count_2", share = 1 }]
"""


def test_a_single_part_with_nothing_due_leaves_the_total(tmp_path: Path) -> None:
    rule = read(CHECKS, replace(FIELDS, excludes=True, places=1), 3)
    bench = Bench(rule, 3, tmp_path)
    assert bench.agree({"count_1": 0, "count_2": 0}).basis == "评价：没有应做的事项，不计入总分"
    for due, done in ((4, 4), (4, 3), (0, 1), (None, 0)):
        assert bench.agree({"count_1": due, "count_2": done}).result is not Result.NOT_APPLICABLE


@pytest.mark.parametrize("kind", ["proportion", "mean_rate"])
def test_numbers_too_large_for_the_points_are_told(kind: str) -> None:
    def told(points: int, places: int = 2) -> list[str]:
        found: list[str] = []
        spec = Spec(KINDS[kind].toml, "rule", found)
        RULES[spec.text("kind")].read(spec, replace(FIELDS, places=places), D(points))
        return found

    key = "actual" if kind == "proportion" else "spent"
    assert told(20) == [] and told(50, places=1) == []  # 2,000,000 to 0.000001, times 2,000 cents: just exact
    assert told(21) == [
        f"rule.{key}: 分值 21 分的，字段 'amount_1' 的上限 high 应不超过 1,904,761，再大就不能保证各种表格软件算得一致"
    ]
    assert told(0) == []
