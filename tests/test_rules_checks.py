from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from perfeval_xl.scheme.rules.base import Outcome, Result, Rule
from tests.rulekit import (
    Bench,
    D,
    Plain,
    amount,
    context,
    count,
    day,
    every_one,
    fillings,
    problems,
    read,
    score,
    yesno,
)

NEVER = "未公开"
DUE = date(2024, 3, 8)
FIELDS = context(
    yesno("made", "做了"), yesno("handled", "处理了"), count("late", "晚的"), count("wrong", "错的"), count("due", "应做"),
    count("done", "已做"), day("due_on"), day("done_on", NEVER), count("alerts", "提醒"), count("late_alerts", "晚的提醒"),
    yesno("asked", "收到意见"), yesno("answered", "反馈了"), amount("sum"),
)  # fmt: skip
YES = 'label = "盘点", test = "yes", fields = ["made", "handled"]'
ZERO = 'label = "时限", test = "zero", fields = ["late", "wrong"]'
COVERED = 'label = "覆盖", test = "covered", due = "due", done = "done"'
BY_DATE = 'label = "按时", test = "by_date", due = "due_on", done = "done_on"'
DEDUCT = 'label = "提醒", test = "deduct", received = "alerts", late = "late_alerts", each = 1, of = 3'
YES_IF = 'label = "反馈", test = "yes_if", when = "asked", field = "answered"'


def checks(*parts: str) -> str:
    return f'kind = "checks"\nparts = [{", ".join(f"{{{part}}}" for part in parts)}]'


def single(part: str, points: int = 3) -> Rule:
    rule: Rule = read(checks(f"{part}, share = 1"), FIELDS, points)
    return rule


def shown(outcome: Outcome) -> tuple[Result, str | None]:
    return outcome.result, None if outcome.score is None else str(outcome.score)


SCORED, NA, REVIEW, MISSING = Result.SCORED, Result.NOT_APPLICABLE, Result.NEEDS_REVIEW, Result.MISSING


@pytest.mark.parametrize(
    ("part", "values", "expected"),
    [
        (YES, {"made": True, "handled": True}, (SCORED, "3.00")),
        (YES, {"made": True, "handled": False}, (SCORED, "0.00")),
        (YES, {"made": False, "handled": False}, (SCORED, "0.00")),
        (YES, {"made": True}, (MISSING, None)),
        (YES, {"made": True, "handled": "也许"}, (REVIEW, None)),
        (ZERO, {"late": 0, "wrong": 0}, (SCORED, "3.00")),
        (ZERO, {"late": 0, "wrong": 1}, (SCORED, "0.00")),
        (ZERO, {"late": 0}, (MISSING, None)),
        (ZERO, {"late": 0, "wrong": -1}, (REVIEW, None)),
        (COVERED, {"due": 177, "done": 177}, (SCORED, "3.00")),
        (COVERED, {"due": 177, "done": 176}, (SCORED, "0.00")),
        (COVERED, {"due": 177, "done": 178}, (REVIEW, None)),
        (COVERED, {"due": 0, "done": 0}, (NA, "3")),
        (COVERED, {"due": 1}, (MISSING, None)),
        (f'{COVERED}, partial = "proportional"', {"due": 3, "done": 2}, (SCORED, "2.00")),
        (f'{COVERED}, partial = "proportional"', {"due": 8, "done": 3}, (SCORED, "1.13")),
        (f'{COVERED}, partial = "proportional"', {"due": 0, "done": 0}, (NA, "3")),
        (BY_DATE, {"due_on": DUE, "done_on": DUE}, (SCORED, "3.00")),
        (BY_DATE, {"due_on": DUE, "done_on": DUE + timedelta(1)}, (SCORED, "0.00")),
        (BY_DATE, {"done_on": NEVER}, (SCORED, "0.00")),
        (BY_DATE, {"done_on": DUE}, (MISSING, None)),
        (BY_DATE, {"due_on": DUE, "done_on": "不久"}, (REVIEW, None)),
        (DEDUCT, {"alerts": 5, "late_alerts": 0}, (SCORED, "3.00")),
        (DEDUCT, {"alerts": 5, "late_alerts": 1}, (SCORED, "2.00")),
        (DEDUCT, {"alerts": 5, "late_alerts": 3}, (SCORED, "0.00")),
        (DEDUCT, {"alerts": 5, "late_alerts": 4}, (SCORED, "0.00")),
        (DEDUCT, {"alerts": 2, "late_alerts": 3}, (REVIEW, None)),
        (DEDUCT, {"alerts": 0}, (SCORED, "3.00")),
        (DEDUCT, {"alerts": 1}, (MISSING, None)),
        (DEDUCT, {"late_alerts": 0}, (MISSING, None)),
        (YES_IF, {"asked": True, "answered": True}, (SCORED, "3.00")),
        (YES_IF, {"asked": True, "answered": False}, (SCORED, "0.00")),
        (YES_IF, {"asked": False}, (SCORED, "3.00")),
        (YES_IF, {"asked": False, "answered": False}, (SCORED, "3.00")),
        (YES_IF, {"asked": True}, (MISSING, None)),
        (YES_IF, {"answered": True}, (MISSING, None)),
    ],
)
def test_each_test_by_itself(part: str, values: dict[str, Plain], expected: tuple[Result, str | None]) -> None:
    assert shown(score(single(part), 3, **values)) == expected


def test_nothing_to_do_is_noted() -> None:
    assert score(single(DEDUCT), 3, alerts=0).notes == ("提醒：提醒为 0，按满分计",)
    assert score(single(YES_IF), 3, asked=False).notes == ("反馈：收到意见：否，按满分计",)
    assert score(single(COVERED), 3, due=0, done=0).basis == "覆盖：没有应做的事项，按满分计"
    assert score(single(YES), 3, made=True, handled=True).notes == ()


def test_too_large_a_part_is_told() -> None:
    assert [each.code for each in score(single(COVERED), 3, due=1, done=2).findings] == ["part-exceeds-whole"]
    found = score(single(DEDUCT), 3, alerts=1, late_alerts=2).findings
    assert [each.message.split("。")[0] for each in found] == ["晚的提醒 2 大于提醒 1"]


WEIGHTED = read(
    checks(f"{DEDUCT}, share = 0.3", f"{YES_IF}, share = 0.3", 'label = "挂钩", test = "yes", fields = ["made"], share = 0.4'),
    FIELDS, 3,
)  # fmt: skip
POINTS = read(
    checks(f"{ZERO}, points = 2", f"{COVERED}, points = 1", f"{BY_DATE}, points = 2", f"{YES}, points = 2"), FIELDS, 7
)


@pytest.mark.parametrize(
    ("late", "answered", "made", "expected"),
    [(0, True, True, "3.00"), (1, True, True, "2.70"), (2, False, True, "1.50"), (3, True, False, "0.90"), (3, False, False, "0.00")],
)  # fmt: skip
def test_parts_are_weighted_by_their_shares(late: int, answered: bool, made: bool, expected: str) -> None:
    outcome = score(WEIGHTED, 3, alerts=4, late_alerts=late, asked=True, answered=answered, made=made)
    assert str(outcome.score) == expected


def test_parts_add_up_and_bound_the_score() -> None:
    full: dict[str, Plain] = {
        "late": 0, "wrong": 0, "due": 5, "done": 5, "due_on": DUE, "done_on": DUE, "made": True, "handled": True,
    }  # fmt: skip
    assert score(POINTS, 7, **full).score == 7
    assert score(POINTS, 7, **{**full, "due": 0, "done": 0}).score == 7
    outcome = score(POINTS, 7, **{**full, "done": 4, "handled": None})
    assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (MISSING, ("handled",), 4, 6)
    outcome = score(POINTS, 7, **{**full, "done": 6, "handled": None})
    assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (REVIEW, ("handled",), 4, 7)


def test_what_is_open_keeps_what_is_known() -> None:
    given: dict[str, Plain] = {
        "late": 1,
        "wrong": 0,
        "due": 5,
        "done": 6,
        "due_on": DUE,
        "done_on": DUE,
        "made": "也许",
    }
    outcome = score(POINTS, 7, **given)
    assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (REVIEW, ("handled",), 2, 5)
    assert outcome.basis == "覆盖：6 大于总数 5；做了填报有误，改正后才能计分"
    for answer, result in (("也许", REVIEW), (None, MISSING)):
        outcome = score(POINTS, 7, **{**given, "due": 0, "done": 0, "made": answer})
        assert (outcome.result, outcome.notes) == (result, ("覆盖：没有应做的事项，按满分计",))


def test_the_basis_names_every_part() -> None:
    outcome = score(WEIGHTED, 3, alerts=4, late_alerts=1, asked=False, made=False)
    assert outcome.basis == (
        "提醒：晚的提醒 1，得 0.6 分；反馈：收到意见：否，得 0.9 分；挂钩：做了为“否”，不得分；合计 1.5 分"
    )
    two = read(
        checks(f"{YES_IF}, share = 0.4", 'label = "挂钩", test = "yes", fields = ["made"], share = 0.6'), FIELDS, 3
    )
    assert (
        score(two, 3, asked=False, made=True).basis == "反馈：收到意见：否，得 1.2 分；挂钩：是，得 1.8 分；合计 3 分"
    )
    assert score(single(COVERED), 3, due=177, done=176).basis == "覆盖：176 ÷ 177 = 99.44%，不得分"
    assert score(single(BY_DATE), 3, due_on=DUE, done_on=DUE + timedelta(2)).basis == (
        "按时：规定 2024-03-08，实际 2024-03-10，晚 2 日，不得分"
    )


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (checks(f"{YES}, share = 0.9"), ["parts: 各部分合计 2.7 分"]),
        (checks(f"{YES}, share = 1, points = 3"), ["parts[0].share: "]),
        (checks(YES), ["parts[0].share: ", "parts: 各部分合计 0 分"]),
        (checks('label = "x", test = "maybe", share = 1'), ["parts[0].test: 只能是"]),
        (
            checks('label = "x", test = "zero", fields = ["made"], share = 1'),
            ["parts[0].fields[0]: 字段 'made' 应为个数"],
        ),
        (checks('label = "x", test = "yes", fields = [], share = 1'), ["parts[0].fields: 至少"]),
        (checks(f"{BY_DATE.replace('due_on', 'done_on')}, share = 1"), ["parts[0].due: 字段 'done_on' 不能有 never"]),
        (checks(f"{DEDUCT.replace('of = 3', 'of = 0')}, share = 1"), ["parts[0].of: 应大于 0"]),
        (checks(f"{YES_IF}, due = 1, share = 1"), ["parts[0].due: 不认识"]),
        ('kind = "checks"\nparts = []', ["parts: 至少要有一部分"]),
    ],
)
def test_what_is_wrong_with_the_parameters(toml: str, expected: list[str]) -> None:
    found = problems(toml, FIELDS, 3)
    assert len(found) == len(expected)
    assert all(each.startswith(place) for each, place in zip(found, expected, strict=True)), found


def test_explained() -> None:
    assert single(YES).explain(D(3)) == ["盘点（3 分）：“做了”、“处理了”均为“是”。"]
    assert WEIGHTED.explain(D(3)) == [
        "提醒（0.9 分）：按 3 分计，“晚的提醒”每 1 次扣 1 分，扣完为止，再折算为本部分的分值（“提醒”为 0 的计满分）。",
        "反馈（0.9 分）：“反馈了”为“是”（“收到意见”为“否”的计满分）。",
        "挂钩（1.2 分）：“做了”为“是”。",
        "各部分得分相加。",
    ]
    assert POINTS.explain(D(7))[:3] == [
        "时限（2 分）：“晚的”、“错的”均为 0。", "覆盖（1 分）：“已做”等于“应做”（“应做”为 0 的计满分）。",
        "按时（2 分）：“done_on”不晚于“due_on”（“未公开”的不得分）。",
    ]  # fmt: skip
    assert WEIGHTED.fields() == ("alerts", "late_alerts", "asked", "answered", "made")


RULES = {
    "weighted": (WEIGHTED, 3), "points": (POINTS, 7), "covered": (single(COVERED), 3),
    "proportional": (single(f'{COVERED}, partial = "proportional"'), 3),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(RULES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(*RULES[request.param], tmp_path_factory.mktemp("bench"))


def test_the_formula_agrees_at_the_boundaries(bench: Bench) -> None:
    base: dict[str, Plain] = {
        "late": 0, "wrong": 0, "due": 3, "done": 3, "due_on": DUE, "done_on": DUE, "made": True, "handled": True,
        "alerts": 3, "late_alerts": 1, "asked": True, "answered": True,
    }  # fmt: skip
    counts: tuple[Plain, ...] = (0, 1, 2, 3, 4, None, "无", -1, 0.5)
    words: tuple[Plain, ...] = (True, False, None, "也许", 1)
    for field in ("late", "due", "done", "alerts", "late_alerts"):
        every_one(bench, ({**base, field: value} for value in counts))
    for field in ("made", "asked", "answered"):
        every_one(bench, ({**base, field: value} for value in words))
    for field in ("due_on", "done_on"):
        values = (DUE, DUE + timedelta(1), DUE - timedelta(1), NEVER, None, "不久", 3)
        every_one(bench, ({**base, field: value} for value in values))
    every_one(
        bench,
        ({**base, "due": 0, "done": done, "alerts": 0, "late_alerts": late} for done in counts for late in counts),
    )
    every_one(bench, ({**base, "asked": False, "answered": word, "due_on": "无", "done_on": NEVER} for word in words))


@settings(max_examples=60)
@given(values=fillings(read(
    checks(f"{DEDUCT}, share = 0.2", f"{YES_IF}, share = 0.2", f"{ZERO}, share = 0.2", f"{COVERED}, share = 0.2",
           f"{BY_DATE}, share = 0.1", f"{YES}, share = 0.1"), FIELDS, 3)))  # fmt: skip
def test_the_formula_agrees(bench: Bench, values: dict[str, object]) -> None:
    bench.agree(values)  # type: ignore[arg-type]
