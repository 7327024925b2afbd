"""Forms of other kinds than those that come with the package, from their TOML to the score in the filled workbook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.district.narrative.blocks import Bars, Grid, Subject
from perfeval_xl.district.narrative.figures import conclusion
from perfeval_xl.errors import AnswersError, SchemeError
from perfeval_xl.excel.comparison import differences
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.stamping import fill
from perfeval_xl.generator import blank_view, build_master, submission_of
from perfeval_xl.inquiry.difference import recalculated
from perfeval_xl.reader import Return, read_return
from perfeval_xl.remarks import opinion
from perfeval_xl.report import score_json, total_text
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers_file import read_answers, write_answers
from perfeval_xl.scheme.form import Block, Body
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rulebook import rule_book
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import Decision, Ruling, ScoreCard
from perfeval_xl.scorer import score
from tests.agreement.fillings import filling
from tests.agreement.runners import IronCalcRunner
from tests.agreement.sweep import Form, Tally, compare
from tests.engines import IronCalc
from tests.form_schemes import ALL, FOUR_LEVELS, PLAIN, TABLES, TWO_LEVELS, row, table

D = Decimal


@pytest.fixture(scope="module", params=ALL)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return load_scheme(ALL[request.param])


@pytest.fixture(scope="module")
def four() -> Scheme:
    return load_scheme(FOUR_LEVELS)


def scored(scheme: Scheme, answers: Mapping[str, Any]) -> ScoreCard:
    return score(scheme, submission_of(scheme, read_answers(json.dumps(answers), scheme)))


def problems(text: str) -> list[str]:
    with pytest.raises(SchemeError) as caught:
        load_scheme(text)
    return [each.removeprefix("scheme.toml: ") for each in str(caught.value).splitlines()]


# ---- every form end to end


def test_the_formulas_agree_with_the_scorer(scheme: Scheme, ironcalc_engine: IronCalc, tmp_path: Path) -> None:
    form, tally = Form(scheme), Tally()
    cases = [filling(scheme, f"forms:{number}") for number in range(60)]
    for case, (cells, got) in enumerate(zip(cases, IronCalcRunner(form, tmp_path).run(cases), strict=True)):
        compare(form, case, form.expected(form.answers(cells)), got, tally)
    assert tally.differences == []
    assert tally.totals > 0.5 * tally.cases and tally.scored > 0.7 * tally.rows


def test_a_filled_workbook_is_read_back_and_scored_alike(scheme: Scheme) -> None:
    for number in range(30):
        cells = filling(scheme, f"read:{number}")
        answers = Form(scheme).answers(cells)
        card = score(scheme, submission_of(scheme, answers))
        if card.total is not None:
            break
    data = fill(build_master(scheme), build_layout(scheme), answers, View(answers, card))
    read = read_return(Return(data, "交回.xlsx"), scheme)
    assert not [each for each in read.findings if each.code == "label-changed"]
    for field in scheme.fields.values():
        if field.id not in {each.self_score_id for each in scheme.indicators}:
            assert read.answers[field.id].value == answers[field.id].value, field.id
    again = score(scheme, read)
    assert [each.final for each in again.rows] == [each.final for each in card.rows]
    assert (again.total, again.grade, again.self_total) == (card.total, card.grade, card.total)
    assert {code: shown for code, shown in read.formula_scores.items()} == {
        each.indicator.code: each.score for each in card.rows
    }


def test_an_empty_form_lies_between_nothing_and_everything(scheme: Scheme) -> None:
    card = blank_view(scheme).card
    assert (card.total, card.total_min, card.total_max, card.grade) == (None, 0, scheme.points, None)
    assert total_text(card) == f"{card.shown(D(0))}～{card.shown(scheme.points)} 分（暂定），等级待定"
    told = [each for each in card.findings if each.code == "missing"]
    assert {each.indicator for each in told} == {each.code for each in scheme.indicators}


def test_the_rule_book_tells_of_every_form(scheme: Scheme) -> None:
    book = rule_book(scheme)
    assert "None" not in book and "## 一、" in book
    assert ("不适用的行不计入总分" in book) is (scheme.not_applicable == "excluded")
    assert ("附表" in book) is bool(scheme.tables)
    assert ("由主管部门固定" in book) is bool(scheme.constants)


# ---- levels, totals, decimals


def test_two_levels_a_total_of_its_own_and_one_decimal() -> None:
    form = load_scheme(TWO_LEVELS)
    assert (form.points, form.depth, form.places) == (120, 1, 1)
    first = form.indicators[0]
    assert (first.level1, first.level2, first.path) == ("过程", "", ("过程",))
    answers = {"first_done": 2, "first_due": 3, "second_spent": 1, "second_budget": 1, "third_faults": 3}
    card = scored(form, answers)
    assert [str(each.score) for each in card.rows] == ["27.0", "30.0", "48.5"]  # 48.45 and 1.05 off 49.5
    assert (str(card.total), card.grade, card.total_text) == ("105.5", "甲", "105.5")
    assert (card.level_score("过程"), card.level_score("结果")) == (57, D("48.5"))
    told = {code: {each.code for each in card.findings if each.indicator == code} for code in ("first", "second")}
    assert told["first"] == {"self-score-missing", "evidence-missing"}
    assert told["second"] == {"self-score-missing"}  # it has no cell for evidence
    assert "second_evidence" not in form.fields and "first_evidence" in form.fields


def test_numbers_are_shown_with_the_decimals_of_the_scheme() -> None:
    card = scored(load_scheme(TWO_LEVELS), {"first_done": 2, "first_due": 3, "first_self_score": "30.04"})
    differs = next(each for each in card.findings if each.code == "score-differs")
    assert (differs.actual, differs.expected) == ("30.0", "27.0")
    assert "2 ÷ 3 = 66.67%，× 40.5 分 = 27.0 分" in differs.message
    whole = scored(load_scheme(TABLES), {"third_done": 2, "third_due": 3})
    assert "= 13 分" in whole.row["third"].outcome.basis


@pytest.mark.parametrize("places", [0, 1])
def test_points_are_no_finer_than_scores(places: int) -> None:
    told = problems(TWO_LEVELS.replace("places = 1", f"places = {places}").replace("points = 30\n", "points = 30.05\n"))
    said = (
        "分值最多 1 位小数（得分的位数，见 [scoring]），现为 30.05"
        if places
        else "分值应为整数（得分的位数，见 [scoring]），现为 30.05"
    )
    assert f"indicators[1].points: {said}" in told
    assert any(each.startswith("indicators[0].points: ") for each in told) is (places == 0)


def test_levels_must_hold_together_at_every_depth() -> None:
    def told(old: str, new: str) -> list[str]:
        return problems(FOUR_LEVELS.replace(old, new, 1))

    assert told('{ name = "甲一1", points = 15 }', '{ name = "甲一1", points = 16 }') == [
        "levels[0].levels[0].levels[0].points: 甲一1 16 分，所属各行合计 15 分",
        "levels[0].levels[0].points: 甲一 40 分，所属三级指标合计 41 分",
    ]
    assert told('name = "甲二", points = 20', 'name = "甲二", points = 21')[:2] == [
        "levels[0].levels[1].points: 甲二 21 分，所属三级指标合计 20 分",
        "levels[0].points: 甲 60 分，所属二级指标合计 61 分",
    ]
    assert "levels[0].levels[0].levels[1].name: 三级指标 '甲一1' 重复" in told(
        '"甲一2", points = 25', '"甲一1", points = 25'
    )
    assert "indicators[0].level3: 没有“甲›甲一”之下的三级指标“别处”" in told('level3 = "甲一1"', 'level3 = "别处"')
    assert "indicators[0].level2: 没有“甲”之下的二级指标“甲一”" in told('level3 = "甲一1"\n', "")
    assert "indicators[0].level3: 写了 level3，就要先写 level2" in told('level2 = "甲一"\n', "")
    deeper = told(
        '{ name = "甲二1", points = 20 }', '{ name = "甲二1", points = 20, levels = [{ name = "深", points = 20 }] }'
    )
    assert "levels[0].levels[1].levels[0].levels: 各行之上最多 3 级" in deeper


def test_rows_stand_in_the_order_of_their_levels_and_as_deep() -> None:
    swapped = TWO_LEVELS.replace('level1 = "过程"', 'level1 = "X"', 1).replace('level1 = "结果"', 'level1 = "过程"').replace(
        'level1 = "X"', 'level1 = "结果"'
    )  # fmt: skip
    assert "indicators[1].level1: 各行应按一级指标的顺序排列" in problems(swapped)
    mixed = TWO_LEVELS.replace(
        'name = "结果"\npoints = 49.5', 'name = "结果"\npoints = 49.5\nlevels = [{ name = "产出", points = 49.5 }]'
    ).replace('level1 = "结果"\n', 'level1 = "结果"\nlevel2 = "产出"\n')
    assert problems(mixed) == ["indicators[2].level2: 各行的级数应相同：第一行之上有 1 级"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("places = 1", "places = 3", "scoring.places: 应为 0 至 2，现为 3"),
        ("places = 1", "places = -1", "scoring.places: 应为 0 至 2，现为 -1"),
        ("places = 1", 'not_applicable = "half"', "scoring.not_applicable: 只能是 full、excluded 之一，现为 'half'"),
        ("places = 1", "digits = 1", "scoring.digits: 不认识这一项（可用：not_applicable、places）"),
        ("total = 120", "total = 119", "levels: 总分 119 分，各一级指标合计 120 分"),
        ("year = 2024", 'year = 2024\nfiling = "school"', "filing: 只能是 unit、project 之一，现为 'school'"),
    ],
)
def test_settings_of_the_scoring(old: str, new: str, told: str) -> None:
    assert told in problems(TWO_LEVELS.replace(old, new, 1))


# ---- 不适用 leaves the total

SETTLED = {
    "first_done": 3, "first_due": 3, "second_spent": 2, "second_budget": 1, "third_faults": 2,
    "goals": [
        {"actual": 50},
        {"name": "满意度", "nature": "≥", "target": 90, "actual": 90, "weight": 10},
    ],
}  # fmt: skip


def test_the_rest_is_scaled_up(four: Scheme) -> None:
    whole = scored(four, SETTLED)
    assert [each.score for each in whole.rows] == [15, 0, D("19.3"), 25]
    assert (whole.total, whole.base) == (D("59.30"), 100)
    without = {**SETTLED, "second_applicable": "不适用", "second_spent": None, "second_budget": None}
    card = scored(four, without)
    second = card.row["second"]
    assert (second.outcome.result, second.score, second.final, second.excluded, second.open) == (
        Result.NOT_APPLICABLE, None, None, True, False,
    )  # fmt: skip
    assert (card.base, str(card.total), card.grade, card.provisional) == (75, "79.07", "乙", False)  # 59.3 × 100 ÷ 75
    assert (card.total_min, card.total_max) == (card.total, card.total)
    assert card.level_score("甲", "甲一") == 15 and card.level_score("甲", "甲一", "甲一2") is None
    assert card.self_total is None  # nothing was claimed
    assert recalculated(card).low == card.total and recalculated(card).settled


def test_open_rows_bound_the_scaled_total(four: Scheme) -> None:
    card = scored(
        four,
        {**SETTLED, "second_applicable": "不适用", "second_spent": None, "second_budget": None, "first_done": None},
    )
    assert (card.total, str(card.total_min), str(card.total_max)) == (None, "59.07", "79.07")
    assert card.grade is None and card.total_text == "59.07～79.07"


def test_nothing_that_counts_gives_no_total() -> None:
    form = load_scheme(_waivable_only())
    card = scored(form, {"first_applicable": "不适用", "second_applicable": "不适用", "third_applicable": "不适用"})
    assert all(each.excluded for each in card.rows)
    assert (card.total, card.base, card.total_min, card.total_max, card.grade) == (None, 0, 0, 120, None)
    assert card.provisional and card.level_score("过程") is None


def _waivable_only() -> str:
    return TWO_LEVELS.replace("places = 1", 'places = 1\nnot_applicable = "excluded"').replace(
        "not_applicable = false", "not_applicable = true"
    )


def test_what_rules_find_not_applicable_leaves_the_total_too(four: Scheme) -> None:
    card = scored(four, {**SETTLED, "first_done": 0, "first_due": 0})
    assert card.row["first"].excluded and card.row["first"].outcome.basis == "完成率：两项均为 0，不计入总分"
    assert str(card.total) == "52.12"  # 44.3 × 100 ÷ 85


def test_a_claim_on_a_row_that_is_left_out(four: Scheme) -> None:
    waived = {**SETTLED, "second_applicable": "不适用", "second_spent": None, "second_budget": None}
    card = scored(four, {**waived, "second_self_score": 25, "second_evidence": "没有此类支出"})
    told = [each for each in card.findings if each.indicator == "second"]
    assert [each.code for each in told] == ["not-applicable-scored"]
    assert told[0].message == "second 项：选了“不适用”，不计入总分，自评却填有 25.00 分。请清空自评分，或改选“适用”。"
    claims = {"first_self_score": 15, "third_self_score": "19.30", "fourth_self_score": 25}
    assert scored(four, {**waived, **claims}).self_total == D("79.07")
    assert scored(four, {**waived, **claims, "second_self_score": 25}).self_total == D("84.30")
    silent = scored(four, {**waived, **claims})
    assert {each.code for each in silent.findings if each.indicator == "second"} == {"not-applicable-no-reason"}


def test_a_ruling_brings_a_row_back(four: Scheme) -> None:
    card = scored(four, {**SETTLED, "second_applicable": "不适用", "second_spent": None, "second_budget": None})
    ruling = Ruling(Decision.SET_SCORE, D("12.5"), "有支出", "张三", date(2025, 5, 10))
    rows = tuple(replace(each, ruling=ruling) if each.indicator.code == "second" else each for each in card.rows)
    ruled = replace(card, rows=rows)
    assert (ruled.base, ruled.total) == (100, D("71.80"))
    assert recalculated(ruled).low == card.total


def test_the_public_json_keeps_two_decimals() -> None:
    form = load_scheme(_waivable_only())
    submission = submission_of(
        form,
        read_answers('{"first_applicable": "不适用", "second_spent": 1, "second_budget": 1, "third_faults": 3}', form),
    )
    said = score_json([UnitResult("001", "某校", "", "交回.xlsx", None, submission, score(form, submission))])[0]
    assert (said["total"], said["total_min"], said["grade"]) == ("118.50", "118.50", "甲")  # 78.5 × 120 ÷ 79.5 = 118.49
    first = said["indicators"][0]
    assert (first["outcome"], first["score"]) == ("not_applicable", None)


def test_what_is_said_of_a_row_that_is_left_out(four: Scheme) -> None:
    answers = read_answers(
        json.dumps({**SETTLED, "second_applicable": "不适用", "second_spent": None, "second_budget": None}), four
    )
    submission = submission_of(four, answers)
    card = score(four, submission)
    assert opinion(card.row["second"], ()) == "选“不适用”，不计入总分。"
    told = list(conclusion(Subject("某校", False, 2024, four, submission, card)))
    assert "有 1 项没有相应事项，不计入总分。" in told[0].text  # type: ignore[union-attr]
    grid = next(each for each in told if isinstance(each, Grid))
    assert grid.head[:4] == ("一级指标", "二级指标", "三级指标", "分值")
    assert grid.rows[1] == ("甲", "甲一", "甲一2", "0", "不适用", "不适用")
    assert next(each for each in told if isinstance(each, Bars)).caption == "三级指标得分率（不适用的不在其中）"


# ---- fixed rows


def test_fixed_cells_are_answers_that_nobody_gives(four: Scheme) -> None:
    answers = read_answers("{}", four)
    assert four.constants == {
        "goals_r01_name": "学位", "goals_r01_nature": "≥", "goals_r01_target": D(100), "goals_r01_weight": D(30),
    }  # fmt: skip
    assert {name: answers[name].value for name in four.constants} == four.constants
    text = write_answers(read_answers(json.dumps(SETTLED), four), four)
    assert json.loads(text)["goals"][0] == {"actual": "50"}
    assert read_answers(text, four)["goals_r01_weight"].value == 30


@pytest.mark.parametrize("given", [{"goals": [{"weight": 30}]}, {"goals_r01_weight": 30}])
def test_an_answer_for_a_fixed_cell_is_an_error(four: Scheme, given: dict[str, Any]) -> None:
    with pytest.raises(AnswersError, match="这一格由主管部门固定为“30”，不由单位填写，请删去"):
        read_answers(json.dumps(given), four)


def test_a_fixed_cell_counts_as_fixed_whatever_it_holds(four: Scheme, tmp_path: Path) -> None:
    answers = read_answers(json.dumps(SETTLED), four)
    layout, view = build_layout(four), View(answers, score(four, submission_of(four, answers)))
    path = tmp_path / "交回.xlsx"
    path.write_bytes(fill(build_master(four), layout, answers, view))
    cell = layout.place("goals_r01_target")
    book = openpyxl.load_workbook(path)
    assert book[cell.sheet][cell.ref].value == 100 and "goals_r01_target" not in layout.inputs
    book[cell.sheet][cell.ref].value = 50
    book.save(path)
    opened = Return(path.read_bytes(), path.name)
    submission = read_return(opened, four)
    assert (submission.answers["goals_r01_target"].value, submission.answers["goals_r01_target"].cell) == (100, cell)
    found = differences(layout, opened.book, opened.anchors(four))
    assert [(each.code, each.cell) for each in found if each.cell == cell] == [("label-changed", cell)]


@pytest.mark.parametrize(
    ("fixed", "told"),
    [
        ("[{ price = 3 }]", "tables[0].fixed[0].price: 本附表没有列 'price'（可用：name、target、actual、weight）"),
        ('[{ target = "多" }]', "tables[0].fixed[0].target: '多' 不能填在“目标值”一列：请核对类型、选项和上下限"),
        ("[{ weight = 51 }]", "tables[0].fixed[0].weight: 51 不能填在“权重”一列：请核对类型、选项和上下限"),
        ("[{ name = [1] }]", "tables[0].fixed[0].name: [1] 不能填在“三级指标”一列：请核对类型、选项和上下限"),
        ("[{}]", "tables[0].fixed[0]: 固定的行至少要填一列；整行都由单位填写的，不必列出"),
        ("[{weight = 1}, {weight = 1}, {weight = 1}]", "tables[0].rows: 固定的有 3 行，rows 不能小于此数，现为 2"),
        ("[{weight = 30}, {weight = 21}]", "indicators[0].rule.table: 附表 'made' 固定的权重合计 51，应为 50"),
        (
            "[{name = 'a', target = 1, actual = 1, weight = 20}, {name = 'b', target = 1, actual = 1, weight = 30}]",
            "tables[0].fixed: 所有格子都已固定，没有留给单位填写的",
        ),
    ],
)
def test_what_may_be_fixed(fixed: str, told: str) -> None:
    assert told in problems(TABLES.replace("rows = 2\n", f"rows = 2\nfixed = {fixed}\n", 1))


def test_a_table_of_fixed_rows_needs_no_count_of_them() -> None:
    form = load_scheme(TABLES.replace("rows = 2\n", "fixed = [{ weight = 20 }, { weight = 30 }]\n", 1))
    assert form.tables[0].rows == 2 and len(form.tables[0].open_cells) == 6


# ---- how the form looks


def test_a_scheme_without_a_word_about_its_form_has_one(four: Scheme) -> None:
    assert [each.shows for each in four.form.columns] == [
        "level1", "points1", "level2", "points2", "level3", "points3", "name", "points", "interpretation", "criteria",
        "score", "evidence",
    ]  # fmt: skip
    assert [each.heading for each in four.form.columns][-6] == "四级指标"
    assert [each.block for each in four.form.head] == [Block.BAND, Block.FACTS]
    assert (four.guide, four.per_project) == (None, False)


def test_the_default_head_and_columns_take_what_there_is() -> None:
    """Texts side by side, amounts under their headings; no column for evidence that no row has."""
    fields, _, _ = HEAD.partition("[form]")
    bare = TWO_LEVELS.replace("not_applicable = false\n", "not_applicable = false\nevidence = false\n")
    form = load_scheme(bare.replace("evidence = false\nevidence", "evidence") + fields).form
    assert "evidence" not in {each.shows for each in form.columns}
    blocks = {each.block: each.fields for each in form.head}
    assert (blocks[Block.TEXTS], blocks[Block.AMOUNTS]) == (("goal",), ("budget_wan",))


HEAD = """
[[head]]
id = "budget_wan"
label = "预算"
type = "amount"
unit = "万元"
hint = "填。"

[[head]]
id = "goal"
label = "目标"
type = "text"
hint = "填。"

[form]
paper = "A4"
landscape = false
columns = [
    { shows = "name", heading = "指标", width = 20 }, { shows = "score", heading = "得分", width = 8, over = "自评" },
    { shows = "level1", heading = "一级", width = 9 }, { shows = "points1", heading = "分值", width = 9 },
    { shows = "points", heading = "分值", width = 9 }, { shows = "interpretation", heading = "解释", width = 9 },
    { shows = "criteria", heading = "标准", width = 9 },
    { shows = "evidence", heading = "依据", width = 40, over = "自评", printed = false },
]

[[form.head]]
block = "band"
text = "情况"

[[form.head]]
block = "facts"
facts = [{ stamp = "unit_name", label = "单位" }, { field = "goal" }]

[[form.head]]
block = "grid"
columns = ["预算", "应完成", "完成"]
rows = [{ label = "总额", fields = ["budget_wan", "first_due", "first_done"], indicator = "first" }]

[[guide.steps]]
name = "填表"
sheet = "自评表"
text = "逐项填写。"
"""


def test_the_form_as_it_is_written() -> None:
    form = load_scheme(TWO_LEVELS + HEAD)
    said = form.form
    assert (said.paper, said.landscape, said.body) == ("A4", False, Body.INDICATORS)
    said_of = {each.shows: (each.width, each.over, each.printed) for each in said.columns}
    assert [each.shows for each in said.columns][:2] == ["name", "score"]
    assert [said_of[each] for each in ("name", "score", "evidence")] == [
        (20, "", True), (8, "自评", True), (40, "自评", False),
    ]  # fmt: skip
    band, facts, grid = said.head
    assert (band.text, [(each.label, each.stamp, each.field) for each in facts.facts]) == (
        "情况", [("单位", "unit_name", ""), ("目标", "", "goal")],
    )  # fmt: skip
    assert (grid.columns, grid.rows[0].indicator) == (("预算", "应完成", "完成"), "first")
    assert list(said.inputs()) == ["goal", "budget_wan", "first_due", "first_done"]
    assert form.guide is not None and [(each.name, each.sheet) for each in form.guide.steps] == [("填表", "自评表")]
    assert form.guide.rules == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('paper = "A4"', 'paper = "A5"', "form.paper: 只能是 A3、A4 之一，现为 'A5'"),
        ("width = 20", "width = 0", "form.columns[0].width: 列宽应大于 0、不大于 255，现为 0"),
        ('shows = "score"', 'shows = "marks"', "form.columns[1].shows: 不认识 'marks'（可用：level1、points1、name、points、interpretation、criteria、score、evidence）"),
        ('shows = "score"', 'shows = "name"', "form.columns[1].shows: 'name' 出现了两次"),
        ('shows = "score"', 'shows = "points"', "form.columns: 缺少一列 'score'：填报或计分要用到它"),
        ("width = 20 }", "width = 20, printed = false }", "form.columns: 不打印的列（printed = false）应排在最右边"),
        ('block = "band"', 'block = "box"', "form.head[0].block: 只能是 band、facts、texts、amounts、grid 之一，现为 'box'"),
        ('{ field = "goal" }', '{ field = "aim", label = "目标" }', "form.head[1]: 没有可以放在表头的字段 'aim'"),
        (', { field = "goal" }', "", "form.head: 表头的字段 'goal' 没有放进任何一块"),
        ('{ field = "goal" }', '{ field = "goal", stamp = "contact" }', "form.head[1].facts[1].field: field 与 stamp 应写且只写一个"),
        ('"unit_name"', '"headmaster"', "form.head[1].facts[0].stamp: 只能是 unit_name、unit_code、department、project_name、project_code、deadline、contact 之一，现为 'headmaster'"),
        ('"budget_wan", "first_due"', '"first_due", "first_due"', "form.head[2]: 字段 'first_due' 在表头出现了两次"),
        (', "first_done"]', "]", "form.head[2].rows[0].fields: 应与 columns 一样有 3 个字段，现有 2 个"),
        ('indicator = "first"', 'indicator = "fifth"', "form.head[2].rows[0].indicator: 没有指标 'fifth'"),
        ('text = "逐项填写。"', "", "guide.steps[0].text: 缺少此项（应为文字）"),
        ('columns = ["预算", ', 'text = "资金"\ncolumns = ["预算", ', "form.head[2]: 这一块的一行要分成 8 格，自评表打印的只有 7 列，放不下"),
        ('paper = "A4"', 'body = "rows"', "form.body: 指标 'second' 没有附表，也不在表头的 grid 里：正文只有附表各行，无处显示它的得分"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_form_is_told_where_it_stands(old: str, new: str, told: str) -> None:
    assert old in HEAD
    assert told in problems(TWO_LEVELS + HEAD.replace(old, new, 1))


def test_an_indicator_stands_in_the_head_once() -> None:
    twice = HEAD.replace(
        'indicator = "first" }]', 'indicator = "first" }, { label = "再", fields = [], indicator = "first" }]'
    )
    assert "form.head: 指标 'first' 在表头出现了两次" in problems(TWO_LEVELS + twice)


def test_a_body_of_annex_rows() -> None:
    text = (
        TABLES.replace('level1 = "过程"\nname', 'level1 = "过程"\nname')
        + """
[form]
body = "rows"
[[form.head]]
block = "grid"
columns = ["应完成", "完成"]
rows = [{ label = "总额", fields = ["third_due", "third_done"], indicator = "third" }]
"""
    )
    form = load_scheme(text).form
    assert form.body is Body.ROWS
    assert [each.shows for each in form.columns][:3] == ["level1", "name", "target"]
    assert {each.shows for each in form.columns} == {"level1", *PLAIN, "score", "nature", "unit", "tier", "judged_score", "deviation_reason"}  # fmt: skip


def test_tables_and_rows_of_the_kit() -> None:
    """What the texts of these tests are made of says nothing wrong by itself."""
    assert table("a", "name").count("[[tables.columns]]") == 1 and "level2" in row("a", "b/c", "1", "rate")
