"""Building Excel expressions that come out alike in every spreadsheet program.

Only + − × ÷, comparisons and IF AND OR SUM SUMPRODUCT COUNT COUNTIF ROUND MIN MAX ABS are used (design: old offices, no
dynamic functions). A field is named by its defined name, which equals its id.

Floating point: a difference is rounded to 7 decimals before it is compared with 0, so that 0.1 + 0.2 reaches 0.3, and
a score gets 1e-12 before it is rounded, so that 9.985 (stored a hair below) becomes 9.99 as in Decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from perfeval_xl.scheme.fields import NO, YES, Field, FieldType

_EPOCH = date(1899, 12, 30)
BLANK = '""'
CLOSED_DAYS = "calendar_closed_days"
"""The defined name of the range with the scheme's closed days (on the hidden sheet)."""


class Refs:
    """How fields are named in formulas, and the condition under which each can be used."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields

    def __call__(self, field_id: str) -> str:
        return self._fields[field_id].id

    def usable(self, *field_ids: str) -> str:
        """True when every field is filled in and within its bounds, exactly when the reader gives it a value."""
        return every(usable(self._fields[each], self(each)) for each in field_ids)


def usable(field: Field, ref: str) -> str:
    """True when the cell ``ref`` holds what ``field`` admits. Comparisons never meet text (an error value)."""
    if field.choices:
        return any_of(f"{ref}={text(word)}" for word in field.choices)
    if field.type is FieldType.TEXT:
        return f"{ref}<>{BLANK}"
    bounds = []
    if field.low is not None:
        bounds.append(f"{ref}>={constant(field.low)}")
    if field.high is not None:
        bounds.append(f"{ref}<={constant(field.high)}")
    if field.type is FieldType.COUNT:
        bounds.append(f"ROUND({ref},0)={ref}")
    number = f"COUNT({ref})=1"
    inside = f"IF({number},{every(bounds)},FALSE)" if bounds else number
    return f"IF({ref}={text(field.never)},TRUE,{inside})" if field.never else inside


def constant(value: Decimal | date | int) -> str:
    """A number or a date's serial number, in plain digits."""
    if isinstance(value, date):
        return str((value - _EPOCH).days)
    return f"{Decimal(value).normalize():f}"


def text(value: str) -> str:
    """A text constant."""
    return '"' + value.replace('"', '""') + '"'


def yes(ref: str) -> str:
    return f"{ref}={text(YES)}"


def no(ref: str) -> str:
    return f"{ref}={text(NO)}"


def every(conditions: Iterable[str]) -> str:
    return _joined("AND", list(conditions))


def any_of(conditions: Iterable[str]) -> str:
    return _joined("OR", list(conditions))


def _joined(function: str, conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"{function}({','.join(conditions)})"


def choose(condition: str, then: str, otherwise: str = BLANK) -> str:
    return f"IF({condition},{then},{otherwise})"


def at_least(left: str, right: str) -> str:
    """left ≥ right, tolerant of the last bits of floating point and of nothing more."""
    return f"ROUND({left}-({right}),7)>=0"


def more_than(left: str, right: str) -> str:
    return f"ROUND({left}-({right}),7)>0"


def half_up(value: str) -> str:
    """Rounded half-up to 0.01, for values that are not negative."""
    return f"ROUND({value}+0.000000000001,2)"


def total(refs: Iterable[str]) -> str:
    """The sum of one or more cells."""
    listed = list(refs)
    return listed[0] if len(listed) == 1 else f"SUM({','.join(listed)})"
