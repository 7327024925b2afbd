"""The sheet 问题清单: every finding, by unit, and behind them how often each kind occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A4, Book, Column, Limits, Page, Paper, Styled
from perfeval_xl.findings import FindingGroup, Severity, grouped, places
from perfeval_xl.overview import CommonIssue, IssueTally
from perfeval_xl.results import District, UnitResult
from perfeval_xl.summary.blocks import below
from perfeval_xl.summary.figures import Round, goes_to, opens
from perfeval_xl.summary.lines import Line, Shelf
from perfeval_xl.summary.sheet import Sheet, exported

_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 24),
    Column("级别", 7, "centre"),
    Column("指标", 20),
    Column("位置", 17),
    Column("问题", 62),
    Column("问题代码", 26),
    Column("批注文件", 9, "centre"),
)
_NOTE = "按{filing}排列，先错误、后提醒和说明；内容相同的问题合为一条。点“打开”可到批注文件的相应单元格。"
_SEVERITY = 2
"""The column of the severity."""
_RANK = {severity: number for number, severity in enumerate(Severity)}
_COLOURS = ((Severity.ERROR, "#C00000"), (Severity.WARNING, "#9C5700"))


class IssuesSheet(Sheet):
    """A line a finding, by unit (files without one last), severity, the form's order of indicators; then rulings.xlsx's.

    Where not all of them have room, the slight ones stay away first.
    """

    name = "问题清单"
    holds = "报表中发现的问题，按{filing}排列；表后按问题种类统计"
    counted = "条"
    rest = exported("findings")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._names = {indicator.code: indicator.name for indicator in district.scheme.indicators}
        self._place = {code: number for number, code in enumerate(self._names)}
        self._about_rulings = grouped(district.rulings.findings)
        self._count = Counter(each.first.severity for each in self._about_rulings)
        self._kinds = IssueTally()

    def take(self, result: UnitResult) -> None:
        self._kinds.take(result.issues)
        self._count.update(each.first.severity for each in result.issues)
        who = (result.unit_code, result.unit_name or result.file)
        lines = [
            [*who, *self._said(each), opens(result, each.cells[0] if each.cells else None)]
            for each in sorted(result.issues, key=self._order)
        ]
        self._lines.add(lines, (not result.unit_code, result.unit_code, result.file))

    @property
    def rows(self) -> int:
        return self._count.total()

    def write(self, book: Book, round_: Round) -> None:
        self._kinds.take(self._about_rulings)
        kinds = self._kinds.listed()
        page = book.long_page(self.name, Paper(A4), round_.title)
        top = self._heading(page, _NOTE, _COLUMNS)
        listed = self._listed()
        count = sum(self._count[each] for each in listed)
        end = page.end_of(top + 1, count)
        if kinds:
            page.across(top, 0, 1, goes_to(self.name, "表后：按问题种类的统计", to_ref(end + 2, 1)), "goes")
        rows = self._rows({each.label for each in listed})
        page.table(top + 1, _COLUMNS, rows, repeat_from=top + 1, frozen_columns=2, count=count)
        last = _write_kinds(page, end, kinds) if kinds else end - 1
        for severity, colour in _COLOURS:
            page.mark(top + 2, 2, last, severity.label, font_color=colour)

    def _cut(self) -> str:
        listed = self._listed()
        left = [each for each in Severity if each not in listed and self._count[each]]
        if not left:
            return super()._cut()
        said = "、".join(f"{each.label} {self._count[each]:,} 条" for each in left)
        errors = self._count[Severity.ERROR]
        first = f"，错误只列前 {self._limits.rows:,} 条" if errors > self._limits.rows else ""
        return f"共 {self.rows:,} 条，没有列出{said}{first}"

    def _listed(self) -> list[Severity]:
        """The severities that are listed: the gravest, and of the others as many as have room."""
        listed = list(Severity)
        while len(listed) > 1 and sum(self._count[each] for each in listed) > self._limits.rows:
            listed.pop()
        return listed

    def _rows(self, labels: Collection[str]) -> Iterator[Line]:
        about_rulings = sorted(self._about_rulings, key=self._order)
        last: Iterator[Line] = (["", "rulings.xlsx", *self._said(each), None] for each in about_rulings)
        return (line for line in chain(self._lines.in_order(), last) if line[_SEVERITY] in labels)

    def _order(self, issue: FindingGroup) -> tuple[int, int, str]:
        first = issue.first
        return _RANK[first.severity], self._place.get(first.indicator or "", -1), first.code

    def _said(self, issue: FindingGroup) -> tuple[str, ...]:
        """Severity, indicator, place, message, code."""
        first = issue.first
        name = self._names.get(first.indicator or "", "")
        return first.severity.label, name, places(issue.cells), first.message, first.code


def _write_kinds(page: Page, end: int, kinds: Sequence[CommonIssue]) -> int:
    """The kinds of findings below the table that ends before row ``end``, the most frequent first; returns the last row.

    Each figure stands in the column that it is about: the heading is repeated above it in print.
    """
    top = below(page, end, "按问题种类的统计", len(_COLUMNS) - 1)
    for row, kind in enumerate(kinds, start=top):
        files, times = Styled(kind.files, "files"), Styled(kind.times, "times")
        page.line(row, _COLUMNS, ["", files, kind.severity.label, "", times, kind.meaning, kind.code, None])
    return top + len(kinds) - 1
