"""How large a sheet becomes when it is read, told from its bytes before it is: for preflight.py.

Readers make a rectangle of a sheet, from A1 to the last row and column that hold a value. A million formatted rows with
nothing in them are an innocent habit and cost a reader little; they only count as cells, not as area.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from operator import itemgetter
from xml.parsers import expat

from perfeval_xl.cells import from_ref, to_ref
from perfeval_xl.errors import Oversized, UnreadableWorkbook

MAX_AREA = 5_000_000
"""Cells of a sheet's rectangle."""
MAX_CELLS = 5_000_000
"""Cells that stand in a file, empty ones included; shared strings, too."""
MAX_RANGES = 2_000_000
"""Cells of a file's merged ranges and hyperlinks: some readers make one object each."""
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

_CHUNK = 4 * 1024 * 1024
_ROOT = re.compile(rb"[^<]*(?:<\?xml[^>]*>\s*)?<worksheet[\s>]")
_CELLS = re.compile(rb'<c[\s>/](?:r="([A-Z]{1,3})([1-9][0-9]{0,6})")?')
_RANGES = re.compile(rb'<(?:mergeCell|hyperlink) (?:ref="([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")?')
_COUNTS = re.compile(rb"""(?:count|uniqueCount)\s*=\s*["'](\d+)""")


@dataclass(slots=True)
class Tally:
    """What the parts of one file have come to so far."""

    cells: int = 0
    ranges: int = 0

    def add_cells(self, count: int) -> None:
        self.cells += count
        if self.cells > MAX_CELLS:
            raise Oversized(f"单元格超过 {MAX_CELLS // 10_000} 万个")

    def add_range(self, text: str) -> None:
        first, _, last = text.partition(":")
        try:
            (top, left), (bottom, right) = _place(first, 1, 1), _place(last or first, LAST_ROW, LAST_COLUMN)
        except ValueError:
            return  # no reader can make anything of it
        self.add_ranges((abs(bottom - top) + 1) * (abs(right - left) + 1))

    def add_ranges(self, area: int) -> None:
        self.ranges += area
        if self.ranges > MAX_RANGES:
            raise Oversized(f"合并单元格和超链接的范围超过 {MAX_RANGES // 10_000} 万个单元格")


def sheet(xml: bytes, tally: Tally) -> None:
    """Gauge a worksheet in UTF-8. Oversized, or UnreadableWorkbook where its cells or its XML are out of order.

    A sheet as the usual programs write it takes a few looks at its bytes; any other is parsed.
    """
    before = Tally(tally.cells, tally.ranges)
    if not _usual_sheet(xml, tally):
        tally.cells, tally.ranges = before.cells, before.ranges
        _ParsedSheet(tally).read(xml)


def shared_strings(xml: bytes) -> None:
    """Readers make room for as many texts as are announced."""
    opening = xml[: xml.find(b">", xml.find(b"sst")) + 1]
    if any(int(count) > MAX_CELLS for count in _COUNTS.findall(opening)):
        raise Oversized(f"文件声明的文字超过 {MAX_CELLS // 10_000} 万条")


def _usual_sheet(xml: bytes, tally: Tally) -> bool:
    """Gauge a sheet by its bytes. False where anything is not as it usually is: then only parsing can tell."""
    end = xml.find(b"</sheetData>")
    if not _ROOT.match(xml) or not xml[-99:].rstrip().endswith(b"</worksheet>"):
        return False
    if end < 0 or xml.find(b"</sheetData>", end + 1) > 0:
        return False
    last_row, columns = 0, set()
    at = 0
    while at < end:
        stop = xml.find(b"<row", at + _CHUNK, end)  # no cell lies across the end of a row
        stop = end if stop < 0 else stop
        found = _CELLS.findall(xml, at, stop)
        at = stop
        if not found:
            continue
        rows = [int(row or 0) for row, _ in groupby(map(itemgetter(1), found))]
        if rows[0] <= last_row or any(one >= two for one, two in pairwise(rows)):
            return False  # out of order, or without an address
        if len(set(found)) != len(found):
            return False
        last_row = rows[-1]
        columns |= set(map(itemgetter(0), found))
        tally.add_cells(len(found))
    if columns:
        last_column = max(map(_column, columns))
        if last_row > LAST_ROW or last_column > LAST_COLUMN or last_row * last_column > MAX_AREA:
            return False
    ranges = _RANGES.findall(xml, end)
    if any(not column for column, *_ in ranges):
        return False
    tally.add_ranges(
        sum(
            (abs(int(bottom) - int(top)) + 1) * (abs(_column(right) - _column(left)) + 1) if right else 1
            for left, top, right, bottom in ranges
        )
    )
    return True


@cache
def _column(letters: bytes) -> int:
    return from_ref(f"{letters.decode()}1")[1]


class _Parser:
    """What the parsing gauges share: elements by their local names, broken XML told as such."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._last_row = 0
        self._last_column = 0
        self._expat = expat.ParserCreate()
        self._expat.StartElementHandler = self._start

    def read(self, xml: bytes) -> None:
        try:
            self._expat.Parse(xml, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableWorkbook("工作表的内容已损坏，不是完整的 XML") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _reaches(self, row: int, column: int) -> None:
        """A value stands at ``row`` and ``column``."""
        if row > LAST_ROW or column > LAST_COLUMN:
            raise UnreadableWorkbook("有单元格超出了工作表的范围")
        self._last_row = max(self._last_row, row)
        self._last_column = max(self._last_column, column)
        if self._last_row * self._last_column > MAX_AREA:
            place = to_ref(self._last_row, self._last_column)
            raise Oversized(f"有内容的单元格相距太远，一直到 {place}，范围超过 {MAX_AREA // 10_000} 万个单元格")


class _ParsedSheet(_Parser):
    def __init__(self, tally: Tally) -> None:
        super().__init__(tally)
        self._row = self._column = 0
        self._seen: set[int] = set()  # the columns of this row
        self._numbered = True  # whether this row says which one it is
        self._tables = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._cell(attributes.get("r"))
        elif name in ("v", "f", "is"):
            if self._column:
                self._reaches(self._row, self._column)
        elif name == "row":
            self._start_row(attributes.get("r"))
        elif name in ("mergeCell", "hyperlink"):
            self.tally.add_range(attributes.get("ref", ""))
        elif name == "sheetData":
            self._tables += 1
            if self._tables > 1:
                raise UnreadableWorkbook("一个工作表中有两份数据")

    def _start_row(self, number: str | None) -> None:
        self._numbered = number is not None
        row = self._row + 1 if number is None else _number(number)
        if row < max(self._row, 1):
            raise UnreadableWorkbook(f"第 {row} 行的次序不对")
        if row > LAST_ROW:
            raise UnreadableWorkbook("有单元格超出了工作表的范围")
        if row > self._row:
            self._seen.clear()
        self._row, self._column = row, 0

    def _cell(self, ref: str | None) -> None:
        self.tally.add_cells(1)
        if ref is None:
            row, column = self._row, self._column + 1
        else:
            try:
                row, column = from_ref(ref.upper())
            except ValueError as error:
                raise UnreadableWorkbook(f"单元格地址 {ref[:20]} 不对") from error
        if not self._numbered and not self._seen:
            self._row = max(self._row, row)
        if row != self._row or column in self._seen:
            raise UnreadableWorkbook(f"单元格 {to_ref(row, column)} 的位置不对，或出现了两次")
        self._column = column
        self._seen.add(column)


def open_document(xml: bytes, tally: Tally) -> None:
    """Gauge an .ods file's content. One element may stand for thousands of equal cells; empty ones at the end of a row
    or of a sheet (LibreOffice fills each sheet up with them) count for nothing."""
    _ParsedDocument(tally).read(xml)


class _ParsedDocument(_Parser):
    def __init__(self, tally: Tally) -> None:
        super().__init__(tally)
        self._rows_before = self._repeated = self._columns = 0
        self._cell_at = (0, 0)  # the columns before the open cell, and the last it stands for

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name in ("table-cell", "covered-table-cell"):
            self._cell_at = self._columns, self._columns + _repeats(attributes, "columns")
            self._columns = self._cell_at[1]
            self.tally.add_cells(1)
            if any(key.endswith((":value-type", ":formula")) for key in attributes):
                self._filled()
        elif name == "p":
            self._filled()
        elif name == "table-row":
            self._rows_before += self._repeated
            self._repeated, self._columns, self._cell_at = _repeats(attributes, "rows"), 0, (0, 0)
        elif name == "table":
            self._last_row = self._last_column = 0
            self._rows_before = self._repeated = self._columns = 0
            self._cell_at = 0, 0

    def _filled(self) -> None:
        if self._cell_at[1]:
            self._reaches(self._rows_before + self._repeated, self._cell_at[1])


def binary_part(data: bytes, tally: Tally) -> None:
    """Gauge a part of an .xlsb: a sheet's cells, or how many texts are announced. What is no such part is passed over."""
    kind, _, at = _record(data, 0) or (0, 0, 0)
    if kind == _BEGIN_STRINGS:
        if any(count > MAX_CELLS for count in struct.unpack_from("<2L", data.ljust(at + 8, b"\0"), at)):
            raise Oversized(f"文件声明的文字超过 {MAX_CELLS // 10_000} 万条")
    elif kind == _BEGIN_SHEET:
        _binary_sheet(data, tally)


_ROW, _BLANK, _LAST_CELL_KIND, _BEGIN_SHEET, _BEGIN_STRINGS = 0, 1, 11, 129, 159


def _binary_sheet(data: bytes, tally: Tally) -> None:
    at = row = last_row = last_column = cells = 0
    while (found := _record(data, at)) is not None:
        kind, size, start = found
        at = start + size
        if kind > _LAST_CELL_KIND or size < 4 or at > len(data):
            continue
        number = int.from_bytes(data[start : start + 4], "little") + 1
        if kind == _ROW:
            row = number
        else:
            cells += 1
            if kind != _BLANK:
                last_row, last_column = max(last_row, row), max(last_column, number)
    tally.add_cells(cells)
    if last_row > LAST_ROW or last_column > LAST_COLUMN:
        raise UnreadableWorkbook("有单元格超出了工作表的范围")
    if last_row * last_column > MAX_AREA:
        raise Oversized(f"单元格相距太远，范围超过 {MAX_AREA // 10_000} 万个单元格")


def _record(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The record at ``at``: its kind, its size, where its content starts; None at the end."""
    try:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] << 7)
            at += 1
        size = 0
        for shift in (0, 7, 14, 21):
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
    except IndexError:
        return None
    return kind, size, at


def _place(text: str, row: int, column: int) -> tuple[int, int]:
    """A corner of a range; of one like ``A:C`` or ``1:3``, ``row`` or ``column`` is the other half. ValueError if none."""
    text = text.replace("$", "")
    if text.isascii() and text.isalpha():
        return row, from_ref(f"{text}1")[1]
    return (int(text), column) if text.isascii() and text.isdecimal() else from_ref(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise UnreadableWorkbook(f"行号 {text[:20]} 不对")
    return int(text)


def _repeats(attributes: dict[str, str], what: str) -> int:
    wanted = f"number-{what}-repeated"
    text = next((value for key, value in attributes.items() if key.rpartition(":")[2] == wanted), "1")
    if not (text.isascii() and text.isdecimal()):
        raise UnreadableWorkbook(f"重复的次数 {text[:20]} 不对")
    # beyond any sheet is all the same
    return max(1, min(int(text[:10]), 10 * LAST_ROW))
