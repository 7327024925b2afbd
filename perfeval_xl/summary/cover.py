"""The sheet 概览: twelve narrow columns; tiles, then the grades beside their chart, then the totals and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.excel.book import A4, Book, Page, Paper, Styled, Value
from perfeval_xl.results import CommonIssue, District, Overview
from perfeval_xl.summary.figures import UNGRADED, Round

_BARS = ("#70AD47", "#5B9BD5", "#FFC000", "#ED7D31", "#C00000")  # grades, best first
_OPEN_BAR = "#A5A5A5"
_LAST = 11


def overview_sheet(book: Book, round_: Round) -> None:
    district, figures, scheme = round_.district, round_.figures, round_.district.scheme
    page = book.page("概览", Paper(A4, landscape=False), round_.title)
    page.raw.set_column(0, _LAST, 8)
    page.raw.set_row(0, 42)
    page.across(0, 0, _LAST, round_.title, "title")
    deadline = f" · 截止日期 {district.deadline:%Y-%m-%d}" if district.deadline else ""
    page.raw.set_row(1, 30)
    subtitle = f"{district.name} · {scheme.unit_title}（{scheme.id} {scheme.version}）{deadline}"
    page.across(1, 0, _LAST, subtitle, "subtitle")
    row = _section(page, 3, "交表情况")
    row = _tiles(page, row, _return_tiles(figures))
    if figures.unplaced:
        note = f"另有 {figures.unplaced} 个未受理的文件不在其中：单位不明、不在名册，或另有一份已采用。见“未交单位”。"
        page.raw.set_row(row, 26)
        page.across(row, 0, _LAST, note, "note")
    row = _section(page, row + 1, "等级分布")
    row = _grades(page, row, district, figures)
    row = _section(page, row + 1, "复核总分（只统计已定分的单位）")
    row = _tiles(page, row, _total_tiles(figures))
    row = _section(page, row + 1, "发现的问题")
    lines = [(severity.label, found, files) for severity, found, files in figures.severities]
    row = _lines(page, row, (("级别", 0, 1), ("条数", 2, 3), ("涉及文件", 4, 5)), lines)
    row = _section(page, row + 1, "最常见的问题")
    heads = (("序号", 0, 0), ("问题", 1, 7), ("级别", 8, 8), ("条数", 9, 9), ("涉及文件", 10, 11))
    _lines(page, row, heads, [_common_line(*each) for each in enumerate(figures.common, start=1)])


def _section(page: Page, row: int, title: str) -> int:
    page.raw.set_row(row, 22)
    page.across(row, 0, _LAST, title, "section")
    return row + 1


def _tiles(page: Page, row: int, tiles: Sequence[tuple[str, Value, str]]) -> int:
    """Labels over large figures, each two columns wide; '—' where there is no figure."""
    page.raw.set_row(row + 1, 30)
    for column, (label, value, style) in enumerate(tiles):
        page.across(row, 2 * column, 2 * column + 1, label, "head")
        page.across(row + 1, 2 * column, 2 * column + 1, "—" if value is None else value, style)
    return row + 2


def _return_tiles(figures: Overview) -> list[tuple[str, Value, str]]:
    share = Decimal(figures.accepted) / figures.due if figures.due else None
    return [
        ("应交", figures.due, "tile_count"),
        ("已交", figures.accepted, "tile_count"),
        ("其中暂定", figures.provisional, "tile_count"),
        ("未受理", figures.set_aside, "tile_count"),
        ("未交", figures.awaited, "tile_count"),
        ("交表率", share, "tile_percent"),
    ]


def _total_tiles(figures: Overview) -> list[tuple[str, Value, str]]:
    totals = figures.totals
    return [
        ("平均分", totals.mean if totals else None, "tile_score"),
        ("中位数", totals.median if totals else None, "tile_score"),
        ("最高分", totals.highest if totals else None, "tile_score"),
        ("最低分", totals.lowest if totals else None, "tile_score"),
        ("已定分单位", totals.count if totals else 0, "tile_count"),
        ("与自评不符", figures.disagreeing, "tile_count"),
    ]


def _grades(page: Page, top: int, district: District, figures: Overview) -> int:
    """The distribution's table, its column chart beside it; the chart stands even when every count is 0."""
    texts = {grade.name: grade.text for grade in district.scheme.grades}
    counts = [(name, texts[name], count) for name, count in figures.grades]
    counts.append((UNGRADED, "暂定，等级未定", figures.ungraded))
    shares = [Decimal(count) / figures.accepted if figures.accepted else None for _, _, count in counts]
    lines = [
        (name, text, count, "—" if share is None else Styled(share, "percent"))
        for (name, text, count), share in zip(counts, shares, strict=True)
    ]
    end = _lines(page, top, (("等级", 0, 0), ("分数", 1, 3), ("单位数", 4, 4), ("占比", 5, 5)), lines, height=30)
    colours = [_BARS[number % len(_BARS)] for number in range(len(lines) - 1)]
    _grade_chart(page, top, end - 1, [*colours, _OPEN_BAR])
    return end


def _grade_chart(page: Page, top: int, last: int, colours: Sequence[str]) -> None:
    chart = page.new_chart("column")
    sheet = page.raw.get_name()
    chart.add_series(
        {
            "name": "单位数",
            "categories": [sheet, top + 1, 0, last, 0],
            "values": [sheet, top + 1, 4, last, 4],
            "data_labels": {"value": True, "font": {"size": 10}},
            "points": [{"fill": {"color": colour}} for colour in colours],
            "gap": 60,
        }
    )
    chart.set_title({"name": "各等级单位数", "name_font": {"size": 11, "bold": False}})
    chart.set_legend({"none": True})
    chart.set_x_axis({"num_font": {"size": 10}})
    chart.set_y_axis({"min": 0, "visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": 350, "height": 20 + 40 * (last - top)})  # six columns by the table's rows, in pixels
    page.raw.insert_chart(top, 6, chart, {"x_offset": 8, "y_offset": 0, "object_position": 1})


def _lines(
    page: Page,
    top: int,
    heads: Sequence[tuple[str, int, int]],
    lines: Sequence[Sequence[Value | Styled]],
    height: float = 18,
) -> int:
    """A small table; each head has its first and last column. Returns the row after it."""
    for title, first, last in heads:
        page.across(top, first, last, title, "head")
    for row, line in enumerate(lines, start=top + 1):
        page.raw.set_row(row, height)
        for (_, first, last), value in zip(heads, line, strict=True):
            page.across(row, first, last, value, "count")
    if not lines:
        page.across(top + 1, heads[0][1], heads[-1][2], "（无）", "centre")
    return top + 1 + max(len(lines), 1)


def _common_line(number: int, issue: CommonIssue) -> tuple[Value | Styled, ...]:
    return number, Styled(issue.meaning, "text"), issue.severity.label, issue.times, issue.files
