"""What another reading costs: held against scoring everything anew under it, and at the boundary of each clause."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign
from perfeval_xl.cli import main
from perfeval_xl.demo import sample_returns
from perfeval_xl.district.duplicates import one_a_unit
from perfeval_xl.errors import WhatIfError
from perfeval_xl.generator import submission_of
from perfeval_xl.inquiry.whatif import Case, Cost, Direction, UnitChange, cases, common_scheme, cost
from perfeval_xl.inquiry.whatif_report import change_rows, cost_line, overview_rows, what_if_json
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.base import needs_review
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.scorer import score
from tests.rounds import hand_in, issued_round, published_answers
from tests.test_house import loaded_by

PATH = find_scheme("huadu-2024")
SCHEME = load_scheme(PATH)
ALL_CASES = cases(SCHEME, ["all"])
D = Decimal


def returned(answers: Mapping[str, Any] | str, code: str = "S001", scheme: Scheme = SCHEME) -> UnitResult:
    """A unit's answers, scored without a workbook."""
    text = answers if isinstance(answers, str) else json.dumps(answers, ensure_ascii=False)
    submission = replace(submission_of(scheme, read_answers(text, scheme)), unit_code=code)
    return UnitResult(code, f"{code}校", "", f"{code}.xlsx", None, submission, score(scheme, submission))


def published(scheme: Scheme = SCHEME, **changes: Any) -> UnitResult:
    return returned(published_answers(**changes), scheme=scheme)


def only_case(*asked: str, scheme: Scheme = SCHEME) -> Case:
    [case] = cases(scheme, asked)
    return case


def changed_rows(found: Cost) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """The rows that change in the only unit that does: code → score before and after."""
    if not found.changes:
        return {}
    [change] = found.changes
    return {row.indicator.code: (row.before.score, row.after.score) for row in change.rows}


@pytest.fixture(scope="module")
def district() -> list[UnitResult]:
    return [returned(each.answers_text, each.unit) for each in sample_returns()]


# ---- against another route: every row of every unit scored anew, under a scheme loaded for it

Anew = Callable[[Scheme, Submission], ScoreCard]


def rules_alone(scheme: Scheme, submission: Submission) -> ScoreCard:
    """Every row's score, and none of the findings, which take the scorer most of its time."""
    outcomes = ((each, applicability.score(each, submission.answers)) for each in scheme.indicators)
    return ScoreCard(scheme, tuple(IndicatorScore(each, outcome, None, None) for each, outcome in outcomes))


def rescored(results: Sequence[UnitResult], choices: Mapping[str, str], anew: Anew) -> dict[str, ScoreCard]:
    scheme = load_scheme(PATH, choices)
    return {each.unit_code: anew(scheme, each.submission) for each in results if each.submission}


def figures(card: ScoreCard) -> list[tuple[Decimal | None, Decimal, Decimal]]:
    return [(row.score, row.outcome.low, row.outcome.high) for row in card.rows]


def mean(values: Sequence[Decimal]) -> Decimal | None:
    return (sum(values) / len(values)).quantize(D("0.01"), ROUND_HALF_UP) if values else None


WAYS = {"": Direction.EVEN, "+": Direction.UP, "-": Direction.DOWN, "+-": Direction.OPEN}


def signs(old: ScoreCard, new: ScoreCard) -> str:
    """Which ways the two bounds of a total go: "", "+", "-" or "+-"."""
    bounds = (new.total_min - old.total_min, new.total_max - old.total_max)
    return "+" * any(each > 0 for each in bounds) + "-" * any(each < 0 for each in bounds)


def hold_against_rescoring(
    found: Cost, results: Sequence[UnitResult], choices: Mapping[str, str], anew: Anew = rules_alone
) -> None:
    after = rescored(results, choices, anew)
    before = {each.unit_code: each.card for each in results if each.card}
    assert found.units == len(before) == len(results)
    different = {code for code, card in before.items() if figures(card) != figures(after[code])}
    assert {each.unit.unit_code for each in found.changes} == different
    for each in found.changes:
        code = each.unit.unit_code
        assert figures(each.after) == figures(after[code])
        assert (each.after.total, each.after.grade) == (after[code].total, after[code].grade)
        assert {row.indicator.code for row in each.rows} == {
            old.indicator.code
            for old, new in zip(before[code].rows, after[code].rows, strict=True)
            if (old.score, old.outcome.low, old.outcome.high) != (new.score, new.outcome.low, new.outcome.high)
        }
    moves = ((before[code].grade, after[code].grade) for code in before)
    assert found.grades == Counter((old, new) for old, new in moves if old != new)
    totals = [(before[code].total, after[code].total) for code in before]
    known = [(old, new) for old, new in totals if old is not None and new is not None]
    assert found.mean_before == mean([old for old, _ in known])
    assert found.mean_after == mean([new for _, new in known])
    both = [(before[code].total, after[code].total) for code in different]
    assert found.mean_change == mean([new - old for old, new in both if old is not None and new is not None])
    assert found.directions == Counter(WAYS[signs(before[code], after[code])] for code in different)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: str(case[0]))
def test_every_case_on_the_sample_district_is_what_scoring_anew_gives(district: list[UnitResult], case: Case) -> None:
    [switch] = case
    hold_against_rescoring(cost(SCHEME, case, district), district, {switch.reading.id: switch.option.id})


def test_readings_changed_together_are_what_scoring_anew_gives(district: list[UnitResult]) -> None:
    """Two of them touch the same rows: their rules differ from both alternatives that the scheme holds."""
    asked = ("completion_floor=floor_excluded", "over_fulfilment=half_rate", "control_steps=linear")
    choices = dict(each.split("=") for each in asked)
    hold_against_rescoring(cost(SCHEME, only_case(*asked), district), district, choices, anew=score)


def test_the_rounds_own_readings_stay_in_force(district: list[UnitResult]) -> None:
    chosen = {"completion_floor": "floor_excluded", "control_steps": "linear"}
    base = load_scheme(PATH, chosen)
    results = [returned(each.answers_text, each.unit, base) for each in sample_returns()]
    found = cost(base, only_case("over_fulfilment=half_rate", scheme=base), results)
    hold_against_rescoring(found, results, {**chosen, "over_fulfilment": "half_rate"})
    back = cost(base, only_case("control_steps=whole", scheme=base), results)
    hold_against_rescoring(back, results, {**chosen, "control_steps": "whole"})
    there = cost(SCHEME, only_case("control_steps=linear"), district)
    assert {each.unit.unit_code for each in back.changes} == {each.unit.unit_code for each in there.changes}
    assert back.mean_change == -there.mean_change  # type: ignore[operator]


def test_the_sample_district_in_figures(district: list[UnitResult]) -> None:
    """Known units: one at exactly 60 % of its assets in use, one that five hundredths keep in its grade."""
    sixty = cost(SCHEME, only_case("utilization_sixty"), district)
    assert [each.unit.unit_code for each in sixty.changes] == ["440199021"]
    assert changed_rows(sixty) == {"asset_utilization": (D("1.00"), D("0.00"))}
    assert not sixty.grades
    steps = cost(SCHEME, only_case("control_steps=started"), district)
    assert steps.grades == {("良", "中"): 1}
    [fallen] = [each for each in steps.changes if each.before.grade != each.after.grade]
    assert (fallen.before.total, fallen.after.total) == (D("80.05"), D("79.55"))
    assert (steps.directions[Direction.UP], steps.mean_change) == (0, D("-0.50"))


# ---- at the boundary of a clause


def rated(actual: str) -> list[dict[str, Any]]:
    """The published outputs, the first (3 points, target 99) at ``actual``."""
    first, *others = published_answers()["outputs"]
    return [{**first, "actual": actual}, *others]


def overspent(actual: str) -> dict[str, str]:
    return {"public_funds_budget_wan": "100", "public_funds_actual_wan": actual}


def disclosed(day: str) -> dict[str, str]:
    """Approved on 2024-01-21: the twentieth day, 10 February, begins a holiday that ends on the 17th."""
    return {"budget_approved_on": "2024-01-21", "budget_published_on": day}


NO_MONTH = {"execution_basis": "月度平均"}
MONTHS = {**NO_MONTH, "execution_rate_06": "0.95"}
ALERTS = {"alerts_received": 5}

BOUNDARIES: dict[str, list[tuple[dict[str, Any], tuple[str, str] | None]]] = {
    "completion_floor": [
        ({"outputs": rated("59.40")}, ("18.80", "17.00")),
        ({"outputs": rated("59.39")}, None),
        ({"outputs": rated("59.41")}, None),
    ],
    "over_fulfilment": [({"outputs": rated("148.5")}, None), ({"outputs": rated("150")}, ("18.50", "19.27"))],
    "annual_rate": [(NO_MONTH, ("9.98", "")), (MONTHS, None), ({}, None)],
    "preassessment_three": [
        ({"preassessment_due": 3, "preassessment_done": 2}, ("2.00", "2.50")),
        ({"preassessment_due": 2, "preassessment_done": 1}, None),
        ({"preassessment_due": 4, "preassessment_done": 3}, None),
    ],
    "preassessment_all_missing": [
        ({"preassessment_due": 4, "preassessment_done": 0}, ("1.00", "0.00")),
        ({"preassessment_due": 4, "preassessment_done": 1}, None),
        ({"preassessment_due": 3, "preassessment_done": 0}, None),
    ],
    "unpublished": [({"budget_published_on": "未公开"}, ("0.00", "1.00")), ({}, None)],
    "twenty_days": [
        (disclosed("2024-02-18"), ("2.00", "1.50")),
        (disclosed("2024-02-19"), None),
        (disclosed("2024-02-09"), None),
    ],
    "alert_scale": [({**ALERTS, "late_alerts": 1}, ("2.70", "2.10")), ({**ALERTS, "late_alerts": 0}, None)],
    "subordinates": [({"subordinates_submitted": 176}, ("6.00", "6.99")), ({"subordinates_submitted": 177}, None)],
    "policy_cap": [
        ({"sme_actual_yuan": "101", "sme_reserved_yuan": "100"}, ("1.00", "1.01")),
        ({"sme_actual_yuan": "100", "sme_reserved_yuan": "100"}, None),
    ],
    "utilization_sixty": [
        ({"assets_in_use_wan": "60", "assets_total_wan": "100"}, ("1.00", "0.00")),
        ({"assets_in_use_wan": "60.01", "assets_total_wan": "100"}, None),
        ({"assets_in_use_wan": "59.99", "assets_total_wan": "100"}, None),
    ],
    "control_steps=started": [
        (overspent("100"), None),
        (overspent("100.01"), ("2.00", "1.50")),
        (overspent("105"), None),
    ],
    "control_steps=linear": [(overspent("104.99"), ("2.00", "1.50")), (overspent("105"), None)],
}


@pytest.mark.parametrize(
    ("asked", "answers", "scores"),
    [(asked, *each) for asked, boundary in BOUNDARIES.items() for each in boundary],
)
def test_a_unit_changes_exactly_where_the_clause_says(
    asked: str, answers: dict[str, Any], scores: tuple[str, str] | None
) -> None:
    found = changed_rows(cost(SCHEME, only_case(asked), [published(**answers)]))
    if scores is None:
        assert found == {}
    else:
        [(before, after)] = found.values()
        assert (before, after) == (D(scores[0]), D(scores[1]) if scores[1] else None)


# ---- totals, grades, directions


def test_a_score_that_is_lost_leaves_bounds_and_an_open_grade() -> None:
    found = cost(SCHEME, only_case("annual_rate=missing"), [published(**NO_MONTH)])
    [change] = found.changes
    assert (change.before.total, change.before.grade) == (D("99.97"), "优")
    assert (change.after.total, change.after.grade) == (None, None)
    assert (change.after.total_min, change.after.total_max) == (D("89.99"), D("99.99"))
    assert (change.direction, change.difference) == (Direction.OPEN, None)
    assert found.grades == {("优", None): 1}
    assert (found.mean_change, found.mean_before, found.mean_after) == (None, None, None)
    assert cost_line(found) == "共 1 个单位：1 个得分变化（+0/−0，升降待定 1），1 个等级变化（优→待定 1）。"
    [row] = change_rows(found)
    assert row == (
        "S001 S001校",
        "部门预算资金支出率 9.98 → 0.00～10.00（暂定）",
        "99.97 → 89.99～99.99（暂定）",
        "优 → 待定",
    )


def test_a_provisional_total_moves_by_both_its_bounds() -> None:
    unit = published(execution_basis=None, assets_in_use_wan="60", assets_total_wan="100")
    [change] = cost(SCHEME, only_case("utilization_sixty"), [unit]).changes
    assert change.before.total is None
    assert (change.direction, change.difference) == (Direction.DOWN, None)


def bounded(low: int, high: int) -> ScoreCard:
    first = SCHEME.indicators[0]
    return ScoreCard(
        SCHEME, (IndicatorScore(first, needs_review(first.points, "", low=D(low), high=D(high)), None, None),)
    )


@pytest.mark.parametrize(
    ("low", "high", "direction"),
    [
        (5, 10, Direction.EVEN),
        (6, 11, Direction.UP),
        (6, 10, Direction.UP),
        (5, 11, Direction.UP),
        (4, 9, Direction.DOWN),
        (4, 10, Direction.DOWN),
        (5, 9, Direction.DOWN),
        (4, 11, Direction.OPEN),
        (6, 9, Direction.OPEN),
    ],
)
def test_which_way_bounds_go(low: int, high: int, direction: Direction) -> None:
    change = UnitChange(published(), bounded(5, 10), bounded(low, high), ())
    assert change.direction is direction


def test_rows_that_offset_one_another() -> None:
    unit = published(preassessment_due=3, preassessment_done=2, **overspent("100.01"))
    found = cost(SCHEME, only_case("preassessment_three", "control_steps=started"), [unit])
    assert len(changed_rows(found)) == 2
    assert found.directions == {Direction.EVEN: 1}
    assert found.mean_change == 0
    assert cost_line(found).startswith("共 1 个单位：1 个得分变化（+0/−0，总分不变 1），0 个等级变化；")


def test_means_are_half_up_and_never_minus_zero() -> None:
    ratios = [published(sme_actual_yuan=actual, sme_reserved_yuan="100") for actual in ("102", "103")]
    assert cost(SCHEME, only_case("policy_cap"), ratios).mean_change == D("0.03")  # 0.025
    units = [published(**overspent("100.1"))]  # -0.01
    units += [
        published(preassessment_due=3, preassessment_done=2),  # +0.50
        published(**overspent("104.99")),  # -0.50
    ]
    found = cost(SCHEME, only_case("control_steps=linear", "preassessment_three"), units)
    assert [each.difference for each in found.changes] == [D("-0.01"), D("0.50"), D("-0.50")]
    [as_json] = what_if_json(SCHEME, [found], [])["cases"]
    assert as_json["mean_change"] == "0.00"
    assert "变化的单位平均 0.00 分" in cost_line(found)


def test_the_line_and_the_overview_say_who_goes_where() -> None:
    """Half a point by the clause: of two units at 91.00 and at 90.00 the second one falls out of its grade."""
    deductions = {"upheld_complaints": 2, "allocation_violations": 2, "inventory_done": False, "asset_findings": 4}
    deductions |= {"rectify_findings": 4, "sme_actual_yuan": "100", "sme_reserved_yuan": "100"}
    near = published(**MONTHS | {"execution_rate_06": "1"} | deductions, **overspent("102"))
    far = published(**overspent("102"))
    assert near.card and near.card.total == D("91.00")
    nearer = published(**MONTHS | {"execution_rate_06": "0.9"} | deductions, **overspent("102"))
    assert nearer.card and (nearer.card.total, nearer.card.grade) == (D("90.00"), "优")
    found = cost(SCHEME, only_case("control_steps=started"), [near, nearer, far, published()])
    assert cost_line(found) == (
        "共 4 个单位：3 个得分变化（+0/−3），1 个等级变化（优→良 1）；变化的单位平均 −0.50 分；"
        "全部单位平均 95.24 → 94.86 分。"
    )
    assert overview_rows([found]) == [
        ("control_steps=started", "3 个（+0/−3）", "1 个（优→良 1）", "−0.50 分"),
    ]
    nothing = cost(SCHEME, only_case("subordinates"), [far])
    assert cost_line(nothing) == "共 1 个单位：0 个得分变化，0 个等级变化；全部单位平均 99.97 分。"
    assert change_rows(nothing) == []


# ---- what is asked for


def names(found: list[Case]) -> list[str]:
    return [" ".join(map(str, case)) for case in found]


def test_what_may_be_asked() -> None:
    assert names(cases(SCHEME, ["control_steps=linear"])) == ["control_steps=linear"]
    assert names(cases(SCHEME, ["control_steps"])) == ["control_steps=started", "control_steps=linear"]
    assert names(cases(SCHEME, ["policy_cap", "control_steps"])) == [
        "policy_cap=uncapped control_steps=started",
        "policy_cap=uncapped control_steps=linear",
    ]
    others = sum(len(each.options) - 1 for each in SCHEME.readings if each.options)
    assert len(ALL_CASES) == others > 10
    assert all(len(case) == 1 for case in ALL_CASES)
    base = load_scheme(PATH, {"control_steps": "linear"})
    assert names(cases(base, ["control_steps"])) == ["control_steps=whole", "control_steps=started"]


@pytest.mark.parametrize(
    ("asked", "told", "untold"),
    [
        (["nix"], ["没有口径 'nix'", "policy_cap", "uncapped：", "control_steps", "linear："], ["judged_outputs"]),
        (["policy_cap=nix"], ["没有 'nix' 这个选项", "capped：", "（现行）", "uncapped：数值超过 100% 的"], ["linear"]),
        (["policy_cap="], ["没有 '' 这个选项"], ["linear"]),
        (["policy_cap=capped"], ["现在用的就是 'capped'", "uncapped："], ["linear"]),
        (["judged_outputs"], ["'judged_outputs' 没有别的选项", "policy_cap"], []),
        (["policy_cap", "policy_cap=uncapped"], ["policy_cap 写了两次"], []),
        (["all", "policy_cap"], ["all 是逐一试全部口径，只能单独使用"], []),
    ],
)
def test_what_may_not_be_asked(asked: list[str], told: list[str], untold: list[str]) -> None:
    with pytest.raises(WhatIfError) as caught:
        cases(SCHEME, asked)
    assert all(each in str(caught.value) for each in told)
    assert not any(each in str(caught.value) for each in untold)


def test_returns_of_one_scheme_are_needed() -> None:
    assert common_scheme([published()]) is SCHEME
    set_aside = replace(published(), submission=None, card=None)
    with pytest.raises(WhatIfError, match="没有一份能计分的表"):
        common_scheme([set_aside])
    other = load_scheme(PATH.read_text(encoding="utf-8").replace('version = "1.0"', 'version = "2.0"', 1))
    with pytest.raises(WhatIfError, match=r"huadu-2024 1\.0、huadu-2024 2\.0"):
        common_scheme([published(), published(other)])


def test_returns_without_a_card_are_left_out() -> None:
    set_aside = replace(published(), submission=None, card=None)
    assert cost(SCHEME, only_case("policy_cap"), [published(), set_aside]).units == 1


def test_returns_that_name_no_unit_are_all_kept() -> None:
    """Forms filled in away from a round may bear no code: they are no copies of one another."""
    unnamed = [returned(published_answers(upheld_complaints=count), "") for count in (0, 1)]
    assert len(one_a_unit(unnamed)) == 2


def test_the_core_loads_no_workbook_library() -> None:
    assert loaded_by("import perfeval_xl.inquiry.whatif") == set()


# ---- the command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> campaign.Campaign:
    """A round in which all three units returned, each on another clause, the last one twice; and a file that is none."""
    at = issued_round(tmp_path_factory.mktemp("round") / "2024")
    hand_in(at, "S001", published_answers(**NO_MONTH))
    hand_in(at, "S002", published_answers(assets_in_use_wan="60", assets_total_wan="100"))
    last = hand_in(at, "S003", published_answers(**overspent("102")))
    shutil.copy(last, at.inbox / "S003 副本.xlsx")
    (at.inbox / "stray.xlsx").write_text("x")
    return at


def what_if(at: campaign.Campaign, *asked: str, fmt: str = "text") -> Result:
    options = [word for each in asked for word in ("--what-if", each)]
    return run("score", "-C", at.folder, at.inbox, *options, "--format", fmt)


def test_a_folder_is_scored_file_by_file(issued: campaign.Campaign) -> None:
    result = run("score", "-C", issued.folder, issued.inbox, "--format", "json")
    assert result.exit_code == 1
    files = ["S001 交表.xlsx", "S002 交表.xlsx", "S003 交表.xlsx", "S003 副本.xlsx", "stray.xlsx"]
    assert [each["file"] for each in json.loads(result.stdout)] == files


def test_a_folder_that_cannot_be_scored(issued: campaign.Campaign, tmp_path: Path) -> None:
    empty = run("score", tmp_path)
    assert (empty.exit_code, empty.stdout) == (2, "")
    assert "文件夹中没有文件" in empty.stderr
    whole = run("score", issued.folder)
    assert whole.exit_code == 2
    assert f"perfeval score -C {issued.folder} {issued.inbox}" in whole.stderr


def test_text_lists_the_units_that_change(issued: campaign.Campaign) -> None:
    result = what_if(issued, "utilization_sixty=no_point")
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "口径 utilization_sixty=no_point · 75%>比率≥60%的，得1分；比率≤60%的，得0分"
    assert lines[1:3] == ["现行：比率正好 60% 的，得 1 分。", "改为：比率正好 60% 的，得 0 分。"]
    [row] = [line for line in lines if line.startswith("S00")]
    assert row.split(maxsplit=2)[:2] == ["S002", "第二小学"]
    assert "固定资产利用率 1.00 → 0.00" in row and "98.97 → 97.97" in row
    assert "共 3 个单位：1 个得分变化（+0/−1），0 个等级变化；变化的单位平均 −1.00 分" in result.stdout
    assert "stray.xlsx" in result.stderr and "stray.xlsx" not in result.stdout


def test_several_cases_end_in_an_overview(issued: campaign.Campaign) -> None:
    result = what_if(issued, "all")
    assert result.exit_code == 0
    heads = [line for line in result.stdout.splitlines() if line.startswith("口径 ")]
    assert len(heads) == len(ALL_CASES)
    overview = [line.split() for line in result.stdout.splitlines() if line.startswith(" control_steps=")]
    assert overview == [
        ["control_steps=started", "1", "个（+0/−1）", "0", "个", "−0.50", "分"],
        ["control_steps=linear", "1", "个（+0/−1）", "0", "个", "−0.20", "分"],
    ]


def test_json_shape(issued: campaign.Campaign) -> None:
    result = what_if(issued, "utilization_sixty", "control_steps=linear", fmt="json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(shown) == ["scheme", "version", "year", "in_force", "not_scored", "cases"]
    assert (shown["scheme"], shown["year"], shown["not_scored"]) == ("huadu-2024", 2024, ["stray.xlsx"])
    assert shown["in_force"]["control_steps"] == "whole"
    [case] = shown["cases"]
    assert list(case) == [
        "readings", "units", "score_changes", "up", "down", "even", "open", "grade_changes", "grades",
        "mean_change", "mean_before", "mean_after", "changes",
    ]  # fmt: skip
    assert [(each["id"], each["from"]["id"], each["to"]["id"]) for each in case["readings"]] == [
        ("utilization_sixty", "one_point", "no_point"),
        ("control_steps", "whole", "linear"),
    ]
    assert (case["units"], case["score_changes"], case["down"], case["mean_change"]) == (3, 2, 2, "-0.60")
    assert [each["unit_code"] for each in case["changes"]] == ["S002", "S003"]
    assert case["changes"][1] == {
        "unit_code": "S003",
        "unit_name": "第三小学",
        "file": "S003 交表.xlsx",
        "direction": "down",
        "difference": "-0.20",
        "before": {"total": "99.97", "total_min": "99.97", "total_max": "99.97", "grade": "优"},
        "after": {"total": "99.77", "total_min": "99.77", "total_max": "99.77", "grade": "优"},
        "indicators": [
            {
                "code": "public_funds_control",
                "name": "公用经费控制率",
                "before": {"score": "2.00", "score_min": "2.00", "score_max": "2.00", "outcome": "scored"},
                "after": {"score": "1.80", "score_min": "1.80", "score_max": "1.80", "outcome": "scored"},
            }
        ],
    }


def test_csv_shape(issued: campaign.Campaign) -> None:
    result = what_if(issued, "annual_rate", fmt="csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    [first] = rows
    assert (first["what_if"], first["unit_code"], first["indicator"]) == (
        "annual_rate=missing",
        "S001",
        "budget_execution",
    )
    assert (first["score_before"], first["score_after"], first["outcome_after"]) == ("9.98", "", "missing")
    assert (first["total_before"], first["total_after"]) == ("99.97", "")
    assert (first["total_min_after"], first["total_max_after"]) == ("89.99", "99.99")
    assert (first["grade_before"], first["grade_after"]) == ("优", "")


def test_bad_ids_are_told_before_anything_is_read(issued: campaign.Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.district.batch.examine_all", lambda *_: pytest.fail("a file was read"))
    for asked, told in (("nix=x", "没有口径 'nix'"), ("policy_cap=nix", "uncapped：数值超过 100% 的")):
        result = what_if(issued, asked)
        assert (result.exit_code, result.stdout) == (2, "")
        assert told in result.stderr


def test_away_from_a_round(issued: campaign.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("score", issued.inbox, "--what-if", "utilization_sixty", "--format", "json")
    assert result.exit_code == 0, result.output
    [case] = json.loads(result.stdout)["cases"]
    assert (case["units"], case["score_changes"]) == (3, 1)
    assert run("score", issued.inbox, "--what-if", "nix").exit_code == 2
    assert run("score", issued.inbox / "stray.xlsx", "--what-if", "all").exit_code == 2


def test_a_rounds_readings_are_the_base(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    settings = at.folder / campaign.SETTINGS
    text = settings.read_text(encoding="utf-8").split("\n# 对条款")[0]
    settings.write_text(f'{text}\n[readings]\nutilization_sixty = "no_point"\n', encoding="utf-8")
    at = campaign.load(at.folder)
    assert run("generate", "-C", at.folder).exit_code == 0
    hand_in(at, "S002", published_answers(assets_in_use_wan="60", assets_total_wan="100"))
    shown = json.loads(what_if(at, "utilization_sixty", fmt="json").stdout)
    assert shown["in_force"]["utilization_sixty"] == "no_point"
    [case] = shown["cases"]
    assert (case["readings"][0]["to"]["id"], case["up"], case["mean_change"]) == ("one_point", 1, "1.00")
    assert what_if(at, "utilization_sixty=no_point").exit_code == 2
    [other] = json.loads(what_if(at, "policy_cap", fmt="json").stdout)["cases"]
    assert other["mean_before"] == "97.97"  # under the round's own reading


def test_scheme_show_lists_the_readings() -> None:
    text = run("scheme", "show").stdout
    assert "口径编号" in text
    for reading in SCHEME.readings:
        assert f" {reading.id} " in text
        for option in reading.options:
            assert f"{option.id}：" in text
    assert text.count("现行）") == sum(bool(each.options) for each in SCHEME.readings)  # none of them is cut off
    marked = [line for line in text.splitlines() if "one_point：" in line]
    assert len(marked) == 1 and "（现行）" in marked[0]
    assert "blank_is_missing" in text and "空白既不算 0" in text  # one that has no other
