"""The sheet 指标矩阵: every unit's score for every row of the form, coloured by its share of the points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from perfeval_xl.excel.book import A3, Book, Column, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import show_number
from perfeval_xl.results import Ranked
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.summary.figures import FULL, HALF, NONE, Round, total_of

_POINTS_WIDTH = 7.5  # three Chinese characters a line


def matrix_sheet(book: Book, round_: Round) -> None:
    page = book.page("指标矩阵", Paper(A3), round_.title)
    indicators = round_.district.scheme.indicators
    points = [Column(show_number(each.points), _POINTS_WIDTH, "score") for each in indicators]
    columns = [Column("单位代码", 11, "centre"), Column("单位名称", 30), *points, Column("复核总分", 15, "score")]
    note = "底色从绿到红：得分占分值的比例由高到低。灰字：不适用，按满分计。蓝字：区局裁定。灰底空格：缺数据或待人工核定，没有得分。"
    top = _matrix_heads(page, page.heading("指标矩阵", note, len(columns) - 1), indicators)
    rows = [_matrix_row(each) for each in sorted(round_.ranked, key=lambda ranked: ranked.result.unit_code)]
    end = page.table(top, columns, rows, repeat_from=top - 2, frozen_columns=2, head_height=24)
    if rows:
        for column, indicator in enumerate(indicators, start=2):
            page.raw.conditional_format(top + 1, column, end - 1, column, _scale(indicator))


def _matrix_heads(page: Page, top: int, indicators: Sequence[Indicator]) -> int:
    """Second-level names, then third-level names; the row of points, which carries the filter buttons, comes next."""
    page.raw.set_row(top, 30)
    page.raw.set_row(top + 1, height_of(max(line_count(each.name, _POINTS_WIDTH) for each in indicators)))
    page.across(top, 0, 1, "二级指标", "head")
    page.across(top + 1, 0, 1, "三级指标（下一行是分值）", "head")
    column = 2
    for (_, level2), members in groupby(indicators, key=lambda indicator: (indicator.level1, indicator.level2)):
        names = [indicator.name for indicator in members]
        page.across(top, column, column + len(names) - 1, level2, "head")
        for name in names:
            page.put(top + 1, column, name, "head")
            column += 1
    page.put(top, column, None, "head")
    page.put(top + 1, column, None, "head")
    return top + 2


def _matrix_row(ranked: Ranked) -> list[Value | Styled]:
    result, card = ranked.result, ranked.card
    return [result.unit_code, result.unit_name, *(_matrix_cell(row) for row in card.rows), total_of(card)]


def _matrix_cell(row: IndicatorScore) -> Value | Styled:
    if row.final is None:
        return Styled(None, "void")
    if row.ruling is not None:
        return Styled(row.final, "score_ruled")
    return Styled(row.final, "score_full") if row.outcome.result is Result.NOT_APPLICABLE else row.final


def _scale(indicator: Indicator) -> dict[str, object]:
    return {
        "type": "3_color_scale",
        "min_type": "num",
        "mid_type": "num",
        "max_type": "num",
        "min_value": 0,
        "mid_value": float(indicator.points / 2),
        "max_value": float(indicator.points),
        "min_color": NONE,
        "mid_color": HALF,
        "max_color": FULL,
    }
