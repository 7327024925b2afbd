"""What another reading of an unclear clause would cost: each return scored again under it, and the units that change.

Pure: no workbook, and no file but the scheme's own. A return is read once, and only rows whose rule a reading touches are
scored again; all others cannot change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import product

from perfeval_xl.errors import WhatIfError
from perfeval_xl.numbers import ZERO
from perfeval_xl.results import UnitResult, spread
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Indicator, Option, Reading, Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.base import Outcome
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

ALL = "all"


@dataclass(frozen=True)
class Switch:
    """A reading put on another of its options; ``reading`` is as it is in force."""

    reading: Reading
    option: Option

    def __str__(self) -> str:
        return f"{self.reading.id}={self.option.id}"

    @property
    def in_force(self) -> Option:
        return next(each for each in self.reading.options if each.id == self.reading.chosen)

    @property
    def codes(self) -> set[str]:
        """The rows whose rule differs between the two options."""
        return {*self.in_force.changes, *self.option.changes}


Case = tuple[Switch, ...]
"""Readings that are changed together: one what-if."""


def cases(scheme: Scheme, asked: Sequence[str]) -> list[Case]:
    """What to try for ``asked``, from the readings in force in ``scheme``.

    Each is ``READING=OPTION`` or ``READING``, which stands for each of its other options in turn; several are changed
    together, in every combination. ``all`` alone is every other option of every reading, one at a time. WhatIfError lists
    what there is where a reading or an option is not known.
    """
    if ALL in asked:
        if len(asked) > 1:
            raise WhatIfError(f"{ALL} 是逐一试全部口径，只能单独使用。")
        return [(switch,) for reading in scheme.readings for switch in _others(reading)]
    switches = [_switches(scheme, each) for each in asked]
    twice = [name for name, count in Counter(each[0].reading.id for each in switches).items() if count > 1]
    if twice:
        raise WhatIfError(f"口径 {'、'.join(twice)} 写了两次。要比较几个选项，只写口径的编号即可。")
    return list(product(*switches))


def _others(reading: Reading) -> list[Switch]:
    return [Switch(reading, option) for option in reading.options if option.id != reading.chosen]


def _switches(scheme: Scheme, asked: str) -> list[Switch]:
    name, equals, wanted = (part.strip() for part in asked.partition("="))
    reading = next((each for each in scheme.readings if each.id == name), None)
    able = [each for each in scheme.readings if each.options]
    if reading is None:
        raise WhatIfError(f"没有口径 {name!r}。{_offered(able)}")
    if not reading.options:
        raise WhatIfError(f"口径 {name!r} 没有别的选项，不能换。{_offered(able)}")
    others = _others(reading)
    if not equals:
        return others
    if wanted == reading.chosen:
        raise WhatIfError(f"口径 {name!r} 现在用的就是 {wanted!r}，没有变化可比。{_offered([reading])}")
    chosen = [each for each in others if each.option.id == wanted]
    if not chosen:
        raise WhatIfError(f"口径 {name!r} 没有 {wanted!r} 这个选项。{_offered([reading])}")
    return chosen


def _offered(readings: Iterable[Reading]) -> str:
    lines = ["可选："]
    for reading in readings:
        lines.append(f"  {reading.id}：{reading.clause}")
        for option in reading.options:
            lines.append(f"    {option.id}：{option.text}{'（现行）' if option.id == reading.chosen else ''}")
    return "\n".join(lines)


class Direction(StrEnum):
    """Which way a unit's total goes. OPEN: its bounds move apart or together; EVEN: its rows offset one another."""

    UP = "up"
    DOWN = "down"
    EVEN = "even"
    OPEN = "open"


@dataclass(frozen=True)
class RowChange:
    """A row whose score, or what bounds it, is another one."""

    indicator: Indicator
    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class UnitChange:
    """A unit with at least one row that changes. ``after`` carries scores alone: no notes and no findings."""

    unit: UnitResult
    before: ScoreCard
    after: ScoreCard
    rows: tuple[RowChange, ...]

    @property
    def difference(self) -> Decimal | None:
        """The total after minus the one before, in points; None where one of them is provisional."""
        if self.before.total is None or self.after.total is None:
            return None
        return self.after.total - self.before.total

    @property
    def direction(self) -> Direction:
        low = self.after.total_min - self.before.total_min
        high = self.after.total_max - self.before.total_max
        if low == high == 0:
            return Direction.EVEN
        if min(low, high) >= 0:
            return Direction.UP
        return Direction.DOWN if max(low, high) <= 0 else Direction.OPEN


@dataclass(frozen=True)
class Cost:
    """What one case comes to among ``units`` scored units.

    ``mean_before`` and ``mean_after`` are the means of the totals (half-up to 0.01) over the units whose total stands both
    before and after; None where there is none.
    """

    case: Case
    units: int
    changes: tuple[UnitChange, ...]
    mean_before: Decimal | None
    mean_after: Decimal | None

    @cached_property
    def directions(self) -> Counter[Direction]:
        return Counter(each.direction for each in self.changes)

    @cached_property
    def grades(self) -> Counter[tuple[str | None, str | None]]:
        """How many units go from which grade to which other (None: open)."""
        moves = ((each.before.grade, each.after.grade) for each in self.changes)
        return Counter((before, after) for before, after in moves if before != after)

    @cached_property
    def mean_change(self) -> Decimal | None:
        """The mean change of the total over the units that change, half-up to 0.01; None where no total can be compared."""
        return _mean(each.difference for each in self.changes)


def common_scheme(results: Iterable[UnitResult]) -> Scheme:
    """The scheme under which ``results`` were scored. WhatIfError where none was, or where they are of several schemes."""
    schemes = {each.card.scheme.digest: each.card.scheme for each in results if each.card is not None}
    if not schemes:
        raise WhatIfError("没有一份能计分的表，无从比较。")
    if len(schemes) > 1:
        names = "、".join(sorted(f"{each.id} {each.version}" for each in schemes.values()))
        raise WhatIfError(f"这些表属于几个方案（{names}），请分开比较。")
    [scheme] = schemes.values()
    return scheme


def cost(scheme: Scheme, case: Case, results: Iterable[UnitResult]) -> Cost:
    """``results``, scored under ``scheme``, compared with what they would be in ``case``; those without a card are left out."""
    choices = {each.id: each.chosen for each in scheme.readings if each.options}
    choices.update((switch.reading.id, switch.option.id) for switch in case)
    other = load_scheme(scheme.origin, choices)
    codes = set().union(*(switch.codes for switch in case))
    compared = list(_compared(other, codes, results))
    standing = [
        (each.before.total, each.after.total)
        for each in compared
        if each.before.total is not None and each.after.total is not None
    ]
    return Cost(
        case=case,
        units=len(compared),
        changes=tuple(each for each in compared if each.rows),
        mean_before=_mean(before for before, _ in standing),
        mean_after=_mean(after for _, after in standing),
    )


def _compared(other: Scheme, codes: set[str], results: Iterable[UnitResult]) -> Iterator[UnitChange]:
    for result in sorted(results, key=lambda each: (each.unit_code, each.file)):
        if result.card is not None and result.submission is not None:
            answers = result.submission.answers
            after = ScoreCard(other, tuple(_row(other, codes, row, answers) for row in result.card.rows))
            pairs = zip(result.card.rows, after.rows, strict=True)
            changed = tuple(
                RowChange(old.indicator, old.outcome, new.outcome)
                for old, new in pairs
                if _known(old.outcome) != _known(new.outcome)
            )
            yield UnitChange(result, result.card, after, changed)


def _row(other: Scheme, codes: set[str], row: IndicatorScore, answers: Answers) -> IndicatorScore:
    indicator = other.indicator[row.indicator.code]
    touched = indicator.code in codes
    outcome = applicability.score(indicator, answers) if touched else row.outcome
    return IndicatorScore(indicator, outcome, row.self_score, row.formula_score)


def _known(outcome: Outcome) -> tuple[Decimal | None, Decimal, Decimal]:
    return outcome.score, outcome.low, outcome.high


def _mean(values: Iterable[Decimal | None]) -> Decimal | None:
    found = spread(each for each in values if each is not None)
    return None if found is None else found.mean + ZERO  # a mean that rounds to -0.00 is 0.00
