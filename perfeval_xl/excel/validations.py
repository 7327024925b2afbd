"""What a cell accepts: a field as an Excel validation, with a prompt and a message that says what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.scheme.admit import bounds
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.rules.expr import usable

TITLE_LENGTH, MESSAGE_LENGTH = 32, 255  # Excel's limits
_FAR = 10**13  # Excel wants both ends of a range


def validation(field: Field, ref: str) -> dict[str, Any]:
    """xlsxwriter's options for the input cell ``ref`` of ``field``: entries that don't fit are stopped."""
    title, advice = _advice(field)
    return {
        **_criteria(field, ref),
        "ignore_blank": True,
        "error_type": "stop",
        "error_title": title,
        "error_message": _short(advice, MESSAGE_LENGTH),
        "input_title": _short(field.label.rpartition("：")[2], TITLE_LENGTH),
        "input_message": _short(field.hint or advice, MESSAGE_LENGTH),
    }


def _criteria(field: Field, ref: str) -> dict[str, Any]:
    if field.choices:
        return {"validate": "list", "source": list(field.choices)}
    if field.type is FieldType.TEXT:
        return {"validate": "length", "criteria": "<=", "value": field.max_length or 32767}
    if field.type is FieldType.DATE and field.never:
        return {"validate": "custom", "value": f"={usable(field, ref)}"}
    if field.type is FieldType.DATE:
        low, high = field.low or date(1900, 1, 1), field.high or date(9999, 12, 31)
        return {"validate": "date", "criteria": "between", "minimum": low, "maximum": high}
    return {
        "validate": "integer" if field.type is FieldType.COUNT else "decimal",
        "criteria": "between",
        "minimum": _number(field.low, -_FAR),
        "maximum": _number(field.high, _FAR),
    }


def _number(bound: object, far: int) -> float:
    return float(bound) if isinstance(bound, Decimal) else float(far)


def _advice(field: Field) -> tuple[str, str]:
    """The title and the text of the message when an entry is refused."""
    if field.choices:
        return "请从列表中选择", f"这一格只能填：{'、'.join(field.choices)}。请按“取消”，再点单元格右边的箭头选择。"
    if field.type is FieldType.TEXT:
        return "文字过长", f"最多 {field.max_length} 字，请精简后再填。"
    wanted = bounds(field)
    if field.type is FieldType.DATE:
        never = f"；没有这件事的，填“{field.never}”" if field.never else ""
        return "请填日期", f"应为{wanted}，写成 2024-03-15 这样的形式{never}。请按“重试”改正。"
    unit = f"，以{field.unit}为单位" if field.unit else ""
    percent = "，写成 98.25% 这样的形式" if field.type is FieldType.PERCENT else ""
    return "请填数字", f"应为{wanted}{unit}{percent}。只填数字，不写单位和说明；请按“重试”改正。"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
