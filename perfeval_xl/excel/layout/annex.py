"""指标完成情况表: the annex, one table of numbered rows for every indicator that is scored from rows."""

from __future__ import annotations

from functools import partial

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import DONE, ROW_WRONG, live_row, typed_number
from perfeval_xl.excel.layout.items import row_status, row_status_shown
from perfeval_xl.excel.layout.model import Formula, Highlight, Label, PrintSetup, Sheet, Shown, View
from perfeval_xl.excel.layout.parts import ANNEX, Part, annex_rule, band, input_for, note, points_text, title
from perfeval_xl.excel.layout.review import mark, mark_heading, mark_highlight
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.expr import BLANK, Refs, choose, constant, text

_WIDTHS = {
    FieldType.CHOICE: 11.0,
    FieldType.NUMBER: 13.0,
    FieldType.SCORE: 9.0,
}
_RATE, _SCORE = "rate", "score"  # the computed columns: after ``actual`` and after ``weight``
_RATE_AFTER, _SCORE_AFTER = "actual", "weight"
_SHORT, _LONG = 50, 500  # characters: widths of text columns go by how much they take
_ROW = 33.0
_NOTE = (
    "按年初申报的绩效目标逐行填写，没有用到的行留空；每张表各行权重合计应正好等于该项分值。目标值和实际值只填数字，"
    "单位填在“计量单位”一栏。定性指标不填目标值和实际值，改填定性档次、定性得分和评分依据。完成率、得分由系统计算。"
)


def build(scheme: Scheme) -> Part:
    """Names the rate and score cells of every row, and every column of each table."""
    columns = _columns(scheme.tables[0])
    last = len(columns) + 1
    sheet = Sheet(ANNEX, widths={1: 6.0})
    for place, column in enumerate(columns, start=2):
        sheet.widths[place] = 9.0 if isinstance(column, str) else _width(column)
    sheet.widths[last + 1], sheet.widths[last + 2] = 2.0, 16.0
    part = Part(sheet)
    title(sheet, f"{scheme.title.removesuffix('自评表')}指标完成情况表（{scheme.year}年度）", last)
    note(sheet, 2, _NOTE, last)
    row, breaks = 3, []
    for indicator in scheme.indicators:
        rule = annex_rule(indicator)
        if rule is not None:
            row = _table(part, row, scheme, indicator, rule)
            breaks.append(row - 1)
    sheet.setup = PrintSetup(
        paper=8, landscape=True, area=f"A1:{to_ref(row - 1, last)}", page_breaks=tuple(breaks[:-1])
    )
    return part


def _columns(table: Table) -> list[Field | str]:
    """The inputs in their order, the computed columns (by id) in their places among them."""
    columns: list[Field | str] = []
    for field in table.columns:
        columns.append(field)
        if field.id == _RATE_AFTER:
            columns.append(_RATE)
        if field.id == _SCORE_AFTER:
            columns.append(_SCORE)
    return columns


def _width(field: Field) -> float:
    if field.type is not FieldType.TEXT:
        longest = max((len(word) for word in field.options), default=0)
        return _WIDTHS.get(field.type, 13.0) if longest < 6 else 18.0
    length = field.max_length or _LONG
    return 10.0 if length <= _SHORT else 28.0 if length < _LONG else 34.0


def _table(part: Part, row: int, scheme: Scheme, indicator: Indicator, rule: AnnexRows) -> int:
    """One table with its heading and sums; returns the next free row."""
    sheet, table = part.sheet, rule.table
    columns = _columns(table)
    last = len(columns) + 1
    head = f"{table.title}（{indicator.name}，{points_text(indicator.points)}）"
    band(sheet, row, 1, last, Label(head, "section"))
    sheet.heights[row] = 28
    sheet.put(row + 1, 1, Label("序号", "head"))
    for place, column in enumerate(columns, start=2):
        sheet.put(row + 1, place, Label(_title(column), "head"))
    sheet.put(row + 1, last + 2, Label("填报检查", "head"))
    mark_heading(sheet, row + 1, last + 3)
    sheet.heights[row + 1] = 28
    first = row + 2
    for number in range(1, table.rows + 1):
        _row(part, first + number - 1, number, columns, rule, scheme)
    bottom = first + table.rows - 1
    for place, column in enumerate(columns, start=2):
        name = column if isinstance(column, str) else column.id
        part.name(f"{table.id}_{name}", Cell(sheet.name, to_ref(first, place)), Cell(sheet.name, to_ref(bottom, place)))
    _tints(sheet, first, bottom, columns, rule, last + 2)
    mark_highlight(sheet, last + 3, first, bottom)
    _sums(sheet, bottom + 1, columns, rule, indicator)
    return bottom + 2


def _title(column: Field | str) -> str:
    if isinstance(column, str):
        return {_RATE: "完成率", _SCORE: "得分"}[column]
    return column.label


def _row(
    part: Part,
    row: int,
    number: int,
    columns: list[Field | str],
    rule: AnnexRows,
    scheme: Scheme,
) -> None:
    sheet, table, refs = part.sheet, rule.table, Refs(scheme.fields)
    sheet.put(row, 1, Label(str(number), "center"))
    for place, column in enumerate(columns, start=2):
        if isinstance(column, Field):
            style = "input_line" if column.type is FieldType.TEXT else None
            sheet.put(row, place, input_for(scheme.fields[table.field_id(number, column.id)], style))
            continue
        if column == _RATE:
            expression = rule.rate_formula(refs, number)
            formula = Formula(expression, partial(_rate, rule=rule, row=number), "rate")
        else:
            expression = rule.row_formula(refs, number)
            formula = Formula(expression, partial(_score, rule=rule, row=number), "score")
        part.name(f"{table.id}_r{number:02d}_{column}", sheet.put(row, place, formula))
    state = partial(row_status_shown, rule=rule, row=number)
    sheet.put(row, len(columns) + 3, Formula(row_status(table, number), state, "status"))
    mark(sheet, row, len(columns) + 4, f"{table.id}_r{number:02d}")
    sheet.heights[row] = _ROW


def _rate(view: View, *, rule: AnnexRows, row: int) -> Shown:
    rate = rule.line_score(view.answers, row).rate
    return "" if rate is None else rate


def _score(view: View, *, rule: AnnexRows, row: int) -> Shown:
    score = rule.line_score(view.answers, row).score
    return "" if score is None else score


def _tints(sheet: Sheet, first: int, bottom: int, columns: list[Field | str], rule: AnnexRows, status: int) -> None:
    """In a row that is in use, the cells still asked for; which ones depends on whether the row is judged."""
    place = {column.id: number for number, column in enumerate(columns, start=2) if isinstance(column, Field)}
    live = live_row([f"${to_ref(first, each)}" for each in place.values()])
    nature = f"${to_ref(first, place['nature'])}"
    judged = f"{nature}={text(rule.judged)}"
    measured = f"{nature}<>{text(rule.judged)}"
    asked = {"name": None, "nature": None, "weight": None, "target": measured, "actual": measured}
    asked |= {"tier": judged, "judged_score": judged, "basis": judged}
    for column, condition in asked.items():
        cell = to_ref(first, place[column])
        wanted = [f"{cell}={BLANK}", live] + ([condition] if condition else [])
        area = f"{cell}:{to_ref(bottom, place[column])}"
        sheet.highlights.append(Highlight(area, f"AND({','.join(wanted)})", "required"))
    cell = to_ref(first, status)
    area = f"{cell}:{to_ref(bottom, status)}"
    sheet.highlights.append(Highlight(area, f"{cell}={text(DONE)}", "good"))
    sheet.highlights.append(Highlight(area, f"{cell}={text(ROW_WRONG)}", "bad"))


def _sums(sheet: Sheet, row: int, columns: list[Field | str], rule: AnnexRows, indicator: Indicator) -> None:
    """The weights' sum, and the scores' sum, which is the indicator's score."""
    table = rule.table
    ids = [column if isinstance(column, str) else column.id for column in columns]
    weight, score = ids.index(_SCORE_AFTER) + 2, ids.index(_SCORE) + 2
    sheet.put(row, 1, Label("合计", "head"), to=(row, weight - 1))
    sums = f"{table.id}_weight"
    weights = Formula(choose(f"COUNT({sums})>0", f"ROUND(SUM({sums}),2)"), partial(_weights, table=table), "score")
    sheet.put(row, weight, weights)
    sums = f"{table.id}_score"
    scores = Formula(choose(f"COUNT({sums})>0", f"ROUND(SUM({sums}),2)"), partial(_scores, rule=rule), "score")
    sheet.put(row, score, scores)
    sheet.put(row, score + 1, Label("", "text"), to=(row, len(columns) + 1))
    sheet.heights[row] = 24
    cell = to_ref(row, weight)
    off = f"IF(COUNT({cell})=1,ROUND({cell}-{constant(indicator.points)},7)<>0,FALSE)"
    sheet.highlights.append(Highlight(cell, off, "bad"))


def _weights(view: View, *, table: Table) -> Shown:
    weights = (typed_number(view.answers[table.field_id(row, "weight")]) for row in range(1, table.rows + 1))
    found = [weight for weight in weights if weight is not None]
    return sum(found, ZERO) if found else ""


def _scores(view: View, *, rule: AnnexRows) -> Shown:
    lines = (rule.line_score(view.answers, row).score for row in range(1, rule.table.rows + 1))
    found = [score for score in lines if score is not None]
    return sum(found, ZERO) if found else ""
