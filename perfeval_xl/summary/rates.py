"""The sheet 指标得分率: every unit's score for every row of the form as a share of its points, coloured by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from perfeval_xl.analysis import IndicatorFigures, class_of, share
from perfeval_xl.excel.book import A3, Book, Column, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import show_number
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.fields import NOT_APPLICABLE, NotApplicable
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.summary.figures import HEAT, Round, opens, total_of
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "格中是得分占分值的比例（得分率），底色从红到绿由低到高。灰字：不适用，{waived}。蓝色粗体：区局裁定。灰底空格：缺数据"
    "或待人工核定，还没有得分。全区得分率：各{{filing}}得分合计占分值合计的比例，没有得分的不计。"
)
_FIRST = 3
"""The first indicator's column."""
_WIDTH = 8.5  # four Chinese characters a line
_LEGEND = (
    ("满分", Styled(1, "heat")),
    ("0 分", Styled(0, "heat")),
    ("不适用", Styled(1, "heat_full")),
    ("区局裁定", Styled(1, "heat_ruled")),
    ("没有得分", Styled(None, "void")),
)


class RatesSheet(Sheet):
    """A line an accepted return, by unit code."""

    name = "指标得分率"
    holds = "各{filing}每项指标得分占分值的比例，以及各指标的全区得分率"
    rest = exported("scores")

    def take(self, result: UnitResult) -> None:
        if (card := result.card) is not None:
            who = (result.unit_code, result.unit_name, result.unit_type)
            line = [*who, *(_cell(row) for row in card.rows), total_of(card), opens(result)]
            self._lines.add([line], result.unit_code)

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        indicators = self._district.scheme.indicators
        columns = [
            Column("单位代码", 12, "centre"),
            Column("单位名称", 30),
            Column("单位类型", 12, "centre"),
            *(Column(f"{show_number(each.points)} 分", _WIDTH, "heat") for each in indicators),
            Column("复核总分", 14, "score"),
            Column("批注文件", 9, "centre"),
        ]
        names = self._heading(page, _NOTE.format(waived=self._district.scheme.waived), columns)
        top = _heads(page, names, round_)
        rows = self._lines.in_order()
        end = page.table(top, columns, rows, repeat_from=names, frozen_columns=_FIRST, head_height=24, count=self.rows)
        last = _FIRST + len(indicators) - 1
        page.raw.conditional_format(names + 2, _FIRST, names + 2, last, HEAT)
        page.raw.conditional_format(names + 2, last + 2, names + 1 + len(_LEGEND), last + 2, HEAT)
        if self.rows:
            page.raw.conditional_format(top + 1, _FIRST, end - 1, last, HEAT)


def _heads(page: Page, top: int, round_: Round) -> int:
    """The names of both levels, the district's figures; the row of points, which carries the filter buttons, comes next."""
    figures = round_.indicators
    indicators = [each.indicator for each in figures]
    statistics = _statistics(round_)
    names = round_.district.scheme.level_names
    page.height(top, 24)
    page.across(top, 0, _FIRST - 1, names[-2], "head")
    column = _FIRST
    for path, members in groupby(indicators, key=lambda indicator: indicator.path):
        first, column = column, column + len(list(members))
        page.across(top, first, column - 1, path[-1], "head")
    page.across(top, column, column + 1, None, "head")
    page.height(top + 1, height_of(max(line_count(each.name, _WIDTH) for each in indicators)))
    page.across(top + 1, 0, _FIRST - 1, f"{names[-1]}（分值在最下一行）", "head")
    for at, indicator in enumerate(indicators, start=_FIRST):
        page.put(top + 1, at, indicator.name, "head")
    page.across(top + 1, column, column + 1, "图例", "head")
    for row, ((label, figure, style), (said, sample)) in enumerate(zip(statistics, _LEGEND, strict=True), top + 2):
        page.height(row, 15)
        page.across(row, 0, _FIRST - 1, label, "head")
        for at, each in enumerate(figures, start=_FIRST):
            page.put(row, at, figure(each), style)
        page.put(row, column, said, "centre")
        page.put(row, column + 1, sample)
    return top + 2 + len(statistics)


def _statistics(round_: Round) -> Sequence[tuple[str, Callable[[IndicatorFigures], Value], str]]:
    """The district's figures of a row: what each is called, the figure, its style; as many as the legend has lines."""
    counted = f"的{round_.counted}数"
    waived = round_.district.scheme.not_applicable is NotApplicable.FULL
    return (
        ("全区得分率", lambda each: each.rate, "heat"),
        (
            f"满分{counted}{'（含不适用）' if waived else ''}",
            lambda each: each.full + (each.not_applicable if waived else 0),
            "count",
        ),
        (f"得部分分{counted}", lambda each: each.partial, "count"),
        (f"得 0 分{counted}", lambda each: each.zero, "count"),
        (f"没有得分{counted}", lambda each: each.open, "count"),
    )


def _cell(row: IndicatorScore) -> Value | Styled:
    if row.excluded:
        return Styled(NOT_APPLICABLE, "heat_full")
    if row.final is None:
        return Styled(None, "void")
    rate = share(row.final, row.indicator.points)
    if row.ruling is not None:
        return Styled(rate, "heat_ruled")
    return Styled(rate, "heat_full") if class_of(row) == "not_applicable" else rate
