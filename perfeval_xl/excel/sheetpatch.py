"""Changing single cells in a sheet's XML and nothing else: bytes are spliced at the offsets that expat reports.

A load and save through a library would lose what the library doesn't know (pictures in cells, x14 drop-downs, threaded
comments, cached values). Here every byte outside the patched cells stays as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from xml.parsers import expat
from xml.sax.saxutils import escape

from perfeval_xl.cells import from_ref, to_ref
from perfeval_xl.errors import PatchRefused, UnreadableWorkbook
from perfeval_xl.excel.tags import ATTRIBUTE, START_TAG

Content = str | Decimal | date | None
Formulas = Literal["refuse", "keep", "replace"]

MAX_TEXT = 32_767
"""The longest text that a cell can hold, in UTF-16 units; Excel calls a file with a longer one damaged."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(rb"""<(?:[\w.-]+:)?c(?: [rs]="[^"]*")*/>""")  # as ``_rewritten`` leaves a cell that it clears
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_FIRST_SAFE_DAY = date(1900, 3, 1)  # Excel believes in a 29 February 1900, so earlier serials are off by one


@dataclass(frozen=True, slots=True)
class Patch:
    """What a cell is to hold; None clears it, its style stays.

    ``formulas`` says what is to become of a formula in it: "refuse" to touch the cell, "keep" the formula and change
    only the value that it shows, or "replace" it with the value. With "keep" there must be a formula.
    """

    value: Content
    formulas: Formulas = "refuse"


_CLEARED = Patch(None)
_Area = tuple[int, int, int, int]
"""First row and column, last row and column."""


def _area(text: str) -> _Area:
    """B2:C4 as numbers. ValueError if it is no range."""
    first, _, last = text.partition(":")
    return *from_ref(first), *from_ref(last or first)


@dataclass(slots=True)
class _Found:
    """A wanted cell as it stands: byte offsets of the cell, and of its formula where it has one."""

    begin: int
    end: int = -1
    formula: tuple[int, int] | None = None
    shared: bool = False  # its formula stands for other cells too


@dataclass(slots=True)
class _Row:
    """A wanted row: where its start tag and its end tag begin, and where its cells begin, by column."""

    begin: int
    end: int = -1  # of the end tag; -1 while the row is open or if it is an empty element
    cells: list[tuple[int, int]] = field(default_factory=list)


class _Scan:
    """One pass over a sheet that notes where the wanted cells stand, all merges and array ranges.

    With ``places`` it also notes where cells and rows that aren't there could be put in; that takes twice as long.
    """

    def __init__(self, xml: bytes, wanted: Iterable[str], *, places: bool = False) -> None:
        self.xml = xml
        self.wanted = frozenset(wanted)
        self.by_row: dict[int, dict[int, str]] = {}
        for ref in self.wanted:
            row, column = from_ref(ref)
            self.by_row.setdefault(row, {})[column] = ref
        self.found: dict[str, _Found] = {}
        self.merges: list[_Area] = []
        self.arrays: list[_Area] = []
        self.prefix = ""
        self.encoding = "utf-8"
        self.data: tuple[int, int] | None = None  # where sheetData begins, and its end tag (-1: an empty element)
        self.rows: dict[int, _Row] = {}
        self.later: dict[int, int] = {}  # wanted row -> where the first row after it begins
        self._places = places
        self._awaited = sorted(self.by_row, reverse=True)
        self._row_number = 0
        self._last = ""  # the cell before
        self._row: _Row | None = None
        self._cell: _Found | None = None
        self._run()

    def _run(self) -> None:
        if b"\0" in self.xml[:4]:
            raise PatchRefused("工作表的编码是 UTF-16，不能写入。请在 WPS 或 Excel 中另存后再试")
        parser = expat.ParserCreate()
        self._parser = parser
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._root
        try:
            parser.Parse(self.xml, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableWorkbook("工作表的内容已损坏") from error
        if self.data is None:
            raise PatchRefused("工作表的结构特殊（没有单元格数据），不能写入")
        for row in self._awaited:
            self.later[row] = self.data[1]

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = encoding or "utf-8"

    def _doctype(self, *_: object) -> None:
        raise UnreadableWorkbook("工作表含有不允许的 DOCTYPE 声明，不是办公软件保存的文件")

    def _root(self, name: str, _attributes: dict[str, str]) -> None:
        prefix, colon, _ = name.rpartition(":")
        self.prefix = p = prefix + colon
        self._names = f"{p}c", f"{p}row", f"{p}f", f"{p}mergeCell", f"{p}sheetData"
        self._parser.StartElementHandler = self._started

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        """A start tag. The order of the tests is that of frequency: this is the hot path."""
        cell, row, formula, merge, data = self._names
        if name == cell:
            ref = attributes.get("r") or self._next_ref()
            self._last = ref
            if ref in self.wanted:
                self._start_cell(ref)
            if self._row is not None:
                self._row.cells.append((from_ref(ref)[1], self._parser.CurrentByteIndex))
        elif name == row:
            self._start_row(attributes.get("r"))
        elif name == formula and (attributes or self._cell is not None):
            self._start_formula(attributes)
        elif name == merge:
            self.merges.append(_area(attributes.get("ref", "")))
        elif name == data:
            if self.data is not None:
                raise PatchRefused("工作表的结构特殊（两处单元格数据），不能写入")
            self.data = self._parser.CurrentByteIndex, -1
            if self._places:
                self._parser.EndElementHandler = self._ended

    def _next_ref(self) -> str:
        """The place of a cell that doesn't tell it: right of the one before."""
        return to_ref(self._row_number, from_ref(self._last)[1] + 1 if self._last else 1)

    def _start_row(self, number: str | None) -> None:
        self._row_number = int(number) if number else self._row_number + 1
        self._last = ""
        if not self._places:
            return
        at = self._parser.CurrentByteIndex
        while self._awaited and self._awaited[-1] < self._row_number:
            self.later[self._awaited.pop()] = at
        if self._row_number in self.by_row:
            if self._row_number in self.rows:
                raise PatchRefused(f"工作表的结构特殊（第 {self._row_number} 行出现两次），不能写入")
            self._row = self.rows[self._row_number] = _Row(at)

    def _start_cell(self, ref: str) -> None:
        if ref in self.found:
            raise PatchRefused(f"单元格 {ref} 在文件中出现两次，不能写入")
        self._cell = self.found[ref] = _Found(self._parser.CurrentByteIndex)
        self._parser.EndElementHandler = self._ended

    def _start_formula(self, attributes: dict[str, str]) -> None:
        kind, area = attributes.get("t", ""), attributes.get("ref", "")
        if kind in ("array", "dataTable"):
            self.arrays.append(_area(area))
        if self._cell is not None:
            self._cell.formula = self._parser.CurrentByteIndex, -1
            self._cell.shared = kind == "shared" and area != ""

    def _ended(self, name: str) -> None:
        """An end tag; for an empty element expat reports some place in its only tag."""
        cell, row, formula, _, data = self._names
        if name == cell:
            if self._cell is not None:
                self._cell.end = self._element_end(self._cell.begin)
                self._cell = None
                if not self._places:
                    self._parser.EndElementHandler = None
        elif name == formula:
            if self._cell is not None and self._cell.formula is not None:
                begin = self._cell.formula[0]
                self._cell.formula = begin, self._element_end(begin)
        elif name == row:
            if self._row is not None and not self._is_empty(self._row.begin):
                self._row.end = self._parser.CurrentByteIndex
            self._row = None
        elif name == data and self.data is not None:
            begin = self.data[0]
            self.data = begin, -1 if self._is_empty(begin) else self._parser.CurrentByteIndex

    def _is_empty(self, begin: int) -> bool:
        return self.start_tag(begin).endswith(b"/>")

    def _element_end(self, begin: int) -> int:
        """Where the element that is ending, and that began at ``begin``, stops."""
        tag = self.start_tag(begin)
        return begin + len(tag) if tag.endswith(b"/>") else self.xml.index(b">", self._parser.CurrentByteIndex) + 1

    def start_tag(self, begin: int) -> bytes:
        """The whole start tag at ``begin``."""
        match = START_TAG.match(self.xml, begin)
        assert match is not None  # expat found a tag here
        return match[0]


@dataclass(frozen=True, slots=True)
class _Splice:
    """Bytes ``begin`` to ``end`` (excluded) of a sheet give way to ``replacement``."""

    begin: int
    end: int
    replacement: bytes


def patch_sheet(xml: bytes, cells: Mapping[str, Patch], *, date1904: bool = False, sheet: str = "") -> bytes:
    """``xml`` with ``cells`` (by A1 reference) changed and every other byte as it was.

    Missing cells and rows are put in where they belong. PatchRefused, naming ``sheet`` and cell, for what can't be
    written without harm: formulas (see Patch), cells of array ranges, merged cells other than the first, texts beyond
    32,767 characters, dates before March 1900. UnreadableWorkbook for broken XML.
    """
    pieces, at = [b""], 0
    for splice in _splices(xml, cells, date1904, sheet):
        pieces += (xml[at : splice.begin], splice.replacement)
        at = splice.end
    pieces.append(xml[at:])
    return b"".join(pieces)


def _splices(xml: bytes, cells: Mapping[str, Patch], date1904: bool, sheet: str) -> list[_Splice]:
    """What is to be changed, in the order of the bytes."""
    scan = _Scan(xml, cells)
    if len(scan.found) < len(cells):
        scan = _Scan(xml, cells, places=True)
    place = f"{sheet}!" if sheet else ""
    _refuse_merged(scan, place)
    done: list[_Splice] = []
    new: dict[int, list[tuple[int, bytes]]] = {}
    for ref, patch in cells.items():
        row, column = from_ref(ref)
        try:
            found = scan.found.get(ref)
            if found is not None:
                if patch != _CLEARED or not _BLANK.fullmatch(xml, found.begin, found.end):
                    done.append(_Splice(found.begin, found.end, _rewritten(scan, found, patch, ref, date1904)))
            elif patch.formulas == "keep":
                raise PatchRefused("原有的公式不在了")
            else:
                new.setdefault(row, []).append((column, _new_cell(scan, ref, patch.value, date1904)))
        except PatchRefused as error:
            raise PatchRefused(f"{place}{ref} 不能写入：{error}") from error
    done += _insertions(scan, new)
    return sorted(done, key=lambda each: (each.begin, each.end))  # what is put in before a cell, then the cell


def _refuse_merged(scan: _Scan, place: str) -> None:
    for ref in _covered(scan, scan.arrays):
        raise PatchRefused(f"{place}{ref} 不能写入：属于数组公式")
    for ref in _covered(scan, scan.merges, besides_first=True):
        raise PatchRefused(f"{place}{ref} 不能写入：是合并单元格的一部分，只能写入左上角的单元格")


def _covered(scan: _Scan, areas: Iterable[_Area], besides_first: bool = False) -> Iterator[str]:
    """The wanted cells that lie in one of ``areas``."""
    for top, left, bottom, right in areas:
        rows = scan.by_row if bottom - top > len(scan.by_row) else range(top, bottom + 1)
        for row in rows:
            if not top <= row <= bottom or row not in scan.by_row:
                continue
            for column, ref in scan.by_row[row].items():
                if left <= column <= right and not (besides_first and (row, column) == (top, left)):
                    yield ref


def _rewritten(scan: _Scan, found: _Found, patch: Patch, ref: str, date1904: bool) -> bytes:
    """The cell with its new content: attributes and, where it is to be kept, the formula as they stand."""
    formula = b""
    if found.formula is not None:
        if patch.formulas == "refuse":
            raise PatchRefused("单元格里是公式")
        if patch.formulas == "replace" and found.shared:
            raise PatchRefused("别的单元格共用它的公式")
        if patch.formulas == "keep":
            formula = scan.xml[slice(*found.formula)]
    elif patch.formulas == "keep":
        raise PatchRefused("原有的公式不在了")
    attributes = b"".join(
        match[0] for match in ATTRIBUTE.finditer(scan.start_tag(found.begin)) if match[1] not in (b"t", b"cm", b"vm")
    )
    return _cell(scan, attributes, formula, patch.value, date1904)


def _new_cell(scan: _Scan, ref: str, value: Content, date1904: bool) -> bytes:
    """A cell where there was none; it takes its row's style where the row has one of its own."""
    row = scan.rows.get(from_ref(ref)[0])
    attributes = f' r="{ref}"'.encode()
    if row is not None:
        own = {match[1]: match[2][1:-1] for match in ATTRIBUTE.finditer(scan.start_tag(row.begin))}
        if own.get(b"customFormat") in (b"1", b"true") and b"s" in own:
            attributes += b' s="' + own[b"s"] + b'"'
    return _cell(scan, attributes, b"", value, date1904)


def _cell(scan: _Scan, attributes: bytes, formula: bytes, value: Content, date1904: bool) -> bytes:
    p = scan.prefix
    kind, content = "", ""
    if isinstance(value, str) and formula:
        kind, content = ' t="str"', f"<{p}v>{clean_text(value)}</{p}v>"
    elif isinstance(value, str) and value:
        kind = ' t="inlineStr"'
        content = f'<{p}is><{p}t xml:space="preserve">{clean_text(value)}</{p}t></{p}is>'
    elif isinstance(value, Decimal):
        content = f"<{p}v>{_number(value)}</{p}v>"
    elif isinstance(value, date):
        content = f"<{p}v>{_serial(value, date1904)}</{p}v>"
    start = f"<{p}c".encode() + attributes + kind.encode()
    if not formula and not content:
        return start + b"/>"
    return b"".join((start, b">", formula, content.encode(scan.encoding, "xmlcharrefreplace"), f"</{p}c>".encode()))


def clean_text(text: str) -> str:
    """A text as XML content: characters that XML doesn't admit left out, what reads as an escape to Excel escaped.

    PatchRefused beyond 32,767 characters.
    """
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le")) // 2 > MAX_TEXT:
        raise PatchRefused(f"文字超过 {MAX_TEXT:,} 个字")
    return escape(_LOOKS_ESCAPED.sub("_x005F_", text))


def _number(value: Decimal) -> str:
    if not value:
        return "0"
    if not value.is_finite() or not math.isfinite(float(value)):
        raise PatchRefused(f"{value} 不是表格能存放的数")
    return f"{value.normalize():f}" if -20 < value.adjusted() < 20 else repr(float(value))


def _serial(day: date, date1904: bool) -> int:
    if day < _FIRST_SAFE_DAY:
        raise PatchRefused(f"日期 {day.isoformat()} 过早")
    return (day - (_EPOCH_1904 if date1904 else _EPOCH)).days


def _insertions(scan: _Scan, new: Mapping[int, list[tuple[int, bytes]]]) -> list[_Splice]:
    """The splices that put new cells into their rows, and new rows into the sheet; at most one at each place."""
    gathered: dict[tuple[int, int], list[bytes]] = {}

    def insert(begin: int, end: int, *added: bytes) -> None:
        gathered.setdefault((begin, end), []).extend(added)

    rows: list[bytes] = []
    for number in sorted(new):
        row, cells = scan.rows.get(number), sorted(new[number])
        if row is None:
            joined = b"".join(cell for _, cell in cells)
            line = f'<{scan.prefix}row r="{number}">'.encode() + joined + f"</{scan.prefix}row>".encode()
            if scan.later[number] < 0:
                rows.append(line)
            else:
                insert(scan.later[number], scan.later[number], line)
        elif row.end < 0:
            tag = scan.start_tag(row.begin)
            opened = tag[:-2].rstrip() + b">"
            closing = f"</{scan.prefix}row>".encode()
            insert(row.begin, row.begin + len(tag), opened, *(cell for _, cell in cells), closing)
        else:
            for column, cell in cells:
                before = next((at for other, at in row.cells if other > column), row.end)
                insert(before, before, cell)
    if rows:  # the sheet has no row at all, its data is an empty element
        assert scan.data is not None
        begin = scan.data[0]
        tag = scan.start_tag(begin)
        closing = f"</{scan.prefix}sheetData>".encode()
        insert(begin, begin + len(tag), tag[:-2].rstrip() + b">", *rows, closing)
    return [_Splice(begin, end, b"".join(added)) for (begin, end), added in gathered.items()]
