"""What a round's figures say: units by their type, indicators by the points they cost, totals by classes.

Pure, as ``results`` is: arithmetic is Decimal, half-up, and what could not be worked out is left out of every average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.numbers import ZERO, divide, half_up
from perfeval_xl.results import Spread
from perfeval_xl.scheme.rules.base import Result

if TYPE_CHECKING:
    from perfeval_xl.scheme.model import Indicator
    from perfeval_xl.scheme.scorecard import IndicatorScore

CLASS_WIDTH = Decimal(5)
HIGH, PASSING = Decimal("0.9"), Decimal("0.6")
"""Shares of an indicator's points that part its scores: nearly all of them, and a pass."""
_RATE = Decimal("0.0001")


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """``part`` of ``whole`` as a fraction, half-up to 0.01 %; None where there is no whole."""
    return half_up(divide(Decimal(part), Decimal(whole)), _RATE) if whole else None


@dataclass(frozen=True)
class TypeFigures:
    """The units of one type ('' for those without): how many are ``due``, how many handed in, how their totals lie.

    ``grades`` are best first, as in Overview; ``ungraded`` are accepted returns whose grade is still open.
    """

    type: str
    due: int
    accepted: int
    totals: Spread | None
    grades: tuple[tuple[str, int], ...]
    ungraded: int


@dataclass(frozen=True)
class IndicatorFigures:
    """How the accepted returns came out in one row of the form; every return is in exactly one of the counts.

    Shares are of the points: ``high`` are scores from 90 % that are not ``full``, ``middle`` from 60 %, ``low`` below,
    but above ``zero``. ``not_applicable`` rows had no cause to be scored, and no ruling; ``open`` ones have no score yet.
    ``lost`` is what the settled ones are short of their points; ``rate`` the share that they have of them, half-up to
    0.01 % (None where none is settled).
    """

    indicator: Indicator
    full: int
    high: int
    middle: int
    low: int
    zero: int
    not_applicable: int
    open: int
    lost: Decimal
    rate: Decimal | None

    @property
    def partial(self) -> int:
        """Units with some of the points, but not all."""
        return self.high + self.middle + self.low

    @property
    def short(self) -> int:
        """Units that lost any points here."""
        return self.partial + self.zero


def by_loss(figures: Iterable[IndicatorFigures]) -> list[IndicatorFigures]:
    """The same, what costs the most points first; equal ones by their rate, then in their order."""
    return sorted(figures, key=lambda each: (-each.lost, each.rate is None, each.rate or ZERO))


class Tally:
    """Counts one indicator's rows by the fields of IndicatorFigures."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.points = self.scored = ZERO

    def take(self, row: IndicatorScore) -> None:
        """The row of one more return."""
        self.counts[class_of(row)] += 1
        if row.final is not None:
            self.points += row.indicator.points
            self.scored += row.final

    def figures(self, indicator: Indicator) -> IndicatorFigures:
        """What has come together so far."""
        count = self.counts
        return IndicatorFigures(
            indicator,
            full=count["full"],
            high=count["high"],
            middle=count["middle"],
            low=count["low"],
            zero=count["zero"],
            not_applicable=count["not_applicable"],
            open=count["open"],
            lost=self.points - self.scored,
            rate=share(self.scored, self.points),
        )


def class_of(row: IndicatorScore) -> str:
    """The count of IndicatorFigures that a row belongs to."""
    score, points = row.final, row.indicator.points
    if row.ruling is None and row.outcome.result is Result.NOT_APPLICABLE:
        return "not_applicable"
    if score is None:
        return "open"
    if score >= points:
        return "full"
    if score >= HIGH * points:
        return "high"
    if score >= PASSING * points:
        return "middle"
    return "low" if score > 0 else "zero"


@dataclass(frozen=True)
class ScoreClass:
    """A class of totals, in points: ``low`` counts in, ``high`` only in the best class. The worst may have no ``low``."""

    low: Decimal | None
    high: Decimal
    count: int


def score_classes(totals: Iterable[Decimal], points: Decimal) -> list[ScoreClass]:
    """``totals`` in classes of five points, best first; what is below half of ``points`` is one class."""
    bottom = points / 2 // CLASS_WIDTH * CLASS_WIDTH
    edges = [bottom]
    while edges[-1] + CLASS_WIDTH < points:
        edges.append(edges[-1] + CLASS_WIDTH)
    last = len(edges) - 1
    found = Counter(-1 if total < bottom else min(int((total - bottom) // CLASS_WIDTH), last) for total in totals)
    uppers = [*edges[1:], points]
    classes = [ScoreClass(edges[each], uppers[each], found[each]) for each in range(last, -1, -1)]
    return [*classes, ScoreClass(None, bottom, found[-1])] if bottom > 0 else classes
