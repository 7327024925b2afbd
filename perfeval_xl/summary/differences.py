"""The sheet 差异清单: every row in which a unit's claim, or its form's own formula, is not the recalculated score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.book import A3, Book, Column, Page, Paper, Styled, Value
from perfeval_xl.numbers import ZERO, half_up, show_score
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.summary.blocks import below
from perfeval_xl.summary.figures import Round, goes_to, opens
from perfeval_xl.summary.returns import limits

SHEET = "差异清单"
_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 26),
    Column("指标", 26),
    Column("分值", 9, "score_full"),
    Column("自评分", 9, "score"),
    Column("表中公式\n得分", 10, "score"),
    Column("重算分", 10, "score"),
    Column("差异\n（自评－重算）", 14, "difference"),
    Column("认定得分", 10, "score"),
    Column("裁定", 11, "centre"),
    Column("重算依据", 62),
    Column("批注文件", 9, "centre"),
)
_NOTE = (
    "自评分或表中公式的得分与重算分不同的各行，差异大的在前。正数：自评高于重算。没有裁定的，认定得分为重算分；"
    "还没有重算分的不在其中，见“问题清单”。点“打开”可到批注文件中该行的自评分。"
)


@dataclass(frozen=True)
class _Difference:
    result: UnitResult
    row: IndicatorScore
    place: int  # of the row in the form
    claimed: Decimal
    shown: Decimal

    @property
    def order(self) -> tuple[Decimal, Decimal, str, int]:
        return -abs(self.claimed), -abs(self.shown), self.result.unit_code, self.place


def differences_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A3), round_.title)
    found = sorted(_found(round_.district), key=lambda each: each.order)
    top = page.heading(SHEET, _NOTE + limits(len(found), "行"), len(_COLUMNS) - 1)
    end = page.table(top + 1, _COLUMNS, map(_line, found), repeat_from=top + 1, frozen_columns=2)
    if found:
        page.across(top, 0, 1, goes_to(SHEET, "表后：各指标的差异合计", to_ref(end + 2, 1)), "goes")
        _totals(page, end, round_.district.scheme.indicators, found)


def _found(district: District) -> Iterator[_Difference]:
    for result in district.results:
        for place, row in enumerate(result.card.rows if result.card is not None else ()):
            if row.score is None:
                continue
            claimed = row.difference or ZERO
            shown = ZERO if row.formula_score is None else half_up(row.formula_score) - row.score
            if claimed or shown:
                yield _Difference(result, row, place, claimed, shown)


def _line(each: _Difference) -> list[Value | Styled]:
    result, row = each.result, each.row
    return [
        result.unit_code,
        result.unit_name,
        row.indicator.name,
        row.indicator.points,
        row.self_score,
        row.formula_score,
        row.score,
        row.difference,
        Styled(row.final, "score_ruled") if row.ruling else row.final,
        row.ruling.decision.label if row.ruling else "",
        row.outcome.basis,
        opens(result, _claim_cell(each)),
    ]


def _claim_cell(each: _Difference) -> Cell | None:
    submission = each.result.submission
    return submission.answers.cell(each.row.indicator.self_score_id) if submission else None


def _totals(page: Page, end: int, indicators: Sequence[Indicator], found: Sequence[_Difference]) -> None:
    """What the differences come to by indicator, in the order of the form, and in all, below the table.

    Each figure stands in the column that it is about: the heading is repeated above it in print.
    """
    by_code: defaultdict[str, list[_Difference]] = defaultdict(list)
    for each in found:
        by_code[each.row.indicator.code].append(each)
    lines = [_sums(each.name, each.points, by_code[each.code]) for each in indicators if each.code in by_code]
    lines.append(_sums("合计", None, found))
    for row, line in enumerate(lines, start=below(page, end, "各指标的差异合计", len(_COLUMNS) - 1)):
        page.line(row, _COLUMNS, line)


def _sums(name: str, points: Decimal | None, found: Sequence[_Difference]) -> list[Value | Styled]:
    gaps = [each.claimed for each in found]
    units = Styled(len({each.result.unit_code for each in found}), "units")
    said = (_said("偏高", [gap for gap in gaps if gap > 0]), _said("偏低", [gap for gap in gaps if gap < 0]))
    return ["", units, name, points, None, None, None, sum(gaps, ZERO), None, "", "；".join(filter(None, said)), None]


def _said(how: str, gaps: Sequence[Decimal]) -> str:
    """自评偏高 29 项，共 39.47 分."""
    return f"自评{how} {len(gaps)} 项，共 {show_score(abs(sum(gaps, ZERO)))} 分" if gaps else ""
