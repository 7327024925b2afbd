"""指标完成情况表: the annex, one table of numbered rows for every indicator that is scored from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.formulas import typed_number
from perfeval_xl.excel.layout.lines import RATE, SCORE, Lines
from perfeval_xl.excel.layout.model import Formula, Highlight, Label, PrintSetup, Sheet, Shown, View
from perfeval_xl.excel.layout.parts import ANNEX, Part, annex_rule, band, note, points_text, title
from perfeval_xl.excel.layout.review import mark, mark_heading, mark_highlight
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.form import Body
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.expr import choose, constant

_WIDTHS = {
    FieldType.CHOICE: 11.0,
    FieldType.NUMBER: 13.0,
    FieldType.SCORE: 9.0,
}
_RATE_AFTER, _SCORE_AFTER = "actual", "weight"  # what the computed columns stand behind
_SHORT, _LONG = 50, 500  # characters: widths of text columns go by how much they take
_ROW = 33.0
_NOTE = (
    "按年初申报的绩效目标逐行填写，没有用到的行留空；每张表各行权重合计应正好等于该项分值。目标值和实际值只填数字，"
    "单位填在“计量单位”一栏。{judged}完成率、得分由系统计算。"
)
_JUDGED = "定性指标不填目标值和实际值，改填{fields}。"


def build(scheme: Scheme) -> Part | None:
    """Names the rate and score cells of every row, and every column of each table. None for a form without a table, or
    with its tables' rows in the official table."""
    scored = [(indicator, rule) for indicator in scheme.indicators if (rule := annex_rule(indicator)) is not None]
    rules = [rule for _, rule in scored]
    if not rules or scheme.form.body is Body.ROWS:
        return None
    last = max(len(_columns(rule.table)) for rule in rules) + 1
    sheet = Sheet(ANNEX, widths=_widths([rule.table for rule in rules]))
    sheet.widths[last + 1], sheet.widths[last + 2] = 2.0, 16.0
    part = Part(sheet)
    title(sheet, f"{scheme.title.removesuffix('自评表')}指标完成情况表（{scheme.year}年度）", last)
    judged = [rule for rule in rules if rule.judged]
    evidence = any("basis" in rule.table.column for rule in judged)
    instead = _JUDGED.format(fields="定性档次、定性得分和评分依据" if evidence else "定性档次和定性得分")
    note(sheet, 2, _NOTE.format(judged=instead if judged else ""), last)
    row, breaks = 3, []
    for indicator, rule in scored:
        row = _table(part, row, scheme, indicator, rule, last)
        breaks.append(row - 1)
    sheet.setup = PrintSetup(
        paper=8, landscape=True, area=f"A1:{to_ref(row - 1, last)}", page_breaks=tuple(breaks[:-1])
    )
    return part


def _widths(tables: Sequence[Table]) -> dict[int, float]:
    """Each column as wide as the widest of the tables that has something there."""
    widths = {1: 6.0}
    for table in tables:
        for place, column in enumerate(_columns(table), start=2):
            width = 9.0 if isinstance(column, str) else _width(column)
            widths[place] = max(width, widths.get(place, 0.0))
    return widths


def _columns(table: Table) -> list[Field | str]:
    """The inputs in their order, the computed columns (by id) in their places among them."""
    columns: list[Field | str] = []
    for field in table.columns:
        columns.append(field)
        if field.id == _RATE_AFTER:
            columns.append(RATE)
        if field.id == _SCORE_AFTER:
            columns.append(SCORE)
    return columns


def _width(field: Field) -> float:
    if field.type is not FieldType.TEXT:
        longest = max((len(word) for word in field.options), default=0)
        return _WIDTHS.get(field.type, 13.0) if longest < 6 else 18.0
    length = field.max_length or _LONG
    return 10.0 if length <= _SHORT else 28.0 if length < _LONG else 34.0


def _table(part: Part, row: int, scheme: Scheme, indicator: Indicator, rule: AnnexRows, last: int) -> int:
    """One table with its heading and sums; returns the next free row. ``last``: the widest table's last column."""
    sheet, table = part.sheet, rule.table
    columns = _columns(table)
    head = f"{table.title}（{indicator.name}，{points_text(indicator.points)}）"
    band(sheet, row, 1, last, Label(head, "section"))
    sheet.heights[row] = 28
    sheet.put(row + 1, 1, Label("序号", "head"))
    for place, column in enumerate(columns, start=2):
        sheet.put(row + 1, place, Label(_title(column), "head"))
    sheet.put(row + 1, last + 2, Label("填报检查", "head"))
    mark_heading(sheet, row + 1, last + 3)
    sheet.heights[row + 1] = 28
    first, bottom = row + 2, row + table.rows + 1
    places = {_id(column): place for place, column in enumerate(columns, start=2)}
    lines = Lines(part, rule, scheme, places, last + 2)
    for number, line in enumerate(range(first, bottom + 1), start=1):
        sheet.put(line, 1, Label(str(number), "center"))
        lines.put(line, number)
        mark(sheet, line, last + 3, f"{table.id}_r{number:02d}")
        sheet.heights[line] = _ROW
    lines.whole(first, bottom)
    mark_highlight(sheet, last + 3, first, bottom)
    _sums(sheet, bottom + 1, places, rule, indicator)
    return bottom + 2


def _id(column: Field | str) -> str:
    return column if isinstance(column, str) else column.id


def _title(column: Field | str) -> str:
    return {RATE: "完成率", SCORE: "得分"}[column] if isinstance(column, str) else column.label


def _sums(sheet: Sheet, row: int, places: Mapping[str, int], rule: AnnexRows, indicator: Indicator) -> None:
    """The weights' sum, and the scores' sum, which is the indicator's score."""
    table = rule.table
    weight, score, last = places[_SCORE_AFTER], places[SCORE], max(places.values())
    sheet.put(row, 1, Label("合计", "head"), to=(row, weight - 1))
    sums = f"{table.id}_weight"
    weights = Formula(choose(f"COUNT({sums})>0", f"ROUND(SUM({sums}),2)"), partial(_weights, table=table), "score")
    sheet.put(row, weight, weights)
    sums = f"{table.id}_score"
    scores = Formula(choose(f"COUNT({sums})>0", f"ROUND(SUM({sums}),2)"), partial(_scores, rule=rule), "score")
    sheet.put(row, score, scores)
    if score < last:
        sheet.put(row, score + 1, Label("", "text"), to=(row, last))
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
