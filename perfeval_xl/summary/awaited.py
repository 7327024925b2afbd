"""The sheet 未交与退回: units without an accepted return, units that must correct theirs, and files that were set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import A4, Book, Column, Limits, Paper, Styled, Value
from perfeval_xl.findings import Finding, Severity, grouped
from perfeval_xl.results import District, MissingUnit, UnitResult, unsettled
from perfeval_xl.summary.figures import Round, opens
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.sheet import Sheet

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


@dataclass(frozen=True, slots=True)
class _Refused:
    """What is told of a file that was set aside; ``why`` are its errors."""

    file: str
    name: str
    type: str
    why: str


class AwaitedSheet(Sheet):
    """Awaited units by code, then those that must correct, then the rejected files that belong to no awaited unit."""

    name = "未交与退回"
    holds = "没有可用报表的{filing}、须更正的{filing}、未受理的文件，及其原因"
    rest = " perfeval status"

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._missing = {unit.code for unit in district.missing}
        self._files: defaultdict[str, list[_Refused]] = defaultdict(list)
        self._accepted: set[str] = set()

    def take(self, result: UnitResult) -> None:
        if result.card is None:
            refused = _Refused(result.file, result.unit_name, result.unit_type, _listed(result.findings))
            self._files[result.unit_code].append(refused)
        else:
            self._accepted.add(result.unit_code)
            self._lines.add(list(_to_correct(result, self._district)), result.unit_code)

    @property
    def rows(self) -> int:
        others = sum(len(files) for code, files in self._files.items() if code not in self._missing)
        return len(self._missing) + self._lines.rows + others

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A4), round_.title)
        top = self._heading(page, _NOTE, _COLUMNS)
        page.table(top, _COLUMNS, self._rows(), repeat_from=top, frozen_columns=2, count=self.rows)

    def _rows(self) -> Iterator[list[Value | Styled]]:
        rejected = {code: sorted(self._files[code], key=lambda each: each.file) for code in sorted(self._files)}
        for unit in sorted(self._district.missing, key=lambda unit: unit.code):
            yield _awaited(unit, rejected.pop(unit.code, []))
        yield from self._lines.in_order()
        for code, files in rejected.items():
            state = "另有一份已采用" if code in self._accepted else "不在名册" if code else "单位不明"
            contact = self._district.contacts.get(code, "")
            for each in files:
                yield [code, each.name, each.type, contact, state, None, each.file, each.why, None]


def _awaited(unit: MissingUnit, files: Sequence[_Refused]) -> list[Value | Styled]:
    state, times = ("未受理", len(files)) if files else ("未交", None)
    why = "\n".join(dict.fromkeys(each.why for each in files))
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
