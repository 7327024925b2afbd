"""The sheet 封面: two pages of twelve narrow columns, for the director: the round at a glance, and what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce

from perfeval_xl.analysis import ScoreClass, TypeFigures, by_loss, score_classes, share
from perfeval_xl.excel.book import A4, Book, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import ZERO, show_number
from perfeval_xl.overview import Overview
from perfeval_xl.summary.awaited import AwaitedSheet
from perfeval_xl.summary.blocks import BARS, OPEN_BAR, PIXELS, PLAIN_BAR, Cells, Series, Span, block, chart, insert
from perfeval_xl.summary.figures import ROW, UNGRADED, UNTYPED, Round, goes_to
from perfeval_xl.summary.issues import IssuesSheet
from perfeval_xl.summary.losses import LossesSheet
from perfeval_xl.summary.ranking import RankingSheet

_WIDTH, _PIXELS = 8, 61
"""Of one column, in characters and in pixels."""
_HEAD_ROW, _GRADE_ROW, _CLASS_ROW, _BACK_ROW = 18, 26, 14.25, 16
"""The least heights of rows, in points: each of the two pages is one of A4 upright."""
_MOST_TYPES, _COSTLIEST, _COMMONEST = 7, 5, 6
"""How many types of units, rows of the form and kinds of finding are named here."""


def cover_sheet(book: Book, round_: Round, contents: Sequence[tuple[str, str]]) -> None:
    """Add the sheet; ``contents`` are the other sheets' names and what is in them."""
    last = max(11, 6 + len(round_.figures.grades))  # the table of types needs a column a grade
    page = book.page("封面", Paper(A4, landscape=False), round_.title)
    page.raw.set_column(0, last, _WIDTH)
    cover = _Cover(page, round_, last)
    row = cover.head()
    row = cover.returns(row)
    row = cover.grades(row)
    row = cover.totals(row)
    row = cover.losses(row)
    page.raw.set_h_pagebreaks([row])
    row = cover.types(row)
    row = cover.findings(row)
    row = cover.contents(row, contents)
    page.raw.print_area(0, 0, row - 1, last)  # the charts touch the column behind it


class _Cover:
    """Writes the sections from top to bottom; each takes the row to begin in and returns the one after it."""

    def __init__(self, page: Page, round_: Round, last: int) -> None:
        self._page, self._round, self._last = page, round_, last

    def head(self) -> int:
        page, district, scheme = self._page, self._round.district, self._round.district.scheme
        deadline = f" · 截止日期 {district.deadline:%Y-%m-%d}" if district.deadline else ""
        subtitle = f"{district.name} · {scheme.unit_title}（{scheme.id} {scheme.version}）{deadline}"
        width = _WIDTH * (self._last + 1)
        page.raw.set_row(0, 18 + 22 * line_count(self._round.title, width / 1.7))  # its signs are that much larger
        page.across(0, 0, self._last, self._round.title, "title")
        page.raw.set_row(1, height_of(1 + line_count(subtitle, width)) - 8)
        page.across(1, 0, self._last, subtitle, "subtitle")
        return 2

    def _section(self, row: int, title: str, sheet: str = "") -> int:
        """A heading; ``sheet`` is the one that says more, linked at the right edge."""
        self._page.raw.set_row(row, 8)
        self._page.raw.set_row(row + 1, 22)
        self._page.across(row + 1, 0, self._last - 2, title, "section")
        if sheet:
            self._page.across(row + 1, self._last - 1, self._last, goes_to(sheet, f"见“{sheet}”"), "goes")
        return row + 2

    def _tiles(self, row: int, tiles: Sequence[tuple[str, Value, str]]) -> int:
        """Labels over large figures, each two columns wide; '—' where there is no figure."""
        self._page.raw.set_row(row, _HEAD_ROW)
        self._page.raw.set_row(row + 1, 30)
        for column, (label, value, style) in enumerate(tiles):
            self._page.across(row, 2 * column, 2 * column + 1, label, "head")
            self._page.across(row + 1, 2 * column, 2 * column + 1, "—" if value is None else value, style)
        return row + 2

    def _note(self, row: int, text: str) -> int:
        self._page.raw.set_row(row, height_of(line_count(text, 1.1 * _WIDTH * (self._last + 1))))
        self._page.across(row, 0, self._last, text, "note")
        return row + 1

    def _span(self, title: str, first: int, last: int, style: str = "count") -> Span:
        return Span(title, first, last, _WIDTH * (last - first + 1), style)

    def returns(self, row: int) -> int:
        figures = self._round.figures
        row = self._tiles(self._section(row, "交表情况", AwaitedSheet.name), _return_tiles(figures))
        if figures.unplaced:
            said = f"另有 {figures.unplaced} 个未受理的文件不在其中：单位不明、不在名册，或另有一份已采用。"
            row = self._note(row, said)
        if self._round.counted != "单位":
            filings = self._round.district.filings
            owners = {each.owner for each in filings.values()}
            row = self._note(
                row, f"一个项目一份表：{len(owners)} 个单位，共 {len(filings)} 个项目。各表中一行是一个项目。"
            )
        return row

    def grades(self, row: int) -> int:
        """The distribution's table, its chart beside it; the chart stands even when every count is 0."""
        figures = self._round.figures
        texts = {grade.name: grade.text for grade in self._round.district.scheme.grades}
        counts = [(name, texts[name], count) for name, count in figures.grades]
        counts.append((UNGRADED, "暂定，等级未定", figures.ungraded))
        lines = [(*line, _or_dash(share(line[2], figures.accepted), "percent")) for line in counts]
        top = self._section(row, "等级分布", RankingSheet.name)
        spans = [
            self._span("等级", 0, 0),
            self._span("分数", 1, 3),
            self._span(f"{self._round.counted}数", 4, 4),
            self._span("占比", 5, 5),
        ]
        end = block(self._page, top, spans, lines, _GRADE_ROW)
        made = Series(f"{self._round.counted}数", Cells(4, top + 1, end - 1), _colours(figures))
        self._chart(
            f"各等级{self._round.counted}数", Cells(0, top + 1, end - 1), made, top, 6, _GRADE_ROW * (end - top)
        )
        return end

    def totals(self, row: int) -> int:
        """Mean, median and range, then the classes of totals beside their chart."""
        settled = [each.unit.total for each in self._round.ranked if each.unit.total is not None]
        title = f"复核总分（只统计已定分的{self._round.counted}；分数段含下限，最高一段含满分）"
        row = self._tiles(self._section(row, title, RankingSheet.name), _total_tiles(self._round))
        self._page.raw.set_row(row, 6)
        top = row + 1
        classes = score_classes(settled, self._round.district.scheme.points)
        lines = [
            (_class_text(each), each.count, _or_dash(share(each.count, len(settled)), "percent")) for each in classes
        ]
        spans = [self._span("分数段", 0, 1), self._span(f"{self._round.counted}数", 2, 2), self._span("占比", 3, 3)]
        end = block(self._page, top, spans, lines, _CLASS_ROW)
        made = Series(f"{self._round.counted}数", Cells(2, top + 1, end - 1), [PLAIN_BAR])
        height = _CLASS_ROW * (end - top)
        self._chart(f"复核总分分布（{self._round.counted}数）", Cells(0, top + 1, end - 1), made, top, 4, height)
        return end

    def _chart(self, title: str, labels: Cells, series: Series, row: int, column: int, height: float) -> None:
        """Columns from ``column`` to the right edge, ``height`` points high."""
        made = chart(self._page, "column", title, labels, [series])
        insert(self._page, made, row, column, _PIXELS * (self._last + 1 - column), height * PIXELS)

    def losses(self, row: int) -> int:
        indicators = self._round.indicators
        everything = sum((each.lost for each in indicators), ZERO)
        costly = [each for each in by_loss(indicators)[:_COSTLIEST] if each.lost]
        lines: list[list[Value | Styled]] = [
            [
                number,
                Styled(each.indicator.name, "text"),
                each.indicator.points,
                each.rate,
                each.short,
                each.lost,
                share(each.lost, everything),
            ]
            for number, each in enumerate(costly, start=1)
        ]
        last = self._last
        spans = [
            self._span("序号", 0, 0),
            self._span("指标", 1, last - 6),
            self._span("分值", last - 5, last - 5, "number"),
            self._span("全区得分率", last - 4, last - 3, "percent"),
            self._span(f"失分{self._round.counted}", last - 2, last - 2),
            self._span("失分合计", last - 1, last - 1, "score"),
            self._span("占失分", last, last, "percent"),
        ]
        return block(self._page, self._section(row, "失分最多的指标", LossesSheet.name), spans, lines, ROW)

    def types(self, row: int) -> int:
        """The table of types, its chart of grades below."""
        round_ = self._round
        shown = list(round_.types[:_MOST_TYPES])
        if more := round_.types[_MOST_TYPES:]:
            shown.append(replace(reduce(_together, more), type=f"其余 {len(more)} 类", totals=None))
        last, grades = self._last, [name for name, _ in round_.figures.grades]
        first = last - len(grades)
        heads = ["应交", "已交", "平均分", "中位数", *grades, UNGRADED]
        spans = [self._span("单位类型", 0, first - 5)]
        styles = dict.fromkeys(("平均分", "中位数"), "score")
        spans += [self._span(head, each, each, styles.get(head, "count")) for each, head in enumerate(heads, first - 4)]
        top = self._section(row, "各类型单位", RankingSheet.name)
        lines = [_type_line(each) for each in shown]
        if lines:
            lines.append([Styled(round_.whole.type, "head"), *_type_line(round_.whole)[1:]])
        end = block(self._page, top, spans, lines, _BACK_ROW)
        if lines:
            self._page.raw.set_row(end, 6)
            self._types_chart(end + 1, Cells(0, top + 1, top + len(shown)), [*grades, UNGRADED], first)
            end += 2
        return end

    def _types_chart(self, row: int, labels: Cells, grades: Sequence[str], first: int) -> None:
        """A bar a type, parted by grade, in one high row."""
        series = [
            Series(name, Cells(column, labels.first, labels.last), [colour])
            for column, (name, colour) in enumerate(zip(grades, _colours(self._round.figures), strict=True), first)
        ]
        height = 64 + 16 * (labels.last - labels.first + 1)
        self._page.raw.set_row(row, height)
        made = chart(self._page, "bar", f"各类型单位的等级构成（{self._round.counted}数）", labels, series, shares=True)
        insert(self._page, made, row, 0, _PIXELS * (self._last + 1), height * PIXELS)

    def findings(self, row: int) -> int:
        figures = self._round.figures
        row = self._section(row, "发现的问题", IssuesSheet.name)
        said = "，".join(f"{each.label} {found} 条（{files} 份报表）" for each, found, files in figures.severities)
        row = self._note(row, f"共发现：{said}。最常见的是：")
        last = self._last
        spans = [
            self._span("序号", 0, 0),
            self._span("问题", 1, last - 4, "text"),
            self._span("级别", last - 3, last - 3),
            self._span("条数", last - 2, last - 2),
            self._span("涉及文件", last - 1, last),
        ]
        lines: list[list[Value | Styled]] = [
            [number, each.meaning, each.severity.label, each.times, each.files]
            for number, each in enumerate(figures.common[:_COMMONEST], start=1)
        ]
        return block(self._page, row, spans, lines, _BACK_ROW)

    def contents(self, row: int, contents: Sequence[tuple[str, str]]) -> int:
        spans = [self._span("工作表", 0, 1, "link"), self._span("内容", 2, self._last, "text")]
        lines: list[list[Value | Styled]] = [[goes_to(name, name), holds] for name, holds in contents]
        return block(self._page, self._section(row, "目录"), spans, lines, _BACK_ROW)


def _or_dash(value: Value, style: str) -> Value | Styled:
    return "—" if value is None else Styled(value, style)


def _colours(figures: Overview) -> list[str]:
    """A colour a grade, and one for what has none yet."""
    return [*(BARS[number % len(BARS)] for number in range(len(figures.grades))), OPEN_BAR]


def _return_tiles(figures: Overview) -> list[tuple[str, Value, str]]:
    return [
        ("应交", figures.due, "tile_count"),
        ("已交", figures.accepted, "tile_count"),
        ("其中暂定", figures.provisional, "tile_count"),
        ("未受理", figures.set_aside, "tile_count"),
        ("未交", figures.awaited, "tile_count"),
        ("交表率", share(figures.accepted, figures.due), "tile_percent"),
    ]


def _total_tiles(round_: Round) -> list[tuple[str, Value, str]]:
    figures, totals = round_.figures, round_.figures.totals
    return [
        ("平均分", totals.mean if totals else None, "tile_score"),
        ("中位数", totals.median if totals else None, "tile_score"),
        ("最高分", totals.highest if totals else None, "tile_score"),
        ("最低分", totals.lowest if totals else None, "tile_score"),
        (f"已定分{round_.counted}", totals.count if totals else 0, "tile_count"),
        ("与自评不符", figures.disagreeing, "tile_count"),
    ]


def _class_text(each: ScoreClass) -> str:
    """90～95; the sheet says which end counts in."""
    if each.low is None:
        return f"不满 {show_number(each.high)}"
    return f"{show_number(each.low)}～{show_number(each.high)}"


def _together(one: TypeFigures, other: TypeFigures) -> TypeFigures:
    """The counts of two types added up; how their totals lie is neither's."""
    grades = tuple((name, count + more) for (name, count), (_, more) in zip(one.grades, other.grades, strict=True))
    ungraded = one.ungraded + other.ungraded
    return TypeFigures("", one.due + other.due, one.accepted + other.accepted, None, grades, ungraded)


def _type_line(each: TypeFigures) -> list[Value | Styled]:
    averages: tuple[Decimal | str, Decimal | str] = (
        (each.totals.mean, each.totals.median) if each.totals else ("—", "—")
    )
    counts = (count for _, count in each.grades)
    return [Styled(each.type or UNTYPED, "text"), each.due, each.accepted, *averages, *counts, each.ungraded]
