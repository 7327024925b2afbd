"""The sheet 附表汇总: the annex rows of the accepted returns that are in use, with their completion rates and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfeval_xl.excel.book import A3, Book, Column, Paper, Styled, Value
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.summary.figures import Round, opens
from perfeval_xl.summary.returns import STYLE, accepted, answer_cell, limits

SHEET = "附表汇总"
_NOTE = (
    "采用的报表附表中有内容的各行，一行一条。完成率、得分按评分标准重算，空白为算不出；红底为填了但不能用的内容，照原样列出。"
    "长的文字只列开头。点“打开”可到批注文件中的这一行。"
)
_UNIT = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 24),
    Column("附表", 10, "centre"),
    Column("行", 5, "count"),
)
_RATE, _SCORE = Column("完成率", 10, "rate"), Column("得分", 8, "score")
_OPENS = Column("批注文件", 9, "centre")
_RATE_AFTER, _SCORE_AFTER = "actual", "weight"  # as in the annex itself
_WIDTHS = {FieldType.TEXT: 30.0, FieldType.NUMBER: 12.0, FieldType.SCORE: 8.0}
_SHORT = 50  # characters: a column that takes no more is narrow


def annex_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A3), round_.title)
    district = round_.district
    fields = _fields(district.scheme.tables)
    columns = [*_UNIT, *_columns(fields), _OPENS]
    used = sum(1 for _ in _used(district))
    top = page.heading(SHEET, _NOTE + limits(used, "行"), len(columns) - 1)
    page.table(top, columns, _rows(district, fields), repeat_from=top, frozen_columns=2)


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


def _used(district: District) -> Iterator[tuple[UnitResult, Submission, Table, int]]:
    """The rows in use, by unit, in the order of the form."""
    for result, said in accepted(district):
        for table in district.scheme.tables:
            for row in range(1, table.rows + 1):
                if not all(said.answers[field].blank for field in table.row_ids(row)):
                    yield result, said, table, row


def _rows(district: District, fields: Sequence[Field]) -> Iterator[list[Value | Styled]]:
    rules = _rules(district.scheme)
    for result, said, table, row in _used(district):
        rule = rules.get(table.id)
        scored = rule.line_score(said.answers, row) if rule else None
        values: list[Value | Styled] = [result.unit_code, result.unit_name, table.title, row]
        for field in fields:
            own = field.id in table.column
            values.append(answer_cell(field, said.answers[table.field_id(row, field.id)]) if own else None)
            if field.id == _RATE_AFTER:
                values.append(scored.rate if scored else None)
            if field.id == _SCORE_AFTER:
                values.append(scored.score if scored else None)
        cells = (said.answers.cell(field) for field in table.row_ids(row))
        yield [*values, opens(result, next(filter(None, cells), None))]


def _rules(scheme: Scheme) -> dict[str, AnnexRows]:
    """Which rule scores a table, by the table's id."""
    rules = (each.rule for each in scheme.indicators)
    return {rule.table.id: rule for rule in rules if isinstance(rule, AnnexRows)}
