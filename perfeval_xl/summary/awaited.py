"""The sheet 未交单位: units without an accepted return, and the files that were set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from perfeval_xl.excel.book import A4, Book, Column, Paper, Styled, Value
from perfeval_xl.findings import Severity
from perfeval_xl.results import District, UnitResult
from perfeval_xl.summary.figures import Round


def awaited_sheet(book: Book, round_: Round) -> None:
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
