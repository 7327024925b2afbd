"""The sheet 指标得分率: every unit's score for every row of the form as a share of its points, coloured by it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from perfeval_xl.analysis import IndicatorFigures, class_of, share
from perfeval_xl.excel.book import A3, Book, Column, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import show_number
from perfeval_xl.results import Ranked
from perfeval_xl.scheme.fields import NOT_APPLICABLE, NotApplicable
from perfeval_xl.scheme.model import LEVEL_NAMES
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.summary.figures import HEAT, Round, opens, total_of

SHEET = "指标得分率"
_FIRST = 3
"""The first indicator's column."""
_WIDTH = 8.5  # four Chinese characters a line
_STATISTICS: tuple[tuple[str, Callable[[IndicatorFigures], Value], str], ...] = (
    ("全区得分率", lambda each: each.rate, "heat"),
    ("满分的{}数（含不适用）", lambda each: each.full + _full_waived(each), "count"),
    ("得部分分的{}数", lambda each: each.partial, "count"),
    ("得 0 分的{}数", lambda each: each.zero, "count"),
    ("没有得分的{}数", lambda each: each.open, "count"),
)
_LEGEND = (
    ("满分", Styled(1, "heat")),
    ("0 分", Styled(0, "heat")),
    ("不适用", Styled(1, "heat_full")),
    ("区局裁定", Styled(1, "heat_ruled")),
    ("没有得分", Styled(None, "void")),
)


def _full_waived(figures: IndicatorFigures) -> int:
    """Rows that were 不适用 and have their full points all the same."""
    return 0 if figures.indicator.rule.context.excludes else figures.not_applicable


def rates_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A3), round_.title)
    indicators = round_.district.scheme.indicators
    points = [Column(f"{show_number(each.points)} 分", _WIDTH, "heat") for each in indicators]
    columns = [
        Column("单位代码", 12, "centre"),
        Column("单位名称", 30),
        Column("单位类型", 12, "centre"),
        *points,
        Column("复核总分", 14, "score"),
        Column("批注文件", 9, "centre"),
    ]
    note = (
        f"格中是得分占分值的比例（得分率），底色从红到绿由低到高。灰字：不适用，{round_.district.scheme.waived}。蓝色粗体：区局裁定。灰底空格：缺数据"
        "或待人工核定，还没有得分。全区得分率：各单位得分合计占分值合计的比例，没有得分的不计。"
    )
    top = _heads(page, page.heading(SHEET, note, len(columns) - 1), round_)
    rows = [_row(each) for each in sorted(round_.ranked, key=lambda ranked: ranked.result.unit_code)]
    names = top - len(_STATISTICS) - 2
    end = page.table(top, columns, rows, repeat_from=names, frozen_columns=_FIRST, head_height=24)
    last = _FIRST + len(indicators) - 1
    page.raw.conditional_format(names + 2, _FIRST, names + 2, last, HEAT)
    page.raw.conditional_format(names + 2, last + 2, names + 1 + len(_LEGEND), last + 2, HEAT)
    if rows:
        page.raw.conditional_format(top + 1, _FIRST, end - 1, last, HEAT)


def _heads(page: Page, top: int, round_: Round) -> int:
    """The names of both levels, the district's figures; the row of points, which carries the filter buttons, comes next."""
    figures = round_.indicators
    indicators = [each.indicator for each in figures]
    page.raw.set_row(top, 24)
    page.raw.set_row(top + 1, height_of(max(line_count(each.name, _WIDTH) for each in indicators)))
    depth = round_.district.scheme.depth
    page.across(top, 0, _FIRST - 1, LEVEL_NAMES[depth - 1], "head")
    page.across(top + 1, 0, _FIRST - 1, f"{LEVEL_NAMES[depth]}（分值在最下一行）", "head")
    column = _FIRST
    for path, members in groupby(indicators, key=lambda indicator: indicator.path):
        names = [indicator.name for indicator in members]
        page.across(top, column, column + len(names) - 1, path[-1], "head")
        for name in names:
            page.put(top + 1, column, name, "head")
            column += 1
    for row, (label, figure, style) in enumerate(_STATISTICS, start=top + 2):
        page.raw.set_row(row, 15)
        page.across(row, 0, _FIRST - 1, _label(label, round_), "head")
        for at, each in enumerate(figures, start=_FIRST):
            page.put(row, at, figure(each), style)
    page.across(top, column, column + 1, None, "head")
    page.across(top + 1, column, column + 1, "图例", "head")
    for row, (label, sample) in enumerate(_LEGEND, start=top + 2):
        page.put(row, column, label, "centre")
        page.put(row, column + 1, sample)
    return top + 2 + len(_STATISTICS)


def _label(label: str, round_: Round) -> str:
    """A statistic's name as it is true of the round's scheme."""
    full = round_.district.scheme.not_applicable is NotApplicable.FULL
    return label.format(round_.counted) if full else label.format(round_.counted).removesuffix("（含不适用）")


def _row(ranked: Ranked) -> list[Value | Styled]:
    result, card = ranked.result, ranked.card
    who = (result.unit_code, result.unit_name, result.unit_type)
    return [*who, *(_cell(row) for row in card.rows), total_of(card), opens(result)]


def _cell(row: IndicatorScore) -> Value | Styled:
    if row.excluded:
        return Styled(NOT_APPLICABLE, "heat_full")
    if row.final is None:
        return Styled(None, "void")
    rate = share(row.final, row.indicator.points)
    if row.ruling is not None:
        return Styled(rate, "heat_ruled")
    return Styled(rate, "heat_full") if class_of(row) == "not_applicable" else rate
