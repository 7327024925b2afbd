"""What the review has to say away from the official table: marks beside the inputs, and the sheet 审核结果."""

from __future__ import annotations

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.layout.model import Highlight, Label, PrintSetup, Review, Sheet, Stamp
from perfeval_xl.excel.layout.parts import RESULT, Part, band, note, title
from perfeval_xl.scheme.model import Scheme

MARK = "_review_mark"
"""What the name of a mark ends with; before it the name of the first field in the row, or of the annex row."""
LIST_ROWS = 120
"""The lines of the list."""
LIST_COLUMNS = ("number", "severity", "place", "message")
NO_PLACE = "整份表格"
"""The place of what is said of no cell."""

_HEADS = (("序号", 6), ("级别", 8), ("位置", 24), ("问题", 64))
_LAST = len(_HEADS)
_HEAD = 7  # the row of the headings
_LINE = 22.0
MARK_HEAD = "复核提示"
"""What stands over marks."""
_MARK_WIDTH = 52.0
_NOTE = (
    "本表由主管部门复核后填写，填报时是空白的，不用填写。退回修改时，请逐条核对：点“位置”可跳到所指的单元格，"
    "更正后保存，仍以 .xlsx 格式报送。标为“错误”的必须更正，“提醒”请核对，“说明”供参考。"
)


def list_name(line: int, column: str) -> str:
    """The name of a cell of the list; ``line`` counts from 1, ``column`` is one of LIST_COLUMNS."""
    return f"review_list_{line:03d}_{column}"


def mark_heading(sheet: Sheet, row: int, column: int) -> None:
    """A column for marks, its heading in ``row``."""
    sheet.widths[column] = _MARK_WIDTH
    sheet.put(row, column, Label(MARK_HEAD, "review_head"))


def mark(sheet: Sheet, row: int, column: int, name: str, *, to: tuple[int, int] | None = None) -> None:
    """A cell for what the review has to say of the inputs in ``row``; ``name`` is that of the first field there, or of
    the annex row."""
    sheet.put(row, column, Review(f"{name}{MARK}", "review_mark"), to=to)


def mark_highlight(sheet: Sheet, column: int, first: int, last: int, *, right: int | None = None) -> None:
    """Marks that are filled stand out, in the rows ``first`` to ``last``; those reach as far as the column ``right``."""
    top = to_ref(first, column)
    sheet.highlights.append(Highlight(f"{top}:{to_ref(last, right or column)}", f'${top}<>""', "marked"))


def build(scheme: Scheme) -> Part:
    """The list of all findings. It has no print area: what is printed ends with its last line."""
    sheet = Sheet(RESULT, widths={column: width for column, (_, width) in enumerate(_HEADS, start=1)})
    title(sheet, f"审核结果（{scheme.year}年度）", _LAST)
    note(sheet, 2, _NOTE, _LAST)
    _facts(sheet)
    for column, (head, _) in enumerate(_HEADS, start=1):
        sheet.put(_HEAD, column, Label(head, "head"))
    sheet.heights[_HEAD] = 24
    styles = ("review_number", "review_number", "review_line", "review_line")
    for line in range(1, LIST_ROWS + 1):
        for column, (name, style) in enumerate(zip(LIST_COLUMNS, styles, strict=True), start=1):
            sheet.put(_HEAD + line, column, Review(list_name(line, name), style, named=False))
        sheet.heights[_HEAD + line] = _LINE
    _lines_stand_out(sheet, _HEAD + 1, _HEAD + LIST_ROWS)
    sheet.setup = PrintSetup(repeat_rows=(_HEAD, _HEAD))
    return Part(sheet)


def _facts(sheet: Sheet) -> None:
    """Whose form it is, its total, its grade, and how many findings there are."""
    band(sheet, 3, 1, 2, Label("单位", "head"))
    band(sheet, 3, 3, _LAST, Stamp("unit_name", "stamp_left"))
    facts = (("复核总分", "total"), ("审定等级", "grade"), ("问题", "count"))
    for row, (label, name) in enumerate(facts, start=4):
        band(sheet, row, 1, 2, Label(label, "review_head"))
        band(sheet, row, 3, _LAST, Review(f"review_list_{name}", "review_fact", named=False))
    for row in range(3, _HEAD):
        sheet.heights[row] = 26


def _lines_stand_out(sheet: Sheet, first: int, last: int) -> None:
    """Lines that are filled get borders, errors and warnings their colours."""
    severity = f"$B{first}"
    for word, style in (("错误", "error_word"), ("提醒", "warning_word")):
        sheet.highlights.append(Highlight(f"B{first}:B{last}", f'{severity}="{word}"', style))
    linked = f'AND($C{first}<>"",$C{first}<>"{NO_PLACE}")'
    sheet.highlights.append(Highlight(f"C{first}:C{last}", linked, "link_word"))
    sheet.highlights.append(Highlight(f"A{first}:{to_ref(last, _LAST)}", f'{severity}<>""', "line"))
