"""The scorer on small schemes: what each row becomes, what is said about it and what is not said twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, Severity, finding, grouped
from perfeval_xl.numbers import half_up
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.checks.sums import AtMost, Sum
from perfeval_xl.scheme.fields import Condition, Field, FieldType, Table
from perfeval_xl.scheme.model import Alternative, NarrativeSection, Option, Reading, Scheme
from perfeval_xl.scheme.rules.base import Outcome, Result, missing, needs_review, not_applicable, scored
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.scorer import score
from tests.small_schemes import amount, given, indicator, small_scheme, submission, sum_rule

D = Decimal
FULL = {"a_evidence": "见附件", "a_self_score": D(8)}


def card(scheme: Scheme, values: dict[str, Value]) -> ScoreCard:
    return score(scheme, given(scheme, values))


def codes(scored_card: ScoreCard) -> list[str]:
    return [each.code for each in scored_card.findings]


def only(scored_card: ScoreCard, code: str) -> Finding:
    [found] = [each for each in scored_card.findings if each.code == code]
    return found


def one_row(forced: Outcome | None = None, **more: object) -> Scheme:
    return small_scheme(indicator("a", amount("x"), amount("y"), forced=forced, **more))  # type: ignore[arg-type]


# ---- the claim


@pytest.mark.parametrize("claim", ["8", "8.00", "8.004", "7.995"])
def test_a_claim_equal_to_the_recalculation_is_silent(claim: str) -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), "a_evidence": "见附件", "a_self_score": D(claim)})
    assert result.row["a"].self_score == D(8)
    assert codes(result) == []


@pytest.mark.parametrize(("claim", "shown"), [("8.01", "8.01"), ("7.99", "7.99"), ("8.005", "8.01"), ("0", "0.00")])
def test_a_claim_that_differs_by_a_cent_is_told_with_both_numbers(claim: str, shown: str) -> None:
    scheme = one_row()
    values: dict[str, Value] = {"x": D(3), "y": D(5), "a_evidence": "见附件", "a_self_score": D(claim)}
    result = card(scheme, values)
    [found] = result.findings
    assert found.message == f"a项目：自评 {shown} 分，按评分标准重算 8.00 分（合计 8）。请核对数据，或说明理由。"
    assert (found.code, found.expected, found.actual, found.indicator) == ("score-differs", "8.00", shown, "a")
    assert found.cell == given(scheme, values).answers.cell("a_self_score")


def test_a_missing_claim_is_told_with_the_score_it_should_have() -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), "a_evidence": "见附件"})
    assert codes(result) == ["self-score-missing"]
    assert result.findings[0].expected == "8.00"
    assert result.self_total is None


def test_a_claim_beyond_the_points_stays_a_claim() -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), "a_evidence": "见附件", "a_self_score": D("10.01")})
    assert codes(result) == ["self-score-over-points", "score-differs"]
    assert result.findings[0].message == "a项目：自评 10.01 分，超过分值 10 分。请更正。"
    assert result.row["a"].self_score == D("10.01")


def test_a_claim_of_all_the_points_is_within_them() -> None:
    result = card(one_row(), {"x": D(5), "y": D(5), "a_evidence": "见附件", "a_self_score": D(10)})
    assert codes(result) == []


@pytest.mark.parametrize(("claim", "code"), [("满分", "not-a-number"), (D(-1), "out-of-range")])
def test_a_claim_that_is_no_score_is_told_as_such(claim: Value, code: str) -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), "a_evidence": "见附件", "a_self_score": claim})
    assert code in codes(result)
    assert "self-score-missing" not in codes(result)
    assert only(result, code).indicator == "a"


def test_only_a_number_out_of_range_is_still_a_claim() -> None:
    scheme = one_row()
    for problem, claim in (("out-of-range", D(7)), ("not-a-number", None)):
        answers = dict(given(scheme, {"x": D(3), "y": D(5)}).answers)
        answers["a_self_score"] = Answer("a_self_score", None, "7", Cell("表", "B1"), problem)
        assert score(scheme, submission(scheme, Answers(answers.values()))).row["a"].self_score == claim


def test_what_the_workbook_computed_is_carried_along_but_never_used() -> None:
    scheme = one_row()
    answers = given(scheme, {"x": D(3), "y": D(5), **FULL}).answers
    result = score(scheme, submission(scheme, answers, {"a": D(1)}))
    assert (result.row["a"].formula_score, result.row["a"].score) == (D(1), D(8))
    assert codes(result) == []


# ---- what is missing


def test_blank_inputs_are_told_one_a_cell_in_the_same_words_and_silence_their_echoes() -> None:
    scheme = one_row()
    result = card(scheme, {})
    assert codes(result) == ["missing", "missing"]
    [group] = grouped(result.findings)
    assert "a项目：x金额、y金额未填。" in group.first.message
    answers = given(scheme, {}).answers
    assert group.cells == (answers.cell("x"), answers.cell("y"))


def test_only_what_is_lacking_is_asked_for() -> None:
    scheme = one_row()
    result = card(scheme, {"y": D(1), **FULL})
    assert codes(result) == ["missing"]
    assert result.findings[0].cell == given(scheme, {}).answers.cell("x")
    assert result.row["a"].outcome.result is Result.MISSING


def test_a_row_that_was_begun_also_needs_its_evidence() -> None:
    assert codes(card(one_row(), {"y": D(1)})) == ["missing", "evidence-missing"]


@pytest.mark.parametrize(
    ("field", "may_be_not_applicable", "advice"),
    [
        (amount("x"), False, "x金额未填。请填写；确实没有的填 0。"),
        (amount("x"), True, "x金额未填。请填写；确实没有的填 0；不适用的在“是否适用”中选“不适用”。"),
        (Field("x", "是否", FieldType.YESNO), False, "是否未填。请填写。"),
        (Field("x", "执行率", FieldType.PERCENT), False, "执行率未填。请填写。"),
    ],
)
def test_advice_fits_what_is_asked_for(field: Field, may_be_not_applicable: bool, advice: str) -> None:
    scheme = small_scheme(indicator("a", field, may_be_not_applicable=may_be_not_applicable))
    assert card(scheme, {}).findings[0].message == f"a项目：{advice}"


def test_many_blanks_are_counted_not_listed() -> None:
    for count, told in (
        (7, "x0金额、x1金额、x2金额、x3金额、x4金额、x5金额等 7 项"),
        (6, "x0金额、x1金额、x2金额、x3金额、x4金额、x5金额"),
    ):
        scheme = small_scheme(indicator("a", *(amount(f"x{n}") for n in range(count))))
        assert card(scheme, {}).findings[0].message.startswith(f"a项目：{told}未填。")


def test_blanks_are_named_in_the_order_of_the_form_and_their_place_is_not_said_twice() -> None:
    row = indicator("a", amount("z"), amount("b"), Field("t", "a项目：说明", FieldType.YESNO))
    assert card(small_scheme(row), {}).findings[0].message.startswith("a项目：z金额、b金额、说明未填。")


def sharing(*own: Field) -> Scheme:
    """Two rows that are both scored from x; the second also from ``own``."""
    first, second = indicator("a", amount("x")), indicator("b", *own)
    return small_scheme(first, replace(second, rule=sum_rule("b", (*first.fields, *own))))


def test_a_shared_field_is_asked_for_again_only_where_a_row_would_say_nothing() -> None:
    alone, with_own = card(sharing(), {}).findings, card(sharing(amount("y")), {}).findings
    assert [(each.indicator, each.cell and each.cell.ref) for each in alone] == [("a", "A1"), ("b", "A1")]
    assert [(each.indicator, each.cell and each.cell.ref) for each in with_own] == [("a", "A1"), ("b", "A4")]


def test_a_shared_field_that_cannot_be_used_is_told_once_and_the_other_row_says_why_it_waits() -> None:
    wrong = card(sharing(), {"x": "约五", "a_evidence": "甲", "b_evidence": "乙"})
    assert [(each.code, each.indicator) for each in wrong.findings] == [("not-a-number", "a"), ("needs-review", "b")]


def test_what_is_lacking_does_not_hide_what_a_person_must_settle() -> None:
    half = one_row(needs_review(D(10), "酌情扣分", missing=("x",)))
    assert codes(card(half, {"y": D(1), **FULL})) == ["missing", "needs-review"]


def test_required_fields_outside_the_rule_are_asked_for_when_their_condition_holds() -> None:
    scheme = small_scheme(
        indicator(
            "a",
            amount("x"),
            amount("detail", when=Condition("x", positive=True)),
            Field("flag", "是否说明", FieldType.YESNO, required=False),
            Field("note", "说明", FieldType.TEXT, when=Condition("flag", equals="是")),
            inputs=("x",),
        )
    )
    assert codes(card(scheme, {"x": D(0), "a_self_score": D(0), "a_evidence": "无"})) == []
    assert codes(card(scheme, {"x": D(8), "flag": False, **FULL})) == ["missing"]
    assert codes(card(scheme, {"x": D(8), "detail": D(1), "flag": True, **FULL})) == ["text-missing"]


def test_head_and_narrative_are_asked_for_as_a_whole() -> None:
    scheme = small_scheme(
        head=(
            amount("total"),
            amount("part"),
            Field("goals", "年度目标", FieldType.TEXT),
            amount("free", required=False),
        ),
        narrative=(
            NarrativeSection("一", (), (NarrativeSection("（一）", (Field("text", "自评结论", FieldType.TEXT),)),)),
        ),
    )
    result = card(scheme, {})
    assert [str(each.first.message) for each in grouped(result.findings)] == [
        "表头：total金额、part金额未填。请填写；确实没有的填 0。",
        "表头：年度目标未填。请填写。",
        "自评说明：自评结论未填。请填写。",
    ]
    assert codes(card(scheme, {"total": D(1), "part": D(1), "goals": "目标", "text": "结论"})) == []


TABLE = Table("goals", "目标完成情况", 2, (Field("name", "名称", FieldType.TEXT), amount("target")))


def annex(lacking: tuple[str, ...], *findings: Finding) -> Scheme:
    row = indicator("a", forced=missing(D(10), lacking, "附表未填", findings=findings), inputs=TABLE.row_ids(1))
    return small_scheme(row, tables=(TABLE,))


def test_an_annex_table_in_which_nothing_stands_is_asked_for_at_its_first_cell() -> None:
    scheme = annex(TABLE.row_ids(1))
    [found] = card(scheme, {}).findings
    assert found.cell == given(scheme, {}).answers.cell("goals_r01_name")
    assert "a项目：目标完成情况未填" in found.message


def test_of_a_table_that_was_begun_the_rule_says_what_is_lacking() -> None:
    lacking = finding("row-incomplete", row="1", name="学位", actual="目标值", indicator="a")
    result = card(annex(("goals_r01_target",), lacking), {"goals_r01_name": "学位", "a_evidence": "见附件"})
    assert codes(result) == ["row-incomplete"]


def test_problems_of_annex_cells_and_of_fields_no_row_looks_at_are_told() -> None:
    result = card(annex(()), {"goals_r01_target": "多", "goals_r02_target": "少", "a_evidence": "见附件"})
    assert [(each.code, each.actual, each.indicator) for each in result.findings] == [
        ("not-a-number", "多", "a"),
        ("not-a-number", "少", None),
    ]


# ---- review, evidence, not applicable


def test_a_row_for_a_person_to_settle_says_why() -> None:
    result = card(one_row(needs_review(D(10), "制度有缺漏，应酌情扣分")), {"x": D(1), "y": D(1), **FULL})
    assert codes(result) == ["needs-review"]
    assert result.findings[0].message == "a项目：需要人工核定（制度有缺漏，应酌情扣分）。"


def test_where_the_unit_must_correct_its_data_there_is_nothing_to_settle_yet() -> None:
    wrong = card(one_row(), {"x": "约三", "y": D(1), **FULL})
    assert codes(wrong) == ["not-a-number"]
    assert wrong.row["a"].outcome.result is Result.NEEDS_REVIEW
    base = finding("zero-base", indicator="a", base="预算", part="支出", actual="5")
    zero = one_row(needs_review(D(10), "", findings=(base,)))
    assert codes(card(zero, {"x": D(1), "y": D(1), **FULL})) == ["zero-base"]


def test_findings_of_the_rule_are_passed_on() -> None:
    told = finding("annual-rate-used", name="a项目", actual="99.83%", expected="8.00", indicator="a")
    result = card(one_row(scored(D(8), "年度", findings=(told,))), {"x": D(1), "y": D(1), **FULL})
    assert result.findings == (told,)


def test_evidence_missing_is_told_in_words_that_group() -> None:
    scheme = small_scheme(indicator("a", amount("x")), indicator("b", amount("y")))
    result = card(scheme, {"x": D(1), "y": D(1), "a_self_score": D(1), "b_self_score": D(1)})
    [group] = grouped(result.findings)
    answers = given(scheme, {}).answers
    assert group.first.code == "evidence-missing"
    assert group.cells == (answers.cell("a_evidence"), answers.cell("b_evidence"))


def test_a_claim_to_be_exempt_that_cannot_be_read_is_told_with_its_row() -> None:
    result = card(one_row(may_be_not_applicable=True), {"a_applicable": "也许", "x": D(3), "y": D(5), **FULL})
    [found] = result.findings
    assert (found.code, found.indicator) == ("not-a-choice", "a")


def test_long_evidence_is_flagged_and_kept() -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), **FULL, "a_evidence": "长" * 2001})
    assert codes(result) == ["text-too-long"]


def test_evidence_is_compared_with_the_data() -> None:
    result = card(one_row(), {"x": D(3), "y": D(5), **FULL, "a_evidence": "支出3元"})
    assert codes(result) == ["evidence-unit-slip"]


def test_not_applicable_gives_full_points_and_asks_for_a_reason() -> None:
    scheme = one_row(may_be_not_applicable=True)
    values: dict[str, Value] = {"a_applicable": "不适用", "a_self_score": D(10)}
    result = card(scheme, values)
    assert (result.row["a"].outcome.result, result.total) == (Result.NOT_APPLICABLE, D(10))
    assert codes(result) == ["not-applicable-no-reason"]
    assert codes(card(scheme, values | {"a_evidence": "没有此类项目"})) == []
    assert codes(card(scheme, values | {"a_evidence": "没有此类项目", "x": D(0)})) == []


def test_not_applicable_with_data_is_to_be_corrected() -> None:
    values: dict[str, Value] = {"a_applicable": "不适用", "a_evidence": "没有", "x": D("0.01")}
    result = card(one_row(may_be_not_applicable=True), values)
    assert codes(result) == ["not-applicable-with-data"]
    assert (result.total_min, result.total_max, result.total) == (D(0), D(10), None)


def test_an_applicable_row_is_scored_by_its_rule() -> None:
    result = card(one_row(may_be_not_applicable=True), {"a_applicable": "适用", "x": D(3), "y": D(5), **FULL})
    assert (result.total, codes(result)) == (D(8), [])


def test_an_issued_answer_alone_does_not_begin_a_row() -> None:
    assert codes(card(one_row(may_be_not_applicable=True), {"a_applicable": "适用"})) == ["missing", "missing"]


def test_checks_of_the_scheme_are_run_each_at_its_place() -> None:
    scheme = small_scheme(
        indicator("a", amount("x"), amount("y")),
        head=(amount("total"), amount("part")),
        checks=(AtMost("a", (amount("x"),), (amount("y"),)), Sum(None, amount("total"), (amount("part"),))),
    )
    values: dict[str, Value] = {"x": D(3), "y": D(5), "total": D(2), "part": D(1), **FULL}
    assert codes(card(scheme, values)) == ["sum-differs", "part-exceeds-whole"]


# ---- readings


def reading(times: str) -> Alternative:
    way = Reading("way", ("a",), "条款", "按甲计", "", "")
    rule = sum_rule("a", (amount("x"), amount("y")), times=D(times))
    return Alternative(way, Option("other", "按乙计", {}), rule)


@pytest.mark.parametrize(
    ("times", "values", "notes"),
    [
        ("0.5", {"x": D(3), "y": D(5)}, ("口径：按甲计；若按乙计，本项为 4.00 分",)),
        ("1", {"x": D(3), "y": D(5)}, ()),
        ("0.5", {"x": D(0), "y": D(0)}, ()),
        ("0.5", {"x": D(3)}, ()),
    ],
)
def test_another_reading_is_noted_only_where_it_changes_the_score(
    times: str, values: dict[str, Value], notes: tuple[str, ...]
) -> None:
    result = card(one_row(alternatives=(reading(times),)), values)
    assert result.row["a"].notes == notes


@pytest.mark.parametrize(
    ("forced", "then"),
    [
        (missing(D(10), (), "未填"), "缺少数据，不能计分"),
        (needs_review(D(10), "酌情"), "须人工核定"),
        (scored(D("7.5"), "另计"), "为 7.50 分"),
    ],
)
def test_a_reading_that_leaves_no_score_says_why(forced: Outcome, then: str) -> None:
    way = Reading("way", ("a",), "条款", "按甲计。", "", "")
    other = Alternative(way, Option("other", "按乙计。", {}), sum_rule("a", (), forced=forced))
    result = card(one_row(alternatives=(reading("1"), other)), {"x": D(3), "y": D(5)})
    assert result.row["a"].notes == (f"口径：按甲计；若按乙计，本项{then}",)


def test_notes_of_the_rule_come_before_other_readings() -> None:
    scheme = one_row(not_applicable(D(10), "没有", notes=("按满分计",)), alternatives=(reading("1"),))
    assert card(scheme, {"x": D(1), "y": D(1)}).row["a"].notes == (
        "按满分计",
        "口径：按甲计；若按乙计，本项为 2.00 分",
    )


# ---- totals and grades


def totals(*outcomes: Outcome) -> ScoreCard:
    rows = [indicator(f"r{number}", points=D(50), forced=outcome) for number, outcome in enumerate(outcomes)]
    return ScoreCard(small_scheme(*rows), tuple(IndicatorScore(row, row.rule.forced, None, None) for row in rows))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        ("100", "优"),
        ("90", "优"),
        ("89.99", "良"),
        ("80", "良"),
        ("79.99", "中"),
        ("60", "中"),
        ("59.99", "差"),
        ("0", "差"),
    ],
)
def test_grades_on_both_sides_of_every_cut(total: str, grade: str) -> None:
    one = half_up(D(total) / 2)
    result = totals(scored(one, ""), scored(D(total) - one, ""))
    assert (result.total, result.grade) == (D(total), grade)


@pytest.mark.parametrize(
    ("known", "low", "high", "grade"),
    [
        ("45", "45", "50", "优"),
        ("45", "44.99", "50", None),
        ("40", "40", "49.99", "良"),
        ("40", "40", "50", None),
        ("0", "0", "50", "差"),
    ],
)
def test_a_grade_stands_only_where_both_bounds_agree(known: str, low: str, high: str, grade: str | None) -> None:
    result = totals(scored(D(known), ""), needs_review(D(50), "", low=D(low), high=D(high)))
    assert (result.total, result.total_min, result.total_max) == (None, D(known) + D(low), D(known) + D(high))
    assert (result.provisional, result.grade) == (True, grade)


# ---- a file whose formulas were never calculated


def left_to_formula(scheme: Scheme, taken: Submission, *, issued: bool = True, saved: bool = False) -> Submission:
    cell = ScoreCell(Cell("表", "A1"), "formula", issued=issued, saved=saved)
    names = [name for each in scheme.indicators for name in (each.self_score_id, each.formula_score_id)]
    return replace(taken, score_cells=dict.fromkeys(names, cell))


def test_claims_left_to_a_formula_that_was_not_calculated_are_told_once() -> None:
    scheme = small_scheme(indicator("a", amount("x")), indicator("b", amount("y")), indicator("c", amount("z")))
    values: dict[str, Value] = {"x": D(3), "y": D(4), "a_evidence": "见附件", "b_evidence": "见附件"}
    result = score(scheme, left_to_formula(scheme, given(scheme, values)))
    assert [result.row[code].self_score for code in "abc"] == [D(3), D(4), None]
    assert codes(result) == ["not-recalculated", "missing"]
    found = result.findings[0]
    assert (found.cell, found.indicator, found.severity) == (None, None, Severity.INFO)
    assert "2 项自评分按表中公式重算" in found.message  # the third row has no score, calculated or not


@pytest.mark.parametrize(("issued", "saved"), [(False, False), (True, True)])
def test_a_blank_claim_stays_missing_where_the_formula_does_not_tell_it(issued: bool, saved: bool) -> None:
    scheme = one_row()
    taken = given(scheme, {"x": D(3), "y": D(5), "a_evidence": "见附件"})
    result = score(scheme, left_to_formula(scheme, taken, issued=issued, saved=saved))
    assert (codes(result), result.row["a"].self_score) == (["self-score-missing"], None)


@pytest.mark.parametrize("kept", ["a_self_score", "a_formula_score"])
def test_both_formulas_must_be_the_issued_ones(kept: str) -> None:
    scheme = one_row()
    taken = left_to_formula(scheme, given(scheme, {"x": D(3), "y": D(5), "a_evidence": "见附件"}))
    taken = replace(taken, score_cells={kept: taken.score_cells[kept]})
    assert codes(score(scheme, taken)) == ["self-score-missing"]


def test_a_number_typed_as_text_is_none_to_the_formula() -> None:
    scheme = one_row()
    taken = left_to_formula(scheme, given(scheme, {"x": D(3), "y": D(5), "a_evidence": "见附件"}))
    typed = replace(taken.answers["x"], problem="number-as-text")
    taken = replace(taken, answers=Answers({**taken.answers, "x": typed}.values()))
    assert codes(score(scheme, taken)) == ["number-as-text", "self-score-missing"]
