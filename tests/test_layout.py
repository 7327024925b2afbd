"""The workbook as data: what stands where, what it is called, what is locked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.excel.formulas import (
    DONE,
    MISSING,
    WRONG,
    grade_box,
    grade_of,
    in_grade,
    status,
    status_shown,
    total_of,
    total_shown,
)
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Formula, Input, Label, Layout, Review, Sheet
from perfeval_xl.excel.layout.parts import ANNEX, CHECK, DATA, GUIDE, HIDDEN, NARRATIVE, RESULT, TABLE
from perfeval_xl.excel.layout.review import LIST_COLUMNS, LIST_ROWS, MARK, list_name
from perfeval_xl.excel.styles import HIGHLIGHTS, MAX_HEIGHT, STYLES, Style, line_count, properties, text_height
from perfeval_xl.excel.validations import MESSAGE_LENGTH, TITLE_LENGTH, validation
from perfeval_xl.numbers import show_number
from perfeval_xl.scheme.answers import Answer, Answers
from perfeval_xl.scheme.fields import Condition, Field, FieldType
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.expr import usable

ALLOWED = set(["IF", "AND", "OR", "SUM", "SUMPRODUCT", "COUNT", "COUNTIF", "ROUND", "MIN", "MAX", "ABS"])


@pytest.fixture(scope="module", params=available_schemes())
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return load_scheme(find_scheme(request.param))


@pytest.fixture(scope="module")
def layout(scheme: Scheme) -> Layout:
    return build_layout(scheme)


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(find_scheme("huadu-2024"))


@pytest.fixture(scope="module")
def huadu_layout(huadu: Scheme) -> Layout:
    return build_layout(huadu)


def area(first: str, last: str) -> set[tuple[int, int]]:
    (top, left), (bottom, right) = from_ref(first), from_ref(last)
    return {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}


def texts(sheet: Sheet, column: int) -> list[str]:
    """The labels of one column, from top to bottom."""
    found = [(from_ref(ref), content) for ref, content in sheet.cells.items()]
    ordered = sorted((at, content) for at, content in found if at[1] == column and isinstance(content, Label))
    return [str(content.value) for _, content in ordered]


def test_the_sheets_and_the_hidden_one(layout: Layout, huadu_layout: Layout) -> None:
    sheets = [GUIDE, TABLE, ANNEX, DATA, NARRATIVE, CHECK, RESULT, HIDDEN]
    assert [sheet.name for sheet in huadu_layout.sheets] == sheets
    names = [sheet.name for sheet in layout.sheets]
    assert names == [each for each in sheets if each in names]
    assert set(sheets) - set(names) <= {ANNEX, DATA, NARRATIVE}
    assert [sheet.name for sheet in layout.sheets if sheet.very_hidden] == [HIDDEN]


def test_every_field_has_one_cell_named_after_it(layout: Layout, scheme: Scheme) -> None:
    assert layout.inputs.keys() == scheme.fields.keys()
    for field, cell in layout.inputs.items():
        sheet, ref = layout.names[field].rsplit("!", 1)
        assert (sheet.strip("'"), ref.replace("$", "")) == (cell.sheet, cell.ref)
    places = Counter(layout.inputs.values())
    assert max(places.values()) == 1


def test_names_that_others_rely_on(layout: Layout, scheme: Scheme) -> None:
    for indicator in scheme.indicators:
        assert layout.names[f"{indicator.code}_formula_score"].startswith(f"'{CHECK}'!")
        for part in ("score", "difference", "opinion"):
            assert layout.names[f"{indicator.code}_review_{part}"].startswith(f"'{TABLE}'!")
    expected = {"total_formula_score": CHECK, "grade_formula": CHECK, "total_self_score": TABLE}
    expected |= {"review_total": TABLE, "review_grade": TABLE, "unit_name": GUIDE, "unit_code": GUIDE}
    expected |= dict.fromkeys(("perfeval_scheme", "perfeval_version", "perfeval_year", "seal"), HIDDEN)
    assert {name: layout.names[name].split("'")[1] for name in expected} == expected
    assert layout.names["perfeval_seal"] == '"unsealed"'


def test_annex_names(layout: Layout, scheme: Scheme) -> None:
    for table in scheme.tables:
        for column in [*(column.id for column in table.columns), "rate", "score"]:
            first, last = layout.names[f"{table.id}_{column}"].split("!")[1].replace("$", "").split(":")
            cells = sorted(area(first, last))
            assert len(cells) == table.rows
            if column in ("rate", "score"):
                rows = [layout.names[f"{table.id}_r{row:02d}_{column}"] for row in range(1, table.rows + 1)]
                found = [from_ref(name.split("!")[1]) for name in rows]
            else:
                found = [from_ref(layout.inputs[table.field_id(row, column)].ref) for row in range(1, table.rows + 1)]
            assert found == cells


def test_the_closed_days_are_those_of_the_scheme(layout: Layout, scheme: Scheme) -> None:
    first, last = layout.names["calendar_closed_days"].split("!")[1].replace("$", "").split(":")
    cells = layout.sheet[HIDDEN].cells
    (top, column), (bottom, _) = from_ref(first), from_ref(last)
    found = [content.value for ref, content in cells.items() if (at := from_ref(ref))[1] == column and at[0] >= top]
    assert tuple(found) == scheme.closed_days
    assert bottom - top + 1 == len(scheme.closed_days)


def test_names_are_ones_that_excel_takes(layout: Layout) -> None:
    for name in layout.names:
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        assert not re.fullmatch(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc]?[0-9]*|[Cc]", name), "looks like a reference"
    assert len({name.lower() for name in layout.names}) == len(layout.names)


def test_formulas_use_only_what_every_program_has(layout: Layout) -> None:
    conditions = [highlight.condition for sheet in layout.sheets for highlight in sheet.highlights]
    for expression in [formula.expression for formula in layout.formulas.values()] + conditions:
        bare = re.sub(r'"(?:[^"]|"")*"', '""', expression)
        used = set(re.findall(r"([A-Z][A-Z0-9.]*)\(", bare))
        assert used <= ALLOWED, expression
        assert "{" not in bare and "@" not in bare and "&" not in bare
        assert len(expression) <= 8192


def test_names_in_formulas_exist(layout: Layout) -> None:
    for cell, formula in layout.formulas.items():
        bare = re.sub(r'"(?:[^"]|"")*"', '""', formula.expression)
        words = set(re.findall(r"(?<![A-Za-z0-9_$])[a-z_][a-z0-9_]*(?![A-Za-z0-9_(])", bare))
        assert words <= layout.names.keys(), f"{cell}: {words - layout.names.keys()}"


def test_no_formula_depends_on_the_review_block(layout: Layout) -> None:
    assert not [cell for cell, formula in layout.formulas.items() if "review" in formula.expression]
    columns = {from_ref(cell.ref)[1] for cell in layout.review.values() if cell.sheet == TABLE}
    filled = {from_ref(cell.ref)[1] for cell in layout.inputs.values() if cell.sheet == TABLE}
    assert min(columns) > max(filled) + 1, "right of the form, a gap between"
    letters = "|".join(to_ref(1, column)[:-1] for column in columns)
    for cell, formula in layout.formulas.items():
        if cell.sheet == TABLE:
            bare = re.sub(r'"[^"]*"', "", formula.expression)
            assert not re.search(rf"(?<![A-Za-z_])\$?({letters})\$?[0-9]", bare)


def marks(layout: Layout) -> dict[str, Cell]:
    return {name: cell for name, cell in layout.review.items() if name.endswith(MARK)}


def test_every_row_with_inputs_has_a_mark_but_those_with_an_opinion_alone(layout: Layout, scheme: Scheme) -> None:
    claims = {each.self_score_id for each in scheme.indicators} | {each.evidence_id for each in scheme.indicators}
    opinions = {cell for name, cell in layout.review.items() if name.endswith("_review_opinion")}

    def rows(cells: Iterable[Cell]) -> Counter[tuple[str, int]]:
        return Counter({(cell.sheet, from_ref(cell.ref)[0]) for cell in cells})

    marked = Counter((cell.sheet, from_ref(cell.ref)[0]) for cell in marks(layout).values())
    assert marked == rows(cell for field, cell in layout.inputs.items() if field not in claims)
    assert rows(opinions) == rows(layout.inputs[each.self_score_id] for each in scheme.indicators)


def test_marks_are_named_after_the_first_field_of_their_row_or_the_annex_row(layout: Layout, scheme: Scheme) -> None:
    found = {name.removesuffix(MARK): cell for name, cell in marks(layout).items()}
    for table in scheme.tables:
        for row in range(1, table.rows + 1):
            cell = found.pop(f"{table.id}_r{row:02d}")
            assert from_ref(cell.ref)[0] == from_ref(layout.inputs[table.field_id(row, "name")].ref)[0]
    assert found.keys() <= scheme.fields.keys()
    assert {field.id for indicator in scheme.indicators for field in indicator.fields} <= found.keys()
    for field, cell in found.items():
        (row, column), mark = from_ref(layout.inputs[field].ref), from_ref(cell.ref)
        assert mark[0] == row and mark[1] > column
        others = [from_ref(each.ref) for each in layout.inputs.values() if each.sheet == cell.sheet]
        assert column == min(place[1] for place in others if place[0] == row)


def test_what_is_for_the_review_is_not_printed_with_the_form(layout: Layout) -> None:
    for cell in layout.review.values():
        setup = layout.sheet[cell.sheet].setup
        if cell.sheet in (RESULT, HIDDEN):
            assert setup.area is None
            continue
        assert setup.area is not None
        (top, left), (bottom, right) = map(from_ref, setup.area.split(":"))
        assert not (top <= from_ref(cell.ref)[0] <= bottom and left <= from_ref(cell.ref)[1] <= right)


def test_the_list_of_findings(layout: Layout) -> None:
    sheet = layout.sheet[RESULT]
    assert {layout.review[name].sheet for name in layout.review if name.startswith("review_list_")} == {RESULT}
    lines = [[layout.review[list_name(line, each)] for each in LIST_COLUMNS] for line in range(1, LIST_ROWS + 1)]
    first = from_ref(lines[0][0].ref)[0]
    for row, line in enumerate(lines, start=first):
        assert [from_ref(cell.ref) for cell in line] == [(row, column) for column in (1, 2, 3, 4)]
    heads = [sheet.cells[f"{letter}{first - 1}"] for letter in "ABCD"]
    assert [getattr(each, "value", None) for each in heads] == ["序号", "级别", "位置", "问题"]
    assert max(from_ref(ref)[0] for ref in sheet.cells) == first + LIST_ROWS - 1
    assert (sheet.setup.paper, sheet.setup.landscape, sheet.setup.repeat_rows) == (9, False, (first - 1, first - 1))


def test_the_list_has_no_defined_names_and_the_other_review_cells_have(layout: Layout) -> None:
    named = layout.review.keys() & layout.names.keys()
    assert layout.review.keys() - named == {name for name in layout.review if name.startswith("review_list_")}
    assert all(layout.place(name) == layout.review[name] for name in named)
    assert layout.review["review_row_heights"].sheet == HIDDEN


def test_review_cells_have_names_of_their_own(layout: Layout) -> None:
    names = [each.name for sheet in layout.sheets for each in sheet.cells.values() if isinstance(each, Review)]
    assert max(Counter(names).values()) == 1
    assert not set(names) & set(layout.inputs)


def test_merges_do_not_overlap_and_cover_no_content(layout: Layout) -> None:
    for sheet in layout.sheets:
        areas = {first: area(first, last) for first, last in sheet.merges.items()}
        for one, other in combinations(areas, 2):
            assert not areas[one] & areas[other], (sheet.name, one, other)
        covered = {at for first, cells in areas.items() for at in cells - {from_ref(first)}}
        assert not covered & {from_ref(ref) for ref in sheet.cells}, sheet.name
        assert sheet.merges.keys() <= sheet.cells.keys()


def test_styles_and_highlights_exist(layout: Layout) -> None:
    for sheet in layout.sheets:
        assert {content.style for content in sheet.cells.values()} <= STYLES.keys()
        assert {highlight.style for highlight in sheet.highlights} <= HIGHLIGHTS.keys()


def test_links_lead_to_cells_that_exist(layout: Layout) -> None:
    links = [
        content.link
        for sheet in layout.sheets
        for content in sheet.cells.values()
        if isinstance(content, Label) and content.link is not None
    ]
    assert links
    for link in links:
        assert link.ref in layout.sheet[link.sheet].cells


def test_the_check_sheet_links_every_input_or_its_annex_row(layout: Layout, scheme: Scheme) -> None:
    linked = {
        content.link
        for content in layout.sheet[CHECK].cells.values()
        if isinstance(content, Label) and content.link is not None
    }
    in_annex = {field.id for table in scheme.tables for field in table.fields()}
    assert {cell for field, cell in layout.inputs.items() if field not in in_annex} <= linked
    for table in scheme.tables:
        assert {layout.inputs[table.row_ids(row)[0]] for row in range(1, table.rows + 1)} <= linked


# ---- the official table


def test_official_columns_and_texts_in_order(huadu_layout: Layout, huadu: Scheme) -> None:
    sheet = huadu_layout.sheet[TABLE]
    head = next(row for row in range(1, 30) if getattr(sheet.cells.get(f"H{row}"), "value", "") == "评分标准")
    headings = [getattr(sheet.cells[f"{letter}{head}"], "value", None) for letter in "ABCDEFGHIJ"]
    assert headings == [column.heading for column in huadu.form.columns]
    for row, indicator in enumerate(huadu.indicators, start=head + 1):
        points, criteria = sheet.cells[f"F{row}"], sheet.cells[f"H{row}"]
        assert isinstance(points, Label) and points.value == indicator.points
        assert isinstance(criteria, Label) and criteria.value == indicator.criteria
        claim, evidence = sheet.cells[f"I{row}"], sheet.cells[f"J{row}"]
        assert isinstance(claim, Formula) and claim.field is huadu.fields[indicator.self_score_id]
        assert isinstance(evidence, Input) and evidence.field.id == indicator.evidence_id
    assert sheet.setup.repeat_rows == (head, head)


def test_levels_are_merged_down_and_named_again_on_each_page(huadu_layout: Layout, huadu: Scheme) -> None:
    sheet = huadu_layout.sheet[TABLE]
    assert sheet.setup.repeat_rows
    first = sheet.setup.repeat_rows[0] + 1
    for column, names in (
        (1, [each.level1 for each in huadu.indicators]),
        (3, [each.level2 for each in huadu.indicators]),
    ):
        for row, name in enumerate(names, start=first):
            covering = [
                sheet.cells[ref]
                for ref, last in ({ref: sheet.merges.get(ref, ref) for ref in sheet.cells}).items()
                if (row, column) in area(ref, last)
            ]
            assert [getattr(each, "value", None) for each in covering] == [name]


def test_no_merged_cell_runs_over_the_end_of_a_page(layout: Layout) -> None:
    assert layout.sheet[TABLE].setup.page_breaks
    for sheet in layout.sheets:
        for last_row in sheet.setup.page_breaks:
            for ref, last in sheet.merges.items():
                assert not {last_row, last_row + 1} <= {row for row, _ in area(ref, last)}, f"{sheet.name}!{ref}"


def test_an_indicator_in_two_rows_shares_its_name_cell(huadu_layout: Layout, huadu: Scheme) -> None:
    sheet = huadu_layout.sheet[TABLE]
    names = [indicator.name for indicator in huadu.indicators]
    assert sheet.setup.repeat_rows
    first = sheet.setup.repeat_rows[0] + 1
    (name,) = [name for name, count in Counter(names).items() if count == 2]
    row = first + names.index(name)
    assert sheet.merges[f"E{row}"] == f"E{row + 1}"
    assert f"F{row}" not in sheet.merges


def test_print_set_up(layout: Layout, huadu_layout: Layout) -> None:
    table = huadu_layout.sheet[TABLE]
    assert (table.setup.paper, table.setup.landscape) == (8, True)
    assert table.setup.area is not None and table.setup.area.startswith("A1:J")
    assert 1 <= len(table.setup.page_breaks) <= 3, "two to four pages"
    for sheet in layout.sheets:
        if not sheet.very_hidden and sheet.name != RESULT:
            assert sheet.setup.area, sheet.name


def test_no_label_is_clipped(layout: Layout) -> None:
    for sheet in layout.sheets:
        if sheet.very_hidden:
            continue
        for ref, content in sheet.cells.items():
            if not isinstance(content, Label):
                continue
            style = STYLES[content.style]
            (top, left), (bottom, right) = from_ref(ref), from_ref(sheet.merges.get(ref, ref))
            width = sum(sheet.widths[column] for column in range(left, right + 1))
            height = sum(sheet.heights.get(row, 15.0) for row in range(top, bottom + 1))
            text = show_number(content.value) if isinstance(content.value, Decimal) else str(content.value)
            lines = line_count(text, width, style.size)
            assert style.wrap or lines == 1, f"{sheet.name}!{ref} is wider than its cell"
            assert lines * style.size * 1.3 <= height, f"{sheet.name}!{ref} needs {lines} lines"


def test_row_heights_stay_below_the_limit(layout: Layout) -> None:
    assert max(height for sheet in layout.sheets for height in sheet.heights.values()) <= MAX_HEIGHT


# ---- styles and heights


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("一二三四", 10, 1),  # 4 × 13⅓ = 53⅓ of 62 pixels
        ("一二三四五", 10, 2),
        ("12345678", 10, 1),
        ("一\n二\n三", 10, 3),
        ("abc defghijklmnopqrstuvwxyz", 10, 4),  # a long word goes on over the lines
    ],
)
def test_line_count(text: str, width: float, lines: int) -> None:
    assert line_count(text, width, 10) == lines


def test_text_height_grows_by_lines() -> None:
    style = Style(size=10)
    assert text_height("一\n二", 10, style) - text_height("一", 10, style) == pytest.approx(14.5)


def test_properties_lock() -> None:
    assert properties(STYLES["input_amount"], locked=False)["locked"] is False
    assert properties(STYLES["input_amount"], locked=True)["locked"] is True


# ---- validations


def test_validations_stay_within_excels_limits(scheme: Scheme) -> None:
    for field in scheme.fields.values():
        rule = validation(field, "C5")
        assert rule["error_type"] == "stop"
        for part, limit in (("title", TITLE_LENGTH), ("message", MESSAGE_LENGTH)):
            assert 0 < len(rule[f"error_{part}"]) <= limit
            assert 0 < len(rule[f"input_{part}"]) <= limit
        if rule["validate"] == "list":
            assert len(",".join(rule["source"])) <= 255


def test_a_date_that_may_never_have_come_takes_its_word() -> None:
    field = Field("d", "公开日期", FieldType.DATE, low=date(2024, 1, 1), high=date(2024, 12, 31), never="未公开")
    rule = validation(field, "C5")
    assert rule["validate"] == "custom"
    assert rule["value"] == '=IF(C5="未公开",TRUE,IF(COUNT(C5)=1,AND(C5>=45292,C5<45658),FALSE))'
    assert "未公开" in rule["error_message"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FieldType.COUNT, ("integer", 0.0, 99.0)),
        (FieldType.AMOUNT, ("decimal", 0.0, 99.0)),
    ],
)
def test_number_validations(kind: FieldType, expected: tuple[str, float, float]) -> None:
    rule = validation(Field("n", "数", kind, low=Decimal(0), high=Decimal(99)), "C5")
    assert (rule["validate"], rule["minimum"], rule["maximum"]) == expected


def test_yes_no_is_a_list() -> None:
    assert validation(Field("y", "是否", FieldType.YESNO), "C5")["source"] == ["是", "否"]


# ---- totals, grades, statuses


def test_total_needs_every_score() -> None:
    assert total_of("I5:I7", 3) == 'IF(COUNT(I5:I7)=3,ROUND(SUM(I5:I7),2),"")'
    assert total_shown([Decimal("1.5"), Decimal(2)]) == Decimal("3.5")
    assert total_shown([Decimal("1.5"), None]) == ""


def test_grade_formula(huadu: Scheme) -> None:
    assert grade_of("t", huadu.grades) == 'IF(COUNT(t)=1,IF(t>=90,"优",IF(t>=80,"良",IF(t>=60,"中","差"))),"")'


def test_grade_boxes(huadu: Scheme) -> None:
    best, good = huadu.grades[0], huadu.grades[1]
    assert "AND(t>=90,t<=100)" in grade_box("t", best, True)
    assert "AND(t>=80,t<90)" in grade_box("t", good, False)
    assert in_grade(best, True, Decimal(100)) and in_grade(best, True, Decimal(90))
    assert not in_grade(good, False, Decimal(90)) and in_grade(good, False, Decimal("89.99"))
    assert not in_grade(best, True, "")


def count_field(**more: object) -> Field:
    return Field("n", "数", FieldType.COUNT, low=Decimal(0), high=Decimal(9), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "answers", "shown"),
    [
        (count_field(), [], MISSING),
        (count_field(required=False), [], ""),
        (count_field(), [Answer("n", Decimal(0))], DONE),
        (count_field(), [Answer("n", None, "10", None, "out-of-range")], WRONG),
        (count_field(when=Condition("g", equals="是")), [], ""),
        (count_field(when=Condition("g", equals="是")), [Answer("g", False)], ""),
        (count_field(when=Condition("g", equals="是")), [Answer("g", True)], MISSING),
        (count_field(when=Condition("g", positive=True)), [Answer("g", Decimal(0))], ""),
        (count_field(when=Condition("g", positive=True)), [Answer("g", Decimal(1))], MISSING),
    ],
)
def test_status(field: Field, answers: list[Answer], shown: str) -> None:
    assert status_shown(field, None, Answers(answers)) == shown


def test_status_formula_of_a_conditional_field() -> None:
    expression = status(count_field(when=Condition("g", equals="是")), None, "n")
    assert expression == (f'IF({usable(count_field(), "n")},"✓",IF(n="",IF(g="是","未填",""),"超出范围或格式不对"))')


def test_a_field_of_a_row_that_does_not_apply_is_not_missing(huadu: Scheme) -> None:
    indicator = next(each for each in huadu.indicators if each.may_be_not_applicable)
    field = indicator.fields[0]
    assert status_shown(field, indicator, Answers([Answer(indicator.applicable_id, "适用")])) == MISSING
    assert status_shown(field, indicator, Answers([Answer(indicator.applicable_id, "不适用")])) == ""
    applicable = huadu.fields[indicator.applicable_id]
    assert status_shown(applicable, indicator, Answers([])) == MISSING


def test_input_cells_stand_where_clerks_look_for_them(layout: Layout, scheme: Scheme) -> None:
    sheets = {
        field: layout.inputs[field].sheet for indicator in scheme.indicators for field in (indicator.self_score_id,)
    }
    assert set(sheets.values()) == {TABLE}
    for indicator in scheme.indicators:
        assert {layout.inputs[field.id].sheet for field in indicator.fields} <= {DATA}
    assert isinstance(layout.inputs[scheme.head[0].id], Cell)
    assert layout.inputs[scheme.head[0].id].sheet == TABLE
    if DATA in layout.sheet:
        assert "填报值" in texts(layout.sheet[DATA], 3)
