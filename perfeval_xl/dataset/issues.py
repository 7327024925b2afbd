"""findings: one row a finding, of every file that was examined and of rulings.xlsx."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.dataset.schema import Column, Kind, Round, Row, Rows, Table
from perfeval_xl.findings import Finding
from perfeval_xl.results import UnitResult

_COLUMNS = (
    Column("unit_code", "单位代码；不知是哪个单位的文件为空"),
    Column("file", "文件在 inbox 中的名称；裁定表自身的问题为 rulings.xlsx"),
    Column("accepted", "该文件是否已采用；rulings.xlsx 为空", Kind.BOOLEAN),
    Column("code", "问题代码（docs/findings.md）"),
    Column("severity", "error 错误；warning 提醒；info 说明"),
    Column("sheet", "所在工作表；不涉及单元格的为空"),
    Column("cell", "所在单元格"),
    Column("indicator", "所属指标的编号"),
    Column("message", "提示语"),
    Column("expected", "应为"),
    Column("actual", "现为"),
)


class _Findings(Rows):
    def __init__(self, round_: Round) -> None:
        self._round = round_

    def of(self, result: UnitResult) -> Iterator[Row]:
        accepted = result.card is not None
        return (_row(each, result.unit_code, result.file, accepted) for each in result.findings)

    def at_end(self) -> Iterator[Row]:
        name = self._round.status.campaign.rulings.name
        return (_row(each, "", name, None) for each in self._round.district.rulings.findings)


def _row(each: Finding, unit_code: str, file: str, accepted: bool | None) -> Row:
    return (
        unit_code,
        file,
        accepted,
        each.code,
        each.severity.value,
        *((each.cell.sheet, each.cell.ref) if each.cell else ("", "")),
        each.indicator or "",
        each.message,
        each.expected or "",
        each.actual or "",
    )


FINDINGS = Table("findings", "问题：一个问题一行，不合并；未受理的文件的也在内", _COLUMNS, _Findings)
