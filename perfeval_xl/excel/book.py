"""Report workbooks: one safe way to put text, numbers and links into an xlsxwriter file, and to make it printable.

Rows and columns are counted from 0 here, as xlsxwriter does. Nothing that came from a return is ever given to a method
that looks for formulas or addresses in it, so a text stays a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from itertools import islice
from math import ceil
from typing import Any, BinaryIO, cast
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.longsheet import LongSheet
from perfeval_xl.excel.looks import BODY_FONT, DEFAULT_FONT, NUMERIC, STYLES
from perfeval_xl.scratch import no_room, scratch_folder

A3, A4 = 8, 9
_LONGEST_URL = 2_000  # Excel refuses more than 2,079 characters
_HIGHEST_ROW = 409  # points; Excel's own limit
_FIRST_DAY = date(1900, 1, 1)  # no sheet counts the days before it
_FORMULA_STARTS = tuple("=+-@\t")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no sheet can show these


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes on one sheet.

    ``rows`` are those of a table: a sheet could hold five times as many, but nobody could open it. ``links`` are those to
    files: Excel opens no sheet with more than 65,530 links; the rest are shown as file names.
    """

    rows: int = 200_000
    links: int = 65_000


DEFAULT_LIMITS = Limits()


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


Value = str | Decimal | float | int | date | Link | Live | None


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
    """One sheet. ``raw`` is xlsxwriter's worksheet, for charts and conditional formats.

    A ``streamed`` one keeps one row in memory: it is written from top to bottom, a chart can't show its cells, and what
    goes to a row that is done is a ValueError.
    """

    def __init__(self, book: Book, name: str, paper: Paper, footer: str, *, streamed: bool) -> None:
        book.raw.constant_memory = streamed  # of the sheet that is added next
        self.raw: Any = book.raw.add_worksheet(name, LongSheet if streamed else None)
        self.limits = book.limits
        self._book = book
        self._links = 0
        self._streamed, self._row, self._before = streamed, 0, -1
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

    def _begin(self, row: int) -> None:
        if row != self._row and self._streamed:
            if row < self._row:
                raise ValueError(f"{self.raw.get_name()}: row {row} is done")
            self.raw.forget(self._before)  # the last one is still to be written
            self._before, self._row = self._row, row

    def height(self, row: int, points: float) -> None:
        """How high a row is."""
        self._begin(row)
        self.raw.set_row(row, points)

    def put(self, row: int, column: int, value: Value | Styled, style: str = "text") -> None:
        """Write one cell. None leaves it empty, with its style; a text in a column of numbers is centred."""
        if isinstance(value, Styled):
            self.put(row, column, value.value, value.style)
            return
        self._begin(row)
        if value is None:
            self.raw.write_blank(row, column, None, self._book.style(style))
        elif isinstance(value, Link):
            self._link(row, column, value, "goes" if style == "goes" else "link")
        elif isinstance(value, str):
            self._text(row, column, value, "centre" if style in NUMERIC else style)
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
        # those within the workbook are few, and Excel's own limit leaves them room
        if (link.path and self._links >= self.limits.links) or len(url) > _LONGEST_URL:
            self._text(row, column, link.path.rpartition("/")[2] or link.text, "name")
            return
        self._links += bool(link.path)
        self.raw.write_url(row, column, url, self._book.style(style), link.text)

    def mark(self, first: int, column: int, last: int, text: str, **properties: str) -> None:
        """Show the cells of a column that hold ``text`` with ``properties`` (font_color, bg_color)."""
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": self._book.raw.add_format(properties)}
        self.raw.conditional_format(first, column, last, column, rule)

    def across(self, row: int, first: int, last: int, value: Value | Styled, style: str) -> None:
        """Write a value over the columns ``first`` to ``last``, merged."""
        style = value.style if isinstance(value, Styled) else style
        self._begin(row)
        if last > first:
            self.raw.merge_range(row, first, row, last, "", self._book.style(style))
        self.put(row, first, value, style)

    def heading(self, title: str, note: str, last: int, note_height: float = 28) -> int:
        """A title and a note over the whole width; returns the next row."""
        self.height(0, 30)
        self.across(0, 0, last, title, "title")
        self.height(1, note_height)
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
        count: int | None = None,
    ) -> int:
        """A table with its heading in row ``top``: filter buttons, frozen heading, heading rows repeated in print.

        ``repeat_from`` is the first of the repeated rows; not ``frozen`` where much stands above. Returns the row after
        the last (as ``end_of``). An empty table says so, and one that is cut off says how many rows it lacks; ``count``
        is how many there are, where that is known.
        """
        last = len(columns) - 1
        for number, column in enumerate(columns):
            self.raw.set_column(number, number, column.width)
            self.put(top, number, column.title, "head")
        self.height(top, head_height)
        row, left = top, iter(rows)
        for row, values in enumerate(islice(left, self.limits.rows), start=top + 1):
            self.line(row, columns, values)
        if frozen:
            self.raw.freeze_panes(top + 1, frozen_columns)
        self.raw.repeat_rows(repeat_from, top)
        if row > top:
            self.raw.autofilter(top, 0, row, last)
        lacking = sum(1 for _ in left) if count is None else count - (row - top)
        if row == top or lacking:
            row += 1
            said = f"表太长，还有 {lacking:,} 行没有列出" if lacking else "（无）"
            self.across(row, 0, last, said, "centre")
        return row + 1

    def end_of(self, top: int, count: int) -> int:
        """The row after a table of ``count`` rows with its heading in row ``top``."""
        return top + 1 + min(count, self.limits.rows) + (count == 0 or count > self.limits.rows)

    def line(self, row: int, columns: Sequence[Column], values: Sequence[Value | Styled]) -> None:
        """One row of a table, as high as its longest text."""
        lines = 1
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            self.put(row, number, value, column.style)
            text = value.value if isinstance(value, Styled) else value
            if isinstance(text, str) and (2 * len(text) > column.width or "\n" in text):  # most have room
                lines = max(lines, line_count(text, column.width))
        if lines > 1:  # not every program fits a row to its text on opening
            self.height(row, height_of(lines))


class Book:
    """A workbook in memory. The same calls give the same bytes: ``created`` is the only date in it.

    With ``file`` and ``scratch`` it goes to that file, by way of temporary files in that folder: see ``streamed_book``.
    """

    def __init__(
        self,
        created: datetime,
        title: str,
        author: str,
        *,
        limits: Limits = DEFAULT_LIMITS,
        file: BinaryIO | None = None,
        scratch: str = "",
    ) -> None:
        self.limits = limits
        self._buffer = BytesIO()
        self.raw: Any = xlsxwriter.Workbook(
            file or self._buffer,
            {
                **({"tmpdir": scratch} if scratch else {"in_memory": True}),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "default_format_properties": dict(DEFAULT_FONT),
            },
        )
        self.raw.set_properties({"title": title, "author": author, "company": author, "created": created})
        self.raw.set_size(24000, 14000)
        self._styles: dict[tuple[str, bool], Any] = {}

    def page(self, name: str, paper: Paper, footer: str) -> Page:
        return Page(self, name, paper, footer, streamed=False)

    def long_page(self, name: str, paper: Paper, footer: str) -> Page:
        """A sheet that may have any number of rows and no chart: it is written from top to bottom, each row once."""
        return Page(self, name, paper, footer, streamed=True)

    def style(self, name: str, *, quoted: bool = False) -> Any:
        """The format called ``name`` in STYLES; KeyError for an unknown one."""
        key = (name, quoted)
        if key not in self._styles:
            properties = {"font_name": BODY_FONT, "font_size": 10, **STYLES[name]}
            self._styles[key] = self.raw.add_format({**properties, "quote_prefix": True} if quoted else properties)
        return self._styles[key]

    def close(self) -> bytes:
        """Finish and return the file's bytes (none where it went to a file)."""
        self.raw.constant_memory = False  # that of the last sheet, which says nothing about the book
        try:
            self.raw.close()
        except FileCreateError as error:  # around an OSError
            raise error.args[0] from error
        finally:
            self.release()
        return self._buffer.getvalue()

    def release(self) -> None:
        """Let go of the temporary files, where the book is not to be finished."""
        for sheet in self.raw.worksheets():
            if isinstance(sheet, LongSheet):
                sheet.release()


class _Outlet:
    """The file that a workbook goes to. Once a disk was full it takes everything and keeps nothing: the zip that is left
    half done writes its end when it is thrown away, and would complain on the terminal."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.full = False
        self._place = 0  # from then on

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        return partial(self._do, found, name) if callable(found) else found

    def _do(self, method: Callable[..., Any], name: str, *given: Any) -> Any:
        if not self.full:
            try:
                return method(*given)
            except OSError:
                self.full = True
                raise
        if name in ("seek", "write"):
            self._place = given[0] if name == "seek" else self._place + len(given[0])
        return self._place


@contextmanager
def streamed_book(
    file: BinaryIO, created: datetime, title: str, author: str, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Book]:
    """A workbook that is written to ``file`` once the block ends well; what its pages hold waits in temporary files.

    OSError where the file's disk is full, PerfevalError where that of the temporary files is.
    """
    outlet = _Outlet(file)
    with scratch_folder() as scratch:
        book = Book(created, title, author, limits=limits, file=cast(BinaryIO, outlet), scratch=str(scratch))
        book.raw.use_zip64()  # for a sheet of more than 2 GB
        try:
            yield book
            book.close()
        except OSError as error:
            if outlet.full:
                raise
            raise PerfevalError(no_room(error)) from error
        finally:
            outlet.full = True  # whatever a zip that was left half done writes now goes nowhere
            book.release()


def line_count(text: str, width: float) -> int:
    """How many lines a text takes, wrapped in a column ``width`` characters wide; rather one too many than too few."""
    room = max(width, 2)
    return sum(max(1, ceil(_width(line) / room)) for line in text.split("\n"))


def _width(line: str) -> int:
    return len(line) if line.isascii() else sum(2 if east_asian_width(sign) in "WFA" else 1 for sign in line)


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
