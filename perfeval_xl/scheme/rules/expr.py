"""Building Excel expressions that come out alike in every spreadsheet program.

Only + − × ÷, comparisons and IF AND OR SUM SUMPRODUCT COUNT COUNTIF ROUND MIN MAX ABS are used (design: old offices, no
dynamic functions). A field is named by its defined name, which equals its id.

Floating point: every number is counted in the smallest unit that its field takes (cents, not 万元), so that sums,
comparisons with a share and the search for a tie are done in whole numbers, which are exact up to 2^53. Points, which
have few decimals, are compared after rounding their difference to 7 decimals, and get 1e-12 before they are rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.scheme.fields import NO, NOT_APPLICABLE, YES, Field, FieldType

if TYPE_CHECKING:
    from perfeval_xl.scheme.rules.base import Context

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

    def number(self, field_id: str) -> str:
        """The number in a usable cell with the decimals that its field takes, rid of the noise of floating point."""
        return _to_places(self._fields[field_id], self(field_id))

    def units(self, *field_ids: str) -> list[str]:
        """The numbers in usable cells as whole numbers of the finest unit that any of these fields takes."""
        scale = constant(Decimal(1).scaleb(max(self._fields[each].places for each in field_ids)))
        return [f"ROUND({self.number(each)}{_times(scale)},0)" for each in field_ids]

    def day(self, field_id: str) -> str:
        """The day in a usable date cell, without a time of day: the reader takes the date only."""
        return f"ROUND({self(field_id)}-0.4999999999,0)"

    def usable(self, *field_ids: str) -> str:
        """True when every field is filled in and within its bounds, exactly when the reader gives it a value."""
        return every(usable(self._fields[each], self(each)) for each in field_ids)


def usable(field: Field, ref: str) -> str:
    """True when the cell ``ref`` holds what ``field`` admits. Comparisons never meet text (an error value)."""
    if field.choices:
        return any_of(f"{ref}={text(word)}" for word in field.choices)
    if field.type is FieldType.TEXT:
        return f"{ref}<>{BLANK}"
    if field.type is FieldType.DATE:
        number, bounds = f"COUNT({ref})=1", _day_bounds(field, ref)
        inside = choose(number, every(bounds), "FALSE") if bounds else number
        return f"IF({ref}={text(field.never)},TRUE,{inside})" if field.never else inside
    value, most = _to_places(field, ref), constant(field.largest)
    least = constant(field.low) if isinstance(field.low, Decimal) else f"-{most}"
    bounds = [f"{value}>={least}", f"{value}<={most}"]
    if not field.rounds:
        bounds.insert(0, f"ABS({value}-{ref})<{constant(field.noise)}")
    fine = every(bounds)
    # the outer IF keeps freak numbers from ROUND, where they would become error values
    return f"IF(COUNT({ref})=1,IF(ABS({ref})<={constant(field.largest + 1)},{fine},FALSE),FALSE)"


def _to_places(field: Field, ref: str) -> str:
    leaning = f"+{constant(field.leaning)}" if field.leaning else ""
    return f"ROUND({ref}{leaning},{field.places})"


def _day_bounds(field: Field, ref: str) -> list[str]:
    """Within the bounds; the last day is in, whatever the time of day."""
    bounds = []
    if isinstance(field.low, date):
        bounds.append(f"{ref}>={constant(field.low)}")
    if isinstance(field.high, date):
        bounds.append(f"{ref}<{constant(field.high + timedelta(days=1))}")
    return bounds


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


def _times(factor: str) -> str:
    return "" if factor == "1" else f"*{factor}"


def share_reached(part: str, whole: str, share: Decimal) -> str:
    """part ÷ whole ≥ share, for whole numbers (Refs.units), cross-multiplied: exact. The whole is above 0."""
    return _shares(part, ">=", whole, share)


def share_passed(part: str, whole: str, share: Decimal) -> str:
    """part ÷ whole > share, likewise."""
    return _shares(part, ">", whole, share)


def _shares(part: str, sign: str, whole: str, share: Decimal) -> str:
    over, under = share.as_integer_ratio()
    right = f"{whole}{_times(str(over))}" if over else "0"
    return f"{part}{_times(str(under))}{sign}{right}"


def at_least(left: str, right: str) -> str:
    """left ≥ right for points, tolerant of the last bits of floating point and of nothing more."""
    return f"ROUND({left}-({right}),7)>=0"


def more_than(left: str, right: str) -> str:
    return f"ROUND({left}-({right}),7)>0"


def half_up(value: str, places: int) -> str:
    """Points rounded half-up to ``places``, for values that are not negative and either a tie or well away from one."""
    return f"ROUND({value}+0.000000000001,{places})"


def half_up_quotient(units: str, by: str, places: int) -> str:
    """units ÷ by, rounded half-up to a whole number, as points of which each unit is one of the last of ``places``
    decimals: for 2, cents. For whole numbers: ``units`` not negative and up to 4e15, ``by`` above 0.

    The quotient is first rounded with a leaning upwards; where that went too far, which is found out in whole numbers,
    a unit is taken off again. So the last bit of the division, and a program's own way to round, do not matter. (It is
    the difference that is compared: some programs compare no more than 15 digits.)
    """
    rounded = f"ROUND({units}/{by}+0.001,0)"
    whole = f"({rounded}-IF((2*{rounded}-1)*{by}-2*{units}>0,1,0))"
    return f"{whole}/{10**places}" if places else whole


def full(points: Decimal, context: Context) -> str:
    """What a row shows that has nothing to count: its points, or, where such rows leave the base, the word for it."""
    return text(NOT_APPLICABLE) if context.excludes else constant(points)


def total(refs: Iterable[str]) -> str:
    """The sum of one or more cells."""
    listed = list(refs)
    return listed[0] if len(listed) == 1 else f"SUM({','.join(listed)})"
