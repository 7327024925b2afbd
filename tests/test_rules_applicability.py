"""Claims that a row does not apply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfeval_xl.scheme.fields import APPLICABLE, NOT_APPLICABLE
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.rules import RULES, applicability
from perfeval_xl.scheme.rules.base import Outcome, Result
from perfeval_xl.scheme.rules.expr import Refs
from tests.rulekit import Bench, D, Plain, amount, answers, choice, context, read, yesno

CLAIM = "some_row_applicable"
FIELDS = context(
    choice(CLAIM, APPLICABLE, NOT_APPLICABLE), amount("actual", "实际"), amount("budget", "预算"), amount("item", "分项"),
    yesno("word"),
)  # fmt: skip
RULE = read('kind = "within_limit"\nactual = "actual"\nbudget = "budget"', FIELDS, 2)
ROW = Indicator(
    code="some_row", level1="", level2="", name="某项指标", points=D(2), interpretation="", criteria="",
    may_be_not_applicable=True, fields=tuple(field for name, field in FIELDS.fields.items() if name != CLAIM), rule=RULE,
)  # fmt: skip


def run(row: Indicator = ROW, **values: Plain) -> Outcome:
    return applicability.score(row, answers(FIELDS, values))


@pytest.mark.parametrize("values", [{}, {"actual": 0, "budget": 0}, {"item": 0}, {"word": True}])
def test_not_applicable_without_data_scores_full(values: dict[str, Plain]) -> None:
    outcome = run(**{CLAIM: NOT_APPLICABLE, **values})
    assert (outcome.result, outcome.score, outcome.findings) == (Result.NOT_APPLICABLE, 2, ())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"budget": "0.01"}, "预算 0.01 万元"), ({"item": 5}, "分项 5 万元"), ({"actual": 1, "budget": 2}, "实际 1 万元、预算 2 万元"),
        ({"actual": "无"}, "实际“无”"), ({"actual": -1}, "实际“-1”"),
    ],
)  # fmt: skip
def test_not_applicable_with_data_must_be_settled(values: dict[str, Plain], told: str) -> None:
    outcome = run(**{CLAIM: NOT_APPLICABLE, **values})
    assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, 0, 2)
    assert [(each.code, each.actual) for each in outcome.findings] == [("not-applicable-with-data", told)]


@pytest.mark.parametrize("claim", [APPLICABLE, None, "也许"])
def test_without_the_claim_the_rule_scores(claim: Plain) -> None:
    assert run(**{CLAIM: claim, "actual": 3, "budget": 2}).score == 0
    assert run(**{CLAIM: claim}).result is Result.MISSING


def test_a_row_that_always_applies_has_no_claim() -> None:
    always = replace(ROW, may_be_not_applicable=False)
    assert run(always, **{CLAIM: NOT_APPLICABLE, "actual": 3, "budget": 2}).score == 0
    refs = Refs(FIELDS.fields)
    assert applicability.formula(always, refs) == RULE.formula(refs, D(2))


def test_another_reading_can_be_asked_for() -> None:
    other = read('kind = "within_limit"\nactual = "budget"\nbudget = "actual"', FIELDS, 2)
    given = answers(FIELDS, {"actual": 3, "budget": 2})
    assert applicability.score(ROW, given).score == 0
    assert applicability.score(ROW, given, other).score == 2


def test_the_formula_agrees(tmp_path: Path) -> None:
    bench = Bench(RULE, 2, tmp_path, applicability.formula(ROW, Refs(FIELDS.fields)))
    numbers: tuple[Plain, ...] = (None, 0, 1, "0.01", "无", -1)
    for claim in (APPLICABLE, NOT_APPLICABLE, None, "也许"):
        for actual in numbers:
            for budget in numbers:
                for item in (None, 0, 5, "无"):
                    values = {CLAIM: claim, "actual": actual, "budget": budget, "item": item}
                    expected = run(**values).score
                    assert bench.show(values) == ("" if expected is None else float(expected)), values


def test_every_kind_is_registered_under_its_name() -> None:
    assert all(rule.kind == kind for kind, rule in RULES.items())
    assert len(RULES) == 12
