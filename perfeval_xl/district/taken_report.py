"""What is told of the answers that blanks are given of an earlier round: what was taken, what was not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from perfeval_xl.district.prefill import Taken
from perfeval_xl.scheme.model import Scheme

_NAMED: Final = 24
"""Fields that are named in a line; the others are counted."""
_LISTED: Final = 20
"""Answers that could not be taken that are listed."""


def taken_lines(taken: Taken, scheme: Scheme) -> Iterator[str]:
    """The lines, without an ending."""
    carried: Counter[str] = Counter()
    for given in taken.prefill.values():
        carried.update(dict.fromkeys(_heading(name, scheme) for name in scheme.fields if name in given).keys())
    cells = sum(map(len, taken.prefill.values()))
    if cells:
        yield f"沿用上一次的填报内容 {cells} 格，{len(taken.prefill)} 份表：{_counted(carried)}"
    else:
        yield "上一次的填报内容没有一格可以沿用。"
    if taken.absent:
        yield f"上一次没有采用过报表的，没有沿用：{'、'.join(taken.absent[:_NAMED])}{_more(len(taken.absent), '个')}"
    if taken.this_year:
        yield f"当年的数 {taken.this_year} 格，按方案不沿用。"
    if taken.without_field:
        cells = sum(taken.without_field.values())
        yield f"这次的表没有对应的填报项，没有沿用 {cells} 格：{_counted(taken.without_field)}"
    if taken.refused:
        yield f"不在这次的填报范围内，没有沿用 {len(taken.refused)} 格："
    for each in taken.refused[:_LISTED]:
        yield f"  {each.code} {each.label}：{each.why}"
    if len(taken.refused) > _LISTED:
        yield f"  ……另有 {len(taken.refused) - _LISTED} 格"


def _heading(name: str, scheme: Scheme) -> str:
    """What a field is counted under: its label; of a table's cells, that of their column."""
    table = scheme.table_of.get(name)
    if table is None:
        return scheme.fields[name].label
    _, _, column = name.removeprefix(f"{table.id}_r").partition("_")
    return f"{table.title}的{table.column[column].label}"


def _counted(fields: Mapping[str, int]) -> str:
    named = [f"{label}（{count}）" for label, count in list(fields.items())[:_NAMED]]
    return "、".join(named) + _more(len(fields), "项")


def _more(count: int, unit: str) -> str:
    return f"……共 {count} {unit}" if count > _NAMED else ""
