"""The district's workbook, summary/全区汇总.xlsx: overview, ranking, matrix, findings, resubmissions, units still awaited.

Every cell is a constant. All figures come from the score cards, in Decimal; a score that could not be worked out is an
empty cell, never 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import A3, A4, Book, Column, Link, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.files import write_atomically
from perfeval_xl.findings import FindingGroup, Severity, grouped, places
from perfeval_xl.numbers import show_number, show_score
from perfeval_xl.resubmissions import resubmissions_sheet
from perfeval_xl.results import CommonIssue, District, Overview, Ranked, UnitResult, overview, ranking
from perfeval_xl.rulings_sheet import rulings_sheet
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

PROVISIONAL, UNGRADED = "暂定", "未定"
_FULL, _HALF, _NONE = "#E2F0D9", "#FFF2CC", "#F8CBAD"  # the matrix's scale: all points, half of them, none
_BARS = ("#70AD47", "#5B9BD5", "#FFC000", "#ED7D31", "#C00000")  # grades, best first
_OPEN_BAR = "#A5A5A5"


def write_summary(district: District, path: Path) -> None:
    """Write the district's workbook to ``path``; the same district, the same bytes. PerfevalError if that fails."""
    write_atomically(path, build_summary(district))


def build_summary(district: District) -> bytes:
    """The district's workbook as bytes."""
    title = f"{district.department}{district.year}年度所属单位绩效自评汇总"
    # A file's date may not depend on the day of building: the day after the year evaluated stands for it.
    book = Book(datetime(district.year + 1, 1, 1), title, district.department)
    round_ = _Round(district, title, ranking(district.results), overview(district))
    _overview_sheet(book, round_)
    _ranking_sheet(book, round_)
    _matrix_sheet(book, round_)
    rulings_sheet(book, title, district)
    _findings_sheet(book, round_)
    resubmissions_sheet(book, title, district.results)
    _awaited_sheet(book, round_)
    return book.close()


@dataclass(frozen=True)
class _Round:
    district: District
    title: str
    ranked: Sequence[Ranked]
    figures: Overview


# 概览: twelve narrow columns; tiles, then the grades beside their chart, then the totals and the findings.

_LAST = 11


def _overview_sheet(book: Book, round_: _Round) -> None:
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


# 排名表


def _ranking_sheet(book: Book, round_: _Round) -> None:
    page = book.page("排名表", Paper(A3), round_.title)
    levels = [
        (level1.name, level2.name if level2 else None, level2.points if level2 else level1.points)
        for level1 in round_.district.scheme.levels
        for level2 in (None, *level1.levels)
    ]
    columns = [
        Column("名次", 7, "count"),
        Column("单位代码", 11, "centre"),
        Column("单位名称", 30),
        Column("单位类型", 11, "centre"),
        Column("自评总分", 10, "score"),
        Column("复核总分", 15, "score"),
        Column("差异\n（自评－复核）", 14, "difference"),
        Column("等级", 7, "centre"),
        *(Column(f"{level2 or level1}\n（{show_number(points)}）", 10, "score") for level1, level2, points in levels),
        Column("裁定\n项数", 8, "count"),
        Column("问题数", 8, "count"),
        Column("批注文件", 10, "centre"),
    ]
    note = "复核总分相同的名次并列。暂定：有指标缺数据或待人工核定，列出总分的可能范围，不排名次；相应的得分留空。"
    top = page.heading("排名表", note, len(columns) - 1)
    rows = [_ranking_row(each, [level[:2] for level in levels]) for each in round_.ranked]
    end = page.table(top, columns, rows, repeat_from=top, frozen_columns=3, head_height=44)
    if rows:
        page.mark(top + 1, 0, end - 1, PROVISIONAL, bg_color=_HALF)


def _ranking_row(ranked: Ranked, levels: Sequence[tuple[str, str | None]]) -> list[Value | Styled]:
    result, card = ranked.result, ranked.card
    claimed, total = card.self_total, card.total
    return [
        PROVISIONAL if ranked.place is None else ranked.place,
        result.unit_code,
        result.unit_name,
        result.unit_type,
        claimed,
        _total(card),
        None if claimed is None or total is None else claimed - total,
        card.grade or UNGRADED,
        *(card.level_score(*level) for level in levels),
        len(card.ruled),
        len(result.issues),
        _opens(result),
    ]


def _opens(result: UnitResult, cell: Cell | None = None) -> Link | None:
    """A link to the annotated copy, seen from summary/; to ``cell`` in it if given."""
    if result.reviewed is None:
        return None
    place = "'{}'!{}".format(cell.sheet.replace("'", "''"), cell.ref) if cell else ""
    return Link(f"../{result.reviewed}", "打开", place)


# 指标矩阵

_POINTS_WIDTH = 7.5  # three Chinese characters a line


def _matrix_sheet(book: Book, round_: _Round) -> None:
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
    return [result.unit_code, result.unit_name, *(_matrix_cell(row) for row in card.rows), _total(card)]


def _matrix_cell(row: IndicatorScore) -> Value | Styled:
    if row.final is None:
        return Styled(None, "void")
    if row.ruling is not None:
        return Styled(row.final, "score_ruled")
    return Styled(row.final, "score_full") if row.outcome.result is Result.NOT_APPLICABLE else row.final


def _total(card: ScoreCard) -> Value:
    return f"{show_score(card.total_min)}～{show_score(card.total_max)}" if card.total is None else card.total


def _scale(indicator: Indicator) -> dict[str, object]:
    return {
        "type": "3_color_scale",
        "min_type": "num",
        "mid_type": "num",
        "max_type": "num",
        "min_value": 0,
        "mid_value": float(indicator.points / 2),
        "max_value": float(indicator.points),
        "min_color": _NONE,
        "mid_color": _HALF,
        "max_color": _FULL,
    }


# 问题清单


def _findings_sheet(book: Book, round_: _Round) -> None:
    page = book.page("问题清单", Paper(A4), round_.title)
    columns = [
        Column("单位代码", 11, "centre"),
        Column("单位名称", 24),
        Column("级别", 7, "centre"),
        Column("指标", 20),
        Column("位置", 17),
        Column("问题", 62),
        Column("问题代码", 26),
        Column("批注文件", 9, "centre"),
    ]
    note = "按单位排列，先错误、后提醒和说明；内容相同的问题合为一条。点“打开”可到批注文件的相应单元格。"
    top = page.heading("问题清单", note, len(columns) - 1)
    end = page.table(top, columns, _findings_rows(round_.district), repeat_from=top, frozen_columns=2)
    for severity, colour in ((Severity.ERROR, "#C00000"), (Severity.WARNING, "#9C5700")):
        page.mark(top + 1, 2, end - 1, severity.label, font_color=colour)


def _findings_rows(district: District) -> Iterator[list[Value | Styled]]:
    """By unit (files without one last), severity, the form's order of indicators, place."""
    names = {indicator.code: indicator.name for indicator in district.scheme.indicators}
    severities, codes = list(Severity), list(names)

    def order(issue: FindingGroup) -> tuple[int, int, str]:
        first = issue.first
        place = codes.index(first.indicator) if first.indicator in names else -1
        return severities.index(first.severity), place, first.code

    for result in sorted(district.results, key=lambda each: (not each.unit_code, each.unit_code, each.file)):
        for issue in sorted(result.issues, key=order):
            yield [
                result.unit_code,
                result.unit_name or result.file,
                issue.first.severity.label,
                names.get(issue.first.indicator or "", ""),
                places(issue.cells),
                issue.first.message,
                issue.first.code,
                _opens(result, issue.cells[0] if issue.cells else None),
            ]
    for issue in sorted(grouped(district.rulings.findings), key=order):
        said, name = issue.first, names.get(issue.first.indicator or "", "")
        yield ["", "rulings.xlsx", said.severity.label, name, places(issue.cells), said.message, said.code, None]


# 未交单位


def _awaited_sheet(book: Book, round_: _Round) -> None:
    page = book.page("未交单位", Paper(A4), round_.title)
    columns = [
        Column("单位代码", 11, "centre"),
        Column("单位名称", 26),
        Column("单位类型", 11, "centre"),
        Column("联系人", 20, "centre"),
        Column("情况", 14, "centre"),
        Column("未受理的文件", 26),
        Column("原因", 46),
    ]
    note = "还没有可用报表的单位。未受理：文件已收到，但不能采用，请按原因通知单位重报。"
    top = page.heading("未交单位", note, len(columns) - 1)
    page.table(top, columns, _awaited_rows(round_.district), repeat_from=top, frozen_columns=2)


def _awaited_rows(district: District) -> Iterator[list[Value | Styled]]:
    """Awaited units by code, then the rejected files that belong to none of them."""
    accepted = {result.unit_code for result in district.results if result.card is not None}
    rejected: defaultdict[str, list[UnitResult]] = defaultdict(list)
    for result in sorted(district.rejected, key=lambda result: (result.unit_code, result.file)):
        rejected[result.unit_code].append(result)
    for unit in sorted(district.missing, key=lambda unit: unit.code):
        files = rejected.pop(unit.code, [])
        yield [unit.code, unit.name, unit.type, unit.contact, "未受理" if files else "未交", *_set_aside(files)]
    for code, files in rejected.items():
        state = "另有一份已采用" if code in accepted else "不在名册" if code else "单位不明"
        for result in files:
            yield [code, result.unit_name, result.unit_type, "", state, *_set_aside([result])]


def _set_aside(files: Sequence[UnitResult]) -> tuple[str, str]:
    """Names of rejected files, and why: their errors, a line each."""
    reasons = [str(issue) for result in files for issue in result.issues if issue.first.severity is Severity.ERROR]
    return "\n".join(result.file for result in files), "\n".join(dict.fromkeys(reasons))
