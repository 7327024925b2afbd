"""The data dictionary: what each table, column, indicator and field is, and what round the tables were made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfeval_xl import __version__
from perfeval_xl.dataset.schema import Column, Round, Row, Rows, Table
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.numbers import show_number

_COLUMNS = (
    Column("entry", "这一行说明什么：round 本次任务；table 表；column 表的列；indicator 指标；field 填报项"),
    Column("table", "column：所在的表；field：所在的附表"),
    Column("name", "表名、列名、编号"),
    Column("type", "column：text、integer、decimal、boolean、date、datetime；field：填报项的类型"),
    Column("unit", "计量单位"),
    Column("meaning", "是什么；field：名称"),
    Column("period", "field：所属期间"),
    Column("roll_up", "field：汇成主管部门的数的办法：sum 相加；all 全部；any 任一；roster 取自名册；own 部门自填"),
    Column("options", "field：可选的词"),
    Column("indicator", "field：所属指标的编号"),
    Column("sheet", "field：下发的表中所在的工作表"),
    Column("cell", "field：下发的表中所在的单元格"),
)


def dictionary(tables: Sequence[Table]) -> Table:
    """The dictionary of ``tables``; it describes itself too."""
    made = Table("dictionary", "数据字典", _COLUMNS, lambda round_: _Entries(round_, (*tables, made)))
    return made


class _Entries(Rows):
    def __init__(self, round_: Round, tables: Sequence[Table]) -> None:
        self._round, self._tables = round_, tables

    def at_end(self) -> Iterator[Row]:
        return _rows(self._round, self._tables)


def _rows(round_: Round, tables: Sequence[Table]) -> Iterator[Row]:
    yield from _round_rows(round_)
    for table in tables:
        yield _entry("table", "", table.name, "", "", table.meaning)
    for table in tables:
        for each in table.columns:
            yield _entry("column", table.name, each.name, each.kind.value, each.unit, each.meaning)
    yield from _form_rows(round_)


def _round_rows(round_: Round) -> Iterator[Row]:
    district = round_.district
    facts = {
        "district": district.name,
        "department": district.department,
        "year": str(district.year),
        "scheme": f"{district.scheme.id} {district.scheme.version}",
        "scheme_digest": district.scheme.digest,
        "perfeval": __version__,
    }
    for name, text in facts.items():
        yield _entry("round", "", name, "", "", text)


def _form_rows(round_: Round) -> Iterator[Row]:
    scheme = round_.district.scheme
    layout = build_layout(scheme)
    for each in scheme.indicators:
        place = f"{'／'.join((*each.path, each.name))}（{show_number(each.points)} 分）"
        yield _entry("indicator", "", each.code, "", "分", place)
    for field in scheme.fields.values():
        annex, row, cell = scheme.table_of.get(field.id), scheme.row_of.get(field.id), layout.place(field.id)
        yield (
            *_entry("field", annex.id if annex else "", field.id, field.type.value, field.unit, "")[:5],
            scheme.full_label(field.id),
            field.period,
            field.roll_up.value,
            "、".join((*field.choices, *((field.never,) if field.never else ()))),
            row.code if row else "",
            cell.sheet,
            cell.ref,
        )


def _entry(entry: str, table: str, name: str, kind: str, unit: str, meaning: str) -> Row:
    return entry, table, name, kind, unit, meaning, *[""] * (len(_COLUMNS) - 6)
