"""The sheet 排名表: the accepted returns, best total first."""

from __future__ import annotations

from collections.abc import Sequence

from perfeval_xl.excel.book import A3, Book, Column, Paper, Styled, Value
from perfeval_xl.numbers import show_number
from perfeval_xl.results import Ranked
from perfeval_xl.summary.figures import HALF, PROVISIONAL, UNGRADED, Round, opens, total_of


def ranking_sheet(book: Book, round_: Round) -> None:
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
        page.mark(top + 1, 0, end - 1, PROVISIONAL, bg_color=HALF)


def _ranking_row(ranked: Ranked, levels: Sequence[tuple[str, str | None]]) -> list[Value | Styled]:
    result, card = ranked.result, ranked.card
    claimed, total = card.self_total, card.total
    return [
        PROVISIONAL if ranked.place is None else ranked.place,
        result.unit_code,
        result.unit_name,
        result.unit_type,
        claimed,
        total_of(card),
        None if claimed is None or total is None else claimed - total,
        card.grade or UNGRADED,
        *(card.level_score(*level) for level in levels),
        len(card.ruled),
        len(result.issues),
        opens(result),
    ]
