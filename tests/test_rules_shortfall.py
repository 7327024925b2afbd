from __future__ import annotations

import pytest
from hypothesis import given, settings

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, context, count, every_one, fillings, problems, read, score, yesno

FIELDS = context(count("due", "应做"), count("done", "已做"), yesno("other"))
LITERAL = 'kind = "shortfall"\ndue = "due"\ndone = "done"\nsteps = [{le = 3, each = 1}, {gt = 3, each = 0.5}]\n'
RULE = read(LITERAL, FIELDS, 3)
ZERO = read(LITERAL + 'all_missing = "zero"', FIELDS, 3)

CASES = [
    (1, 0, 2), (1, 1, 3), (2, 0, 1), (3, 0, 0), (3, 1, 1), (3, 2, 2), (3, 3, 3),
    (4, 0, 1), (4, 1, "1.5"), (4, 3, "2.5"), (4, 4, 3), (6, 0, 0), (7, 0, 0), (10, 4, 0), (10, 5, "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("due", "done", "expected"), CASES)
def test_each_missing_one_costs_by_the_number_due(due: int, done: int, expected: int | str) -> None:
    outcome = score(RULE, 3, due=due, done=done)
    assert outcome.result is Result.SCORED
    assert str(outcome.score) == f"{float(expected):.2f}"
    assert outcome.low == outcome.high == outcome.score


@pytest.mark.parametrize(("due", "done", "expected"), [(4, 0, 0), (4, 1, "1.5"), (2, 0, 0), (2, 1, 2)])
def test_all_missing_scores_zero_where_the_reading_says_so(due: int, done: int, expected: int | str) -> None:
    assert score(ZERO, 3, due=due, done=done).score == float(expected)


def test_nothing_due_is_not_applicable() -> None:
    outcome = score(RULE, 3, due=0, done=0)
    assert (outcome.result, outcome.score) == (Result.NOT_APPLICABLE, 3)
    assert score(ZERO, 3, due=0, done=0).score == 3


def test_more_done_than_due_must_be_corrected() -> None:
    for due, done in ((2, 3), (0, 1)):
        outcome = score(RULE, 3, due=due, done=done)
        assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, 0, 3)
        assert [each.code for each in outcome.findings] == ["part-exceeds-whole"]
    assert outcome.findings[0].message.startswith("已做 1 大于应做 0")


def test_blank_and_unusable_inputs() -> None:
    outcome = score(RULE, 3, due=2)
    assert (outcome.result, outcome.missing, outcome.score, outcome.high) == (Result.MISSING, ("done",), None, 3)
    for rubbish in ("无", -1, 1.5):
        outcome = score(RULE, 3, due=rubbish, done=0)
        assert (outcome.result, outcome.missing) == (Result.NEEDS_REVIEW, ())
        assert "应做填报有误" in outcome.basis


def test_the_basis_shows_the_numbers() -> None:
    assert score(RULE, 3, due=5, done=2).basis == "应做 5，已做 2，差 3 项：3 − 0.5 × 3 = 1.5 分"
    assert score(RULE, 3, due=3, done=3).basis == "应做 3，已做 3，全部完成，得满分 3 分"
    assert score(RULE, 3, due=9, done=0).basis.endswith("3 − 0.5 × 9 = −1.5 分，扣完为止，得 0.00 分")


def test_what_is_wrong_with_the_parameters() -> None:
    found = problems(
        'kind = "shortfall"\ndue = "nothing"\ndone = "other"\nsteps = [{le = 3, each = 1}]\nall_missing = "half"\nmore = 1',
        FIELDS, 3,
    )  # fmt: skip
    for place in (
        "due: 没有字段 'nothing'",
        "done: 字段 'other' 应为个数",
        "steps[0]: 最高一段",
        "all_missing: ",
        "more: ",
    ):
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 5


def test_explained() -> None:
    assert RULE.explain(D(3)) == [
        "满分 3 分；“已做”每比“应做”少 1 项扣分，扣完为止：",
        "“应做”不超过 3 的，每项扣 1 分。",
        "“应做”超过 3 的，每项扣 0.5 分。",
        "“应做”为 0 的，按不适用计满分。",
    ]
    assert "一项未做的，不得分。" in ZERO.explain(D(3))
    assert RULE.fields() == ("due", "done")


@pytest.fixture(scope="module", params=[RULE, ZERO], ids=["literal", "zero"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(request.param, 3, tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    every_one(
        bench, ({"due": due, "done": done} for due in (None, "无", -1, 0, 2.5, *range(1, 8)) for done in range(9))
    )


@settings(max_examples=50)
@given(values=fillings(RULE))
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]
