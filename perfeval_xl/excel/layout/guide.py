"""填报说明: whose form this is, what to do in a few steps, what the colours mean, how to send it back."""

from __future__ import annotations

from collections.abc import Collection

from perfeval_xl.cells import Cell
from perfeval_xl.excel.layout.guide_words import generic_guide
from perfeval_xl.excel.layout.model import Label, PrintSetup, Sheet, Stamp
from perfeval_xl.excel.layout.parts import (
    ANNEX,
    CHECK,
    GUIDE,
    GUIDE_TITLE,
    RESULT,
    Part,
    band,
    needed,
    title,
    titles,
)
from perfeval_xl.scheme.form import GuideEntry
from perfeval_xl.scheme.model import Scheme

_LAST = 4
_OWNER = ((("单位名称", "unit_name"), ("单位代码", "unit_code")),)
_PROJECT = (("项目名称", "project_name"), ("项目编号", "project_code"))
_ROUND = (
    (("主管部门", "district"), ("上报截止", "deadline")),
    (("联系方式", "contact"), ("表格编号", "seal_short")),
)
_COLOURS = (
    ("legend_required", "黄色：必填、还没有填"),
    ("input_line", "浅蓝色：可以填写"),
    ("legend_locked", "灰色、白色：表头和自动计算，不能改"),
    ("legend_review", "橙色：主管部门复核，不用填"),
)


def build(scheme: Scheme, sheets: Collection[str]) -> Part:
    """Names of the unit's cells are those of the stamps on this sheet. ``sheets``: those that are to be filled in."""
    sheet = Sheet(GUIDE, widths={1: 30, 2: 48, 3: 14, 4: 40})
    part = Part(sheet)
    title(sheet, titles(scheme, scheme.unit_title)[GUIDE_TITLE], _LAST, stamp=GUIDE_TITLE)
    row = 2
    for pair in (*_OWNER, *((_PROJECT,) if scheme.per_project else ()), *_ROUND):
        for column, (label, key) in zip((1, 3), pair, strict=True):
            sheet.put(row, column, Label(label, "head"))
            cell = sheet.put(row, column + 1, Stamp(key, "stamp"))
            part.name(key, cell)
        sheet.heights[row] = 34
        row += 1
    words = scheme.guide or generic_guide(scheme, sheets)
    row = _section(sheet, row, "一、怎样填")
    for number, each in enumerate(words.steps, start=1):
        row = _line(sheet, row, _entry(f"{number}. {each.name}", each, sheets), each.text)
    row = _section(sheet, row, "二、填写约定")
    for each in words.rules:
        row = _line(sheet, row, _entry(each.name, each, sheets), each.text)
    row = _section(sheet, row, "三、颜色")
    for style, text in _COLOURS:
        sheet.put(row, 1, Label("", style))
        row = _line(sheet, row, None, text)
    row = _section(sheet, row, "四、依据")
    row = _line(sheet, row, Label("附表" if ANNEX in sheets else "表注", "step_name"), scheme.note)
    if scheme.legal_basis:
        row = _line(sheet, row, Label("法律法规", "step_name"), "\n".join(scheme.legal_basis))
    row = _line(sheet, row, Label("表格版本", "step_name"), f"{scheme.id}　{scheme.version}")
    sheet.setup = PrintSetup(area=f"A1:D{row - 1}")
    return part


def _entry(text: str, entry: GuideEntry, sheets: Collection[str]) -> Label:
    """The name of a step or rule, which leads to its sheet where the form has that."""
    if entry.sheet in (*sheets, CHECK, RESULT):
        return Label(text, "step_link", Cell(entry.sheet, "A1"))
    return Label(text, "step_name")


def _section(sheet: Sheet, row: int, text: str) -> int:
    band(sheet, row, 1, _LAST, Label(text, "section"))
    sheet.heights[row] = 30
    return row + 1


def _line(sheet: Sheet, row: int, name: Label | None, text: str) -> int:
    """A name and its text over the remaining columns; returns the next row."""
    if name is not None:
        sheet.put(row, 1, name)
    band(sheet, row, 2, _LAST, Label(text, "step"))
    sheet.heights[row] = max(22.0, needed(sheet, text, "step", 2, _LAST))
    return row + 1
