from __future__ import annotations

import pytest
from hypothesis import given, settings

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, context, count, every_one, fillings, problems, read, score, yesno

FIELDS = context(count("small", "小问题"), count("large", "大问题"), yesno("rules", "有制度"), yesno("leak", "有泄漏"))
TOML = """
kind = "deductions"
items = [
    {field = "small", each = 0.5}, {field = "large", each = 1},
    {field = "rules", when = false, off = 0.5}, {field = "leak", when = true, off = 0.25},
]
"""
RULE = read(TOML, FIELDS, 2)
CLEAN = {"small": 0, "large": 0, "rules": True, "leak": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "2.00"), ({"small": 1}, "1.50"), ({"small": 3}, "0.50"), ({"small": 4}, "0.00"), ({"small": 5}, "0.00"),
        ({"large": 1, "small": 1}, "0.50"), ({"large": 2}, "0.00"), ({"rules": False}, "1.50"), ({"leak": True}, "1.75"),
        ({"rules": False, "small": 3}, "0.00"), ({"rules": False, "leak": True, "small": 2}, "0.25"),
    ],
)  # fmt: skip
def test_every_item_is_taken_off_down_to_zero(changes: dict[str, int | bool], expected: str) -> None:
    outcome = score(RULE, 2, **{**CLEAN, **changes})
    assert (outcome.result, str(outcome.score)) == (Result.SCORED, expected)


def test_a_blank_leaves_what_is_known_as_the_upper_bound() -> None:
    outcome = score(RULE, 2, **{**CLEAN, "small": 1, "large": None})
    assert (outcome.result, outcome.missing) == (Result.MISSING, ("large",))
    assert (outcome.score, outcome.low, outcome.high) == (None, 0, D("1.5"))


def test_rubbish_must_be_corrected() -> None:
    for field, rubbish in (("small", "无"), ("small", -1), ("rules", "也许")):
        outcome = score(RULE, 2, **{**CLEAN, "large": 1, field: rubbish})
        assert (outcome.result, outcome.score, outcome.high) == (Result.NEEDS_REVIEW, None, 1)


def test_the_basis_shows_the_numbers() -> None:
    assert score(RULE, 2, **CLEAN).basis == "没有扣分事项，得满分 2 分"
    assert score(RULE, 2, **{**CLEAN, "small": 3, "rules": False}).basis == (
        "小问题 3，扣 3 × 0.5 = 1.5 分；有制度：否，扣 0.5 分；2 分扣至 0 分"
    )


def test_what_is_wrong_with_the_parameters() -> None:
    found = problems(
        'kind = "deductions"\nitems = [{field = "rules", each = 1}, {field = "small", when = true, off = 1}, {field = "x"}]',
        FIELDS, 2,
    )  # fmt: skip
    assert [each.split(":")[0] for each in found] == [
        "items[0].field",
        "items[1].field",
        "items[2].field",
        "items[2].each",
    ]
    assert problems('kind = "deductions"\nitems = []', FIELDS, 2) == ["items: 至少要有一项"]


def test_explained() -> None:
    assert RULE.explain(D(2)) == [
        "满分 2 分，按下列事项扣分，扣完为止：", "“小问题”每 1 项扣 0.5 分。", "“大问题”每 1 项扣 1 分。",
        "“有制度”为“否”的，扣 0.5 分。", "“有泄漏”为“是”的，扣 0.25 分。",
    ]  # fmt: skip
    assert RULE.fields() == ("small", "large", "rules", "leak")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(RULE, 2, tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    numbers = (0, 1, 3, 4, 5, None, "无", -1, 0.5)
    words = (True, False, None, "也许", 1)
    every_one(bench, ({**CLEAN, "small": small, "rules": word} for small in numbers for word in words))


@settings(max_examples=50)
@given(values=fillings(RULE))
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]
