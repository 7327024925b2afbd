"""Why a claim differs: each cause where it is the only one, and where it must not be named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.generator import submission_of
from perfeval_xl.inquiry.causes import Cause, CauseKind, claim_causes, formula_cause
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.scorer import score
from tests.rounds import published_answers
from tests.small_schemes import amount, indicator, small_scheme
from tests.small_schemes import given as filled

D = Decimal
SCHEME = load_scheme(find_scheme("huadu-2024"))
POLICY, FUNDS, RATE = "procurement_policy", "public_funds_control", "budget_execution"
CLAIM_CELL, FORM_CELL = Cell("自评表", "I27"), Cell("填报检查", "D24")
MONTHS = {f"execution_rate_{month:02d}": "0.9" for month in range(1, 11)}


def given(changes: Mapping[str, Any]) -> Submission:
    return submission_of(SCHEME, read_answers(json.dumps(published_answers(**changes)), SCHEME))


def row_of(submission: Submission, code: str) -> IndicatorScore:
    return score(SCHEME, submission).row[code]


def told(code: str, claim: str, form: str | None = None, **changes: Any) -> list[Cause]:
    """The causes for a typed ``claim`` beside changed answers; ``form`` is what the form's own formula showed."""
    submission = given({**changes, f"{code}_self_score": claim})
    submission = replace(submission, formula_scores={code: None if form is None else D(form)})
    return list(claim_causes(row_of(submission, code), submission, SCHEME))


def kinds(causes: list[Cause]) -> list[str]:
    return [each.kind.value for each in causes]


def workbook(
    claim: str | None, claim_cell: ScoreCell, form: str | None, form_cell: ScoreCell
) -> tuple[IndicatorScore, Submission]:
    """The row of POLICY (recalculated 0.99) as a workbook holds it."""
    submission = replace(
        given({f"{POLICY}_self_score": claim}),
        formula_scores={POLICY: None if form is None else D(form)},
        score_cells={f"{POLICY}_self_score": claim_cell, f"{POLICY}_formula_score": form_cell},
    )
    return row_of(submission, POLICY), submission


def issued(cell: Cell, *, saved: bool = True) -> ScoreCell:
    return ScoreCell(cell, "formula", issued=True, saved=saved)


def causes_of(pair: tuple[IndicatorScore, Submission]) -> list[Cause]:
    return list(claim_causes(*pair, SCHEME))


# ---- what the file shows for certain


@pytest.mark.parametrize("form", ["0.99", None])
def test_a_claim_that_is_right_has_no_cause(form: str | None) -> None:
    assert told(POLICY, "0.99", form) == []
    assert causes_of(workbook("0.99", issued(CLAIM_CELL), "0.99", issued(FORM_CELL))) == []
    assert causes_of(workbook("0.99", ScoreCell(CLAIM_CELL, "0.99", issued=False), "0.99", issued(FORM_CELL))) == []


def test_a_row_without_a_score_has_no_cause() -> None:
    assert told(POLICY, "1", sme_reserved_yuan=None) == []
    submission = replace(
        given({"sme_reserved_yuan": None, f"{POLICY}_self_score": "1"}),
        score_cells={f"{POLICY}_self_score": issued(CLAIM_CELL)},
    )
    assert claim_causes(row_of(submission, POLICY), submission, SCHEME) == ()


@pytest.mark.parametrize("claim", ["1.00", None])
def test_a_formula_with_another_result_was_not_recalculated(claim: str | None) -> None:
    [cause] = causes_of(workbook(claim, issued(CLAIM_CELL), "1.00", issued(FORM_CELL)))
    kept = "空白" if claim is None else " 1.00 分"
    assert cause.kind is CauseKind.STALE
    assert cause.text == f"表格没有重新计算：自评表!I27 仍是公式，保存的结果是{kept}，按现有数据应为 0.99 分"


def test_a_typed_claim_that_repeats_a_stale_formula_is_stale_too() -> None:
    [cause] = causes_of(workbook("0.80", ScoreCell(CLAIM_CELL), "0.8", issued(FORM_CELL)))
    assert cause.kind is CauseKind.STALE
    assert cause.text == (
        "表格没有重新计算：填报检查!D24 保存的结果仍是 0.80 分，按现有数据应为 0.99 分；自评分照填了这一结果"
    )
    assert kinds(told(POLICY, "0.80", "0.80")) == ["stale-cache"]  # where nothing is known of the cells


def test_a_formula_without_a_result_was_not_saved() -> None:
    [cause] = causes_of(workbook(None, issued(CLAIM_CELL, saved=False), None, issued(FORM_CELL, saved=False)))
    assert (cause.kind, cause.text) == (CauseKind.NOT_SAVED, "没有保存计算结果：自评表!I27 的公式没有留下结果")


def test_another_formula_was_put_into_the_claim() -> None:
    [cause] = causes_of(workbook("1.00", ScoreCell(CLAIM_CELL, "1"), "0.99", issued(FORM_CELL)))
    assert (cause.kind, cause.text) == (CauseKind.CHANGED, "公式被改动：自评表!I27 下发时的公式已被改为 =1")
    [cause] = causes_of(workbook("1.00", ScoreCell(CLAIM_CELL, ""), "0.99", issued(FORM_CELL)))
    assert cause.text.endswith("下发时的公式已被改动")


@pytest.mark.parametrize(
    ("claim_cell", "ending"),
    [(issued(CLAIM_CELL), "自评分取自该单元格"), (ScoreCell(CLAIM_CELL), "自评分照填了这一结果")],
)
def test_the_forms_own_formula_was_overtyped(claim_cell: ScoreCell, ending: str) -> None:
    [cause] = causes_of(workbook("1.00", claim_cell, "1.00", ScoreCell(FORM_CELL)))
    assert cause.kind is CauseKind.CHANGED
    assert cause.text == f"公式被改动：填报检查!D24 下发时的公式已被改填为数字；{ending}"


def test_the_forms_formula_is_right_stale_changed_or_gone() -> None:
    def cause(form: str | None, cell: ScoreCell) -> Cause | None:
        return formula_cause(*workbook("0.99", ScoreCell(CLAIM_CELL), form, cell), SCHEME)

    assert cause("0.99", issued(FORM_CELL)) is None
    expected = {
        (None, issued(FORM_CELL)): (CauseKind.STALE, "填报检查!D24 保存的结果仍是空白，按现有数据应为 0.99 分"),
        (None, issued(FORM_CELL, saved=False)): (CauseKind.NOT_SAVED, "填报检查!D24 的公式没有留下结果"),
        (None, ScoreCell(FORM_CELL)): (CauseKind.CHANGED, "下发时的公式已被清除"),
        ("1.0", ScoreCell(FORM_CELL, "1")): (CauseKind.CHANGED, "下发时的公式已被改为 =1"),
    }
    for (form, cell), (kind, words) in expected.items():
        found = cause(form, cell)
        assert found is not None and found.kind is kind and words in found.text, (form, cell)
    blank = replace(given({}), formula_scores={})
    assert formula_cause(row_of(blank, POLICY), blank, SCHEME) is None  # nothing is known of it


def test_a_formula_shows_a_score_where_there_is_none() -> None:
    submission = replace(given({"sme_reserved_yuan": None}), formula_scores={POLICY: D("0.99")})
    cause = formula_cause(row_of(submission, POLICY), submission, SCHEME)
    assert cause is not None and cause.text.endswith("保存的结果仍是 0.99 分，按现有数据不能计分")


def test_a_formula_cannot_read_a_number_typed_as_text() -> None:
    row, submission = workbook(None, issued(CLAIM_CELL), None, issued(FORM_CELL))
    typed = Answer(
        "sme_actual_yuan", D("245250193.77"), "２４５２５０１９３．７７", Cell("基础数据", "C95"), "number-as-text"
    )
    submission = replace(submission, answers=Answers({**submission.answers, "sme_actual_yuan": typed}.values()))
    row = row_of(submission, POLICY)
    expected = "表中公式读不出这样填写的内容：“面向中小企业采购金额”（基础数据!C95）"
    assert formula_cause(row, submission, SCHEME) == Cause(CauseKind.INPUT, expected, ("sme_actual_yuan",))
    [cause] = claim_causes(row, submission, SCHEME)
    assert (cause.kind, cause.text) == (CauseKind.INPUT, f"{expected}；自评分取自该单元格")


# ---- what leads to a number that was typed


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("0.98", "0.985785 舍去了 0.01 分以下的尾数，得 0.98 分"),
        ("0.9", "0.985785 舍去了 0.1 分以下的尾数，得 0.90 分"),
    ],
)
def test_another_rounding(claim: str, words: str) -> None:
    [cause] = told(POLICY, claim, "0.99")
    assert cause.kind is CauseKind.ROUNDING
    assert cause.text == f"取位不同：{words}；评分时四舍五入到 0.01 分"


@pytest.mark.parametrize(
    ("claim", "actual", "words"),
    [
        ("9.8", "98400", "四舍五入到 0.1 分"),
        ("9.84", "98450", "舍去了 0.01 分以下的尾数"),
        ("10.0", "98500", None),  # to whole numbers, but all the points: the likelier cause is another
        ("9", "96000", "舍去小数，只取整数"),
        ("9", "94000", "四舍五入到整数"),
    ],
)
def test_roundings_of_a_ten_point_row(claim: str, actual: str, words: str | None) -> None:
    causes = told(RATE, claim, annual_budget_wan="100000", annual_spent_wan=actual)
    if words is None:
        assert kinds(causes) == ["full-points"]
    else:
        expected = {"9.84": "9.845"}.get(claim)
        assert kinds(causes) == ["rounding"] and words in causes[0].text
        assert expected is None or expected in causes[0].text


def test_half_even_rounding() -> None:
    causes = told(RATE, "9.84", annual_budget_wan="1000000", annual_spent_wan="984500")
    assert kinds(causes) == ["rounding"]  # 9.845: cut off and half-even give the same, the plainer one is named
    assert "舍去" in causes[0].text
    causes = told(RATE, "9.8", annual_budget_wan="100000", annual_spent_wan="98500")
    assert kinds(causes) == ["rounding"] and "舍去了 0.1 分" in causes[0].text


def test_all_the_points_and_a_rounding_up_to_them_are_both_possible() -> None:
    assert kinds(told(POLICY, "1", "0.99")) == ["rounding", "full-points"]


def test_all_the_points() -> None:
    [cause] = told(FUNDS, "2", "1.00", public_funds_actual_wan="401.3", public_funds_budget_wan="364.75")
    assert (cause.kind, cause.text) == (CauseKind.FULL, "按满分 2 分自评，没有按评分标准扣减")


@pytest.mark.parametrize(
    ("code", "claim", "reading", "changes"),
    [
        (POLICY, "1.25", "policy_cap=", {"sme_actual_yuan": "125", "sme_reserved_yuan": "100"}),
        (FUNDS, "1.51", "control_steps=linear", {"public_funds_actual_wan": "104.9", "public_funds_budget_wan": "100"}),
        ("asset_utilization", "0", "utilization_sixty=", {"assets_in_use_wan": "60", "assets_total_wan": "100"}),
        (
            "preassessment",
            "1.5",
            "preassessment_three=three_above",
            {"preassessment_due": "3", "preassessment_done": "0"},
        ),
    ],
)
def test_another_reading_is_named(code: str, claim: str, reading: str, changes: dict[str, str]) -> None:
    [cause] = told(code, claim, **changes)
    assert cause.kind is CauseKind.READING
    assert cause.text.startswith("口径不同：若") and f"（{reading}" in cause.text


def test_a_reading_that_gives_another_number_is_not_named() -> None:
    assert "reading" not in kinds(told(FUNDS, "1.52", public_funds_actual_wan="104.9", public_funds_budget_wan="100"))


def test_a_slip_between_yuan_and_wan() -> None:
    [cause] = told(POLICY, "0.99", "0.00", sme_actual_yuan="24525.02")
    assert (cause.kind, cause.fields) == (CauseKind.INPUT, ("sme_actual_yuan",))
    assert cause.text == (
        "数据与自评不符：“面向中小企业采购金额”可能小了 10,000 倍，疑为元与万元之误；若为 245,250,200 元，正是自评的得分"
    )

    # With two numbers either may be the wrong one: both are named, and "all the points" is not.
    actual, budget = told(FUNDS, "2", "0.00", public_funds_actual_wan="36475", public_funds_budget_wan="3.6475")
    assert actual.fields == ("public_funds_actual_wan",) and "可能大了 10,000 倍" in actual.text
    assert budget.fields == ("public_funds_budget_wan",) and "可能小了 10,000 倍" in budget.text


def test_a_magnitude_that_fits_its_neighbours_is_no_slip() -> None:
    causes = told(FUNDS, "2", public_funds_actual_wan="401.3", public_funds_budget_wan="364.75")
    assert kinds(causes) == ["full-points"]  # a ten-thousandth of it would earn them, too
    assert kinds(told(FUNDS, "2", public_funds_actual_wan="300", public_funds_budget_wan="0")) == ["full-points"]
    assert kinds(told(FUNDS, "0", public_funds_actual_wan="300", public_funds_budget_wan="364.75")) == ["unknown"]


def test_a_percentage_a_hundred_times_too_small() -> None:
    [cause] = told(RATE, "9", **{**MONTHS, "execution_rate_03": "0.009"}, execution_basis="月度平均")
    assert cause.fields == ("execution_rate_03",)
    assert "可能小了 100 倍，疑为百分数之误；若为 90.00%，正是" in cause.text


def test_an_annex_row_a_hundred_times_too_small_or_too_large() -> None:
    rows = published_answers()["outputs"]
    rows[0]["actual"] = "0.995"
    target, actual = told("output_completion", "20", outputs=rows)
    assert (target.fields, actual.fields) == (("outputs_r01_target",), ("outputs_r01_actual",))
    assert "“第 1 行实际完成值”可能小了 100 倍" in actual.text and "若为 99.5，正是" in actual.text
    rows[0]["actual"] = "9950"  # far above the ceiling, where another reading gives all the points as well
    causes = told("output_completion", "20", outputs=rows)
    assert kinds(causes) == ["input", "input", "reading"]
    assert "over_fulfilment=half_rate" in causes[-1].text


def test_two_numbers_in_each_others_place() -> None:
    published = published_answers()
    swapped = {"sme_actual_yuan": published["sme_reserved_yuan"], "sme_reserved_yuan": published["sme_actual_yuan"]}
    [cause] = told(POLICY, "0.99", **swapped)
    assert (cause.kind, cause.fields) == (CauseKind.INPUT, ("sme_actual_yuan", "sme_reserved_yuan"))
    assert "可能填反；若对调，正是自评的得分" in cause.text


def test_an_input_that_was_left_out() -> None:
    [cause] = told("financial_compliance", "1.5", rectify_findings="1", misuse_findings="0", repeat_findings="1")
    assert cause.fields == ("repeat_findings",)
    assert "可能没有计入；若为 0，正是自评的得分" in cause.text


def test_a_month_that_was_left_out() -> None:
    [cause] = told(RATE, "9", **{**MONTHS, "execution_rate_01": "0.3"}, execution_basis="月度平均")
    assert cause.fields == ("execution_rate_01",) and "若不填，正是" in cause.text


def test_several_slips_that_lead_to_the_claim_are_all_named() -> None:
    causes = told("financial_compliance", "1.5", rectify_findings="1", misuse_findings="1", repeat_findings="0")
    assert [each.fields for each in causes] == [("rectify_findings",), ("misuse_findings",)]


@pytest.mark.parametrize(
    ("code", "claim", "field", "word", "changes"),
    [
        (RATE, "9.98", "execution_basis", "年度执行率", {**MONTHS, "execution_basis": "月度平均"}),
        ("management_execution", "6", "selfeval_on_time", "是", {"selfeval_on_time": False, "monitoring_done": False}),
    ],
)
def test_the_other_answer_to_a_question(code: str, claim: str, field: str, word: str, changes: dict[str, Any]) -> None:
    causes = told(code, claim, **changes)
    assert field in {each for cause in causes for each in cause.fields}
    assert any(f"若为“{word}”，正是" in each.text for each in causes)
    assert set(kinds(causes)) == {"input"}


@pytest.mark.parametrize(("high", "expected"), [(None, ["input"]), (D(100), ["unknown"])])
def test_a_value_that_the_form_would_not_take_explains_nothing(high: Decimal | None, expected: list[str]) -> None:
    fields = (replace(amount("x"), high=high), amount("y"))
    scheme = small_scheme(indicator("a", *fields))
    submission = filled(scheme, {"x": D(50), "y": D(50_000), "a_self_score": D(550_000)})
    row = score(scheme, submission).row["a"]
    assert kinds(list(claim_causes(row, submission, scheme))) == expected


def test_a_formula_that_was_right_was_overwritten() -> None:
    [cause] = told(POLICY, "0.55", "0.99")
    assert (cause.kind, cause.text) == (CauseKind.OVERWRITTEN, "表中公式为 0.99 分，单位改填为 0.55 分，未见由来")


def test_where_nothing_leads_to_the_claim_the_cause_is_unknown() -> None:
    [cause] = told(POLICY, "0.55")
    assert cause.kind is CauseKind.UNKNOWN
    assert cause.text.startswith("原因不明")
