"""A score card: every row's score beside what the unit claimed, the total with its bounds, and the grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from perfeval_xl.findings import Finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.base import Outcome


@dataclass(frozen=True)
class IndicatorScore:
    """One row: the recalculated outcome, the unit's claim and what its workbook's formula showed (all in points)."""

    indicator: Indicator
    outcome: Outcome
    self_score: Decimal | None
    formula_score: Decimal | None
    notes: tuple[str, ...] = ()  # the rule's own notes, then 口径 notes where another reading would change the score

    @property
    def score(self) -> Decimal | None:
        return self.outcome.score

    @property
    def difference(self) -> Decimal | None:
        """Claim minus recalculation; None where either is unknown."""
        if self.self_score is None or self.score is None:
            return None
        return self.self_score - self.score


@dataclass(frozen=True)
class ScoreCard:
    """A unit's whole score.

    ``total`` is None unless every row has a score; ``total_min`` and ``total_max`` always bound it. ``grade`` stands
    only where both bounds fall into the same grade. ``findings`` are those of the scoring (not those of the reading).
    """

    scheme: Scheme = field(repr=False)
    rows: tuple[IndicatorScore, ...]
    findings: tuple[Finding, ...] = ()

    @cached_property
    def row(self) -> Mapping[str, IndicatorScore]:
        return {row.indicator.code: row for row in self.rows}

    @property
    def provisional(self) -> bool:
        return any(row.score is None for row in self.rows)

    @cached_property
    def total(self) -> Decimal | None:
        return None if self.provisional else self.total_min

    @cached_property
    def total_min(self) -> Decimal:
        return sum((row.outcome.low for row in self.rows), ZERO)

    @cached_property
    def total_max(self) -> Decimal:
        return sum((row.outcome.high for row in self.rows), ZERO)

    @cached_property
    def grade(self) -> str | None:
        low, high = self.scheme.grade_for(self.total_min), self.scheme.grade_for(self.total_max)
        return low if low == high else None

    @cached_property
    def self_total(self) -> Decimal | None:
        """The sum of the unit's own scores; None where one is missing."""
        claims = [row.self_score for row in self.rows]
        return None if None in claims else sum((claim for claim in claims if claim is not None), ZERO)

    def level_score(self, level1: str, level2: str | None = None) -> Decimal | None:
        """The score of a first- or second-level indicator; None where one of its rows has none."""
        scores = [
            row.score for row in self.rows if row.indicator.level1 == level1 and level2 in (None, row.indicator.level2)
        ]
        return None if None in scores else sum((score for score in scores if score is not None), ZERO)
