"""The sheet 未交与退回: units without an accepted return, units that must correct theirs, and files that were set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import A4, Book, Column, Paper, Styled, Value
from perfeval_xl.findings import Finding, Severity, grouped
from perfeval_xl.results import District, MissingUnit, UnitResult, unsettled
from perfeval_xl.summary.figures import Round, opens

SHEET = "未交与退回"
_LISTED = 8
"""Errors of one return that are listed; the others are counted."""
_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 24),
    Column("单位类型", 10, "centre"),
    Column("联系人", 16, "centre"),
    Column("情况", 12, "centre"),
    Column("第几次\n退回", 8, "count"),
    Column("文件", 26),
    Column("原因", 56),
    Column("批注文件", 9, "centre"),
)
_NOTE = (
    "未交：没有收到文件。未受理：文件已收到，但不能采用，请按原因通知单位重报。须更正：报表已采用，其中有错误，应退回更正；"
    "区局已裁定的差异不在其中。第几次退回按收到的不同报表的份数计。"
)


def awaited_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A4), round_.title)
    top = page.heading(SHEET, _NOTE, len(_COLUMNS) - 1)
    page.table(top, _COLUMNS, _rows(round_.district), repeat_from=top, frozen_columns=2)


def _rows(district: District) -> Iterator[list[Value | Styled]]:
    """Awaited units by code, then those that must correct, then the rejected files that belong to no awaited unit."""
    accepted = {result.unit_code for result in district.results if result.card is not None}
    rejected: defaultdict[str, list[UnitResult]] = defaultdict(list)
    for result in sorted(district.rejected, key=lambda result: (result.unit_code, result.file)):
        rejected[result.unit_code].append(result)
    for unit in sorted(district.missing, key=lambda unit: unit.code):
        yield _awaited(unit, rejected.pop(unit.code, []))
    for result in sorted(district.results, key=lambda result: result.unit_code):
        if result.card is not None:
            yield from _to_correct(result, district)
    for code, files in rejected.items():
        state = "另有一份已采用" if code in accepted else "不在名册" if code else "单位不明"
        contact = district.contacts.get(code, "")
        for result in files:
            why = _listed(result.findings)
            yield [code, result.unit_name, result.unit_type, contact, state, None, result.file, why, None]


def _awaited(unit: MissingUnit, files: list[UnitResult]) -> list[Value | Styled]:
    state, times = ("未受理", len(files)) if files else ("未交", None)
    why = "\n".join(dict.fromkeys(_listed(each.findings) for each in files))
    names = "\n".join(each.file for each in files)
    return [unit.code, unit.name, unit.type, unit.contact, state, times, names, why, None]


def _to_correct(result: UnitResult, district: District) -> Iterator[list[Value | Styled]]:
    """The unit's row, if its accepted return has errors on which nobody ruled."""
    errors = [each for each in unsettled(result.card, result.findings) if each.severity is Severity.ERROR]
    if errors:
        contact, times = district.contacts.get(result.unit_code, ""), 1 + len(result.earlier)
        unit = [result.unit_code, result.unit_name, result.unit_type, contact]
        place: Cell | None = next((each.cell for each in errors if each.cell), None)
        yield [*unit, "须更正", times, result.file, _listed(errors), opens(result, place)]


def _listed(findings: Iterable[Finding]) -> str:
    """The errors, a line each, equal ones once."""
    errors = [str(each) for each in grouped(each for each in findings if each.severity is Severity.ERROR)]
    more = len(errors) - _LISTED
    return "\n".join([*errors[:_LISTED], *([f"另有 {more} 条，见“问题清单”"] if more > 0 else [])])
