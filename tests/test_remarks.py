"""What the review says of a return: opinions, marks beside inputs, the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.review import LIST_COLUMNS, LIST_ROWS, list_name
from perfeval_xl.findings import Finding, Severity, finding
from perfeval_xl.generator import submission_of
from perfeval_xl.remarks import NO_GRADE_YET, NOTHING_FOUND, opinion, remarks
from perfeval_xl.resources import samples_dir, templates_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.rules.base import Outcome, missing, needs_review, not_applicable, scored
from perfeval_xl.scheme.scorecard import Decision, IndicatorScore, Ruling, ScoreCard
from perfeval_xl.scorer import score

D = Decimal
SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
LAYOUT = build_layout(SCHEME)
ANSWERS = read_answers((samples_dir() / "huadu-2024" / "answers.json").read_text(encoding="utf-8"), SCHEME)
CARD = score(SCHEME, submission_of(SCHEME, ANSWERS))
ROW = CARD.rows[4]
CODE, NAME = ROW.indicator.code, ROW.indicator.name
RULING = Ruling(Decision.SET_SCORE, D("1.2"), "有批复文件。", "张三", date(2025, 5, 10))


def row(outcome: Outcome, claim: str | None, *notes: str) -> IndicatorScore:
    return IndicatorScore(ROW.indicator, outcome, None if claim is None else D(claim), None, notes)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (row(scored(D(2), "结转结余率 5%"), "2"), "一致。"),
        (row(scored(D("0.985"), "x"), "0.99"), "一致。"),
        (row(not_applicable(D(2), "没有此类事项"), "2"), "一致：没有此类事项，按满分计。"),
        (
            row(scored(D("0.98578"), "甲 ÷ 乙 = 98.58%。"), "1"),
            "自评 1.00 分，按评分标准重算 0.99 分，自评多 0.01 分：甲 ÷ 乙 = 98.58%。",
        ),
        (row(scored(D(2), "5%"), "1.5"), "自评 1.50 分，按评分标准重算 2.00 分，自评少 0.50 分：5%。"),
        (
            row(not_applicable(D(2), "没有"), "1"),
            "自评 1.00 分，按评分标准重算 2.00 分，自评少 1.00 分：没有，按满分计。",
        ),
        (row(scored(D(2), "5%"), None), "自评分未填，按评分标准重算 2.00 分：5%。"),
        (row(needs_review(D(2), "须由人核定", low=D(1)), "2"), "需人工核定：须由人核定（暂计 1.00～2.00 分）。"),
        (row(missing(D(2), ("a",), "甲未填"), "2"), "数据不全：甲未填（暂计 0.00～2.00 分）。"),
        (row(missing(D(2), ("a",), "甲未填"), None), "数据不全：甲未填（暂计 0.00～2.00 分）。"),
        (row(scored(D(2), "5%"), "2", "口径：甲", "第二条。"), "一致。\n口径：甲。\n第二条。"),
        (
            replace(row(needs_review(D(2), "须由人核定"), "2"), ruling=RULING),
            f"区局裁定：{RULING}。\n需人工核定：须由人核定。",
        ),
    ],
)
def test_opinions(judged: IndicatorScore, expected: str) -> None:
    assert opinion(judged, ()) == expected


def test_findings_follow_in_their_order_without_what_is_said_already() -> None:
    cells = Cell("基础数据", "D5"), Cell("基础数据", "D7")
    findings = [
        finding("score-differs", indicator=CODE, name=NAME, actual="2.00", expected="1.00", basis="x"),
        finding("self-score-missing", indicator=CODE, name=NAME, expected="1.00"),
        finding("number-as-text", cell=cells[0], indicator=CODE, label="甲", actual="１", expected="1"),
        *(finding("zero-base", cell=cell, indicator=CODE, base="甲", part="乙", actual="3") for cell in cells),
        finding("evidence-missing", cell=Cell("自评表", "J9"), indicator=CODE, name=NAME),
    ]
    assert opinion(row(scored(D(1), "x"), "1"), findings) == (
        "一致。\n基础数据!D5、D7 甲为 0，而乙为 3，无法计算。请核对两项数据。\n"
        "自评表!J9 评分依据、未达标原因、改进措施一栏未填。请填写。"
    )


# ---- the block


def test_a_ruling_decides_what_the_block_shows() -> None:
    ruled = replace(ROW, ruling=RULING, self_score=D(2))
    card = ScoreCard(SCHEME, (*CARD.rows[:4], ruled, *CARD.rows[5:]))
    said = remarks(card, (), LAYOUT.review).contents
    assert (said[f"{CODE}_review_score"], said[f"{CODE}_review_difference"]) == (D("1.2"), D("0.8"))
    assert str(said[f"{CODE}_review_opinion"]).startswith(
        "区局裁定：另定分，得 1.20 分（有批复文件；张三，2025-05-10）。"
    )
    assert said["review_total"] == said["review_list_total"] == card.total


def test_a_provisional_total_and_grade() -> None:
    first, *others = CARD.rows
    card = ScoreCard(SCHEME, (replace(first, outcome=needs_review(first.indicator.points, "待定")), *others))
    said = remarks(card, (), LAYOUT.review).contents
    assert said["review_total"] == said["review_list_total"] == "79.97～99.97（暂定）"
    assert said["review_grade"] == said["review_list_grade"] == NO_GRADE_YET


# ---- marks

DATA = [(field.id, LAYOUT.inputs[field.id]) for field in ROW.indicator.fields]


def told(severity: Severity, message: str, cell: Cell | None = None) -> Finding:
    return Finding("x", severity, message, cell)


def marks(*findings: Finding, where: dict[str, Cell] | None = None) -> dict[str, object]:
    said = remarks(CARD, findings, where or dict(LAYOUT.review)).contents
    return {name.removesuffix("_review_mark"): text for name, text in said.items() if name.endswith("_review_mark")}


def test_errors_and_warnings_stand_beside_their_inputs() -> None:
    (one, cell), (_, other), *_ = DATA
    found = marks(
        told(Severity.WARNING, "请看", cell),
        told(Severity.ERROR, "有误。", cell),
        told(Severity.INFO, "只是说明。", cell),
        told(Severity.INFO, "只是说明。", other),
        told(Severity.ERROR, "不在任何一格。"),
        told(Severity.ERROR, "在官方表的评分行里。", LAYOUT.inputs[ROW.indicator.evidence_id]),
    )
    assert found == {one: f"错误（{cell.ref}）：有误。\n提醒（{cell.ref}）：请看。"}


def test_cells_of_one_row_share_a_mark() -> None:
    table = SCHEME.tables[0]
    cells = [LAYOUT.inputs[table.field_id(2, column)] for column in ("target", "actual")]
    found = marks(*(told(Severity.ERROR, "缺数。", cell) for cell in cells))
    assert found == {f"{table.id}_r02": f"错误（{cells[0].ref}、{cells[1].ref}）：缺数。"}
    head = [field.id for field in SCHEME.head if LAYOUT.inputs[field.id].ref.endswith("6")]
    assert marks(told(Severity.ERROR, "太长。", LAYOUT.inputs[head[1]])).keys() == {head[0]}


def test_marks_go_with_their_rows() -> None:
    one, cell = DATA[0]
    moved = dict(LAYOUT.review) | {f"{one}_review_mark": Cell("改名", "H99")}
    assert marks(told(Severity.ERROR, "有误。", Cell("改名", "C99")), where=moved) == {one: "错误（C99）：有误。"}
    assert one not in marks(told(Severity.ERROR, "有误。", cell), where=moved)


# ---- the list


def lines(*findings: Finding) -> list[tuple[object, ...]]:
    said = remarks(CARD, findings, LAYOUT.review).contents
    every = [tuple(said.get(list_name(line, each)) for each in LIST_COLUMNS) for line in range(1, LIST_ROWS + 1)]
    return [line for line in every if any(each is not None for each in line)]


def test_the_most_serious_come_first_and_equal_ones_share_a_line() -> None:
    cells = [Cell("基础数据", "C5"), Cell("基础数据", "C7"), Cell("自评表", "I12")]
    said = (
        told(Severity.INFO, "说明。", cells[0]),
        told(Severity.WARNING, "请核对", cells[0]),
        told(Severity.ERROR, "整份有误。"),
        told(Severity.WARNING, "请核对", cells[1]),
        told(Severity.WARNING, "请核对", cells[2]),
        told(Severity.ERROR, "一格有误。", cells[2]),
    )
    assert lines(*said) == [
        (D(1), "错误", "整份表格", "整份有误。"),
        (D(2), "错误", "自评表!I12", "一格有误。"),
        (D(3), "提醒", "基础数据!C5 等 3 格", "请核对。（基础数据!C5、C7；自评表!I12）"),
        (D(4), "说明", "基础数据!C5", "说明。"),
    ]
    found = remarks(CARD, said, LAYOUT.review)
    assert found.contents["review_list_count"] == "共 4 条：错误 2 条，提醒 1 条，说明 1 条"
    assert found.links == {
        list_name(2, "place"): cells[2],
        list_name(3, "place"): cells[0],
        list_name(4, "place"): cells[0],
    }


def test_a_clean_form() -> None:
    assert lines() == []
    assert remarks(CARD, (), LAYOUT.review).contents["review_list_count"] == NOTHING_FOUND


@pytest.mark.parametrize(("count", "listed"), [(LIST_ROWS, LIST_ROWS), (LIST_ROWS + 1, LIST_ROWS - 1)])
def test_a_list_that_is_too_long_says_so(count: int, listed: int) -> None:
    found = lines(*(told(Severity.WARNING, f"第 {number} 条。") for number in range(1, count + 1)))
    assert len(found) == LIST_ROWS
    assert found[listed - 1] == (D(listed), "提醒", "整份表格", f"第 {listed} 条。")
    if count > LIST_ROWS:
        assert found[-1] == (None, "……", None, f"另有 {count - listed} 条，请见汇总表的问题清单。")


def test_of_many_cells_the_first_ones_are_named() -> None:
    [line] = lines(*(told(Severity.WARNING, "请填写。", Cell("基础数据", f"C{number}")) for number in range(4, 20)))
    assert line[2] == "基础数据!C4 等 16 格"
    assert str(line[3]).endswith("、C15等）") and "C16" not in str(line[3])
