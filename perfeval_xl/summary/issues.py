"""The sheet 问题清单: every finding, by unit."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.excel.book import A4, Book, Column, Paper, Styled, Value
from perfeval_xl.findings import FindingGroup, Severity, grouped, places
from perfeval_xl.results import District
from perfeval_xl.summary.figures import Round, opens


def issues_sheet(book: Book, round_: Round) -> None:
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
    end = page.table(top, columns, _issues_rows(round_.district), repeat_from=top, frozen_columns=2)
    for severity, colour in ((Severity.ERROR, "#C00000"), (Severity.WARNING, "#9C5700")):
        page.mark(top + 1, 2, end - 1, severity.label, font_color=colour)


def _issues_rows(district: District) -> Iterator[list[Value | Styled]]:
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
                opens(result, issue.cells[0] if issue.cells else None),
            ]
    for issue in sorted(grouped(district.rulings.findings), key=order):
        said, name = issue.first, names.get(issue.first.indicator or "", "")
        yield ["", "rulings.xlsx", said.severity.label, name, places(issue.cells), said.message, said.code, None]
