"""Numbers as people type them: commas, signs, currency, units of money, counters, Chinese numerals, percentages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from perfeval_xl.entries.entry import Entry, Reading, Shape, is_number
from perfeval_xl.entries.spelling import plain, readable
from perfeval_xl.mentions import MONEY, chinese_number
from perfeval_xl.numbers import ZERO, exact, read_number, show_number
from perfeval_xl.scheme.fields import Field, FieldType

_EXACTLY = Context(prec=200)  # nothing that is readable loses a digit
_PERCENT_SURE = Decimal(2)  # a cell that shows more than 200% got its format after somebody had put 98 there
_YUAN = "元"

_UNITS = tuple(sorted(MONEY, key=len, reverse=True))
_SCALES = {unit.removesuffix(_YUAN): MONEY[unit] for unit in _UNITS if unit != _YUAN}
_COUNTERS = frozenset("个项次份人所件家宗笔条例名处起期户台套批张页门位间座辆场班只支篇本册")

_TRADITIONAL = str.maketrans("萬億圆圓", "万亿元元")
_PARTS = re.compile(r"'?([-+负]?)((?:¥|RMB|CNY|人民币):?)?([-+]?)([^-+]*)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)")  # how accounts write a negative number
_STOP_FOR_POINT = re.compile(r"(?<=\d)。(?=\d)")  # the full stop of a Chinese keyboard
_SHARE = re.compile(r"(?P<number>.+)(?P<sign>[%‰])|(?P<word>[百千万])分之(?P<part>.+)")
_PER = {"%": Decimal(100), "‰": Decimal(1000), "百": Decimal(100), "千": Decimal(1000), "万": Decimal(10000)}


def read_quantity(field: Field, entry: Entry, raw: str) -> Reading:
    """What ``entry`` is taken for in the numeric ``field``; ``raw`` is its text."""
    if isinstance(entry.found, int | float) and is_number(entry.found):
        number = exact(entry.found) or ZERO  # never −0
        if field.type is FieldType.PERCENT and number.is_finite():
            return _share(number, entry.shape)
        return Reading(number)
    parts = _parted(plain(raw)) if isinstance(entry.found, str) and readable(raw) else None
    reading = None if parts is None else _typed(field, parts)
    return Reading(raw) if reading is None else reading


@dataclass(frozen=True, slots=True)
class _Parts:
    """A number in signs: what stands in front of it, and the rest."""

    negative: bool
    money: bool
    body: str

    def signed(self, number: Decimal) -> Decimal:
        """``number`` with its sign; never −0."""
        return (number.copy_negate() if self.negative else number) or ZERO


def _typed(field: Field, parts: _Parts) -> Reading | None:
    if field.type is FieldType.AMOUNT and field.unit in MONEY:
        return _amount(field, parts)
    if parts.money:
        return None
    if field.type is FieldType.COUNT:
        return _count(field, parts)
    return _percent(parts) if field.type is FieldType.PERCENT else _with_own_unit(field, parts)


def _parted(text: str) -> _Parts | None:
    """The parts of a ``plain`` text; None where it has more than one sign."""
    text = text.translate(_TRADITIONAL)
    bracketed = _IN_BRACKETS.fullmatch(text)
    match = _PARTS.fullmatch(bracketed[1] if bracketed else text)
    if match is None or bool(bracketed) + bool(match[1]) + bool(match[3]) > 1:
        return None
    negative = bool(bracketed) or match[1] in ("-", "负") or match[3] == "-"
    return _Parts(negative, match[2] is not None, match[4])


def _unsigned(text: str) -> Decimal | None:
    number = read_number(_STOP_FOR_POINT.sub(".", text))
    return chinese_number(text) if number is None else number


def _as_text(parts: _Parts, number: Decimal | None) -> Reading | None:
    """The receipt of a number that needed nothing but reading."""
    return None if number is None else Reading(parts.signed(number), "number-as-text")


def _with_own_unit(field: Field, parts: _Parts) -> Reading | None:
    return _as_text(parts, _unsigned(parts.body.removesuffix(plain(field.unit))))


# ---- money


def _amount(field: Field, parts: _Parts) -> Reading | None:
    body = parts.body.removesuffix("整") if parts.body.endswith("元整") else parts.body
    for unit in _UNITS:
        number = _multiple(body, unit)
        if number is None and unit[-2:] in ("万元", "亿元"):
            number = _multiple(body, unit.removesuffix(_YUAN))
        if number is not None:
            return _converted(field, parts, number, unit)
    if field.unit != _YUAN and (parts.money or "万" in body or "亿" in body):  # 三万五千 and ¥5: of 元, or of 万元?
        return None
    return _as_text(parts, _unsigned(body))


def _multiple(body: str, unit: str) -> Decimal | None:
    """The number in front of ``unit``. A numeral that has 万 or 亿 of its own (一亿二千万) is not a multiple of 万."""
    front = body.removesuffix(unit)
    if front == body or (unit[0] != _YUAN and ("万" in front or "亿" in front)):
        return None
    return _unsigned(front)


def _converted(field: Field, parts: _Parts, number: Decimal, unit: str) -> Reading | None:
    if unit == field.unit or not number:
        return _as_text(parts, number)
    large, small = sorted((unit, field.unit), key=MONEY.__getitem__, reverse=True)
    why = f"1 {large} = {show_number(MONEY[large] / MONEY[small])} {small}"
    value = _EXACTLY.divide(_EXACTLY.multiply(parts.signed(number), MONEY[unit]), MONEY[field.unit])
    return Reading(value, "unit-converted", why)


# ---- counts


def _count(field: Field, parts: _Parts) -> Reading | None:
    """With or without a counter; 2000万 is converted, a Chinese numeral (二十万) only read."""
    body = parts.body
    own, usual = body.removesuffix(plain(field.unit)), body[:-1] if body[-1:] in _COUNTERS else body
    for front in dict.fromkeys((body, own, usual)):
        number = _unsigned(front)
        if number is not None:
            return _as_text(parts, number)
        for scale, factor in _SCALES.items():
            number = read_number(front.removesuffix(scale)) if front.endswith(scale) else None
            if number is not None:
                value = _EXACTLY.multiply(parts.signed(number), factor)
                return Reading(value, "unit-converted", f"1 {scale} = {show_number(factor)}")
    return None


# ---- percentages


def _percent(parts: _Parts) -> Reading | None:
    """The share that a text says. A number without a sign of per cent is one only where it can't be read in two ways."""
    match = _SHARE.fullmatch(parts.body)
    if match is None:
        number = _unsigned(parts.body)
        return None if number is None else _share(parts.signed(number), Shape.TEXT, typed=True)
    share = _unsigned(match["number"] or match["part"])
    if share is None and match["word"] is not None and match["word"] == match["part"]:  # 百分之百
        share = _PER[match["word"]]
    if share is None:
        return None
    value = _EXACTLY.divide(parts.signed(share), _PER[match["sign"] or match["word"]])
    return Reading(value, "percent-read")


def _share(number: Decimal, shape: Shape, *, typed: bool = False) -> Reading:
    """What a number without a sign of per cent is taken for; ``typed``: as text.

    A cell with a percent format holds the fraction and shows the percentage; in any other cell 0.98 is a fraction too,
    most likely, but 98 may be 98% or, as the file has it, 9800%. Where the format can't be known (UNKNOWN) what fits our
    own format is taken as such.
    """
    size = abs(number)
    if shape is Shape.PERCENT:
        return Reading(number) if size <= _PERCENT_SURE else _two_ways(number)
    if not number:
        return Reading(number, "number-as-text" if typed else None)
    if shape is Shape.UNKNOWN:
        return Reading(number) if size <= 1 else _two_ways(number)
    return Reading(number, "percent-as-fraction") if size < 1 else _two_ways(number)


def _two_ways(number: Decimal) -> Reading:
    small, large = (f"{each.normalize(_EXACTLY):f}%" for each in (number, number.scaleb(2, _EXACTLY)))
    return Reading(None, "percent-ambiguous", f"{small} 还是 {large}")
