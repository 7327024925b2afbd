"""An empty rulings.xlsx: the columns of its two sheets, how they look, what may be typed, how they print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from perfeval_xl.excel.book import A3, A4, Book, Page, Paper
from perfeval_xl.scheme.scorecard import Decision

SHEET, RECORD = "裁定", "裁定记录"
TAKEN, AWAITED, NOT_TAKEN, STALE = "已采用", "待裁定", "未采用", "数据已变"
"""How the status of a row begins."""
SPARE = 30
"""Blank rows at the end, ready to be filled."""
HEAD = 3
"""The row of headings (from 1)."""

_LAST_CHECKED = 3_000  # rows that the drop-downs and colours reach


@dataclass(frozen=True)
class RulingColumn:
    """One column: its key in code, its heading, its width in characters; ``typed``: people fill it in."""

    key: str
    title: str
    width: float
    style: str = "text"
    typed: bool = False
    hidden: bool = False


_ROW = (
    RulingColumn("unit", "单位代码", 9, "centre"),
    RulingColumn("unit_name", "单位名称", 17),
    RulingColumn("code", "指标编号", 15, "code"),
    RulingColumn("indicator", "指标", 16),
    RulingColumn("points", "分值", 6.5, "score"),
    RulingColumn("claim", "自评分", 7.5, "score"),
    RulingColumn("recalculated", "重算分", 8.5, "score"),
)
_DECISION = (
    RulingColumn("decision", "裁定", 11, "centre", typed=True),
    RulingColumn("score", "裁定得分", 9.5, "score", typed=True),
    RulingColumn("reason", "理由", 32, typed=True),
    RulingColumn("name", "裁定人", 10, "centre", typed=True),
    RulingColumn("day", "日期", 12, "day", typed=True),
)
_FINGERPRINT = RulingColumn("fingerprint", "数据指纹", 18, hidden=True)
COLUMNS = (*_ROW, RulingColumn("why", "事由", 46), *_DECISION, RulingColumn("status", "状态", 24), _FINGERPRINT)
RECORD_COLUMNS = (*_ROW, *_DECISION, _FINGERPRINT)

TYPED = tuple(column.key for column in _DECISION)

_NOTE = (
    "在浅黄色的格子里填写：①“裁定”从下拉列表中选 采纳自评、采纳重算 或 另定分；②“另定分”的填裁定得分（0 至分值，最多两位小数），"
    "其余两种不用填；③理由、裁定人、日期都要填。保存后运行 perfeval run：裁定计入总分和等级，新出现的事项接在后面。\n"
    "已填的内容程序不会改动。单位重报后数据有变的，“状态”一栏会提示，原裁定不再采用；核对后仍按原裁定的，改填日期即可。"
    "可以筛选。要排序，或裁定表中没有的指标（在末尾填单位代码和指标编号），请先撤销工作表保护（没有密码）。"
)
_RECORD_NOTE = "每一项采用过的裁定都留在这里，改过的也不删。由程序填写，请不要改动。"

_CELL = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_STYLES: dict[str, dict[str, Any]] = {
    "text": {"text_wrap": True},
    "centre": {"text_wrap": True, "align": "center"},
    "code": {"align": "center", "text_wrap": True, "font_color": "#7F7F7F", "font_size": 9},
    "score": {"align": "center", "num_format": "0.00", "shrink": True},
    "day": {"align": "center", "num_format": "yyyy-mm-dd"},
}
_LINE = {"border": 1, "border_color": "#BFBFBF"}


def blank_rulings(department: str, year: int, rows: int) -> bytes:
    """The file with its headings and ``rows`` blank rows on either sheet; the same arguments, the same bytes."""
    title = f"{department}{year}年度绩效自评裁定"
    book = Book(datetime(year + 1, 1, 1), title, department)
    page = book.page(SHEET, Paper(A3), title)
    _columns(book, page, COLUMNS, f"{department}{year}年度绩效自评裁定", _NOTE, rows)
    page.raw.set_row(1, 54)
    _checks(page, year)
    _colours(book, page)
    _lines(book, page, COLUMNS)
    record = book.page(RECORD, Paper(A4), title)
    _columns(book, record, RECORD_COLUMNS, RECORD, _RECORD_NOTE, rows)
    _lines(book, record, RECORD_COLUMNS)
    return book.close()


def _columns(book: Book, page: Page, columns: Sequence[RulingColumn], title: str, note: str, rows: int) -> None:
    """Title, note, headings, blank rows; widths, protection, what stays in sight and what is repeated in print."""
    shown = sum(not column.hidden for column in columns)
    page.heading(title, note, shown - 1)
    page.raw.set_row(HEAD - 1, 24)
    for number, column in enumerate(columns):
        unlocked = {"locked": False} if column.typed and len(columns) == len(COLUMNS) else {}
        style = book.raw.add_format({**_CELL, **_STYLES[column.style], **unlocked})
        page.raw.set_column(number, number, column.width, None, {"hidden": column.hidden})
        page.put(HEAD - 1, number, column.title, "head")
        for row in range(HEAD, HEAD + rows):
            page.raw.write_blank(row, number, None, style)
    page.raw.freeze_panes(HEAD, 4)
    page.raw.repeat_rows(HEAD - 1)
    page.raw.autofilter(HEAD - 1, 0, _LAST_CHECKED, shown - 1)
    allowed = ("format_cells", "format_columns", "format_rows", "sort", "autofilter")
    page.raw.protect("", dict.fromkeys(allowed, True))


def _checks(page: Page, year: int) -> None:
    """What may be typed, and what is said where something else is."""
    first = HEAD + 1
    points = _letter("points")
    stop = {"error_type": "stop", "error_title": "请核对"}
    checks: dict[str, dict[str, Any]] = {
        "decision": {
            "validate": "list",
            "source": [each.label for each in Decision],
            "input_title": "裁定",
            "input_message": "采纳自评：按单位的自评分；采纳重算：按重算分；另定分：在右边填裁定得分。",
            "error_message": "请从下拉列表中选择：采纳自评、采纳重算、另定分。",
        },
        "score": {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": f"=${points}{first}",
            "input_title": "裁定得分",
            "input_message": "选“另定分”的填写：0 至本项分值，最多两位小数。",
            "error_message": "裁定得分应为 0 至本项分值之间的数。",
        },
        "reason": {
            "validate": "length",
            "criteria": "<=",
            "value": 500,
            "input_title": "理由",
            "input_message": "写明为什么这样裁定，会写入单位的复核意见。",
            "error_message": "理由最多 500 字。",
        },
        "day": {
            "validate": "date",
            "criteria": ">=",
            "value": date(year, 1, 1),
            "input_title": "日期",
            "input_message": "裁定的日期，如 2025-05-10。",
            "error_message": "请填日期，如 2025-05-10。",
        },
    }
    for key, check in checks.items():
        column = _number(key)
        page.raw.data_validation(HEAD, column, _LAST_CHECKED, column, {**stop, **check})


def _colours(book: Book, page: Page) -> None:
    """What is still to be filled in, and what came of each row.

    LibreOffice shows but the first rule that holds, so each brings the lines along.
    """
    first = HEAD + 1
    unit, decision, status = _letter("unit"), _letter("decision"), _letter("status")
    lacking = book.raw.add_format({**_LINE, "bg_color": "#FCE4D6"})
    for key in ("reason", "name", "day"):
        rule = f'=AND(${decision}{first}<>"",{_letter(key)}{first}="")'
        _when(page, key, key, rule, lacking)
    set_score = f'=AND(${decision}{first}="{Decision.SET_SCORE.label}",{_letter("score")}{first}="")'
    _when(page, "score", "score", set_score, lacking)
    to_fill = f'=AND(${unit}{first}<>"",LEFT(${status}{first},3)<>"{TAKEN}")'
    _when(page, "decision", "day", to_fill, book.raw.add_format({**_LINE, "bg_color": "#FFF9E5"}))
    for begins, colour in ((TAKEN, "#E2F0D9"), (AWAITED, "#FFF2CC"), (NOT_TAKEN, "#F8CBAD"), (STALE, "#F8CBAD")):
        rule = f'=LEFT(${status}{first},{len(begins)})="{begins}"'
        _when(page, "status", "status", rule, book.raw.add_format({**_LINE, "bg_color": colour}))


def _lines(book: Book, page: Page, columns: Sequence[RulingColumn]) -> None:
    """Lines round the cells of rows that hold something; the blank ones at the end are not printed."""
    shown = sum(not column.hidden for column in columns)
    rule = {"type": "formula", "criteria": f'=$A{HEAD + 1}<>""', "format": book.raw.add_format(_LINE)}
    page.raw.conditional_format(HEAD, 0, _LAST_CHECKED, shown - 1, rule)


def _when(page: Page, first: str, last: str, formula: str, style: Any) -> None:
    rule = {"type": "formula", "criteria": formula, "format": style}
    page.raw.conditional_format(HEAD, _number(first), _LAST_CHECKED, _number(last), rule)


def _number(key: str) -> int:
    """A column's place on the first sheet, from 0."""
    return [column.key for column in COLUMNS].index(key)


def _letter(key: str) -> str:
    return chr(ord("A") + _number(key))
