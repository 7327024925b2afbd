"""A scheme as a workbook to be edited: a sheet a part, a row a thing, with drop-downs, prompts and notes at the headings.

Nothing in it is locked. That it loses nothing is proved at every export: the finished file is read as any other, and
whatever did not come back as it was is put on the sheet of leftovers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import ORDER, Column, Sheet
from perfeval_xl.authoring.cell_rules import added_value, cell_rule
from perfeval_xl.authoring.flatten import Content, Line, fixed_columns, flatten
from perfeval_xl.authoring.gather import gather
from perfeval_xl.authoring.leftovers import applied, leftovers
from perfeval_xl.authoring.reading import read_workbook
from perfeval_xl.authoring.readme import write_readme
from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.cells import column_letters
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.book import A3, Book, Paper, Styled, Value, line_count
from perfeval_xl.excel.book import Column as BookColumn
from perfeval_xl.scheme.loader import digest_of

Raw = Mapping[str, Any]

HEAD_ROW = 2
"""The row of headings (from 0): a title and a note stand above it."""
SPARE = 40  # rows below the last one that are ready to be typed into
_LARGE = 1000  # from here on whole numbers are shown with commas
_HIGHEST = 409  # points; no program has higher rows
_CREATED = datetime(2024, 1, 1)  # fixed: the same scheme gives the same bytes
_ORDER = Column("", ORDER, Sort.WHOLE, 6, "各行按序号排列；插入的行可以不写，跟在上一行之后。")
_TAB_MAIN, _TAB_TECHNICAL = "#4472C4", "#A6A6A6"
_STYLES = {
    **{Sort.TEXT: "edit_text", Sort.TEXTS: "edit_text", Sort.PAIRS: "edit_text", Sort.ANY: "edit_text"},
    **{Sort.ID: "edit_id", Sort.IDS: "edit_text", Sort.FLAG: "edit_centre", Sort.CHOICE: "edit_centre"},
    **{Sort.NUMBER: "edit_number", Sort.WHOLE: "edit_number", Sort.POINTS: "edit_number"},
    **{Sort.PERCENT: "edit_share", Sort.DAY: "edit_date"},
}
_FROZEN = {"指标": 2, "录入项": 4, "评分规则": 3, "口径": 2, "附表": 2}


def authoring_workbook(raw: Raw) -> bytes:
    """The workbook of a scheme's content, as the bytes of an .xlsx; the same content gives the same bytes.

    PerfevalError where the content can't be held by any workbook (a text longer than a cell takes).
    """
    first = _built(raw, ())
    left = leftovers(raw, _back(first))
    data = _built(raw, left) if left else first
    if digest_of(_back(data), {}) != digest_of(raw, {}):
        raise PerfevalError(
            "方案中有表格软件放不下的内容（如超过三万字的文字），导出会有缺损，没有写出。请直接修改 scheme.toml。"
        )
    return data


def _back(data: bytes) -> dict[str, Any]:
    """What the finished workbook says, read as any other."""
    troubles = Troubles()
    sheets = read_workbook(data, "方案.xlsx", troubles)
    return applied(gather(sheets, troubles).raw, sheets, troubles)


def _built(raw: Raw, left: Sequence[Line]) -> bytes:
    title = f"{raw['title']}（{raw['year']}年度）"
    book = Book(_CREATED, f"{title}：评分方案", str(raw["authority"]))
    kinds = write_readme(book, raw)
    lines = {**flatten(raw), catalogue.OTHER.name: list(left)}
    names = {str(each.get("code")): str(each.get("name")) for each in raw["indicators"]}
    for sheet in catalogue.SHEETS:
        if lines[sheet.name] or sheet.name in catalogue.ALWAYS:
            more = fixed_columns(raw) if sheet is catalogue.FIXED else ()
            _SheetWriter(book, sheet, lines[sheet.name], more, names, title, kinds).write()
    return book.close()


@dataclass
class _SheetWriter:
    """One sheet: its columns as they stand, its rows."""

    book: Book
    sheet: Sheet
    lines: Sequence[Line]
    more: Sequence[Column]
    names: Mapping[str, str]
    title: str
    kinds: str  # where the rule kinds are listed

    def __post_init__(self) -> None:
        own = [*self.sheet.columns, *self.more]
        known = {column.key for column in own}
        others = dict.fromkeys(key for line in self.lines for key in line.values if key not in known)
        own += [Column(key, key, Sort.ANY, 16, "方案文件中的一项，照旧即可。") for key in others]
        self.columns = [_ORDER, *own] if self.sheet.numbered else own

    def write(self) -> None:
        """Write the sheet into the book."""
        paper = Paper(A3) if sum(each.width for each in self.columns) > 150 else Paper()
        page = self.book.page(self.sheet.name, paper, self.title)
        page.raw.set_tab_color(_TAB_TECHNICAL if self.sheet.technical else _TAB_MAIN)
        top = page.heading(self.sheet.name, self.sheet.note, len(self.columns) - 1)
        assert top == HEAD_ROW
        heads = [BookColumn(each.title, each.width, _STYLES[each.sort]) for each in self.columns]
        frozen = _FROZEN.get(self.sheet.name, 0)
        rows = [self._row(number, line) for number, line in enumerate(self.lines, start=1)]
        rows += [[Styled(None, self._spare(each)) for each in self.columns]] * SPARE
        page.table(top, heads, rows, repeat_from=top, frozen_columns=frozen, head_height=32)
        for number, line in enumerate(self.lines, start=top + 1):
            page.raw.set_row(number, self._height(line))
        page.raw.print_area(0, 0, top + max(len(self.lines), 1), len(self.columns) - 1)
        for place, column in enumerate(self.columns):
            page.put(top, place, column.title, self._head_style(column))
            if column.note:
                page.raw.write_comment(
                    top, place, column.note, {"x_scale": 1.6, "y_scale": 0.9, "font_size": 9, "author": ""}
                )
        self._sums(page.raw)
        self._validate(page.raw)

    @staticmethod
    def _head_style(column: Column) -> str:
        if not column.key and column is not _ORDER:
            return "head_remark"
        return "head_must" if column.must else "head"

    @staticmethod
    def _spare(column: Column) -> str:
        if not column.key:
            return "edit_order" if column is _ORDER else "edit_remark"
        return _STYLES[column.sort]

    def _row(self, number: int, line: Line) -> list[Value | Styled]:
        values: list[Value | Styled] = []
        for column in self.columns:
            if column is _ORDER:
                values.append(Styled(Decimal(number), "edit_order"))
            elif not column.key:
                values.append(Styled(self._remark(column, line), "edit_remark"))
            else:
                values.append(self._cell(column, line))
        return values

    def _height(self, line: Line) -> float:
        """What the longest text of a row needs, with some air: other programs' fonts are larger than Excel's."""
        texts = [
            (line.values.get(column.key) if column.key else self._remark(column, line), column.width)
            for column in self.columns
            if column is not _ORDER
        ]
        lines = max((line_count(text, width - 3) for text, width in texts if isinstance(text, str)), default=1)
        return min(14.5 * lines + 6, _HIGHEST)

    def _remark(self, column: Column, line: Line) -> str | None:
        if column.title == "指标名称":
            return self.names.get(str(line.values.get("code") or line.values.get("owner")), line.remark or None)
        return line.remark or None

    def _cell(self, column: Column, line: Line) -> Styled:
        content = line.values.get(column.key)
        sort = line.sorts.get(column.key, column.sort)
        return Styled(_plain(content), self._style(content, sort, column, line))

    def _style(self, content: Content, sort: Sort, column: Column, line: Line) -> str:
        grouped = self.sheet in (catalogue.RULES, catalogue.LEVELS) and column.key != "code"
        if line.begins and grouped and isinstance(content, str):
            return "edit_group"
        if isinstance(content, int | Decimal):
            return _number_style(Decimal(content), sort)
        if isinstance(content, date):
            return "edit_date"
        return _STYLES[sort] if isinstance(content, str) and sort in (Sort.ID, Sort.FLAG) else _STYLES[column.sort]

    def _validate(self, raw: Any) -> None:
        """Drop-downs, limits and prompts: a column's for all its rows, a rule's value by the parameter of its row."""
        first, last = HEAD_ROW + 1, HEAD_ROW + len(self.lines) + SPARE
        for place, column in enumerate(self.columns):
            own = self.sheet is catalogue.RULES or self.sheet is catalogue.CHANGES or self.sheet is catalogue.BASIC
            if own and column.key in ("value", "low", "high", "yield"):
                self._validate_rows(raw, place, column)
                continue
            rule = cell_rule(self.sheet, column, column.sort, column.words)
            if rule and column.key:
                raw.data_validation(first, place, last, place, rule)

    def _validate_rows(self, raw: Any, place: int, column: Column) -> None:
        for number, line in enumerate(self.lines, start=HEAD_ROW + 1):
            sort = line.sorts.get(column.key)
            if sort is None or (column.key != "value" and line.values.get(column.key) is None):
                continue
            note = line.remark if column.key == "value" else column.note
            rule = cell_rule(self.sheet, Column(column.key, column.title, sort, 0, note), sort, line.words)
            if rule:
                raw.data_validation(number, place, number, place, rule)
        spare = HEAD_ROW + 1 + len(self.lines)
        if self.sheet is catalogue.RULES and column.key == "value":
            parameter = column_letters([each.key for each in self.columns].index("parameter") + 1)
            raw.data_validation(
                spare, place, spare + SPARE - 1, place, added_value(f"${parameter}{spare + 1}", self.kinds)
            )

    def _sums(self, raw: Any) -> None:
        """Beside each level what the next one below adds up to, live."""
        if self.sheet is not catalogue.LEVELS:
            return
        remark = self.book.style("edit_remark")
        for row, formula, value, shown in _level_sums(self.lines, self.names):
            at = [column.title for column in self.columns].index("下级合计")
            ref, points = f"{column_letters(at + 1)}{row + 1}", f"{column_letters(at)}{row + 1}"
            raw.write_formula(row, at, f"={formula}", remark, value)
            check = f'=IF(ROUND({ref}-{points},4)=0,"相符","差 "&TEXT({points}-{ref},"0.##")&" 分")'
            raw.write_formula(row, at + 1, check, remark, shown)


def _number_style(number: Decimal, sort: Sort) -> str:
    if sort is Sort.PERCENT:
        return "edit_share" if number * 100 % 1 == 0 else "edit_share_fine"
    large = sort is not Sort.WHOLE and abs(number) >= _LARGE and number % 1 == 0
    return "edit_amount" if large else "edit_number"


def _plain(content: Content) -> Value:
    return Decimal(content) if isinstance(content, int) else content


def _level_sums(lines: Sequence[Line], names: Mapping[str, str]) -> Iterator[tuple[int, str, float | str, str]]:
    """For every level its row (from 0), the formula of what is below it, and the results of a sound scheme."""
    paths = [tuple(filter(None, (line.values.get(f"name{depth}") for depth in (1, 2, 3)))) for line in lines]
    last = HEAD_ROW + 1 + len(lines) + SPARE
    rows = HEAD_ROW + 2 + len(names) + SPARE
    for number, (line, path) in enumerate(zip(lines, paths, strict=True)):
        row = HEAD_ROW + 1 + number
        own = [f"${letter}{row + 1}" for letter in "BCD"[: len(path)]]
        if any(other[: len(path)] == path and len(other) > len(path) for other in paths):
            depth = len(path)
            area = {letter: f"${letter}${HEAD_ROW + 2}:${letter}${last}" for letter in "BCDE"}
            asked = [f"{area['BCD'[n]]},{ref}" for n, ref in enumerate(own)] + [f'{area["BCD"[depth]]},"<>"']
            asked += [f'{area["BCD"[n]]},"="' for n in range(depth + 1, 3)]
            formula = f"SUMIFS({area['E']},{','.join(asked)})"
        else:
            area = {letter: f"指标!${letter}${HEAD_ROW + 2}:${letter}${rows}" for letter in "CDEG"}
            asked = [f"{area['CDE'[n]]},{ref}" for n, ref in enumerate(own)]
            formula = f"SUMIFS({area['G']},{','.join(asked)})"
        points = line.values.get("points")
        yield row, formula, float(points) if isinstance(points, int | Decimal) else "", "相符"
