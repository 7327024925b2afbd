"""An authoring workbook as it came back: which sheet is which, where its columns stand, and its rows.

Sheets are known by their names, else by their headings; columns by their headings wherever they stand; rows are put in
the order of their numbers (序号). Nothing here knows what the rows mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import ORDER, Column, Sheet
from perfeval_xl.authoring.decoding import Found
from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.cells import Cell, column_letters, to_ref
from perfeval_xl.entries import shown_text
from perfeval_xl.entries.entry import as_text
from perfeval_xl.entries.spelling import plain, visible
from perfeval_xl.errors import ForeignWorkbook, WorkbookError
from perfeval_xl.excel.opened import OpenedBook
from perfeval_xl.excel.recognise import FileKind, recognise
from perfeval_xl.excel.scan import areas
from perfeval_xl.numbers import read_number
from perfeval_xl.reader import Return

README, RESULT = "使用说明", "检查结果"
"""Sheets of ours that hold nothing of the scheme."""
EXAMPLE = "示例"
"""What stands in the first column of a row that only shows how to fill in the sheet."""
_HEAD_WITHIN = 20  # rows
_COLUMNS, _TITLE = 200, 60  # no sheet of ours is wider, and no heading longer
_SHEETS = 200
_ROWS = 20_000  # of a sheet; what stands below got there by mistake
_OLD = (FileKind.XLS, FileKind.XLSB, FileKind.ET)
_OURS = 0.6  # a row with this share of a sheet's headings is its row of headings
_FEW = 0.4  # the same in a sheet that has its name
_MERGED = re.compile(rb'<(?:[\w.-]+:)?mergeCell\b[^<>]*?\bref="([A-Za-z0-9:$]+)"')
_RAW_KEY = re.compile(r"(?:^|.*\s)([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """A row that holds anything: its cells by the column's key, those that are blank too."""

    number: int
    cells: Mapping[str, Found]

    def cell(self, *keys: str) -> Cell:
        """Where the first of ``keys`` that has a column stands; else where the row begins."""
        found = next((self.cells[key] for key in keys if key in self.cells), None)
        return (found or next(iter(self.cells.values()))).cell


@dataclass(frozen=True)
class ReadSheet:
    """A sheet as it was found under ``name``: where its headings stand, and its rows in order. ``columns`` are those that
    were found, the sheet's own and others; ``head`` the cell of a key's heading. ``lacking``: a column is gone, which is
    an error, and nobody can say what its cells held."""

    sheet: Sheet
    name: str
    columns: tuple[Column, ...] = ()
    heads: Mapping[str, Cell] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    lacking: bool = False


def read_workbook(data: bytes, source: str, troubles: Troubles) -> Mapping[str, ReadSheet]:
    """The sheets of an authoring workbook by the names that they should have; those that are missing are left out.

    What is odd about it goes to ``troubles``. WorkbookError where it can't be opened, or is no such workbook.
    """
    kind = recognise(data, source).kind
    if kind in _OLD:
        raise WorkbookError(
            f"{source} 是 .{kind} 格式，不能导入。请在 Excel、WPS 或 LibreOffice 中另存为 .xlsx 再导入。"
        )
    opened = Return(data, source)
    if opened.book.package is None:
        troubles.note(
            None, "这不是 .xlsx 文件，只读了其中的数据，公式和合并的单元格看不出来。请尽量另存为 .xlsx 再导入。"
        )
    return _Workbook(opened.book, troubles).read(source)


class _Workbook:
    def __init__(self, book: OpenedBook, troubles: Troubles) -> None:
        self._book = book
        self._troubles = troubles
        self._words: dict[str, list[set[str]]] = {}

    def read(self, source: str) -> Mapping[str, ReadSheet]:
        """The sheets by the names that they should have."""
        found = self._matched()
        if not any(sheet.needed for sheet in found.values()):
            wanted = "、".join(sheet.name for sheet in catalogue.SHEETS if sheet.needed)
            raise ForeignWorkbook(
                f"{source} 不是方案工作簿：没有找到 {wanted} 等工作表。请用 perfeval scheme export 导出一份，在其中修改。"
            )
        for sheet in catalogue.SHEETS:
            if sheet in found.values():
                continue
            if sheet.needed:
                self._troubles.error(None, f"没有工作表“{sheet.name}”。请从导出的方案中复制过来，名称和表头不要改。")
            elif sheet.name in catalogue.ALWAYS:
                self._troubles.note(None, f"没有工作表“{sheet.name}”，按其中没有内容处理。")
        known = {README, RESULT, *found}
        for name in self._book.sheet_names:
            if name not in known and any(self._heads(name)):
                self._troubles.note(Cell(name, "A1"), f"工作表“{name}”不属于方案，没有读取。")
        return {sheet.name: self._sheet(name, sheet) for name, sheet in found.items()}

    def _matched(self) -> dict[str, Sheet]:
        """Which sheet each of ours is, by its name as it is now."""
        found: dict[str, Sheet] = {}
        wanted = {sheet.name: sheet for sheet in catalogue.SHEETS}
        if len(self._book.sheet_names) > _SHEETS:
            return found
        for name in self._book.sheet_names:
            sheet = wanted.get(plain(name))
            if sheet is not None and sheet not in found.values():
                found[name] = sheet
        for name in self._book.sheet_names:
            if name in found or name in (README, RESULT):
                continue
            left = [sheet for sheet in catalogue.SHEETS if sheet not in found.values()]
            best = max(left, key=lambda sheet: self._head(name, sheet)[1], default=None)
            if best is not None and self._head(name, best)[1] >= _OURS:
                found[name] = best
                self._troubles.note(Cell(name, "A1"), f"工作表“{name}”的表头与“{best.name}”相同，按“{best.name}”读取。")
        return found

    def _head(self, name: str, sheet: Sheet) -> tuple[int, float]:
        """The row of headings (from 0) and what share of the sheet's headings it has."""
        titles = {plain(title) for title in sheet.by_title}
        best, share = 0, 0.0
        for number, words in enumerate(self._heads(name)):
            own = len(titles & words) / len(titles)
            if own > share:
                best, share = number, own
        return best, share

    def _heads(self, name: str) -> list[set[str]]:
        """What stands in the first rows of a sheet, in plain signs, for headings to be found in."""
        if name not in self._words:
            rows = self._book.grid(name)[:_HEAD_WITHIN]
            self._words[name] = [
                {plain(value) for value in row[:_COLUMNS] if isinstance(value, str) and 0 < len(value) <= _TITLE}
                for row in rows
            ]
        return self._words[name]

    def _sheet(self, name: str, sheet: Sheet) -> ReadSheet:
        head, share = self._head(name, sheet)
        if share < _FEW:
            titles = "、".join(each.title for each in sheet.columns if each.key)
            self._troubles.error(Cell(name, "A1"), f"没有找到表头。应有一行写着：{titles}。")
            return ReadSheet(sheet, name, lacking=True)
        columns, order, others = self._columns(name, sheet, head)
        lacking = self._lacking(Cell(name, to_ref(head + 1, 1)), sheet, columns, others)
        heads = {column.key: Cell(name, to_ref(head + 1, place + 1)) for place, column in columns.items()}
        rows = self._rows(name, head, columns, order)
        return ReadSheet(sheet, name, tuple(columns.values()), heads, tuple(rows), lacking)

    def _columns(self, name: str, sheet: Sheet, head: int) -> tuple[dict[int, Column], int | None, list[str]]:
        """The columns by their places (from 0), the place of the rows' numbers, and the titles of others that are filled."""
        titles = {plain(title): column for title, column in sheet.by_title.items()}
        grid = self._book.grid(name)
        columns: dict[int, Column] = {}
        order: int | None = None
        others: list[str] = []
        for place, value in enumerate(grid[head][:_COLUMNS]):
            title, cell = shown_text(value), Cell(name, to_ref(head + 1, place + 1))
            if plain(title) == ORDER and order is None:
                order = place
                continue
            column = titles.get(plain(title)) or self._other(title)
            if column is None:
                if any(place < len(row) and shown_text(row[place]) for row in grid[head + 1 :]):
                    what = f"这一列（{title}）不属于方案" if title else f"{column_letters(place + 1)} 列没有标题"
                    self._troubles.note(cell, f"{what}，没有读取。")
                    others += [title] * bool(title)
            elif column.key and any(each.key == column.key for each in columns.values()):
                self._troubles.error(cell, f"“{title}”这一列有两个，请只留一个。")
            elif column.key:
                columns[place] = column
        return columns, order, others

    def _lacking(self, head: Cell, sheet: Sheet, columns: Mapping[int, Column], others: Sequence[str]) -> bool:
        """Tell of columns that are gone; whether that is an error. One that may stay blank may have been deleted, but not
        where it may as well have been given another title (``others``)."""
        there = {column.key for column in columns.values()}
        found = False
        for column in sheet.columns:
            if not column.key or column.key in there:
                continue
            if column.must or sheet in (catalogue.RULES, catalogue.CHANGES):
                self._troubles.error(head, f"缺少“{column.title}”一列。请补上，标题不要改。")
            elif others:
                self._troubles.error(
                    head,
                    f"缺少“{column.title}”一列，另有不认识的“{'”“'.join(others)}”。标题改过的请改回；这一列确实不要的，请只留标题。",
                )
            else:
                self._troubles.note(head, f"没有“{column.title}”一列，按都没有填写处理。")
                continue
            found = True
        return found

    @staticmethod
    def _other(title: str) -> Column | None:
        """A column that isn't in the catalogue: its heading ends in the key that it has in the scheme file."""
        found = _RAW_KEY.match(title)
        return Column(found[1], title, Sort.ANY, 0) if found else None

    def _rows(self, name: str, head: int, columns: Mapping[int, Column], order: int | None) -> Iterator[Row]:
        grid, merged = self._book.grid(name), self._merged(name, head + 1)
        if len(grid) > _ROWS:
            self._troubles.error(
                Cell(name, to_ref(len(grid), 1)),
                f"内容一直到第 {len(grid):,} 行，只读了前 {_ROWS:,} 行。请删去下面多余的行。",
            )
            grid = grid[:_ROWS]
        numbered: list[tuple[Decimal, Row]] = []
        last = Decimal(0)
        for number, values in enumerate(grid[head + 1 :], start=head + 2):
            cells = {}
            for place, column in columns.items():
                own = Cell(name, to_ref(number, place + 1))
                source = merged.get((number, place + 1))
                entry = self._book.entry(own if source is None else Cell(name, to_ref(*source)))
                cells[column.key] = Found(entry, own)
            filled = any(not each.blank for key, each in cells.items())
            first = next((visible(as_text(value)).strip() for value in values if shown_text(value)), "")
            if not filled or first.startswith(EXAMPLE):
                continue
            given = read_number(shown_text(values[order])) if order is not None and order < len(values) else None
            last = last if given is None else given
            numbered.append((last, Row(number, cells)))
        ordered = sorted(numbered, key=lambda pair: pair[0])
        if [row for _, row in ordered] != [row for _, row in numbered]:
            moved = next(row for (_, row), (_, other) in zip(numbered, ordered, strict=True) if row is not other)
            self._troubles.note(moved.cell(), "各行的先后按“序号”，不按现在的位置；要改先后，请改序号。")
        return (row for _, row in ordered)

    def _merged(self, name: str, below: int) -> Mapping[tuple[int, int], tuple[int, int]]:
        """The cells below row ``below`` that a merge covers, and the cell whose content is theirs."""
        package = self._book.package
        part = None if package is None else package.sheets.get(name)
        found: dict[tuple[int, int], tuple[int, int]] = {}
        if package is None or part is None:
            return found
        for match in _MERGED.finditer(package.part(part)):
            for top, left, bottom, right in areas(match[1].decode()):
                if top <= below:
                    continue
                if right > left:
                    self._troubles.error(
                        Cell(name, to_ref(top, left)), "合并了几列的单元格。请取消合并，各列分别填写。"
                    )
                    continue
                self._troubles.note(
                    Cell(name, to_ref(top, left)), f"与下面 {bottom - top} 行合并，各行都按同一内容读取。"
                )
                height = len(self._book.grid(name))
                found |= {(row, left): (top, left) for row in range(top, min(bottom, height) + 1)}
        return found


def first_rows(sheets: Mapping[str, ReadSheet], name: str) -> Sequence[Row]:
    """The rows of the sheet that should be called ``name``; none where it is missing."""
    return sheets[name].rows if name in sheets else ()
