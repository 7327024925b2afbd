"""Admitting values: the one place where a value of a Python kind is checked against the field that it answers.

Whoever reads a file (a workbook, an answers file) turns what stands there into a Python value first; whether that value
can be used is decided here alone, so that every way in accepts exactly the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO, half_up, read_number, show_number, show_percent
from perfeval_xl.scheme.answers import Answer, Value
from perfeval_xl.scheme.fields import NO, YES, Constant, Field, FieldType

ERROR_VALUES = frozenset({"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
"""What a cell shows in place of a result; admitted nowhere."""

_WORDS = {YES: True, NO: False}
_LONGEST_SHOWN = 30  # characters of what was typed that a message quotes


def admit(field: Field, value: Value | None, raw: str, cell: Cell | None) -> Answer:
    """The answer that ``value`` gives to ``field``; ``raw`` is what stood there as text.

    None and text of white space only are blank. A value that cannot be used gives an answer without value and with the
    code of the finding about it (findings.KINDS); text longer than the field takes is kept and flagged.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return Answer(field.id, None, raw, cell)
    if isinstance(value, str) and value.strip() in ERROR_VALUES:
        return Answer(field.id, None, raw, cell, "error-value")
    if field.type is FieldType.TEXT:
        text = value if isinstance(value, str) else raw
        too_long = field.max_length is not None and len(text) > field.max_length
        return Answer(field.id, text, raw, cell, "text-too-long" if too_long else None)
    kept, problem = _checked(field, value)
    return Answer(field.id, kept, raw, cell, problem)


def constant(field: Field, value: Constant, cell: Cell | None = None) -> Answer:
    """The answer that the bureau gave to ``field`` for all units."""
    return Answer(field.id, value, show(field, value), cell)


def _checked(field: Field, value: Value) -> tuple[Value | None, str | None]:
    """The value as the field takes it, or the code of what is wrong with it."""
    if field.type is FieldType.YESNO:
        answer = _WORDS.get(value) if isinstance(value, str) else value
        return (answer, None) if isinstance(answer, bool) else (None, "not-a-choice")
    if field.type is FieldType.CHOICE:
        return (value, None) if value in field.options else (None, "not-a-choice")
    if field.type is FieldType.DATE:
        if value == field.never:
            return value, None
        if not isinstance(value, date):
            return None, "not-a-date"
        return (value, None) if _within(field, value) else (None, "out-of-range")
    if not isinstance(value, Decimal) or not value.is_finite():
        return None, "not-a-number"
    exact = to_places(field, value)
    return (None, "out-of-range") if exact is None or not _within(field, exact) else (exact, None)


def to_places(field: Field, value: Decimal) -> Decimal | None:
    """``value`` with the decimals that ``field`` takes; None where it is too large, or has more than it may.

    Measured quantities are rounded half-up, with a leaning upwards by less than noise; counts and points only lose what
    is noise. That is decided on floats, as the cells hold them and as the live formulas compare them (expr.usable).
    """
    if abs(value) > field.largest + 1:
        return None
    exact, exponent = value, value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > field.places:
        exact = half_up(value + field.leaning, Decimal(1).scaleb(-field.places)) + ZERO  # never −0
        if not field.rounds and abs(float(exact) - float(value)) >= float(field.noise):
            return None
    return exact if abs(exact) <= field.largest else None


def _within(field: Field, value: Decimal | date) -> bool:
    """Inside the field's bounds, both included. The scheme gives a date field dates and a number field numbers."""
    if field.low is not None and value < field.low:  # type: ignore[operator]
        return False
    return field.high is None or value <= field.high  # type: ignore[operator]


def answer_finding(field: Field, answer: Answer, indicator_code: str | None) -> Finding:
    """The problem of ``answer`` in words. KeyError where the answer has none."""
    if answer.problem is None:
        raise KeyError(f"{field.id} has no problem")
    return finding(
        answer.problem,
        cell=answer.cell,
        indicator=indicator_code,
        expected=_expected(field, answer),
        actual=_actual(field, answer),
        label=field.label,
        unit=f"（{field.unit}）" if field.unit and field.unit not in field.label else "",
        why=answer.why,
        advice=_advice(field),
    )


def _expected(field: Field, answer: Answer) -> str | None:
    """What should stand there; of a value that was taken, how it was understood."""
    if answer.problem == "not-a-choice":
        return "、".join(field.choices)
    if answer.problem == "text-too-long":
        return str(field.max_length)
    if answer.problem == "percent-ambiguous":
        return answer.why
    if answer.problem == "out-of-range":
        return _admitted(field, answer)
    if answer.value is None or answer.problem == "control-characters":
        return None
    shown = show(field, answer.value)
    return f"{shown} {field.unit}" if answer.problem == "unit-converted" and field.unit else _short(shown)


def _admitted(field: Field, answer: Answer) -> str:
    """What ``field`` takes, as far as the answer goes against it; all of it where the number has units or is in words."""
    if not field.type.numeric:
        return bounds(field)
    number = read_number(answer.raw)
    if number is None:
        finest = "" if field.rounds or not field.places else f"，最多 {field.places} 位小数"
        return f"{bounds(replace(field, high=field.largest))}{finest}"
    if not _within(field, number) or (field.places == 0 and number <= field.largest):
        return bounds(field)
    return precision(field)


def _actual(field: Field, answer: Answer) -> str:
    if answer.problem == "text-too-long" and isinstance(answer.value, str):
        return str(len(answer.value))
    if answer.problem != "out-of-range":
        return _short(answer.raw)
    number = read_number(answer.raw) if field.type.numeric else None
    if number is not None:
        return show(field, number)
    return f"{_short(answer.raw)}（{answer.why}）" if answer.why else _short(answer.raw)


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _advice(field: Field) -> str:
    """What to fill in: 请填写…"""
    if field.choices:
        return f"{'、'.join(f'“{choice}”' for choice in field.choices)}之一"
    if field.type is FieldType.DATE:
        return "日期" if field.never is None else f"日期；确实没有的填“{field.never}”"
    if field.type in (FieldType.COUNT, FieldType.AMOUNT):
        return "数字；确实没有的填 0"
    return "百分比（如 98.25%）" if field.type is FieldType.PERCENT else "数字"


def bounds(field: Field) -> str:
    """What ``field`` takes, in words: 0 至 10 之间的数; 不小于 0 的整数; 2024-01-01 至 2026-12-31 之间的日期."""
    kind = {FieldType.DATE: "日期", FieldType.COUNT: "整数"}.get(field.type, "数")
    low = "" if field.low is None else show(field, field.low)
    high = "" if field.high is None else show(field, field.high)
    if low and high:
        return f"{low} 至 {high} 之间的{kind}"
    if low or high:
        return f"{f'不小于 {low}' if low else f'不大于 {high}'} 的{kind}"
    return kind


def precision(field: Field) -> str:
    """How large and how fine a number ``field`` takes, in words: 不大于 20、最多 2 位小数的数."""
    most = f"不大于 {show(field, field.largest)}"
    if field.places == 0:
        return f"{most} 的整数"
    return f"{most} 的数" if field.rounds else f"{most}、最多 {field.places} 位小数的数"


def show(field: Field, value: Value) -> str:
    """A value as a clerk writes it."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return show_percent(value) if field.type is FieldType.PERCENT else show_number(value)
    return value if isinstance(value, str) else value.isoformat()
