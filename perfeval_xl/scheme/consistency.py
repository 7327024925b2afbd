"""What can be judged only with the whole form in view: points that add up, names that exist, fields that are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from perfeval_xl.numbers import ZERO, show_number
from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.fields import Condition, Field, FieldType, Table
from perfeval_xl.scheme.model import Grade, Level, Reading
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.sections import Calendar, Places
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Row:
    """One scored row as read, before its rule. ``parameters`` is its rule's table as it stands in the file."""

    spec: Spec
    code: str
    level1: str
    level2: str
    name: str
    points: Decimal
    interpretation: str
    criteria: str
    may_be_not_applicable: bool
    basis: str
    fields: tuple[Field, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Draft:
    """A scheme as read, before it is known to hold together. ``fields``: all declared fields and annex cells by id."""

    root: Spec
    total: Decimal
    levels: tuple[Level, ...]
    rows: tuple[Row, ...]
    tables: tuple[Table, ...]
    grades: tuple[Grade, ...]
    readings: tuple[Reading, ...]
    checks: tuple[Check, ...]
    calendar: Calendar
    fields: Mapping[str, Field]
    places: Places


def check_whole(draft: Draft, rules: Sequence[Rule] | None) -> None:
    """Note all that does not hold together. ``rules`` None: some could not be read, so use can't be judged."""
    _check_levels(draft)
    _check_order(draft)
    _check_grades(draft)
    _check_fields(draft)
    _check_readings(draft)
    if rules is not None:
        _check_use(draft, rules)


def _check_levels(draft: Draft) -> None:
    """Rows add up to their second level, those to their first, those to the total."""
    for number, level in enumerate(draft.levels):
        where = f"levels[{number}]"
        for inner, below in enumerate(level.levels):
            rows = [row.points for row in draft.rows if (row.level1, row.level2) == (level.name, below.name)]
            _check_sum(draft.root, f"{where}.levels[{inner}].points", below, rows, "所属各行")
        _check_sum(draft.root, f"{where}.points", level, [below.points for below in level.levels], "所属二级指标")
    whole = Level("总分", draft.total)
    _check_sum(draft.root, "levels", whole, [level.points for level in draft.levels], "各一级指标")


def _check_sum(root: Spec, key: str, level: Level, points: list[Decimal], what: str) -> None:
    total = sum(points, ZERO)
    if total != level.points:
        root.problem(key, f"{level.name} {show_number(level.points)} 分，{what}合计 {show_number(total)} 分")


def _check_order(draft: Draft) -> None:
    """Rows name levels that exist and stand in their order, as the official table merges their cells."""
    order = [(level.name, below.name) for level in draft.levels for below in level.levels]
    for name, number in _doubled(level.name for level in draft.levels):
        draft.root.problem(f"levels[{number}].name", f"一级指标 {name!r} 重复")
    known = [row for row in draft.rows if (row.level1, row.level2) in order]
    for row in draft.rows:
        if row not in known:
            row.spec.problem("level2", f"没有“{row.level1}”之下的二级指标“{row.level2}”")
    for before, row in pairwise(known):
        if order.index((row.level1, row.level2)) < order.index((before.level1, before.level2)):
            row.spec.problem("level2", "各行应按一、二级指标的顺序排列")


def _doubled(names: Iterator[str]) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield name, number
        seen.add(name)


def _check_grades(draft: Draft) -> None:
    """Grades run from the total down to 0, each beginning where the next ends."""
    expected = draft.total
    for number, grade in enumerate(draft.grades):
        if grade.high != expected:
            what = f"上限应为 {show_number(expected)}，现为 {show_number(grade.high)}：等级之间有空档或重叠"
            draft.root.problem(f"grades[{number}].high", what)
        if grade.low >= grade.high:
            what = f"下限 {show_number(grade.low)} 应小于上限 {show_number(grade.high)}"
            draft.root.problem(f"grades[{number}].low", what)
        expected = grade.low
    if not draft.grades or expected != ZERO:
        draft.root.problem("grades", f"最低的等级应从 0 分开始，现从 {show_number(expected)} 分开始")


def _check_fields(draft: Draft) -> None:
    for where, field in _declared(draft):
        if field.when is not None:
            _check_condition(draft, field.when, f"{where}.when")
        if field.type is FieldType.DATE:
            _check_within_calendar(draft, field, where)
    for row in draft.rows:
        if row.may_be_not_applicable and not any(field.type.numeric for field in row.fields):
            row.spec.problem("not_applicable", "没有数值填报项的行不能选不适用：无从核对是否确实没有数据")


def _declared(draft: Draft) -> Iterator[tuple[str, Field]]:
    """Every field and annex column with its key path."""
    for field in draft.fields.values():
        if field.id in draft.places:
            yield draft.places.path(field.id), field
    for number, table in enumerate(draft.tables):
        for inner, column in enumerate(table.columns):
            yield f"tables[{number}].columns[{inner}]", column


def _check_condition(draft: Draft, when: Condition, where: str) -> None:
    asked = draft.fields.get(when.field)
    if asked is None:
        draft.root.problem(f"{where}.field", f"没有字段 {when.field!r}")
    elif when.positive and not asked.type.numeric:
        draft.root.problem(f"{where}.positive", f"字段 {when.field!r} 不是数值")
    elif when.equals is not None and when.equals not in asked.choices:
        draft.root.problem(f"{where}.equals", f"字段 {when.field!r} 不会填 {when.equals!r}")


def _check_within_calendar(draft: Draft, field: Field, where: str) -> None:
    first, last = draft.calendar.first, draft.calendar.last
    for key, bound in (("low", field.low), ("high", field.high)):
        if isinstance(bound, date) and not first <= bound <= last:
            draft.root.problem(f"{where}.{key}", f"{bound} 不在日历 {first} 至 {last} 之间，无法推算休假日")


def _check_readings(draft: Draft) -> None:
    codes = {row.code for row in draft.rows}
    for number, reading in enumerate(draft.readings):
        for inner, code in enumerate(reading.indicators):
            if code not in codes:
                draft.root.problem(f"readings[{number}].indicators[{inner}]", f"没有指标 {code!r}")


def _check_use(draft: Draft, rules: Sequence[Rule]) -> None:
    """Every table, and every field of a row that is no text, counts for something."""
    used = {field_id for rule in rules for field_id in rule.fields()}
    for number, table in enumerate(draft.tables):
        if used.isdisjoint(table.row_ids(1)):
            draft.root.problem(f"tables[{number}]", f"没有评分规则用到附表 {table.id!r}")
    for check in draft.checks:
        used.update(field.id for field in check.fields())
    used.update(field.when.field for field in draft.fields.values() if field.when)
    for row in draft.rows:
        for field in row.fields:
            if field.type is not FieldType.TEXT and field.id in draft.places and field.id not in used:
                place = draft.places.path(field.id)
                draft.root.problem(place, f"没有评分规则或勾稽关系用到字段 {field.id!r}")
