"""Bands: intervals of a ratio or a count with open or closed ends, each with what it yields.

In a scheme a band says its lower end with ``ge`` (included) or ``gt`` (excluded) and its upper end with ``le`` or
``lt``. The lowest band may leave its lower end out (0, included), the highest its upper end (no end). Together bands
cover [0, ∞), or [0, top] where the rule names a top, without gap or overlap; the order in the file is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Generic, TypeVar

from perfeval_xl.numbers import ONE, ZERO, show_number, show_percent
from perfeval_xl.scheme.rules.expr import choose, share_passed, share_reached
from perfeval_xl.scheme.spec import Spec

T = TypeVar("T")


@dataclass(frozen=True)
class Band(Generic[T]):
    """One interval and what it yields. ``high`` None: without end."""

    low: Decimal
    low_closed: bool
    high: Decimal | None
    high_closed: bool
    value: T

    def holds(self, numerator: Decimal, denominator: Decimal = ONE) -> bool:
        """Whether numerator ÷ denominator lies in the band, cross-multiplied exactly. The denominator is above 0."""
        low = self.low * denominator
        if numerator < low or (numerator == low and not self.low_closed):
            return False
        if self.high is None:
            return True
        high = self.high * denominator
        return numerator < high or (numerator == high and self.high_closed)

    def describe(self, show: Callable[[Decimal], str] = show_number) -> str:
        """The band in words: 不超过 10%, 超过 10% 但不超过 20%, 达到 90%. An end that says nothing is left out."""
        if self.high is not None and self.high == self.low:
            return f"等于 {show(self.low)}"
        low = f"{'达到' if self.low_closed else '超过'} {show(self.low)}"
        high = "" if self.high is None else f"{'不超过' if self.high_closed else '不足'} {show(self.high)}"
        if self.low == ZERO and self.low_closed:
            return high or "不论多少"
        return f"{low} 但{high}" if high else low


def short_percent(value: Decimal) -> str:
    """A band's end as a percentage with no more decimals than it needs: 0.1 -> '10%', 0.125 -> '12.5%'."""
    text = show_percent(value, 4).rstrip("%")
    return f"{text.rstrip('0').rstrip('.')}%"


def read_bands(spec: Spec, key: str, take: Callable[[Spec], T], top: Decimal | None = None) -> tuple[Band[T], ...]:
    """The bands under ``key``, ascending. ``take`` reads what a band yields from its table.

    Gaps, overlaps and ends that are missing, doubled or out of order are reported to ``spec`` with their key path.
    """
    tables = spec.tables(key)
    bands = [_read(each, take) for each in tables]
    placed = sorted(
        ((band, f"{key}[{number}]") for number, band in enumerate(bands)),
        key=lambda pair: (pair[0].low, not pair[0].low_closed, pair[0].high is None, pair[0].high or ZERO),
    )
    if not placed:
        if key in spec:
            spec.problem(key, "至少要有一段")
        return ()
    _check_cover(spec, placed, top)
    return tuple(band for band, _ in placed)


def _read(spec: Spec, take: Callable[[Spec], T]) -> Band[T]:
    ends = {key: spec.number_or_none(key) for key in ("ge", "gt", "le", "lt")}
    for one, other in (("ge", "gt"), ("le", "lt")):
        if ends[one] is not None and ends[other] is not None:
            spec.problem(one, f"{one} 与 {other} 只能写一个")
    low = ends["ge"] if ends["ge"] is not None else ends["gt"]
    high = ends["le"] if ends["le"] is not None else ends["lt"]
    band = Band(
        low=ZERO if low is None else low,
        low_closed=ends["gt"] is None,
        high=high,
        high_closed=ends["le"] is not None,
        value=take(spec),
    )
    spec.close()
    return band


def _check_cover(spec: Spec, placed: Sequence[tuple[Band[T], str]], top: Decimal | None) -> None:
    """Report where the bands, ascending, leave something of [0, ∞) or [0, top] out or cover it twice."""
    for band, place in placed:
        empty = band.high is not None and (
            band.high < band.low or (band.high == band.low and not (band.low_closed and band.high_closed))
        )
        if empty:
            spec.problem(place, "下限不小于上限，这一段是空的")
    first, place = placed[0]
    if first.low > ZERO or not first.low_closed:
        spec.problem(place, f"最低一段应从 0（含）开始，现从 {show_number(first.low)} 开始")
    elif first.low < ZERO:
        spec.problem(place, "最低一段不能从负数开始")
    for (below, _), (above, place) in pairwise(placed):
        if (
            below.high is None
            or above.low < below.high
            or (above.low == below.high and above.low_closed and below.high_closed)
        ):
            spec.problem(place, f"与前一段重叠（在 {show_number(above.low)} 处）")
        elif above.low > below.high or not (above.low_closed or below.high_closed):
            spec.problem(place, f"与前一段之间有空档（在 {show_number(below.high)} 处）")
    last, place = placed[-1]
    if top is None and last.high is not None:
        spec.problem(place, f"最高一段不应有上限，现为 {show_number(last.high)}")
    if top is not None and (last.high != top or not last.high_closed):
        spec.problem(place, f"最高一段应到 {show_number(top)}（含）为止")


def band_of(bands: Sequence[Band[T]], numerator: Decimal, denominator: Decimal = ONE) -> Band[T]:
    """The band of numerator ÷ denominator; exact. ValueError where none holds it."""
    for band in bands:
        if band.holds(numerator, denominator):
            return band
    raise ValueError(f"no band holds {numerator} / {denominator}")


def lookup(bands: Sequence[Band[T]], numerator: Decimal, denominator: Decimal = ONE) -> T:
    """What the band of numerator ÷ denominator yields. ValueError where no band holds it."""
    return band_of(bands, numerator, denominator).value


def bands_formula(bands: Sequence[Band[T]], numerator: str, denominator: str | None, render: Callable[[T], str]) -> str:
    """The same lookup as an expression for whole numbers: cross-multiplied, from the highest band down.

    ``denominator`` None: 1.
    """
    lowest, *rest = bands
    expression = render(lowest.value)
    for band in rest:
        compare = share_reached if band.low_closed else share_passed
        expression = choose(compare(numerator, denominator or "1", band.low), render(band.value), expression)
    return expression
