"""submissions: one row an answer of the returns that count. A blank has its row too; a wholly empty annex row has none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal

from perfeval_xl.dataset.schema import Column, Kind, Row, Rows, Table, count, fitting
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer, Submission
from perfeval_xl.scheme.model import Scheme

_PLACES = 8  # a percentage is taken with as many
_ANNEX_ROW = slice(2, 4)  # of what ``_heads`` gives: table and row
_NO_ROW: Row = ("", None)

_COLUMNS = (
    Column("unit_code", "单位代码"),
    Column("field", "填报项编号，见本字典中的 field 各行"),
    Column("indicator", "所属指标的编号；表头和自评说明的为空"),
    Column("table", "附表编号；不在附表中的为空"),
    count("row", "附表第几行（从 1 起）"),
    Column("column", "附表的列编号"),
    Column("label", "填报项名称"),
    Column("type", "yesno、count、amount、percent、number、score、date、text、choice"),
    Column("unit", "value_number 的计量单位；比率为小数（0.9825 即 98.25%）"),
    Column("value_number", "数值，按填报项取定的小数位，不经浮点", Kind.DECIMAL, "见 unit 列", _PLACES),
    Column("value_date", "日期", Kind.DATE),
    Column("value_bool", "是为 true，否为 false", Kind.BOOLEAN),
    Column("value_text", "文字和选项；日期项填“未公开”一类的也在此"),
    Column("raw", "单元格里原来的内容"),
    Column("problem", "这一格的问题代码（docs/findings.md）；没有可用的值而有代码的，是填错，不是空白"),
    Column("prefilled", "是否仍是下发时预填的内容", Kind.BOOLEAN),
    Column("sheet", "所在工作表"),
    Column("cell", "所在单元格"),
)


class AnswerRows(Rows):
    """The rows of returns under a scheme."""

    def __init__(self, scheme: Scheme) -> None:
        self._heads = _heads(scheme)

    def of(self, result: UnitResult) -> Iterator[Row]:
        if result.submission and result.card:
            yield from self.answers(result.submission, result.prefilled)

    def answers(self, submission: Submission, prefilled: Collection[str] = ()) -> Iterator[Row]:
        """Those of one return; ``prefilled`` are the fields (ids) that still hold what its blank was issued with."""
        heads = self._heads
        begun = {heads[each.field][_ANNEX_ROW] for each in submission.answers.values() if not each.blank}
        for field, head in heads.items():
            if head[_ANNEX_ROW] != _NO_ROW and head[_ANNEX_ROW] not in begun:
                continue
            answer = submission.answers[field]
            yield (
                submission.unit_code,
                *head,
                *_typed(answer),
                answer.raw,
                answer.problem or "",
                field in prefilled,
                *((answer.cell.sheet, answer.cell.ref) if answer.cell else ("", "")),
            )


def _typed(answer: Answer) -> Row:
    """The value in the column of its kind: number, date, bool, text."""
    value = answer.value
    return (
        fitting(value, _PLACES) if isinstance(value, Decimal) else None,
        value if isinstance(value, date) else None,
        value if isinstance(value, bool) else None,
        value if isinstance(value, str) else "",
    )


def _heads(scheme: Scheme) -> Mapping[str, Row]:
    """What is the same in all returns, by field id: field, indicator, table, row, column, label, type, unit."""
    places: dict[str, Row] = {
        table.field_id(row, column.id): (table.id, row, column.id)
        for table in scheme.tables
        for row in range(1, table.rows + 1)
        for column in table.columns
    }
    return {
        each.id: (
            each.id,
            scheme.row_of[each.id].code if each.id in scheme.row_of else "",
            *places.get(each.id, (*_NO_ROW, "")),
            scheme.full_label(each.id),
            each.type.value,
            each.unit,
        )
        for each in scheme.fields.values()
    }


SUBMISSIONS = Table(
    "submissions",
    "填报内容：采用的表中一个填报项一行，未填的也有（值为空，不是 0）；附表中整行空白的不列",
    _COLUMNS,
    lambda round_: AnswerRows(round_.district.scheme),
)
