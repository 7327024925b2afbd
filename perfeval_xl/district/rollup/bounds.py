"""What is missing may still change: between which scores each row and the total of the department's form lie.

Every figure that lacks something may turn out anywhere between what is known and that with the most that can be added.
A rule's score goes one way as one input grows (but for its ``turns``), so the corners of that box bound it. Where a corner
makes no sense (more done than due), what counts is the last point on the way there that does. What the units with gaps
fill in must make sense by itself too: what is late elsewhere is not made good by their having done more than was due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import product
from math import prod

from perfeval_xl.district.rollup.shares import RolledField
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answer, Answers, Value
from perfeval_xl.scheme.fields import APPLICABLE, NOT_APPLICABLE, Field, RollUp
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.base import Outcome, Result
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import inputs_of

_MOST_CORNERS = 4096
"""A row with more of them has its full range."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` to ``high`` points, both included."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class RowBounds:
    """One row: where its score may lie whatever is missing (``possible``), and where it lies if no missing figure is
    larger than the largest that was handed in (``likely``). ``touched`` by what is missing; else both are the score."""

    indicator: Indicator
    possible: Span
    likely: Span
    touched: bool
    counts: bool = True  # False: 不适用 whatever is missing, and so no part of the total


@dataclass(frozen=True)
class Bounds:
    """All rows, in the order of the form."""

    scheme: Scheme
    rows: tuple[RowBounds, ...]

    @cached_property
    def possible(self) -> Span:
        """The total, whatever is missing."""
        return self._sum([row.possible for row in self.rows if row.counts])

    @cached_property
    def likely(self) -> Span:
        """The total if no missing figure is larger than the largest that was handed in."""
        return self._sum([row.likely for row in self.rows if row.counts])

    def grade(self, span: Span) -> str | None:
        """The grade in which both ends of ``span`` lie; None where they don't."""
        low, high = self.scheme.grade_for(span.low), self.scheme.grade_for(span.high)
        return low if low == high else None

    def _sum(self, spans: Sequence[Span]) -> Span:
        """The span of the total: of the rows that count, scaled up to the points of all."""
        base = sum((row.indicator.points for row in self.rows if row.counts), ZERO)
        low, high = (sum(ends, ZERO) for ends in ([each.low for each in spans], [each.high for each in spans]))
        return Span(self.scheme.total_of(low, base), self.scheme.total_of(high, base) if base else self.scheme.points)


def bounds_of(card: ScoreCard, answers: Answers, figures: Sequence[RolledField]) -> Bounds:
    """The bounds of every row of ``card``, the score of ``answers`` that were rolled up to ``figures``."""
    by_field = {each.field.id: each for each in figures}
    rows = []
    for row in card.rows:
        indicator = row.indicator
        used = [by_field[each] for each in inputs_of(indicator) if each in by_field]
        stands = Span(row.low, row.high)
        touched = row.ruling is None and any(_open(each) for each in used)
        if not touched:
            rows.append(RowBounds(indicator, stands, stands, False, counts=not row.excluded))
            continue
        widest = _Corners(indicator, answers, used, likely=False)
        possible = widest.span() or widest.reach()
        likely = _Corners(indicator, answers, used, likely=True).span() or possible
        rows.append(RowBounds(indicator, possible, likely, True))
    return Bounds(card.scheme, tuple(rows))


def _open(figure: RolledField) -> bool:
    return len(_ends(figure, likely=False)) > 1


def _ends(figure: RolledField, *, likely: bool) -> tuple[Value, ...]:
    """The least and the most that a figure can come to, one of them where they are equal; of words, all that it can.
    Nothing for a figure that nobody has."""
    if figure.applicability:
        return _applies(figure)
    if figure.field.roll_up in (RollUp.ALL, RollUp.ANY):
        return _yes_or_no(figure)
    if figure.value is None and not figure.lacking:
        return ()
    known = figure.value if isinstance(figure.value, Decimal) else ZERO
    most = _most(figure, likely)
    more = sum((most if each.most is None else each.most for each in figure.lacking), ZERO)
    return (known, known + more) if more else (known,)


def _most(figure: RolledField, likely: bool) -> Decimal:
    """The most that a unit can add to a figure."""
    handed_in = [each.value for each in figure.counted if isinstance(each.value, Decimal)]
    return max(handed_in) if likely and handed_in else figure.field.largest


def _of_others(figure: RolledField, incomplete: Collection[str]) -> Decimal:
    """What the units without gaps in the row have in a figure; ``incomplete`` are the others' codes."""
    counted = (each.value for each in figure.counted if each.unit.code not in incomplete)
    return sum((value for value in counted if isinstance(value, Decimal)), ZERO)


def _applies(figure: RolledField) -> tuple[Value, ...]:
    """A row that applies to one unit applies, whatever the others say."""
    assert figure.value is not None
    if not figure.lacking or any(each.value != NOT_APPLICABLE for each in figure.counted):
        return (figure.value,)
    return (NOT_APPLICABLE, APPLICABLE)


def _yes_or_no(figure: RolledField) -> tuple[Value, ...]:
    decisive = figure.field.roll_up is RollUp.ANY  # one such answer settles it
    if figure.value is decisive:
        return (decisive,)
    if figure.lacking:
        return (not decisive, decisive)
    return () if figure.value is None else (figure.value,)


def _with_turns(field: Field, ends: tuple[Value, ...], turns: Sequence[Decimal]) -> tuple[Value, ...]:
    """The ends of an axis and, between them, every turn with the values next to it."""
    if len(ends) < 2 or not turns:
        return ends
    low, high = ends
    assert isinstance(low, Decimal) and isinstance(high, Decimal)
    near = {each + shift for each in turns for shift in (-_step(field), ZERO, _step(field))}
    return (low, *sorted(each for each in near if low < each < high), high)


def _step(field: Field) -> Decimal:
    """Two numbers of ``field`` lie at least so far apart."""
    return Decimal(1).scaleb(-field.places)


def _span(outcome: Outcome, points: Decimal) -> Span:
    """Where an outcome puts a row. One that leaves the base moves the total by no more than any score would."""
    if outcome.result is Result.NOT_APPLICABLE and outcome.score is None:
        return Span(ZERO, points)
    return Span(outcome.low, outcome.high)


_Place = tuple[int, ...]
"""One index a axis."""


class _Corners:
    """One row at the corners of the box that its open inputs span, the turns of its rule among them."""

    def __init__(self, indicator: Indicator, answers: Answers, figures: Sequence[RolledField], *, likely: bool) -> None:
        self._indicator = indicator
        self._answers = {each: answers[each] for each in inputs_of(indicator)}
        turns = indicator.rule.turns()
        self._known = turns is not None
        self._fields: list[Field] = []
        self._axes: list[tuple[Value, ...]] = []
        self._others: list[Decimal] = []
        incomplete = {part.unit.code for each in figures if not each.applicability for part in each.lacking}
        for each in figures:
            if ends := _ends(each, likely=likely):
                self._fields.append(each.field)
                self._axes.append(_with_turns(each.field, ends, (turns or {}).get(each.field.id, ())))
                self._others.append(_of_others(each, incomplete))

    def span(self) -> Span | None:
        """The scores that bound the row; None where no corner makes sense."""
        if not self._known or prod(len(axis) for axis in self._axes) > _MOST_CORNERS:
            return Span(ZERO, self._indicator.points)
        points = list(self._scores())
        return Span(min(points), max(points)) if points else None

    def reach(self) -> Span:
        """How far the row may go either way, where what stands there already makes no sense."""
        outcomes = [self._outcome(self._at(place)) for place in self._places()]
        ends = [_span(each, self._indicator.points) for each in outcomes]
        return Span(min(each.low for each in ends), max(each.high for each in ends))

    def _places(self) -> Iterator[_Place]:
        return product(*(range(len(axis)) for axis in self._axes))

    def _scores(self) -> Iterator[Decimal]:
        """Where something else is missing too, how far the row may go either way."""
        sensible = {place: self._sensible(self._at(place)) for place in self._places()}
        for place, outcome in sensible.items():
            if outcome is not None:
                found = _span(outcome, self._indicator.points)
                yield from (found.low, found.high)
            else:
                for axis, beside in self._beside(place):
                    if sensible[beside] is not None:
                        yield from self._last(axis, beside, place)

    def _at(self, place: _Place) -> list[Value]:
        return [axis[index] for axis, index in zip(self._axes, place, strict=True)]

    def _sensible(self, values: Sequence[Value]) -> Outcome | None:
        """The row's outcome; None where the rule takes no such figures, of all units or of those with gaps alone."""
        outcome = self._outcome(values)
        if outcome.result is Result.NEEDS_REVIEW:
            return None
        alone = [
            value - others if isinstance(value, Decimal) else value
            for value, others in zip(values, self._others, strict=True)
        ]
        return None if self._outcome(alone).result is Result.NEEDS_REVIEW else outcome

    def _outcome(self, values: Sequence[Value]) -> Outcome:
        given = {field.id: Answer(field.id, value) for field, value in zip(self._fields, values, strict=True)}
        return applicability.score(self._indicator, Answers({**self._answers, **given}.values()))

    def _beside(self, place: _Place) -> Iterator[tuple[int, _Place]]:
        """The places one step away, with the axis, as far as numbers lie between."""
        for axis, values in enumerate(self._axes):
            for index in (place[axis] - 1, place[axis] + 1):
                if 0 <= index < len(values) and isinstance(values[index], Decimal):
                    yield axis, (*place[:axis], index, *place[axis + 1 :])

    def _last(self, axis: int, sensible: _Place, refused: _Place) -> tuple[Decimal, Decimal]:
        """The range of the last point that makes sense on the way from a corner that does to one beside it that doesn't."""
        values, step = self._at(sensible), _step(self._fields[axis])
        begin, end = values[axis], self._at(refused)[axis]
        assert isinstance(begin, Decimal) and isinstance(end, Decimal)
        good, bad = 0, int(abs(end - begin) / step)
        direction = step if end > begin else -step
        last = self._sensible(values)
        while bad - good > 1:
            middle = (good + bad) // 2
            values[axis] = begin + direction * middle
            found = self._sensible(values)
            if found is None:
                bad = middle
            else:
                good, last = middle, found
        assert last is not None
        return last.low, last.high
