"""The sheet 排名表: the accepted returns, best total first, and below them the figures of each type of unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfeval_xl.analysis import TypeFigures
from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A3, Book, Column, Limits, Paper, Styled, Value
from perfeval_xl.numbers import show_number
from perfeval_xl.overview import Ranked
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.model import Level
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.summary.blocks import Span, below, block
from perfeval_xl.summary.figures import HALF, PROVISIONAL, ROW, UNGRADED, UNTYPED, Round, goes_to, opens, total_of
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "复核总分相同的名次并列。暂定：有指标缺数据或待人工核定，列出总分的可能范围，不排名次；相应的得分留空。"
    "交表份数：交来几份内容不同的报表，采用最后一份。"
)
_TYPE = 4
"""The column of the unit's type; the figures of the types begin behind it."""


class RankingSheet(Sheet):
    """A line an accepted return, without its places until all are known."""

    name = "排名表"
    holds = "各{filing}的名次、自评与复核总分、等级和各级指标得分；表后是各类型单位的统计"
    rest = exported("units")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._levels = list(_levels(district.scheme.levels))

    def take(self, result: UnitResult) -> None:
        if result.card is not None:
            self._lines.add([_line(result, result.card, [path for path, _ in self._levels])])

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        columns = _columns(self._levels)
        top = self._heading(page, _NOTE, columns)
        end = page.end_of(top + 1, self.rows)
        page.across(top, 0, 3, goes_to(self.name, "表后：各类型单位的统计", to_ref(end + 2, 1)), "goes")
        rows = (self._ranked(each) for each in round_.ranked)
        page.table(top + 1, columns, rows, repeat_from=top + 1, frozen_columns=4, head_height=44, count=self.rows)
        if self.rows:
            page.mark(top + 2, 0, end - 1, PROVISIONAL, bg_color=HALF)
        start = below(page, end, "各类型单位（平均分、中位数和最低、最高分只统计已定分的单位）", len(columns) - 1)
        lines = [_type_line(each) for each in round_.types]
        whole = [Styled(round_.whole.type, "head"), *_type_line(round_.whole)[1:]]
        block(page, start, _type_spans(columns), [*lines, whole], ROW)

    def _ranked(self, ranked: Ranked) -> list[Value | Styled]:
        [line] = self._lines[ranked.unit.number]
        return [PROVISIONAL if ranked.place is None else ranked.place, ranked.place_in_type, *line]


def _levels(levels: Sequence[Level], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The levels above the scored rows with their points, each by its names; an only one says nothing of its own."""
    for level in levels:
        path = (*above, level.name)
        yield path, show_number(level.points)
        if len(level.levels) > 1:
            yield from _levels(level.levels, path)


def _columns(levels: Sequence[tuple[tuple[str, ...], str]]) -> list[Column]:
    return [
        Column("全区\n名次", 6.5, "count"),
        Column("类型内\n名次", 7, "count"),
        Column("单位代码", 11, "centre"),
        Column("单位名称", 28),
        Column("单位类型", 11, "centre"),
        Column("自评\n总分", 8, "score"),
        Column("复核总分", 14, "score"),
        Column("差异\n自评－复核", 11, "difference"),
        Column("等级", 6.5, "centre"),
        *(Column(f"{path[-1]}\n（{points}）", 9, "score") for path, points in levels),
        Column("裁定\n项数", 6.5, "count"),
        Column("交表\n份数", 6.5, "count"),
        Column("问题\n条数", 6.5, "count"),
        Column("批注\n文件", 6.5, "centre"),
    ]


def _line(result: UnitResult, card: ScoreCard, levels: Sequence[tuple[str, ...]]) -> list[Value | Styled]:
    """What follows the places."""
    claimed, total = card.self_total, card.total
    return [
        result.unit_code,
        result.unit_name,
        result.unit_type,
        claimed,
        total_of(card),
        None if claimed is None or total is None else claimed - total,
        card.grade or UNGRADED,
        *(card.level_score(*level) for level in levels),
        len(card.ruled),
        1 + len(result.earlier),
        len(result.issues),
        opens(result),
    ]


def _type_spans(columns: Sequence[Column]) -> list[Span]:
    """One column each behind the type, which takes all up to its own."""
    heads = dict.fromkeys(("应交", "已交", "已定分"), "count") | dict.fromkeys(
        ("平均分", "中位数", "最低分", "最高分"), "score"
    )
    spans = [Span("单位类型", 0, _TYPE, sum(each.width for each in columns[: _TYPE + 1]), "text")]
    return [*spans, *(Span(head, at, at, columns[at].width, heads[head]) for at, head in enumerate(heads, _TYPE + 1))]


def _type_line(each: TypeFigures) -> list[Value | Styled]:
    totals = each.totals
    spread = (totals.mean, totals.median, totals.lowest, totals.highest) if totals else ("—",) * 4
    return [each.type or UNTYPED, each.due, each.accepted, totals.count if totals else 0, *spread]
