"""基础数据: the raw inputs, grouped by indicator."""

from __future__ import annotations

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import unfilled
from perfeval_xl.excel.layout.model import Label, PrintSetup, Sheet
from perfeval_xl.excel.layout.parts import (
    ANNEX,
    DATA,
    Part,
    band,
    heading,
    input_for,
    needed,
    note,
    tint,
    title,
)
from perfeval_xl.excel.layout.review import mark, mark_heading, mark_highlight
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.form import Body
from perfeval_xl.scheme.model import Indicator, Scheme

_COLUMNS = (("序号", 6), ("填报项目", 44), ("填报值", 22), ("单位", 8), ("所属期间", 18), ("填写说明", 62))
_LAST, _VALUE, _MARK = len(_COLUMNS), 3, len(_COLUMNS) + 2
_TEXT_HEIGHT = 60.0  # room for a few lines of reasons
_NOTE = (
    "只填浅蓝色的“填报值”一栏；底色变黄的是还没有填的必填项。数字栏只填数字，不写单位；没有发生的填 0；"
    "百分比填 98.25% 这样的形式；日期填 2024-03-15 这样的形式。"
)


def build(scheme: Scheme) -> Part | None:
    """A row an input, in the order of the official table. None for a form that has no inputs but those elsewhere."""
    if not any(_own(indicator, scheme) for indicator in scheme.indicators):
        return None
    sheet = Sheet(DATA, widths={column: width for column, (_, width) in enumerate(_COLUMNS, start=1)})
    title(sheet, f"基础数据（{scheme.year}年度）", _LAST)
    note(sheet, 2, _NOTE, _LAST)
    for column, (head, _) in enumerate(_COLUMNS, start=1):
        sheet.put(3, column, Label(head, "head"))
    sheet.widths[_MARK - 1] = 2.0
    mark_heading(sheet, 3, _MARK)
    sheet.heights[3] = 24
    sheet.freeze = to_ref(4, 1)
    row = 4
    for number, indicator in enumerate(scheme.indicators, start=1):
        if _own(indicator, scheme) or _tables(indicator, scheme):
            row = _group(sheet, row, number, indicator, scheme)
    mark_highlight(sheet, _MARK, 4, row - 1)
    sheet.setup = PrintSetup(landscape=True, area=f"A1:{to_ref(row - 1, _LAST)}", repeat_rows=(3, 3))
    return Part(sheet)


def _own(indicator: Indicator, scheme: Scheme) -> list[Field]:
    """What is filled in here for ``indicator``: what has no place in the official table."""
    in_head = set(scheme.form.inputs())
    in_grid = {row.indicator for block in scheme.form.head for row in block.rows}
    asked = [scheme.fields[indicator.applicable_id]] if indicator.may_be_not_applicable else []
    own = [field for field in indicator.fields if field.id not in in_head]
    apart = scheme.form.body is Body.ROWS or indicator.code in in_grid
    return [*asked, *own, *([scheme.fields[indicator.evidence_id]] if indicator.evidence and apart else [])]


def _tables(indicator: Indicator, scheme: Scheme) -> list[Table]:
    """The tables on the annex sheet that ``indicator`` is scored from."""
    if scheme.form.body is Body.ROWS:
        return []
    used = set(indicator.rule.fields())
    return [table for table in scheme.tables if used & set(table.row_ids(1))]


def _group(sheet: Sheet, row: int, number: int, indicator: Indicator, scheme: Scheme) -> int:
    """An indicator's heading and inputs; returns the next free row."""
    band(sheet, row, 1, _LAST, Label(heading(indicator, number), "group"))
    sheet.heights[row] = 22
    row += 1
    for ordinal, field in enumerate(_own(indicator, scheme), start=1):
        _row(sheet, row, ordinal, field, indicator)
        row += 1
    for table in _tables(indicator, scheme):
        text = f"各项指标逐行填在《{ANNEX}》的“{table.title}”中（点击前往）"
        band(sheet, row, 1, _LAST, Label(text, "link", Cell(ANNEX, "A1")))
        sheet.heights[row] = 22
        row += 1
    return row


def _row(sheet: Sheet, row: int, ordinal: int, field: Field, indicator: Indicator) -> None:
    sheet.put(row, 1, Label(str(ordinal), "center"))
    label = field.label.removeprefix(f"{indicator.name}：")
    sheet.put(row, 2, Label(label, "text"))
    sheet.put(row, _VALUE, input_for(field))
    sheet.put(row, 4, Label(field.unit, "center"))
    sheet.put(row, 5, Label(field.period, "center"))
    sheet.put(row, 6, Label(field.hint, "text"))
    mark(sheet, row, _MARK, field.id)
    wanted = [
        22.0,
        needed(sheet, label, "text", 2),
        needed(sheet, field.period, "center", 5),
        needed(sheet, field.hint, "text", 6),
    ]
    if field.type is FieldType.TEXT:
        wanted.append(_TEXT_HEIGHT)
    sheet.heights[row] = max(wanted)
    if field.required:
        tint(sheet, row, _VALUE, unfilled(field, indicator, to_ref(row, _VALUE)))
