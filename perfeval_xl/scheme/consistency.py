"""What can be judged only with the whole form in view: points that add up, names that exist, fields that are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from perfeval_xl.numbers import ZERO, half_up, show_number, step
from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.fields import Condition, Field, FieldType, Table
from perfeval_xl.scheme.model import Grade, Level, Reading
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.sections import MOST_LEVELS, Calendar, Places
from perfeval_xl.scheme.spec import Spec

_NUMERALS = "一二三四"


@dataclass(frozen=True)
class Row:
    """One scored row as read, before its rule. ``parameters`` is its rule's table as it stands in the file."""

    spec: Spec
    code: str
    path: tuple[str, ...]
    name: str
    points: Decimal
    interpretation: str
    criteria: str
    may_be_not_applicable: bool
    basis: str
    evidence: bool
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
    score_places: int


def check_whole(draft: Draft, rules: Sequence[Rule] | None) -> None:
    """Note all that does not hold together. ``rules`` None: some could not be read, so use can't be judged."""
    _check_points(draft)
    _check_levels(draft)
    _check_order(draft)
    _check_grades(draft)
    _check_fields(draft)
    _check_readings(draft)
    if rules is not None:
        _check_use(draft, rules)


def _check_points(draft: Draft) -> None:
    """Full points are scores: no finer than scores are given."""
    for row in draft.rows:
        if row.points != half_up(row.points, step(draft.score_places)):
            finest = f"最多 {draft.score_places} 位小数" if draft.score_places else "应为整数"
            row.spec.problem("points", f"分值{finest}（得分的位数，见 [scoring]），现为 {show_number(row.points)}")


def _check_levels(draft: Draft) -> None:
    """Rows add up to the level that they stand in, levels to the one above, the first to the total."""
    for number, level in enumerate(draft.levels):
        _check_level(draft, level, f"levels[{number}]", (level.name,))
    whole = Level("总分", draft.total)
    _check_sum(draft.root, "levels", whole, [level.points for level in draft.levels], "各一级指标")


def _check_level(draft: Draft, level: Level, where: str, path: tuple[str, ...]) -> None:
    if level.levels:
        for number, below in enumerate(level.levels):
            _check_level(draft, below, f"{where}.levels[{number}]", (*path, below.name))
        points, what = [below.points for below in level.levels], f"所属{_NUMERALS[len(path)]}级指标"
    else:
        points, what = [row.points for row in draft.rows if row.path == path], "所属各行"
    _check_sum(draft.root, f"{where}.points", level, points, what)


def _check_sum(root: Spec, key: str, level: Level, points: list[Decimal], what: str) -> None:
    total = sum(points, ZERO)
    if total != level.points:
        root.problem(key, f"{level.name} {show_number(level.points)} 分，{what}合计 {show_number(total)} 分")


def _check_order(draft: Draft) -> None:
    """Rows name levels that exist, all as deep, and stand in their order: the official table merges their cells."""
    order = [path for path, _ in _ends(draft.levels, ())]
    _check_doubled(draft.root, draft.levels, "", 0)
    known = [row for row in draft.rows if row.path in order]
    for row in draft.rows:
        if row not in known:
            *above, last = row.path
            under = f"“{'›'.join(above)}”之下的" if above else ""
            row.spec.problem(f"level{len(row.path)}", f"没有{under}{_NUMERALS[len(above)]}级指标“{last}”")
        elif len(row.path) != len(known[0].path):
            row.spec.problem(f"level{len(row.path)}", f"各行的级数应相同：第一行之上有 {len(known[0].path)} 级")
    for before, row in pairwise(known):
        if order.index(row.path) < order.index(before.path):
            levels = "、".join(_NUMERALS[: len(row.path)])
            row.spec.problem(f"level{len(row.path)}", f"各行应按{levels}级指标的顺序排列")


def _ends(levels: Sequence[Level], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Level]]:
    """The innermost levels with their paths, in order."""
    for level in levels:
        path = (*above, level.name)
        if level.levels:
            yield from _ends(level.levels, path)
        else:
            yield path, level


def _check_doubled(root: Spec, levels: Sequence[Level], where: str, depth: int) -> None:
    """No two of one parent's levels have one name, and none is deeper than a form can show."""
    seen: set[str] = set()
    for number, level in enumerate(levels):
        place = f"{where}levels[{number}]"
        if level.name in seen:
            root.problem(f"{place}.name", f"{_NUMERALS[depth]}级指标 {level.name!r} 重复")
        seen.add(level.name)
        if level.levels and depth + 1 == MOST_LEVELS:
            root.problem(f"{place}.levels", f"各行之上最多 {MOST_LEVELS} 级")
        elif level.levels:
            _check_doubled(root, level.levels, f"{place}.", depth + 1)


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
