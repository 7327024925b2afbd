"""The sheet 裁定情况 of the district's workbook: every row on which a ruling decided."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.excel.book import A3, Book, Column, Paper, Styled, Value
from perfeval_xl.numbers import show_span
from perfeval_xl.results import UnitResult
from perfeval_xl.summary.figures import Round

SHEET = "裁定情况"
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


def rulings_sheet(book: Book, round_: Round) -> None:
    district = round_.district
    page = book.page(SHEET, Paper(A3), round_.title)
    rows = [row for result in district.results for row in _rows(result)]
    note = f"复核总分和等级已计入下列 {len(rows)} 项裁定；还有 {district.rulings.waiting} 项待裁定，在 rulings.xlsx 中填写。"
    top = page.heading(SHEET, note, len(_COLUMNS) - 1)
    page.table(top, _COLUMNS, rows, repeat_from=top, frozen_columns=3)


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
