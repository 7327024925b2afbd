from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import Bench, D, Plain, context, day, every_one, fillings, problems, read, score, weekends, yesno

NEVER = "未公开"
FIELDS = context(
    yesno("classified", "涉密"), day("b_approved"), day("b_published", NEVER), yesno("b_problem"),
    day("a_approved"), day("a_published", NEVER), yesno("a_problem"),
    closed_days=weekends(),
)  # fmt: skip
TOML = """
kind = "publication"
classified = "classified"
days = 20
parts = [
    {label = "预算", approved = "b_approved", published = "b_published", problem = "b_problem", share = 0.5},
    {label = "决算", approved = "a_approved", published = "a_published", problem = "a_problem", share = 0.5},
]
"""
RULE = read(TOML, FIELDS, 2)
STRICT = read(TOML + "rolls = false", FIELDS, 2)
HALVES = read(TOML + 'unpublished = "half"', FIELDS, 2)

THURSDAY = date(2024, 3, 7)  # 20 days later it is Wednesday, 27 March
SUNDAY_ENDS = date(2024, 3, 4)  # 20 days later it is Sunday, 24 March
SATURDAY_ENDS = date(2024, 3, 3)  # … and Saturday, 23 March
GOOD: dict[str, Plain] = {
    "classified": False, "b_approved": THURSDAY, "b_published": THURSDAY, "b_problem": False,
    "a_approved": THURSDAY, "a_published": THURSDAY, "a_problem": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("approved", "days", "rolling", "strict"),
    [
        (THURSDAY, 0, True, True), (THURSDAY, 20, True, True), (THURSDAY, 21, False, False),
        (SUNDAY_ENDS, 20, True, True), (SUNDAY_ENDS, 21, True, False), (SUNDAY_ENDS, 22, False, False),
        (SATURDAY_ENDS, 21, True, False), (SATURDAY_ENDS, 22, True, False), (SATURDAY_ENDS, 23, False, False),
    ],
)  # fmt: skip
def test_within_twenty_days_a_closed_last_day_rolls_on(approved: date, days: int, rolling: bool, strict: bool) -> None:
    dates = {"b_approved": approved, "b_published": approved + timedelta(days)}
    for rule, timely in ((RULE, rolling), (STRICT, strict)):
        outcome = score(rule, 2, **{**GOOD, **dates})
        assert (outcome.result, outcome.score) == (Result.SCORED, 2 if timely else D("1.5"))


def test_every_half_counts_by_itself() -> None:
    late = THURSDAY + timedelta(40)
    assert score(RULE, 2, **{**GOOD, "b_problem": True}).score == D("1.5")
    assert score(RULE, 2, **{**GOOD, "b_problem": True, "a_problem": True}).score == 1
    assert score(RULE, 2, **{**GOOD, "b_problem": True, "a_published": late}).score == 1
    assert (
        score(RULE, 2, **{**GOOD, "b_published": late, "b_problem": True, "a_published": late, "a_problem": True}).score
        == 0
    )


def test_one_document_not_published() -> None:
    only: dict[str, Plain] = {"classified": False, "b_published": NEVER}
    outcome = score(RULE, 2, **only)
    assert (outcome.result, outcome.score, outcome.basis) == (Result.SCORED, 0, "预算未公开，本项不得分")
    outcome = score(HALVES, 2, **only)
    assert (outcome.result, outcome.low, outcome.high) == (Result.MISSING, 0, 1)
    assert outcome.missing == ("a_approved", "a_published", "a_problem")
    assert score(HALVES, 2, **{**GOOD, "b_published": NEVER, "b_approved": None, "b_problem": None}).score == 1


def test_classified_is_not_applicable() -> None:
    outcome = score(RULE, 2, classified=True, b_published=NEVER)
    assert (outcome.result, outcome.score) == (Result.NOT_APPLICABLE, 2)


def test_published_before_approved_must_be_corrected() -> None:
    outcome = score(RULE, 2, **{**GOOD, "b_published": THURSDAY - timedelta(1)})
    assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, D("1.5"), 2)
    assert [(each.code, each.actual) for each in outcome.findings] == [("not-before", "2024-03-06")]


def test_what_is_unknown_bounds_the_score() -> None:
    outcome = score(RULE, 2, **{**GOOD, "b_problem": None, "a_problem": True})
    assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (Result.MISSING, ("b_problem",), 1, D("1.5"))
    outcome = score(RULE, 2, **{**GOOD, "b_published": None})
    assert (outcome.low, outcome.high) == (0, 2)  # it may still turn out as 未公开: then the row is 0
    assert score(HALVES, 2, **{**GOOD, "b_published": None}).low == D("1.5")
    outcome = score(RULE, 2, **{**GOOD, "classified": None})
    assert (outcome.missing, outcome.low, outcome.high) == (("classified",), 0, 2)
    assert score(RULE, 2, **{**GOOD, "b_published": "不久"}).result is Result.NEEDS_REVIEW
    assert score(RULE, 2, **{**GOOD, "b_approved": date(2023, 12, 31)}).result is Result.NEEDS_REVIEW


def test_the_basis_shows_the_days() -> None:
    outcome = score(
        RULE, 2, **{**GOOD, "b_approved": SUNDAY_ENDS, "b_published": SUNDAY_ENDS + timedelta(21), "a_problem": True}
    )
    assert outcome.basis == (
        "预算批复后 21 日公开（20 日内，期限顺延至 2024-03-25），得 0.5 分；预算公开检查未发现问题，得 0.5 分；"
        "决算批复后 0 日公开（20 日内），得 0.5 分；决算公开检查发现问题，不得分；合计 1.5 分"
    )


def test_what_is_wrong_with_the_parameters() -> None:
    wrong = TOML.replace('published = "b_published"', 'published = "b_approved"').replace(
        "share = 0.5},\n]", "share = 0.4},\n]"
    )
    wrong = wrong.replace('approved = "a_approved"', 'approved = "a_published"').replace("days = 20", "days = -1")
    found = problems(wrong, FIELDS, 2)
    for place in (
        "parts[0].published: 字段 'b_approved' 须写明 never", "parts[1].approved: 字段 'a_published' 不能有 never",
        "parts: 各部分合计 1.8 分，应为 2 分", "days: 不能是负数",
    ):  # fmt: skip
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 4


def test_explained() -> None:
    assert RULE.explain(D(2))[:2] == ["“涉密”为“是”的，按不适用计满分。", "预算、决算有一项未公开的，本项 0 分。"]
    assert "休息日" in RULE.explain(D(2))[2] and "休息日" not in STRICT.explain(D(2))[2]
    assert HALVES.explain(D(2))[1] == "未公开的，该部分 0 分。"
    assert len(RULE.fields()) == 7


@pytest.fixture(scope="module", params=[RULE, STRICT, HALVES], ids=["rolls", "strict", "halves"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(request.param, 2, tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    starts = (THURSDAY, SUNDAY_ENDS, SATURDAY_ENDS, None, "不久", date(2023, 12, 31))
    for approved in starts:
        base = approved if isinstance(approved, date) else THURSDAY
        ends = [base + timedelta(days) for days in (-1, 0, 19, 20, 21, 22, 23, 24, 60)]
        every_one(
            bench, ({**GOOD, "b_approved": approved, "b_published": end} for end in (*ends, NEVER, None, "不久", 5))
        )
    words = (True, False, None, "也许")
    every_one(bench, ({**GOOD, "classified": one, "b_problem": other} for one in words for other in words))
    every_one(bench, ({**GOOD, "b_published": NEVER, "a_problem": word} for word in words))


@settings(max_examples=60)
@given(values=fillings(RULE, classified=st.sampled_from([False, False, False, True])))
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]
