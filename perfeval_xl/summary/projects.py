"""The sheet 各单位项目情况: in a round of one workbook a project, a line a unit with all its projects together."""

from __future__ import annotations

from collections.abc import Sequence

from perfeval_xl.excel.book import A3, Book, Column, Limits, Paper, Styled, Value, height_of, line_count
from perfeval_xl.filings import OwnerFigures, OwnerTally, summed_fields, together
from perfeval_xl.numbers import show_number
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.rules.inputs import bare_label
from perfeval_xl.summary.figures import Round
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "一个单位一行，合计本单位的全部项目。平均分：已定分的项目复核总分的平均数，保留两位小数。金额只合计已采用的报表中填了的数，"
    "没有填的不计入，也不当作 0；全部为 0 的不列。"
)
_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 28),
    Column("单位类型", 11, "centre"),
    Column("项目数", 8, "count"),
    Column("已交", 8, "count"),
    Column("已定分", 8, "count"),
    Column("平均分", 9, "score"),
    Column("最低分", 9, "score"),
)
_LISTED = 10
"""Projects without a return that are named; the others are counted."""


class ProjectsSheet(Sheet):
    """A line a unit, in the order of the roster; below them, what all units come to."""

    name = "各单位项目情况"
    holds = "各单位有几个项目、交了几个、平均分和最低分、金额合计，还缺哪些项目"
    rest = exported("units") + "（一行一个项目）"
    linked = False

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._owners = OwnerTally(district)

    @classmethod
    def applies(cls, district: District) -> bool:
        return bool(district.filings)

    def take(self, result: UnitResult) -> None:
        self._owners.take(result)

    @property
    def rows(self) -> int:
        return len(self._owners.units)

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        units = self._owners.units
        whole = together(units, "合计")
        fields = [each for each in summed_fields(self._district.scheme) if whole.sums.get(each.id)]
        columns = [*_COLUMNS, *(_amount(each, whole) for each in fields), Column("没有可用报表的项目", 30)]
        top = self._heading(page, _NOTE, columns)
        height = max(height_of(line_count(each.title, each.width)) for each in columns)
        rows = (_line(each, fields) for each in units)
        end = page.table(top, columns, rows, repeat_from=top, frozen_columns=2, head_height=height, count=self.rows)
        page.line(end, columns, [*_line(whole, fields)[:-1], None])
        page.across(end, 0, 2, f"合计{'（全部单位）' if self._cut() else ''}", "head")


def _amount(field: Field, whole: OwnerFigures) -> Column:
    """As wide as the sum over all units."""
    unit = f"\n（{field.unit}）" if field.unit else ""
    total = whole.sums.get(field.id)
    return Column(f"{bare_label(field)}{unit}", max(14, 0 if total is None else len(show_number(total)) + 3), "amount")


def _line(each: OwnerFigures, fields: Sequence[Field]) -> list[Value | Styled]:
    figures = [each.due, each.accepted, len(each.totals), each.mean, each.lowest]
    sums = [each.sums.get(field.id) for field in fields]
    return [each.owner, each.unit, each.type, *figures, *sums, _listed(each.awaited)]


def _listed(awaited: Sequence[str]) -> str:
    more = len(awaited) - _LISTED
    return "\n".join([*awaited[:_LISTED], *([f"……共 {len(awaited)} 个"] if more > 0 else [])])
