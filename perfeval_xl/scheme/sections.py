"""Reading the parts of a scheme's TOML that are not rules: fields, tables, levels, grades, narrative, calendar, …

Each reader takes a Spec, notes what is wrong there (located) and returns the part, made harmless where it was wrong.
What can only be judged with the whole form in view is judged in consistency.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from perfeval_xl.numbers import ZERO, read_number
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import Condition, Constant, Field, FieldType, RollUp, Table
from perfeval_xl.scheme.model import Correction, Grade, Level, NarrativeSection
from perfeval_xl.scheme.spec import Spec

T = TypeVar("T")

TEXT_LENGTH = 2000
"""How many characters a text field takes unless its scheme says otherwise."""

MOST_LEVELS = 3
"""Levels above the scored rows: with the rows' own, forms have two to four."""

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
_LIKE_A_CELL = re.compile(r"[a-z]{1,3}[0-9]+\Z")
_LONGEST_CALENDAR = 3660  # days: a slip of the century must not make a million of them
_MOST_ROWS = 99  # the ids of annex cells number their rows with two digits
_NOT_NEGATIVE = {FieldType.COUNT, FieldType.AMOUNT, FieldType.PERCENT, FieldType.SCORE}
_ROLLED_UP = {
    RollUp.SUM: (FieldType.COUNT, FieldType.AMOUNT, FieldType.NUMBER),
    RollUp.ALL: (FieldType.YESNO,),
    RollUp.ANY: (FieldType.YESNO,),
    RollUp.ROSTER: (FieldType.COUNT,),
    RollUp.RETURNED: (FieldType.COUNT,),
}
"""What can be combined so. Never a rate: what it is made of is combined, and the ratio computed once."""


@dataclass(frozen=True)
class Calendar:
    """The days known to be working or not, from ``first`` to ``last``; ``closed_days`` ascending."""

    first: date
    last: date
    closed_days: tuple[date, ...]
    source: str


@dataclass(frozen=True)
class Defaults:
    """What a field takes where its table says nothing: its period, and the calendar's ends as a date's bounds."""

    period: str
    first: date
    last: date


class Places:
    """Which id stands where in the file. An id that comes twice is noted with both places."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def add(self, spec: Spec, what: str, id_: str, key: str = "id") -> None:
        """Note ``id_``, found under ``key`` of ``spec``; ``what`` names the sort of thing it is."""
        if not id_:
            return
        if not well_formed(id_):
            spec.problem(key, f"{what} {id_!r} 应由小写字母、数字和下划线组成，且不像单元格地址")
        if id_ in self._keys:
            spec.problem(key, f"{what} {id_!r} 重复，已用于 {self._keys[id_]}")
        else:
            self._keys[id_] = _after_file(spec.path(""))

    def __contains__(self, id_: str) -> bool:
        return id_ in self._keys

    def path(self, id_: str) -> str:
        """The key path of the table that holds ``id_``."""
        return self._keys[id_]


def well_formed(id_: str) -> bool:
    """Whether ``id_`` can be an id, and so the name of a cell."""
    return _ID.match(id_) is not None and _LIKE_A_CELL.match(id_) is None


def _after_file(path: str) -> str:
    return path.split(": ", 1)[1]


def read_each(specs: list[Spec], read: Callable[[Spec], T]) -> tuple[T, ...]:
    """``read`` applied to every table, each closed afterwards."""
    parts = []
    for spec in specs:
        parts.append(read(spec))
        spec.close()
    return tuple(parts)


def read_field(spec: Spec, defaults: Defaults, *, column: bool = False) -> Field:
    """One field; of a column in an annex table what only a single cell can have (period, condition) is not known."""
    known = spec.choice("type", tuple(FieldType))
    kind = FieldType(known) if known in set(FieldType) else FieldType.TEXT
    low, high = _bounds(spec, kind, defaults)
    field = Field(
        id=spec.text("id"),
        label=spec.text("label"),
        type=kind,
        unit=spec.text("unit", ""),
        period="" if column else spec.text("period", defaults.period if kind.numeric else ""),
        hint=spec.text("hint"),
        required=spec.flag("required", True),
        when=_condition(spec.table("when")) if "when" in spec and not column else None,
        low=low,
        high=high,
        options=spec.texts("options", []),
        never=spec.text("never", "") or None,
        issued=spec.text("issued", "") or None,
        max_length=_max_length(spec, kind),
        roll_up=_roll_up(spec, kind, column),
        headings=spec.texts("headings", []),
    )
    _check_field(spec, field)
    return field


Bound = Decimal | date | None


def _bounds(spec: Spec, kind: FieldType, defaults: Defaults) -> tuple[Bound, Bound]:
    """Lowest and highest value. Without a word of its own a number that counts or measures starts at 0, and a date lies
    within the calendar, because no rule can count working days outside it."""
    low: Bound
    high: Bound
    if kind is FieldType.DATE:
        low = spec.day("low") if "low" in spec else defaults.first
        high = spec.day("high") if "high" in spec else defaults.last
    elif kind.numeric:
        low = spec.number("low") if "low" in spec else (ZERO if kind in _NOT_NEGATIVE else None)
        high = spec.number_or_none("high")
    else:
        return None, None
    if low is not None and high is not None and type(low) is type(high) and low > high:  # type: ignore[operator]
        spec.problem("high", f"上限 {high} 小于下限 {low}")
    return low, high


def _max_length(spec: Spec, kind: FieldType) -> int | None:
    return spec.whole("max_length", TEXT_LENGTH) if kind is FieldType.TEXT else None


def _roll_up(spec: Spec, kind: FieldType, column: bool) -> RollUp:
    word = spec.choice("roll_up", tuple(RollUp), RollUp.OWN.value)
    rule = RollUp(word) if word in set(RollUp) else RollUp.OWN
    if column and rule is not RollUp.OWN:
        spec.problem("roll_up", f"附表由主管部门自填，不能是 {word}")
    elif kind not in _ROLLED_UP.get(rule, FieldType):
        spec.problem("roll_up", f"{word} 只能用于 {'、'.join(_ROLLED_UP[rule])} 类型的字段，本字段是 {kind}")
    return rule


def _condition(spec: Spec) -> Condition:
    condition = Condition(spec.text("field"), spec.text("equals", "") or None, spec.flag("positive", False))
    if (condition.equals is None) is not condition.positive:
        spec.problem("equals", "equals 与 positive 应写且只写一个")
    spec.close()
    return condition


def _check_field(spec: Spec, field: Field) -> None:
    if (field.type is FieldType.CHOICE) is not bool(field.options):
        spec.problem("options", "选项（choice）须列出 options，其他类型不能列")
    if field.never is not None and field.type is not FieldType.DATE:
        spec.problem("never", "只有日期（date）可以写 never")
    if field.type.numeric and field.largest > field.bearable:
        why = "再大就不能保证各种表格软件算得一致"
        spec.problem("high", f"上限 {field.high} 过大：这类数最大 {field.bearable:f}，{why}")
    if field.type is FieldType.AMOUNT and not field.unit:
        spec.problem("unit", "金额（amount）须写明单位：万元或元")
    if field.issued is not None and field.choices and field.issued not in field.choices:
        spec.problem("issued", f"应为 {'、'.join(field.choices)} 之一，现为 {field.issued!r}")
    if field.issued is not None and field.type.numeric and read_number(field.issued) is None:
        spec.problem("issued", f"应为数字，现为 {field.issued!r}")


def read_table(spec: Spec, defaults: Defaults) -> Table:
    """An annex table. Without a word about ``rows`` it has those that are fixed and no others."""
    columns = read_each(spec.tables("columns"), lambda each: read_field(each, defaults, column=True))
    given = spec.tables("fixed", optional=True)
    rows = spec.whole("rows", len(given) if given else ...)
    if not 1 <= rows <= _MOST_ROWS:
        spec.problem("rows", f"应为 1 至 {_MOST_ROWS}，现为 {rows}")
        rows = 1
    elif rows < len(given):
        spec.problem("rows", f"固定的有 {len(given)} 行，rows 不能小于此数，现为 {rows}")
    seen: set[str] = set()
    for number, column in enumerate(columns):
        if column.id in seen:
            spec.problem(f"columns[{number}].id", f"列 {column.id!r} 重复")
        seen.add(column.id)
    known = {column.id: column for column in columns}
    fixed = {number: _fixed_row(each, known) for number, each in enumerate(given[:rows], start=1)}
    table = Table(spec.text("id"), spec.text("title"), rows, columns, fixed)
    if columns and not table.open_cells:
        spec.problem("fixed", "所有格子都已固定，没有留给单位填写的")
    return table


def _fixed_row(spec: Spec, columns: Mapping[str, Field]) -> Mapping[str, Constant]:
    """What the bureau fills in of one row, by column."""
    found: dict[str, Constant] = {}
    for key, value in spec.raw().items():
        column = columns.get(key)
        if column is None:
            spec.problem(key, f"本附表没有列 {key!r}（可用：{'、'.join(columns)}）")
            continue
        given = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        kinds = Decimal | bool | date | str
        answer = admit(column, given, str(value), None) if isinstance(given, kinds) else Answer(key, None)
        if answer.value is None or answer.problem is not None:
            spec.problem(key, f"{value!r} 不能填在“{column.label}”一列：请核对类型、选项和上下限")
        else:
            found[key] = answer.value
    if not spec.raw():
        spec.problem("", "固定的行至少要填一列；整行都由单位填写的，不必列出")
    return found


def read_level(spec: Spec) -> Level:
    """An indicator of a level above the scored rows, with those below it."""
    return Level(
        name=spec.text("name"),
        points=spec.number("points"),
        levels=read_each(spec.tables("levels", optional=True), read_level),
    )


def read_path(spec: Spec) -> tuple[str, ...]:
    """The names of the levels above a scored row, outermost first."""
    names = [spec.text("level1"), *(spec.text(f"level{number}", "") for number in range(2, MOST_LEVELS + 1))]
    depth = next((number for number, name in enumerate(names) if not name), MOST_LEVELS)
    for number, name in enumerate(names[depth:], start=depth + 1):
        if name:
            spec.problem(f"level{number}", f"写了 level{number}，就要先写 level{depth + 1}")
    return tuple(names[:depth]) or ("",)


def read_grade(spec: Spec) -> Grade:
    return Grade(spec.text("name"), spec.number("low"), spec.number("high"), spec.text("text"))


def read_correction(spec: Spec) -> Correction:
    return Correction(spec.text("where"), spec.text("printed"), spec.text("corrected"), spec.text("why"))


def read_section(spec: Spec, field: Callable[[Spec], Field]) -> NarrativeSection:
    """A heading of the narrative, its fields and the headings below it. ``field`` reads one field."""
    return NarrativeSection(
        heading=spec.text("heading"),
        fields=read_each(spec.tables("fields", optional=True), field),
        sections=read_each(spec.tables("sections", optional=True), lambda each: read_section(each, field)),
    )


def read_calendar(spec: Spec) -> Calendar:
    """The days from ``first`` to ``last``: ``holidays`` are closed working days, ``worked`` are worked weekend days."""
    first, last = spec.day("first"), spec.day("last")
    listed = {key: spec.days(key) for key in ("holidays", "worked")}
    source = spec.text("source")
    spec.close()
    for key, weekend in (("holidays", False), ("worked", True)):
        for number, day in enumerate(listed[key]):
            if not first <= day <= last:
                spec.problem(f"{key}[{number}]", f"{day} 不在 {first} 至 {last} 之间")
            elif (day.weekday() >= 5) is not weekend:
                spec.problem(f"{key}[{number}]", f"{day} {'不是周末' if weekend else '是周末'}，不必列出")
            elif day in listed[key][:number]:
                spec.problem(f"{key}[{number}]", f"{day} 重复")
    if last < first or (last - first).days > _LONGEST_CALENDAR:
        spec.problem("last", f"应在 first（{first}）之后，且不超过十年，现为 {last}")
        return Calendar(first, first, (), source)
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    holidays, worked = set(listed["holidays"]), set(listed["worked"])
    closed = tuple(day for day in days if day in holidays or (day.weekday() >= 5 and day not in worked))
    return Calendar(first, last, closed, source)
