"""The sheet 差异清单: every row in which a unit's claim, or its form's own formula, is not the recalculated score."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A3, Book, Column, Limits, Page, Paper, Styled, Value
from perfeval_xl.numbers import ZERO, half_up, show_score
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.summary.blocks import below
from perfeval_xl.summary.figures import Round, goes_to, opens
from perfeval_xl.summary.lines import Lines, Shelf
from perfeval_xl.summary.sheet import Sheet, exported

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


class DifferencesSheet(Sheet):
    """A line a row that differs, the largest difference first; what is too much for the sheet are the smallest."""

    name = "差异清单"
    holds = "自评分与重算分不同的各行，差异大的在前；表后是各指标的差异合计"
    rest = exported("scores")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._lines = Lines(shelf, most=limits.rows)
        self._sums = {each.code: _Sum() for each in district.scheme.indicators}
        self._all = _Sum()
        self._known: dict[Decimal, Decimal] = {}  # one number for all differences as large

    def take(self, result: UnitResult) -> None:
        found = list(_found(result))
        for place, row, claimed, shown in found:
            gaps = (self._known.setdefault(each, each) for each in (-abs(claimed), -abs(shown)))
            order = *gaps, result.unit_code, place
            self._lines.add([_line(result, row)], order)
            self._sums[row.indicator.code].add(claimed)
            self._all.add(claimed)
        self._all.units += bool(found)
        for code in {row.indicator.code for _, row, _, _ in found}:
            self._sums[code].units += 1

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        top = self._heading(page, _NOTE, _COLUMNS)
        end = page.end_of(top + 1, self.rows)
        if self.rows:
            page.across(top, 0, 1, goes_to(self.name, "表后：各指标的差异合计", to_ref(end + 2, 1)), "goes")
        rows = self._lines.in_order()
        page.table(top + 1, _COLUMNS, rows, repeat_from=top + 1, frozen_columns=2, count=self.rows)
        if self.rows:
            self._totals(page, end)

    def _totals(self, page: Page, end: int) -> None:
        """What the differences come to by indicator, in the order of the form, and in all, below the table.

        Each figure stands in the column that it is about: the heading is repeated above it in print.
        """
        indicators = [each for each in self._district.scheme.indicators if self._sums[each.code].units]
        style = "filings" if self._district.filings else "units"
        lines = [self._sums[each.code].line(each.name, each.points, style) for each in indicators]
        lines.append(self._all.line("合计", None, style))
        for row, line in enumerate(lines, start=below(page, end, "各指标的差异合计", len(_COLUMNS) - 1)):
            page.line(row, _COLUMNS, line)


def _found(result: UnitResult) -> Iterator[tuple[int, IndicatorScore, Decimal, Decimal]]:
    """The place in the form, the row, by how much the claim differs and by how much what the form showed."""
    for place, row in enumerate(result.card.rows if result.card is not None else ()):
        if row.score is None:
            continue
        claimed = row.difference or ZERO
        shown = ZERO if row.formula_score is None else half_up(row.formula_score) - row.score
        if claimed or shown:
            yield place, row, claimed, shown


def _line(result: UnitResult, row: IndicatorScore) -> list[Value | Styled]:
    said = result.submission
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
        opens(result, said.answers.cell(row.indicator.self_score_id) if said else None),
    ]


class _Sum:
    """What claims come to: by how much and how many of them are over and under, of how many units."""

    def __init__(self) -> None:
        self.units = 0
        self._over, self._under = (0, ZERO), (0, ZERO)

    def add(self, gap: Decimal) -> None:
        if gap > 0:
            self._over = self._over[0] + 1, self._over[1] + gap
        elif gap < 0:
            self._under = self._under[0] + 1, self._under[1] + gap

    def line(self, name: str, points: Decimal | None, style: str) -> list[Value | Styled]:
        units = Styled(self.units, style)
        said = "；".join(filter(None, (_said("偏高", *self._over), _said("偏低", *self._under))))
        return ["", units, name, points, None, None, None, self._over[1] + self._under[1], None, "", said, None]


def _said(how: str, count: int, gap: Decimal) -> str:
    """自评偏高 29 项，共 39.47 分."""
    return f"自评{how} {count} 项，共 {show_score(abs(gap))} 分" if count else ""
