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
from tests.rulekit import Bench, D, Plain, amount, answers, choice, complete, context, read, yesno

CLAIM = "some_row_applicable"
FIELDS = context(
    choice(CLAIM, APPLICABLE, NOT_APPLICABLE), amount("actual", "实际"), amount("budget", "预算"), amount("item", "分项"),
    yesno("word"),
)  # fmt: skip
RULE = read('kind = "within_limit"\nactual = "actual"\nbudget = "budget"', FIELDS, 2)
ROW = Indicator(
    code="some_row", path=("", ""), name="某项指标", points=D(2), interpretation="", criteria="",
    may_be_not_applicable=True, fields=tuple(field for name, field in FIELDS.fields.items() if name != CLAIM), rule=RULE,
)  # fmt: skip


def run(row: Indicator = ROW, **values: Plain) -> Outcome:
    return complete(RULE, applicability.score(row, answers(FIELDS, values)))


@pytest.mark.parametrize("values", [{}, {"actual": 0, "budget": 0}, {"item": 0}, {"word": True}])
def test_not_applicable_without_data_scores_full(values: dict[str, Plain]) -> None:
    outcome = run(**{CLAIM: NOT_APPLICABLE, **values})
    assert (outcome.result, outcome.score, outcome.findings) == (Result.NOT_APPLICABLE, 2, ())
    assert outcome.basis == "选“不适用”，按满分计"


@pytest.mark.parametrize(
    ("values", "told", "place"),
    [
        ({"budget": "0.01"}, "预算 0.01 万元", "budget"), ({"item": 5}, "分项 5 万元", "item"),
        ({"actual": 1, "budget": 2}, "实际 1 万元、预算 2 万元", "actual"), ({"actual": "无"}, "实际“无”", "actual"),
        ({"actual": -1}, "实际“-1”", "actual"),
    ],
)  # fmt: skip
def test_not_applicable_with_data_must_be_settled(values: dict[str, Plain], told: str, place: str) -> None:
    outcome = run(**{CLAIM: NOT_APPLICABLE, **values})
    assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, 0, 2)
    assert outcome.basis == f"选“不适用”，但填有{told}"
    [found] = outcome.findings
    assert (found.code, found.actual) == ("not-applicable-with-data", told)
    assert found.message.startswith("某项指标")
    assert found.cell == answers(FIELDS, {}).cell(place)


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


def test_a_row_without_numbers_may_always_be_waived(tmp_path: Path) -> None:
    asked = read('kind = "checks"\nparts = [{label = "一", test = "yes", fields = ["word"], share = 1}]', FIELDS, 2)
    row = replace(ROW, fields=(FIELDS.fields["word"],), rule=asked)
    bench = Bench(asked, 2, tmp_path, applicability.formula(row, Refs(FIELDS.fields)))
    for claim, word, expected in (
        (NOT_APPLICABLE, None, 2),
        (NOT_APPLICABLE, False, 2),
        (APPLICABLE, False, 0),
        (None, None, ""),
    ):
        assert bench.show({CLAIM: claim, "word": word}) == expected


def test_every_kind_is_registered_under_its_name() -> None:
    assert all(rule.kind == kind for kind, rule in RULES.items())
    assert len(RULES) == 12
