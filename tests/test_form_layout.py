"""The workbook of forms of other kinds than huadu-2024: what stands where follows from the scheme."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.errors import SchemeError
from perfeval_xl.excel.anchors import anchor
from perfeval_xl.excel.comparison import differences
from perfeval_xl.excel.formulas import DONE, MISSING, POINTS_WRONG, ROW_WRONG, scaled_total
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.columns import Columns
from perfeval_xl.excel.layout.model import Formula, Input, Label, Layout, Sheet, Stamp, View
from perfeval_xl.excel.layout.parts import ANNEX, CHECK, DATA, GUIDE, HIDDEN, NARRATIVE, RESULT, TABLE, titles
from perfeval_xl.excel.layout.totals import ROW_CLAIMS, claims_shown
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.stamping import Stamper, fill
from perfeval_xl.excel.styles import STYLES, style_of
from perfeval_xl.generator import blank_view, build_master, submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.resources import samples_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.form import Block, Body, Form, FormColumn, HeadBlock
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from perfeval_xl.writer import annotate
from tests.agreement.fillings import filling
from tests.agreement.runners import GnumericRunner, IronCalcRunner, LibreOfficeRunner, Runner
from tests.agreement.sweep import Form as Sweep
from tests.agreement.sweep import Tally, compare
from tests.engines import Gnumeric, IronCalc, LibreOffice
from tests.form_schemes import ALL, FOUR_LEVELS, TABLES, TWO_LEVELS

D = Decimal
GRID = """
[[head]]
id = "budget_wan"
label = "预算"
type = "amount"
unit = "万元"
hint = "填。"

[[head]]
id = "spent_wan"
label = "支出"
type = "amount"
unit = "万元"
hint = "填。"
"""
ROWS = (
    TABLES
    + """
[form]
body = "rows"
paper = "A4"
landscape = false
[[form.head]]
block = "grid"
text = "完成情况"
columns = ["应完成", "完成"]
rows = [{ label = "总数", fields = ["third_due", "third_done"], indicator = "third" }]
"""
)
"""The tables' rows in the official table, the third row in the head, which begins with its grid; evidence is asked for."""
FAMILY = {**ALL, "rows": ROWS, "rows-fixed": ROWS.replace('title = "made 表"\nrows = 2\n', 'title = "made 表"\nrows = 3\nfixed = [{ name = "学位", target = 100, weight = 30 }, { name = "教师" }]\n')}  # fmt: skip


@pytest.fixture(scope="module", params=FAMILY)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return load_scheme(FAMILY[request.param])


@pytest.fixture(scope="module")
def project() -> Scheme:
    return load_scheme(find_scheme("project-2020"))


def view_of(scheme: Scheme, answers: Mapping[str, Any]) -> View:
    read = read_answers(json.dumps(answers), scheme)
    return View(read, score(scheme, submission_of(scheme, read)))


def sample(scheme: Scheme) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((samples_dir() / scheme.id / "answers.json").read_text(encoding="utf-8"))
    return answers


def value(sheet: Sheet, ref: str) -> object:
    return getattr(sheet.cells.get(ref), "value", None)


def shown(layout: Layout, name: str, view: View) -> object:
    content = layout.formulas[layout.place(name)]
    return content.shows(view)


def shown_at(sheet: Sheet, row: int, column: int, view: View) -> object:
    content = sheet.cells[to_ref(row, column)]
    assert isinstance(content, Formula)
    return content.shows(view)


# ---- any form


def test_every_field_has_a_cell_or_is_given(scheme: Scheme) -> None:
    layout = build_layout(scheme)
    assert layout.inputs.keys() == scheme.fields.keys() - scheme.constants.keys()
    for field, given in scheme.constants.items():
        cell = layout.place(field)
        content = layout.sheet[cell.sheet].cells[cell.ref]
        assert isinstance(content, Label) and content.value == given


def test_nothing_lies_over_anything_else(scheme: Scheme) -> None:
    for sheet in build_layout(scheme).sheets:
        areas: dict[str, set[tuple[int, int]]] = {}
        for first, last in sheet.merges.items():
            (top, left), (bottom, right) = from_ref(first), from_ref(last)
            assert top <= bottom and left <= right
            areas[first] = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        for one, other in combinations(areas, 2):
            assert not areas[one] & areas[other], (sheet.name, one, other)
        covered = {place for first, places in areas.items() for place in places - {from_ref(first)}}
        assert not covered & {from_ref(ref) for ref in sheet.cells}, sheet.name


def test_what_is_for_the_review_stands_outside_the_printed_area(scheme: Scheme) -> None:
    layout = build_layout(scheme)
    for cell in layout.review.values():
        if cell.sheet not in (RESULT, HIDDEN):
            area = layout.sheet[cell.sheet].setup.area
            assert area is not None and from_ref(cell.ref)[1] > from_ref(area.split(":")[1])[1]
    codes = {each.code for each in scheme.indicators}
    assert {f"{code}_review_{part}" for code in codes for part in ("score", "difference", "opinion")} <= set(
        layout.review
    )


def test_a_filled_and_annotated_form_is_read_as_it_was_filled(scheme: Scheme) -> None:
    layout, master, form = build_layout(scheme), build_master(scheme), Sweep(scheme)
    for number in range(8):
        answers = form.answers(filling(scheme, f"r:{number}"))
        clean = [name for name in form.inputs if answers[name].problem is None]  # a reader forgives other spellings
        view = View(answers, score(scheme, submission_of(scheme, answers)))
        read = read_return(Return(fill(master, layout, answers, view), "a.xlsx"), scheme)
        assert {name: read.answers[name].value for name in clean} == {name: answers[name].value for name in clean}
        card = score(scheme, read)
        if len(clean) == len(form.inputs):
            assert (card.total, card.total_max) == (view.card.total, view.card.total_max)
        out = annotate(fill(master, layout, answers, view), read.review_cells, card, card.findings)
        again = read_return(Return(out, "b.xlsx"), scheme)
        assert [again.answers[name].value for name in clean] == [read.answers[name].value for name in clean]


@pytest.mark.parametrize(
    ("engine", "make", "count"),
    [
        ("ironcalc_engine", IronCalcRunner, 60),
        ("libreoffice", LibreOfficeRunner, 15),
        ("gnumeric", GnumericRunner, 15),
    ],
)
def test_the_formulas_agree_with_the_scorer(
    scheme: Scheme, engine: str, make: type[Runner], count: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    office: IronCalc | LibreOffice | Gnumeric = request.getfixturevalue(engine)
    form, tally = Sweep(scheme), Tally()
    runner = make(form, tmp_path, office) if engine == "libreoffice" else make(form, tmp_path)  # type: ignore[call-arg]
    cases = [filling(scheme, f"f:{number}") for number in range(count)]
    for case, (cells, got) in enumerate(zip(cases, runner.run(cases), strict=True)):
        compare(form, case, form.expected(form.answers(cells)), got, tally)
    assert not tally.differences
    assert tally.totals > 0.3 * tally.cases


def test_cached_values_are_what_an_engine_computes(scheme: Scheme, ironcalc_engine: IronCalc) -> None:
    layout, master = build_layout(scheme), build_master(scheme)
    for number in range(3):
        answers = Sweep(scheme).answers(filling(scheme, f"c:{number}"))
        view = View(answers, score(scheme, submission_of(scheme, answers)))
        book = ironcalc_engine.open(fill(master, layout, answers, view))
        book.put({})
        for cell, formula in layout.formulas.items():
            expected, found = formula.shows(view), book.at(cell)
            if isinstance(expected, Decimal):
                assert found == pytest.approx(float(expected)), cell
            else:
                assert (found or "") == expected, cell


def test_names_of_formulas_exist_and_are_short_enough(scheme: Scheme) -> None:
    layout = build_layout(scheme)
    for formula in layout.formulas.values():
        bare = re.sub(r'"(?:[^"]|"")*"', '""', formula.expression)
        assert set(re.findall(r"(?<![A-Za-z0-9_$])[a-z_][a-z0-9_]*(?![A-Za-z0-9_(])", bare)) <= layout.names.keys()
        assert len(formula.expression) <= 8192


# ---- columns and spans


def columns(*widths: float, printed: int | None = None) -> Columns:
    last = len(widths) if printed is None else printed
    return Columns(
        Form(columns=tuple(FormColumn(f"c{n}", f"{n}", width, printed=n < last) for n, width in enumerate(widths)))
    )


@pytest.mark.parametrize(
    ("widths", "shares", "spans"),
    [
        ((10, 10, 10, 10), (1, 1), [(1, 2), (3, 4)]),
        ((10, 10, 10, 10), (1, 3), [(1, 1), (2, 4)]),
        ((40, 10, 10), (1, 1), [(1, 1), (2, 3)]),
        ((10, 10, 10), (1, 1), [(1, 1), (2, 3)]),  # as good either way: the first is the narrower
        ((5, 5), (9, 1), [(1, 1), (2, 2)]),
        ((5,), (1,), [(1, 1)]),
    ],
)
def test_spans_follow_the_widths(
    widths: tuple[float, ...], shares: tuple[float, ...], spans: list[tuple[int, int]]
) -> None:
    assert columns(*widths).spans(shares) == spans


def test_spans_leave_out_what_is_not_printed_and_begin_where_told() -> None:
    assert columns(10, 10, 10, 90, printed=3).spans((1, 1)) == [(1, 1), (2, 3)]
    assert columns(10, 10, 10, 90, printed=3).spans((1, 1), 2) == [(2, 2), (3, 3)]


def test_a_table_too_narrow_for_its_head_is_told() -> None:
    with pytest.raises(SchemeError, match="自评表只有 2 列打印，表头的一行要分成 4 格，放不下"):
        columns(10, 10).spans((1, 1, 1), 2)


def test_spans_of_many_columns_take_no_time() -> None:
    assert len(columns(*[7.0] * 40).spans([1.0] * 12)) == 12


# ---- levels, annexes, sheets


@pytest.mark.parametrize(
    ("text", "sheets"),
    [
        (TWO_LEVELS, [GUIDE, TABLE, DATA, CHECK, RESULT, HIDDEN]),
        (FOUR_LEVELS, [GUIDE, TABLE, ANNEX, DATA, CHECK, RESULT, HIDDEN]),
        (ROWS, [GUIDE, TABLE, DATA, CHECK, RESULT, HIDDEN]),  # evidence has no column there
        (ROWS.replace('criteria = "标准"', 'criteria = "标准"\nevidence = false').replace("not_applicable = true", ""), [GUIDE, TABLE, CHECK, RESULT, HIDDEN]),
    ],
)  # fmt: skip
def test_a_form_has_the_sheets_that_it_needs(text: str, sheets: list[str]) -> None:
    scheme = load_scheme(text)
    assert [sheet.name for sheet in build_layout(scheme).sheets] == sheets
    said = " ".join(
        str(each.value) for each in build_layout(scheme).sheet[GUIDE].cells.values() if isinstance(each, Label)
    )
    assert [name for name in (ANNEX, DATA, NARRATIVE) if name in said] == [
        name for name in (ANNEX, DATA, NARRATIVE) if name in sheets
    ]


def test_levels_of_every_depth_are_merged_down() -> None:
    scheme = load_scheme(FOUR_LEVELS)
    sheet = build_layout(scheme).sheet[TABLE]
    assert sheet.setup.repeat_rows is not None
    first = sheet.setup.repeat_rows[1] + 1
    found = [
        (value(sheet, to_ref(first, column)), sheet.merges.get(to_ref(first, column), to_ref(first, column)))
        for column in (1, 2, 3, 4, 5, 6)
    ]
    assert found == [
        ("甲", to_ref(first + 2, 1)), (D(60), to_ref(first + 2, 2)), ("甲一", to_ref(first + 1, 3)), (D(40), to_ref(first + 1, 4)),
        ("甲一1", to_ref(first, 5)), (D(15), to_ref(first, 6)),
    ]  # fmt: skip


def test_without_a_column_for_points_they_stand_below_the_name() -> None:
    shows = '[form]\ncolumns = [{ shows = "level1", heading = "一级", width = 9 }, { shows = "name", heading = "名称", width = 20 }, { shows = "points", heading = "分值", width = 9 }, { shows = "score", heading = "得分", width = 9 }, { shows = "evidence", heading = "依据", width = 40 }]\n'
    layout = build_layout(load_scheme(TWO_LEVELS.replace("[scoring]", f"{shows}[scoring]")))
    assert "过程\n（70.5 分）" in {getattr(each, "value", "") for each in layout.sheet[TABLE].cells.values()}


def test_annex_tables_of_unlike_columns_share_a_sheet() -> None:
    layout = build_layout(load_scheme(TABLES))
    sheet = layout.sheet[ANNEX]
    assert "made_rate" in layout.names and "gained_tier" in layout.names and "made_tier" not in layout.names
    states = {
        from_ref(cell.ref)[1]
        for cell in layout.formulas
        if cell.sheet == ANNEX and layout.formulas[cell].style == "status"
    }
    assert len(states) == 1, "statuses stand below each other"
    assert max(from_ref(cell.ref)[1] for cell in layout.inputs.values() if cell.sheet == ANNEX) < min(states)
    assert sheet.setup.area is not None and from_ref(sheet.setup.area.split(":")[1])[1] == min(states) - 2


def test_names_of_levels_stand_left_of_the_rows_of_tables() -> None:
    columns = [("weight", 9), ("level1", 9), *((each, 9) for each in ("name", "nature", "target", "unit", "actual", "tier", "judged_score", "deviation_reason", "score"))]  # fmt: skip
    listed = ", ".join(f'{{ shows = "{shows}", heading = "列", width = {width} }}' for shows, width in columns)
    with pytest.raises(SchemeError, match="各级指标名称（level1 等）应排在最左边"):
        load_scheme(ROWS.replace('body = "rows"', f'body = "rows"\ncolumns = [{listed}]'))


# ---- fixed rows


def test_a_row_that_the_bureau_began_is_missing_until_the_unit_goes_on_with_it() -> None:
    scheme = load_scheme(FAMILY["rows-fixed"])
    layout, table = build_layout(scheme), scheme.table["made"]
    cell = layout.inputs[table.field_id(1, "actual")]
    status = sheet_column(layout, cell.sheet, "填报检查")

    def state(row: int, answers: Mapping[str, Any]) -> object:
        line = from_ref(layout.inputs[table.field_id(row, "actual")].ref)[0]
        return shown_at(layout.sheet[TABLE], line, status, view_of(scheme, answers))

    assert [state(row, {}) for row in (1, 2, 3)] == [MISSING, MISSING, ""]
    half = {"made": [{"actual": 90}, {"actual": 3}]}
    assert [state(row, half) for row in (1, 2)] == [DONE, ROW_WRONG]
    assert shown(layout, "made_r01_score", view_of(scheme, half)) == D(27)


def sheet_column(layout: Layout, sheet: str, heading: str) -> int:
    (found,) = {
        from_ref(ref)[1] for ref, each in layout.sheet[sheet].cells.items() if getattr(each, "value", "") == heading
    }
    return found


def test_a_fixed_cell_is_locked_and_an_open_one_is_not() -> None:
    layout = build_layout(load_scheme(FAMILY["rows-fixed"]))
    for name, kind in (("made_r01_name", Label), ("made_r01_actual", Input), ("made_r02_weight", Input)):
        cell = layout.place(name)
        assert isinstance(layout.sheet[cell.sheet].cells[cell.ref], kind), name


# ---- rows that leave the total, decimals


def test_the_scaled_total_is_exact_at_a_tie(ironcalc_engine: IronCalc) -> None:
    expression = scaled_total("s", "p", [D("2.5"), D("47.5"), D(50)], 2)
    assert expression.startswith('IF(AND(COUNT(s)+COUNTIF(s,"不适用")=3,COUNT(s)>0),') and "*10" in expression


def test_claims_are_scaled_like_scores() -> None:
    scheme = load_scheme(FOUR_LEVELS)
    layout = build_layout(scheme)
    waived = {"first_applicable": "不适用", "second_applicable": "不适用"}
    claims = {"third_self_score": 15, "fourth_self_score": 30}
    view = view_of(scheme, {**waived, **claims})
    assert claims_shown(view) == D(75)  # 45 of 60
    assert claims_shown(view_of(scheme, {**waived, "third_self_score": 15})) == ""
    assert claims_shown(view_of(scheme, {f"{each.code}_self_score": each.points for each in scheme.indicators} | {"first_self_score": 5, "second_self_score": 5, "third_self_score": 10, "fourth_self_score": 20})) == D(40)  # fmt: skip
    assert ROW_CLAIMS in layout.names and ROW_CLAIMS in layout.formulas[layout.place("total_self_score")].expression


def test_a_waived_row_counts_as_done() -> None:
    scheme = load_scheme(FOUR_LEVELS)
    layout, view = build_layout(scheme), view_of(scheme, {"first_applicable": "不适用", "first_evidence": "无"})
    assert shown(layout, "first_formula_score", view) == shown(layout, "first_self_score", view) == "不适用"
    rows = [row for row in range(7, 11) if value(layout.sheet[CHECK], f"B{row}") == "first 项"]
    assert [shown_at(layout.sheet[CHECK], row, 8, view) for row in rows] == [DONE]


@pytest.mark.parametrize(("places", "score", "gap"), [(2, "0.00", "+0.00;-0.00;0.00"), (1, "0.0", "+0.0;-0.0;0.0"), (0, "0", "+0;-0;0")])  # fmt: skip
def test_scores_are_shown_with_the_decimals_of_the_scheme(places: int, score: str, gap: str) -> None:
    for name in ("score", "total_score", "big_score", "input_score", "review_score", "review_total"):
        assert style_of(name, places).number == score
    assert style_of("difference", places).number == gap
    for name in ("rate", "input_points", "input_amount", "part_amount", "head"):
        assert style_of(name, places) == STYLES[name]


# ---- the head


def test_facts_stand_two_in_a_line_and_a_single_one_fills_it(project: Scheme) -> None:
    sheet = build_layout(project).sheet[TABLE]
    last = sum(each.printed for each in project.form.columns)
    ends = {ref: from_ref(sheet.merges[ref])[1] for ref in sheet.merges if from_ref(ref)[0] in (3, 4)}
    assert max(end for ref, end in ends.items() if from_ref(ref)[0] == 3 and from_ref(ref)[1] <= last) == last
    stamps = [
        content.key for ref, content in sheet.cells.items() if isinstance(content, Stamp) and from_ref(ref)[0] in (3, 4)
    ]
    assert stamps == ["project_name", "department", "unit_name"]


def test_a_grid_shows_the_rate_uncapped_and_the_score_capped(project: Scheme) -> None:
    layout = build_layout(project)
    view = view_of(project, {"funds_budget_wan": 100, "funds_executed_wan": 125.5})
    assert shown(layout, "execution_rate", view) == D("1.255")
    assert shown(layout, "execution_self_score", view) == D(10)
    half = view_of(project, {"funds_budget_wan": 100, "funds_executed_wan": 50})
    assert (shown(layout, "execution_rate", half), shown(layout, "execution_self_score", half)) == (D("0.5"), D(5))
    for answers in ({}, {"funds_budget_wan": 100}, {"funds_budget_wan": 0, "funds_executed_wan": 0}):
        assert shown(layout, "execution_rate", view_of(project, answers)) == ""


def test_a_field_of_the_head_that_a_row_is_scored_from_is_listed_with_the_row(project: Scheme) -> None:
    layout = build_layout(project)
    labels = [each.value for each in layout.sheet[CHECK].cells.values() if isinstance(each, Label)]
    wanted = project.fields["funds_budget_wan"].label
    assert labels.count(wanted) == 1
    assert labels.index(wanted) > labels.index("1　预算执行率（10 分）")


# ---- the national form


def test_the_columns_of_the_national_form(project: Scheme) -> None:
    sheet = build_layout(project).sheet[TABLE]
    assert sheet.setup.repeat_rows is not None
    top, bottom = sheet.setup.repeat_rows
    printed = [value(sheet, to_ref(top, column)) for column in range(1, 12)]
    assert printed == ["一级指标", "二级指标", "三级指标", "年度指标值", None, None, "实际完成值", None, "分值", "得分", "偏差原因分析及改进措施"]  # fmt: skip
    assert [value(sheet, to_ref(bottom, column)) for column in range(4, 9)] == ["性质", "目标值", "计量单位", "完成值", "定性档次"]  # fmt: skip
    assert sheet.setup.area is not None and sheet.setup.area.startswith("A1:K")
    assert (sheet.setup.paper, sheet.setup.landscape) == (9, False)
    names = [str(each.value) for each in sheet.cells.values() if isinstance(each, Label)]
    assert [
        each for each in ("产出指标\n（50 分）", "效益指标\n（30 分）", "满意度指标\n（10 分）") if each not in names
    ] == []


def test_a_group_ends_with_its_points_its_score_and_what_is_wrong_with_its_weights(project: Scheme) -> None:
    layout, answers = build_layout(project), sample(project)
    row = from_ref(layout.inputs["outputs_self_score"].ref)[0]
    sheet = layout.sheet[TABLE]
    places = {each.shows: number for number, each in enumerate(project.form.columns, start=1)}
    assert value(sheet, to_ref(row, places["weight"])) == D(50)
    status = max(places.values()) + 1
    assert shown_at(sheet, row, status, blank_view(project)) == MISSING
    assert shown_at(sheet, row, status, view_of(project, answers)) == DONE
    answers["output_rows"][0]["weight"] = 9
    assert shown_at(sheet, row, status, view_of(project, answers)) == POINTS_WRONG
    assert from_ref(layout.review["outputs_review_opinion"].ref)[0] == row
    assert from_ref(layout.review["output_rows_r01_review_mark"].ref)[0] == row - project.table["output_rows"].rows


def test_the_national_form_takes_its_own_round(project: Scheme) -> None:
    """Stamped for a project, filled, read, scored, annotated."""
    layout = build_layout(project)
    stamps = {stamp.key: stamp.key for stamp in layout.stamps.values()} | titles(project, project.unit_title)
    blank = Stamper(build_master(project), layout).stamp(stamps, "unsealed")
    view = view_of(project, sample(project))
    data = fill(blank, layout, view.answers, view)
    read = read_return(Return(data, "a.xlsx"), project)
    card = score(project, read)
    assert (card.total, card.grade, [str(each) for each in card.findings]) == (D("93.71"), "优", [])
    assert {code: D(shown) for code, shown in read.formula_scores.items() if shown is not None} == {
        each.indicator.code: each.score for each in card.rows
    }
    slips = {**sample(project), "other_funds_budget_wan": 1, "funds_executed_wan": None}
    worse = fill(blank, layout, (wrong := view_of(project, slips)).answers, wrong)
    read = read_return(Return(worse, "a.xlsx"), project)
    card = score(project, read)
    assert card.total is None and (card.total_min, card.total_max) == (D(84), D(94))
    assert {each.code: str(each.cell) for each in card.findings} == {
        "missing": str(Cell(TABLE, layout.inputs["funds_executed_wan"].ref)),
        "sum-differs": str(Cell(TABLE, layout.inputs["funds_budget_wan"].ref)),
    }
    again = read_return(Return(annotate(worse, read.review_cells, card, card.findings), "b.xlsx"), project)
    assert score(project, again).total_max == D(94)


def test_blocks_without_a_side_heading_begin_at_the_left() -> None:
    scheme = load_scheme(TWO_LEVELS + GRID)
    amounts = HeadBlock(Block.AMOUNTS, fields=("budget_wan", "spent_wan"))
    beside = replace(scheme, form=replace(scheme.form, head=(replace(amounts, text="资金"),)))
    plain = replace(scheme, form=replace(scheme.form, head=(amounts,)))
    assert from_ref(build_layout(plain).inputs["budget_wan"].ref)[1] == 1
    assert from_ref(build_layout(beside).inputs["budget_wan"].ref)[1] == 2
    assert scheme.form.body is Body.INDICATORS


# ---- saves by other programs, and what is changed in the form


def issued(scheme: Scheme) -> tuple[Layout, bytes]:
    """A sample of the form as a unit would hand it in: stamped, filled at random."""
    layout = build_layout(scheme)
    stamps = {stamp.key: stamp.key for stamp in layout.stamps.values()} | titles(scheme, scheme.unit_title)
    blank = Stamper(build_master(scheme), layout).stamp(stamps, "unsealed")
    answers = Sweep(scheme).answers(filling(scheme, "s:1"))
    return layout, fill(blank, layout, answers, View(answers, score(scheme, submission_of(scheme, answers))))


def differing(layout: Layout, data: bytes) -> list[str]:
    book = OoxmlBook(data)
    return [f"{each.code} {each.cell}" for each in differences(layout, book, anchor(layout, book))]


@pytest.mark.parametrize("name", ["four-levels", "rows-fixed", "project-2020"])
def test_a_save_by_another_program_raises_no_false_alarm(
    name: str, libreoffice: LibreOffice, gnumeric: Gnumeric, tmp_path: Path
) -> None:
    scheme = load_scheme(FAMILY[name] if name in FAMILY else find_scheme(name))
    layout, data = issued(scheme)
    assert differing(layout, data) == []
    (tmp_path / "in.xlsx").write_bytes(data)
    before = score(scheme, read_return(Return(data, "in.xlsx"), scheme))
    for number, recalculate in enumerate((libreoffice.recalculate, gnumeric.recalculate)):
        saved = recalculate(tmp_path / "in.xlsx", tmp_path / f"out{number}.xlsx").read_bytes()
        assert differing(layout, saved) == []
        after = score(scheme, read_return(Return(saved, "out.xlsx"), scheme))
        assert [row.score for row in after.rows] == [row.score for row in before.rows]


@pytest.mark.parametrize(
    ("name", "cell"),
    [("rows-fixed", "made_r01_target"), ("project-2020", "outputs_formula_score"), ("project-2020", "execution_rate")],
)
def test_a_change_of_what_was_given_is_told(name: str, cell: str) -> None:
    scheme = load_scheme(FAMILY[name] if name in FAMILY else find_scheme(name))
    layout, data = issued(scheme)
    book = openpyxl.load_workbook(io.BytesIO(data))
    place = layout.place(cell)
    book[place.sheet][place.ref].value = 1
    saved = io.BytesIO()
    book.save(saved)
    assert [each.split(" ", 1)[1] for each in differing(layout, saved.getvalue())] == [str(place)]
