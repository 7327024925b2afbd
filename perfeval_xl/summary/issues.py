"""The sheet 问题清单: every finding, by unit, and behind them how often each kind occurs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A4, Book, Column, Page, Paper, Styled, Value
from perfeval_xl.findings import FindingGroup, Severity, grouped, places
from perfeval_xl.results import CommonIssue, District, common_issues
from perfeval_xl.summary.blocks import below
from perfeval_xl.summary.figures import Round, goes_to, opens
from perfeval_xl.summary.returns import limits

SHEET = "问题清单"
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
_NOTE = "按单位排列，先错误、后提醒和说明；内容相同的问题合为一条。点“打开”可到批注文件的相应单元格。"
_COLOURS = ((Severity.ERROR, "#C00000"), (Severity.WARNING, "#9C5700"))


def issues_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A4), round_.title)
    about_rulings = grouped(round_.district.rulings.findings)
    kinds = common_issues([*(each.issues for each in round_.district.results), about_rulings])
    note = _NOTE + limits(sum(each.times for each in kinds), "条")
    top = page.heading(SHEET, note, len(_COLUMNS) - 1)
    rows = _issues_rows(round_.district, about_rulings)
    end = page.table(top + 1, _COLUMNS, rows, repeat_from=top + 1, frozen_columns=2)
    last = end - 1
    if kinds:
        page.across(top, 0, 1, goes_to(SHEET, "表后：按问题种类的统计", to_ref(end + 2, 1)), "goes")
        last = _kinds(page, end, kinds)
    for severity, colour in _COLOURS:
        page.mark(top + 2, 2, last, severity.label, font_color=colour)


def _kinds(page: Page, end: int, kinds: Sequence[CommonIssue]) -> int:
    """The kinds of findings below the table that ends before row ``end``, the most frequent first; returns the last row.

    Each figure stands in the column that it is about: the heading is repeated above it in print.
    """
    top = below(page, end, "按问题种类的统计", len(_COLUMNS) - 1)
    for row, kind in enumerate(kinds, start=top):
        files, times = Styled(kind.files, "files"), Styled(kind.times, "times")
        page.line(row, _COLUMNS, ["", files, kind.severity.label, "", times, kind.meaning, kind.code, None])
    return top + len(kinds) - 1


def _issues_rows(district: District, about_rulings: Sequence[FindingGroup]) -> Iterator[list[Value | Styled]]:
    """By unit (files without one last), severity, the form's order of indicators; then those about rulings.xlsx."""
    names = {indicator.code: indicator.name for indicator in district.scheme.indicators}
    place = {code: number for number, code in enumerate(names)}
    rank = {severity: number for number, severity in enumerate(Severity)}

    def order(issue: FindingGroup) -> tuple[int, int, str]:
        first = issue.first
        return rank[first.severity], place.get(first.indicator or "", -1), first.code

    for result in sorted(district.results, key=lambda each: (not each.unit_code, each.unit_code, each.file)):
        for issue in sorted(result.issues, key=order):
            link = opens(result, issue.cells[0] if issue.cells else None)
            yield [result.unit_code, result.unit_name or result.file, *_said(issue, names), link]
    for issue in sorted(about_rulings, key=order):
        yield ["", "rulings.xlsx", *_said(issue, names), None]


def _said(issue: FindingGroup, names: dict[str, str]) -> tuple[str, ...]:
    """Severity, indicator, place, message, code."""
    first = issue.first
    return first.severity.label, names.get(first.indicator or "", ""), places(issue.cells), first.message, first.code
