"""The sheet 裁定情况 of the district's workbook: every row on which a ruling decided."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.excel.book import A3, Book, Column, Paper, Styled, Value
from perfeval_xl.numbers import show_span
from perfeval_xl.results import UnitResult
from perfeval_xl.summary.figures import Round
from perfeval_xl.summary.sheet import Sheet, exported

_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 26),
    Column("指标", 24),
    Column("分值", 8, "score_full"),
    Column("自评分", 9, "score"),
    Column("重算分", 13, "score"),
    Column("裁定", 11, "centre"),
    Column("裁定得分", 10, "score_ruled"),
    Column("裁定－重算", 11, "difference"),
    Column("理由", 52),
    Column("裁定人", 11, "centre"),
    Column("日期", 12, "centre"),
)


class RulingsSheet(Sheet):
    """A line a ruling, in the order of the roster and of the form."""

    name = "裁定情况"
    holds = "区局裁定的指标、得分和理由"
    rest = exported("scores")
    linked = False

    def take(self, result: UnitResult) -> None:
        self._lines.add(list(_rows(result)))

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        waiting = self._district.rulings.waiting
        note = f"复核总分和等级已计入下列 {self.rows} 项裁定；还有 {waiting} 项待裁定，在 rulings.xlsx 中填写。"
        top = self._heading(page, note, _COLUMNS)
        page.table(top, _COLUMNS, iter(self._lines), repeat_from=top, frozen_columns=3, count=self.rows)


def _rows(result: UnitResult) -> Iterator[list[Value | Styled]]:
    for row in result.card.ruled if result.card is not None else ():
        ruling, outcome = row.ruling, row.outcome
        assert ruling is not None  # that is what ``ruled`` means
        yield [
            result.unit_code,
            result.unit_name,
            row.indicator.name,
            row.indicator.points,
            row.self_score,
            show_span(outcome.low, outcome.high) if row.score is None else row.score,
            ruling.decision.label,
            ruling.score,
            None if row.score is None else ruling.score - row.score,
            ruling.reason,
            ruling.name,
            ruling.day.isoformat(),
        ]
