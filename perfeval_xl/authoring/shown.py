"""How a scheme's values are shown in a sentence: words for choices, percentages, what is different in two long texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.authoring.toml_text import literal
from perfeval_xl.numbers import show_number
from perfeval_xl.scheme.rules.bands import Band, short_percent

NOTHING = "（无）"
"""What stands in place of a thing that isn't there."""
_UNSAID = "（不写）"
_SHORT = 32  # signs of a text that are shown whole
_AROUND = 8  # signs shown on either side of what differs


def show(value: Any, sort: Sort = Sort.ANY, words: Mapping[str, str] | None = None) -> str:
    """A value in a sentence; None is （不写）: what holds then is the default."""
    if value is None:
        return _UNSAID
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        if sort is Sort.PERCENT:
            return short_percent(number)
        if sort is Sort.POINTS:
            return f"{show_number(number)} 分"
        return str(value) if sort is Sort.WHOLE else show_number(number)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return (words or {}).get(value, value) or "（空）"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "、".join(value) or "（空）"
    if isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()):
        return "、".join(f"{old}={new}" for old, new in value.items()) or "（空）"
    return literal(value)


def change(before: Any, after: Any, sort: Sort = Sort.ANY, words: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Both values as shown; of two long texts what differs, with a few signs around it."""
    old, new = show(before, sort, words), show(after, sort, words)
    if before is None or after is None:
        return _cut(old), _cut(new)
    if max(len(old), len(new)) <= _SHORT:
        return _line(old), _line(new)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return _part(old, head, tail), _part(new, head, tail)


def _common(one: str, other: str) -> int:
    """How many signs two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _part(text: str, head: int, tail: int) -> str:
    start, end = max(head - _AROUND, 0), min(len(text) - tail + _AROUND, len(text))
    middle = text[start:end]
    if len(middle) > 3 * _SHORT:
        middle = f"{middle[:_SHORT]}…{middle[-_SHORT:]}"
    return _line(f"{'…' if start else ''}{middle}{'…' if end < len(text) else ''}")


def _cut(text: str) -> str:
    return _line(text if len(text) <= 2 * _SHORT else f"{text[:_SHORT]}…")


def _line(text: str) -> str:
    return text.replace("\n", "⏎")


def band_of(table: Mapping[str, Any]) -> Band[None]:
    """The interval that a band's table describes."""
    low = table.get("ge", table.get("gt"))
    high = table.get("le", table.get("lt"))
    return Band(
        Decimal(0) if low is None else Decimal(low),
        "gt" not in table,
        None if high is None else Decimal(high),
        "le" in table,
        None,
    )


def band_words(table: Mapping[str, Any], sort: Sort) -> str:
    """A band in words: 不超过 10%, 超过 10% 但不超过 20%."""
    return band_of(table).describe(short_percent if sort is Sort.PERCENT else show_number)
