"""The sheet 失分分析: where the district loses points, the costliest row of the form first, beside its chart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from perfeval_xl.analysis import IndicatorFigures, by_loss, share
from perfeval_xl.excel.book import A3, Book, Column, Paper, Styled, Value
from perfeval_xl.numbers import ZERO
from perfeval_xl.summary.blocks import PIXELS, PLAIN_BAR, Cells, Series, chart, insert
from perfeval_xl.summary.figures import HEAT, Round
from perfeval_xl.summary.sheet import Sheet

_COLUMNS = (
    Column("序号", 6, "count"),
    Column("指标", 36),
    Column("上级指标", 12, "centre"),
    Column("分值", 7, "number"),
    Column("全区\n得分率", 9, "heat"),
    Column("满分", 8, "count"),
    Column("90%以上\n未满分", 9, "count"),
    Column("60%以上\n不到90%", 9, "count"),
    Column("不到60%", 9, "count"),
    Column("0 分", 8, "count"),
    Column("不适用", 8, "count"),
    Column("未定", 8, "count"),
    Column("失分合计", 10, "score"),
    Column("占全部\n失分", 9, "percent"),
)
_NAME, _LEVEL, _RATE, _LOST = 1, 2, 4, 12
_ROW, _WIDTH = 24, 680
"""The height of a row in points; the chart's width in pixels."""


class LossesSheet(Sheet):
    """As many lines as the form has; their figures come with the round."""

    name = "失分分析"
    holds = "全区在哪些指标上失分多：全部指标按失分排列，各得分档的{filing}数"
    rest = ""

    def write(self, book: Book, round_: Round) -> None:
        page = book.page(self.name, Paper(A3), round_.title)
        page.raw.set_default_row(_ROW)
        ordered = by_loss(round_.indicators)
        everything = sum((each.lost for each in ordered), ZERO)
        note = (
            f"全区在哪些指标上失分多，按失分合计排列。失分合计：各{round_.counted}的分值减得分之和（分），缺数据或待人工核定的不计。"
            f"中间各列是{round_.counted}数，按得分占分值的比例分档；不适用的{round_.district.scheme.waived}，单列。"
        )
        top = page.heading(self.name, note, len(_COLUMNS) - 1)
        inner = round_.district.scheme.level_names[-2]
        columns = [replace(each, title=inner) if place == _LEVEL else each for place, each in enumerate(_COLUMNS)]
        rows = (_row(number, each, everything) for number, each in enumerate(ordered, start=1))
        end = page.table(top, columns, rows, repeat_from=top, frozen_columns=2)
        page.raw.conditional_format(top + 1, _RATE, end - 1, _RATE, HEAT)
        lost = Series("失分合计", Cells(_LOST, top + 1, end - 1), [PLAIN_BAR])
        names, title = Cells(_NAME, top + 1, end - 1), "各指标失分合计（分）"
        made = chart(page, "bar", title, names, [lost], form="0.00", most=ordered[0].lost)
        page.raw.set_column(len(_COLUMNS), len(_COLUMNS), 2)
        insert(page, made, top, len(_COLUMNS) + 1, _WIDTH, _ROW * (end - top) * PIXELS)


def _row(number: int, each: IndicatorFigures, everything: Decimal) -> list[Value | Styled]:
    indicator = each.indicator
    return [
        number,
        indicator.name,
        indicator.path[-1],
        indicator.points,
        each.rate,
        each.full,
        each.high,
        each.middle,
        each.low,
        each.zero,
        each.not_applicable,
        each.open,
        each.lost,
        share(each.lost, everything),
    ]
