"""The sheet 附表汇总, or 指标明细 where the rows stand in the official table itself: the annex rows of the accepted
returns that are in use, with their completion rates and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from perfeval_xl.excel.book import A3, Book, Column, Limits, Paper, Styled, Value
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.form import Body
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.summary.figures import Round, opens
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.returns import STYLE, accepted, answer_cell
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "采用的报表中有内容的各行，一行一条。完成率、得分按评分标准重算，空白为算不出；红底为填了但不能用的内容，照原样列出。"
    "长的文字只列开头。点“打开”可到批注文件中的这一行。"
)
_UNIT = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 24),
    Column("所在的表", 10, "centre"),
    Column("行", 5, "count"),
)
_RATE, _SCORE = Column("完成率", 10, "rate"), Column("得分", 8, "score")
_OPENS = Column("批注文件", 9, "centre")
_RATE_AFTER, _SCORE_AFTER = "actual", "weight"  # as in the annex itself
_WIDTHS = {FieldType.TEXT: 30.0, FieldType.NUMBER: 12.0, FieldType.SCORE: 8.0}
_SHORT = 50  # characters: a column that takes no more is narrow


@dataclass(frozen=True)
class _Place:
    """A row of a table: the sheet's columns, each with the field (id) that stands in it here, '' for none."""

    table: Table
    row: int
    cells: Sequence[tuple[Field, str]]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return self.table.row_ids(self.row)


class AnnexSheet(Sheet):
    """The rows in use, by unit, in the order of the form."""

    name = "附表汇总"
    holds = "逐行填报的指标：目标值、实际值、完成率和得分"
    rest = exported("submissions")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        if district.scheme.form.body is Body.ROWS:
            self.name = "指标明细"
        self._fields = _fields(district.scheme.tables)
        self._rules = _rules(district.scheme)
        self._places = [
            _Place(
                table,
                row,
                [(each, table.field_id(row, each.id) if each.id in table.column else "") for each in self._fields],
            )
            for table in district.scheme.tables
            for row in range(1, table.rows + 1)
        ]

    @classmethod
    def applies(cls, district: District) -> bool:
        return bool(district.scheme.tables)

    def take(self, result: UnitResult) -> None:
        if said := accepted(result):
            used = (each for each in self._places if not all(said.answers[name].blank for name in each.ids))
            self._lines.add([self._row(result, said, each) for each in used], result.unit_code)

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        columns = [*_UNIT, *_columns(self._fields), _OPENS]
        top = self._heading(page, _NOTE, columns)
        page.table(top, columns, self._lines.in_order(), repeat_from=top, frozen_columns=2, count=self.rows)

    def _row(self, result: UnitResult, said: Submission, place: _Place) -> list[Value | Styled]:
        table, row = place.table, place.row
        rule = self._rules.get(table.id)
        scored = rule.line_score(said.answers, row) if rule else None
        values: list[Value | Styled] = [result.unit_code, result.unit_name, table.title, row]
        for field, name in place.cells:
            values.append(answer_cell(field, said.answers[name]) if name else None)
            if field.id == _RATE_AFTER:
                values.append(scored.rate if scored else None)
            if field.id == _SCORE_AFTER:
                values.append(scored.score if scored else None)
        cells = (said.answers.cell(name) for name in place.ids)
        return [*values, opens(result, next(filter(None, cells), None))]


def _fields(tables: Sequence[Table]) -> list[Field]:
    """The columns of all tables, each once, by their first appearance."""
    found: dict[str, Field] = {}
    for table in tables:
        for column in table.columns:
            found.setdefault(column.id, column)
    return list(found.values())


def _columns(fields: Sequence[Field]) -> Iterator[Column]:
    """The inputs, the computed columns in their places among them."""
    for field in fields:
        width = _WIDTHS.get(field.type, 9.0)
        if field.type is FieldType.TEXT and (field.max_length or _SHORT + 1) <= _SHORT:
            width = 10.0
        yield Column(field.label, width, STYLE[field.type])
        if field.id == _RATE_AFTER:
            yield _RATE
        if field.id == _SCORE_AFTER:
            yield _SCORE


def _rules(scheme: Scheme) -> dict[str, AnnexRows]:
    """Which rule scores a table, by the table's id."""
    rules = (each.rule for each in scheme.indicators)
    return {rule.table.id: rule for rule in rules if isinstance(rule, AnnexRows)}
