"""Report workbooks: one safe way to put text, numbers and links into an xlsxwriter file, and to make it printable.

Rows and columns are counted from 0 here, as xlsxwriter does. Nothing that came from a return is ever given to a method
that looks for formulas or addresses in it, so a text stays a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import islice
from math import ceil
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

DEFAULT_FONT: Mapping[str, Any] = {"font_name": "Arial", "font_size": 10}
"""Column widths are counted in digits of a workbook's default font. Every program has this one, or one of the same widths."""
BODY_FONT, HEAD_FONT = "宋体", "黑体"
A3, A4 = 8, 9
_LINE, _TINT, _GREY = "#BFBFBF", "#E8EEF7", "#7F7F7F"
MOST_LINKS = 65_000
"""Links that a sheet gets; Excel opens none with more than 65,530. The rest are shown as file names."""
MOST_ROWS = 200_000
"""Rows that a table gets; a sheet could hold five times as many, but nobody could open it."""
_LONGEST_URL = 2_000  # Excel refuses more than 2,079 characters
_HIGHEST_ROW = 409  # points; Excel's own limit
_FIRST_DAY = date(1900, 1, 1)  # no sheet counts the days before it
_HEAT = "[=1]0%;[=0]0%;0.00%"  # all and nothing are seen at once
_FORMULA_STARTS = tuple("=+-@\t")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no sheet can show these

_CELL: Mapping[str, Any] = {"border": 1, "border_color": _LINE, "valign": "vcenter"}
_WRAPPED: Mapping[str, Any] = {**_CELL, "text_wrap": True}
_HEAD: Mapping[str, Any] = {**_WRAPPED, "font_name": HEAD_FONT, "align": "center", "bg_color": _TINT}
STYLES: Mapping[str, Mapping[str, Any]] = {
    "title": {"font_name": HEAD_FONT, "font_size": 16, "align": "center", "valign": "vcenter", "text_wrap": True},
    "subtitle": {"font_color": _GREY, "align": "center", "valign": "vcenter", "text_wrap": True},
    "note": {"font_size": 9, "font_color": _GREY, "valign": "top", "text_wrap": True},
    "section": {"font_name": HEAD_FONT, "font_size": 12, "valign": "vcenter"},
    "head": _HEAD,
    "text": {**_WRAPPED},
    "typed": {"num_format": "@"},  # for people to type into: 0012 stays 0012
    "centre": {**_WRAPPED, "align": "center"},
    "score": {**_CELL, "num_format": "0.00", "align": "right"},
    "difference": {**_CELL, "num_format": "[Red]+0.00;[Blue]-0.00;0.00", "align": "right"},
    "score_full": {**_CELL, "num_format": "0.00", "align": "right", "font_color": _GREY},
    "score_ruled": {**_CELL, "num_format": "0.00", "align": "right", "font_color": "#0563C1", "bold": True},
    "void": {**_CELL, "bg_color": "#E7E6E6"},
    "count": {**_CELL, "num_format": "#,##0", "align": "center"},
    "percent": {**_CELL, "num_format": "0.00%", "align": "center"},
    "rate": {**_CELL, "num_format": "0.00%", "align": "right"},
    "amount": {**_CELL, "num_format": "#,##0.00####", "align": "right", "shrink": True},
    "number": {**_CELL, "num_format": "General", "align": "right", "shrink": True},
    "units": {**_CELL, "num_format": '#,##0" 个单位"', "align": "left"},
    "files": {**_CELL, "num_format": '#,##0" 份文件"', "align": "left"},
    "times": {**_CELL, "num_format": '#,##0" 条"', "align": "left"},
    "date": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center"},
    "goes": {"font_color": "#0563C1", "underline": 1, "valign": "vcenter"},
    "unusable": {**_WRAPPED, "align": "center", "font_color": "#C00000", "bg_color": "#FBE5D6"},
    "sum": {**_CELL, "num_format": "#,##0.00####", "align": "right", "shrink": True, "bg_color": _TINT, "bold": True},
    "sum_count": {**_CELL, "num_format": "#,##0", "align": "center", "shrink": True, "bg_color": _TINT, "bold": True},
    "heat": {**_CELL, "num_format": _HEAT, "align": "center"},
    "heat_full": {**_CELL, "num_format": _HEAT, "align": "center", "font_color": _GREY},
    "heat_ruled": {**_CELL, "num_format": _HEAT, "align": "center", "font_color": "#0563C1", "bold": True},
    "link": {**_WRAPPED, "align": "center", "font_color": "#0563C1", "underline": 1},
    # for people to edit: text cells keep what is typed as it is typed
    "edit_text": {**_WRAPPED, "num_format": "@", "indent": 1},
    "edit_id": {**_CELL, "num_format": "@", "font_name": "Consolas", "font_size": 9, "shrink": True},
    "edit_centre": {**_WRAPPED, "num_format": "@", "align": "center"},
    "edit_number": {**_CELL, "num_format": "General", "align": "right", "bg_color": "#FFF9E5"},
    "edit_amount": {**_CELL, "num_format": "#,##0", "align": "right", "bg_color": "#FFF9E5"},
    "edit_share": {**_CELL, "num_format": "0%", "align": "right", "bg_color": "#FFF9E5"},
    "edit_share_fine": {**_CELL, "num_format": "0.0###%", "align": "right", "bg_color": "#FFF9E5"},
    "edit_date": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center", "bg_color": "#FFF9E5"},
    "edit_group": {**_WRAPPED, "num_format": "@", "bold": True, "bg_color": _TINT, "indent": 1},
    "edit_remark": {**_WRAPPED, "indent": 1, "font_color": _GREY, "font_size": 9, "bg_color": "#F7F7F7"},
    "edit_order": {**_CELL, "num_format": "0", "align": "center", "font_color": _GREY},
    "head_must": {**_HEAD, "bg_color": "#D6E3F3", "bold": True},
    "head_remark": {**_HEAD, "font_color": _GREY, "bg_color": "#F2F2F2"},
    "tile_count": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "#,##0"},
    "tile_score": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "0.00"},
    "tile_percent": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "0.00%"},
}
_NUMERIC = {name for name, style in STYLES.items() if style.get("num_format", "@") != "@"}


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that opens a file: ``path`` is relative to the workbook, with forward slashes; '' for the workbook itself.

    ``place`` is a cell in it ('自评表'!I12), or ''.
    """

    path: str
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """A cell that a formula of ours works out: ``expression`` (without '=') holds functions, references and words of the
    scheme, never anything from a return. ``value`` is its result, for programs that don't calculate on opening."""

    expression: str
    value: Decimal | int


Value = str | Decimal | int | date | Link | Live | None


@dataclass(frozen=True, slots=True)
class Styled:
    """A value that does not take its column's style."""

    value: Value
    style: str


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: its heading, its width in characters (a Chinese one counts two), the style of its cells."""

    title: str
    width: float
    style: str = "text"


@dataclass(frozen=True, slots=True)
class Paper:
    """How a sheet prints: ``size`` A3 or A4, always as wide as one page."""

    size: int = A4
    landscape: bool = True


class Page:
    """One sheet. ``raw`` is xlsxwriter's worksheet, for charts and conditional formats."""

    def __init__(self, book: Book, name: str, paper: Paper, footer: str) -> None:
        self.raw: Any = book.raw.add_worksheet(name)
        self._book = book
        self._links = 0
        self.raw.hide_gridlines(2)
        self.raw.set_paper(paper.size)
        if paper.landscape:
            self.raw.set_landscape()
        self.raw.fit_to_pages(1, 0)
        self.raw.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.raw.center_horizontally()
        # Up to the page's number in the middle; a single & would start a code; Excel takes 255 characters in all.
        doubled = _cut(footer, 48 if not paper.landscape else 76 if paper.size == A4 else 110).replace("&", "&&")
        self.raw.set_footer(f'&L&"{BODY_FONT},常规"&9{doubled}&C&9第 &P 页，共 &N 页&R&9&A')

    def new_chart(self, kind: str, subtype: str | None = None) -> Any:
        """A chart of xlsxwriter's ``kind`` for this sheet; place it with raw.insert_chart."""
        return self._book.raw.add_chart({"type": kind, "subtype": subtype})

    def put(self, row: int, column: int, value: Value | Styled, style: str = "text") -> None:
        """Write one cell. None leaves it empty, with its style; a text in a column of numbers is centred."""
        if isinstance(value, Styled):
            self.put(row, column, value.value, value.style)
            return
        if value is None:
            self.raw.write_blank(row, column, None, self._book.style(style))
        elif isinstance(value, Link):
            self._link(row, column, value, "goes" if style == "goes" else "link")
        elif isinstance(value, str):
            self._text(row, column, value, "centre" if style in _NUMERIC else style)
        elif isinstance(value, date):
            self._day(row, column, value, style)
        elif isinstance(value, Live):
            self.raw.write_formula(row, column, f"={value.expression}", self._book.style(style), value.value)
        else:
            self.raw.write_number(row, column, float(value), self._book.style(style))

    def _text(self, row: int, column: int, text: str, style: str) -> None:
        clean = printable(text)
        # quotePrefix keeps such a text a text even when somebody edits the cell and presses Enter.
        guarded = clean.startswith(_FORMULA_STARTS)
        self.raw.write_string(row, column, clean, self._book.style(style, quoted=guarded))

    def _day(self, row: int, column: int, day: date, style: str) -> None:
        if day < _FIRST_DAY:
            self._text(row, column, day.isoformat(), "centre")
        else:
            self.raw.write_datetime(row, column, day, self._book.style(style))

    def _link(self, row: int, column: int, link: Link, style: str) -> None:
        if link.path:
            url = f"external:{_escaped(link.path)}" + (f"#{link.place}" if link.place else "")
        else:
            url = f"internal:{link.place}"
        if self._links >= MOST_LINKS or len(url) > _LONGEST_URL:
            self._text(row, column, link.path.rpartition("/")[2] or link.text, "text")
            return
        self._links += 1
        self.raw.write_url(row, column, url, self._book.style(style), link.text)

    def mark(self, first: int, column: int, last: int, text: str, **properties: str) -> None:
        """Show the cells of a column that hold ``text`` with ``properties`` (font_color, bg_color)."""
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": self._book.raw.add_format(properties)}
        self.raw.conditional_format(first, column, last, column, rule)

    def across(self, row: int, first: int, last: int, value: Value | Styled, style: str) -> None:
        """Write a value over the columns ``first`` to ``last``, merged."""
        style = value.style if isinstance(value, Styled) else style
        if last > first:
            self.raw.merge_range(row, first, row, last, "", self._book.style(style))
        self.put(row, first, value, style)

    def heading(self, title: str, note: str, last: int) -> int:
        """A title and a note over the whole width; returns the next row."""
        self.raw.set_row(0, 30)
        self.across(0, 0, last, title, "title")
        self.raw.set_row(1, 28)
        self.across(1, 0, last, note, "note")
        return 2

    def table(
        self,
        top: int,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Value | Styled]],
        *,
        repeat_from: int,
        frozen_columns: int = 0,
        head_height: float = 30,
        frozen: bool = True,
    ) -> int:
        """A table with its heading in row ``top``: filter buttons, frozen heading, heading rows repeated in print.

        ``repeat_from`` is the first of the repeated rows; not ``frozen`` where much stands above. Returns the row after
        the last. An empty table says so, and one that is cut off after MOST_ROWS says how many rows it lacks.
        """
        last = len(columns) - 1
        for number, column in enumerate(columns):
            self.raw.set_column(number, number, column.width)
            self.put(top, number, column.title, "head")
        self.raw.set_row(top, head_height)
        row, left = top, iter(rows)
        for row, values in enumerate(islice(left, MOST_ROWS), start=top + 1):
            self.line(row, columns, values)
        if frozen:
            self.raw.freeze_panes(top + 1, frozen_columns)
        self.raw.repeat_rows(repeat_from, top)
        if row > top:
            self.raw.autofilter(top, 0, row, last)
        lacking = sum(1 for _ in left)
        if row == top or lacking:
            row += 1
            said = f"表太长，还有 {lacking:,} 行没有列出" if lacking else "（无）"
            self.across(row, 0, last, said, "centre")
        return row + 1

    def line(self, row: int, columns: Sequence[Column], values: Sequence[Value | Styled]) -> None:
        """One row of a table, as high as its longest text."""
        lines = 1
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            self.put(row, number, value, column.style)
            text = value.value if isinstance(value, Styled) else value
            if isinstance(text, str):
                lines = max(lines, line_count(text, column.width))
        if lines > 1:  # not every program fits a row to its text on opening
            self.raw.set_row(row, height_of(lines))


class Book:
    """A workbook in memory. The same calls give the same bytes: ``created`` is the only date in it."""

    def __init__(self, created: datetime, title: str, author: str) -> None:
        self._buffer = BytesIO()
        self.raw: Any = xlsxwriter.Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "default_format_properties": dict(DEFAULT_FONT),
            },
        )
        self.raw.set_properties({"title": title, "author": author, "company": author, "created": created})
        self.raw.set_size(24000, 14000)
        self._styles: dict[tuple[str, bool], Any] = {}

    def page(self, name: str, paper: Paper, footer: str) -> Page:
        return Page(self, name, paper, footer)

    def style(self, name: str, *, quoted: bool = False) -> Any:
        """The format called ``name`` in STYLES; KeyError for an unknown one."""
        key = (name, quoted)
        if key not in self._styles:
            properties = {"font_name": BODY_FONT, "font_size": 10, **STYLES[name]}
            self._styles[key] = self.raw.add_format({**properties, "quote_prefix": True} if quoted else properties)
        return self._styles[key]

    def close(self) -> bytes:
        """Finish and return the file's bytes."""
        self.raw.close()
        return self._buffer.getvalue()


def line_count(text: str, width: float) -> int:
    """How many lines a text takes, wrapped in a column ``width`` characters wide; rather one too many than too few."""
    room = max(width, 2)
    if 2 * len(text) <= room and "\n" not in text:  # most cells
        return 1
    return sum(max(1, ceil(_width(line) / room)) for line in text.split("\n"))


def _width(line: str) -> int:
    return sum(2 if east_asian_width(sign) in "WFA" else 1 for sign in line)


def _cut(text: str, room: int) -> str:
    """As much of a text as takes ``room`` half-width signs; … stands for the rest."""
    if _width(text) <= room:
        return text
    kept = next(end for end in range(room, -1, -1) if _width(text[:end]) + 2 <= room)
    return f"{text[:kept]}…"


def height_of(lines: int) -> float:
    """The height in points of a row of that many lines of body text."""
    return min(13.5 * lines + 3, _HIGHEST_ROW)


def printable(text: str) -> str:
    """The text with every sign replaced that no sheet and no document can show."""
    return _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n"))


def _escaped(path: str) -> str:
    """A relative path as a link's target: the signs escaped that would end or change it; Chinese stays readable."""
    return re.sub('[%# "<>\\[\\]^`{}]', lambda sign: f"%{ord(sign[0]):02x}", printable(path))
