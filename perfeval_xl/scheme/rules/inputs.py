"""What the rule kinds share about their inputs: naming fields in a scheme, and showing answers in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO, half_up, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.rules.base import Context
from perfeval_xl.scheme.spec import Spec

QUANTITY = (FieldType.AMOUNT, FieldType.COUNT, FieldType.NUMBER)
"""Types whose values may be added up and divided."""

EXACT = Decimal(4 * 10**15)
"""Whole numbers up to here stay exact in every program where the live formulas double them (expr.half_up_quotient)."""


def read_field(spec: Spec, key: str, context: Context, *types: FieldType) -> str:
    """The field id under ``key``; an unknown field or one of another type is reported to ``spec``."""
    field_id = spec.text(key)
    if isinstance(spec.raw().get(key), str):
        _check(spec, key, field_id, context, types)
    return field_id


def read_fields(spec: Spec, key: str, context: Context, *types: FieldType) -> tuple[str, ...]:
    """The field ids under ``key``, at least one, each checked as in ``read_field``."""
    field_ids = spec.texts(key)
    if not field_ids and isinstance(spec.raw().get(key), list):
        spec.problem(key, "至少要有一个字段")
    for number, field_id in enumerate(field_ids):
        _check(spec, f"{key}[{number}]", field_id, context, types)
    return field_ids


def read_day(spec: Spec, key: str, context: Context) -> str:
    """The id of a date field that always holds a date: one with a ``never`` word is reported."""
    field_id = read_field(spec, key, context, FieldType.DATE)
    field = context.fields.get(field_id)
    if field is not None and field.never is not None:
        spec.problem(key, f"字段 {field_id!r} 不能有 never：这里总要有日期")
    return field_id


def _check(spec: Spec, key: str, field_id: str, context: Context, types: tuple[FieldType, ...]) -> None:
    field = context.fields.get(field_id)
    if field is None:
        spec.problem(key, f"没有字段 {field_id!r}")
    else:
        check_type(spec, key, field, types)


def check_type(spec: Spec, key: str, field: Field, types: tuple[FieldType, ...]) -> None:
    """Report a field of another type, and a number without a lower bound: no rule has a meaning for negative values."""
    if field.type not in types:
        wanted = "或".join(each.word for each in types)
        spec.problem(key, f"字段 {field.id!r} 应为{wanted}，现为{field.type.word}")
    elif field.type.numeric and not (isinstance(field.low, Decimal) and field.low >= ZERO):
        spec.problem(key, f"字段 {field.id!r} 须写明不小于 0 的下限 low：负数无法计分")


def check_size(spec: Spec, context: Context, points: Decimal, part: str, whole: str) -> None:
    """Report a ``part`` (the key of its field) that may be so large that it, times the points, is not exact in the live
    formulas: they work in whole numbers of the finest unit of part and ``whole``."""
    fields = [context.fields.get(spec.text(key)) for key in (part, whole)]
    known = [field for field in fields if field is not None and field.type in QUANTITY]
    if len(known) < len(fields):
        return  # told by then
    finest = Decimal(10) ** max(field.places for field in known)
    if known[0].largest * finest * points * 10**context.places > EXACT:
        most = (EXACT / (finest * points * 10**context.places)).to_integral_value(ROUND_FLOOR)
        what = f"分值 {show_number(points)} 分的，字段 {known[0].id!r} 的上限 high 应不超过 {show_number(most)}"
        spec.problem(part, f"{what}，再大就不能保证各种表格软件算得一致")


def show_amount(field: Field, value: Decimal) -> str:
    """A number with its unit: 364.75 万元, 98.25%."""
    if field.type is FieldType.PERCENT:
        return show_percent(value)
    return f"{show_number(value)} {field.unit}".rstrip()


def show_points(value: Decimal) -> str:
    """Points inside a basis: as many decimals as they need, at most four. 0.90 -> '0.9'.

    Below 0 with a minus sign, not a hyphen, after which a line may break.
    """
    return show_number(half_up(value, Decimal("0.0001"))).replace("-", "−")


def bare_label(field: Field) -> str:
    """A label without the unit that it may end in: where the unit stands beside the number, once is enough."""
    return field.label.removesuffix(f"（{field.unit}）")


def stated(context: Context, answers: Answers, field_id: str) -> str:
    """A number as the unit stated it, with its label: 应评估项目 3 个."""
    field = context.fields[field_id]
    return f"{bare_label(field)} {show_amount(field, answers.number(field_id))}"


def total(answers: Answers, field_ids: Iterable[str]) -> Decimal:
    """The exact sum of the numbers in ``field_ids``."""
    return sum((answers.number(each) for each in field_ids), ZERO)


def sum_label(context: Context, field_ids: Iterable[str]) -> str:
    """The fields that a sum is made of, by their labels: 年初结转＋一般公共预算."""
    return "＋".join(bare_label(context.fields[each]) for each in field_ids)


def exceeds_whole(context: Context, answers: Answers, part: tuple[str, ...], whole: tuple[str, ...]) -> Finding:
    """The finding that a part (a sum of fields) is larger than its whole."""
    return finding(
        "part-exceeds-whole",
        cell=answers.cell(part[0]),
        indicator=context.code,
        part=sum_label(context, part),
        whole=sum_label(context, whole),
        actual=show_amount(context.fields[part[0]], total(answers, part)),
        expected=show_amount(context.fields[whole[0]], total(answers, whole)),
    )


def zero_base(context: Context, answers: Answers, part: tuple[str, ...], base: tuple[str, ...]) -> Finding:
    """The finding that a ratio's base (a sum of fields) is 0 while its part is not."""
    return finding(
        "zero-base",
        cell=answers.cell(base[0]),
        indicator=context.code,
        base=sum_label(context, base),
        part=sum_label(context, part),
        actual=show_amount(context.fields[part[0]], total(answers, part)),
    )
