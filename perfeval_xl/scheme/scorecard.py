"""A score card: every row's score beside what the unit claimed and what a person ruled, the total with its bounds, the grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding
from perfeval_xl.numbers import ZERO, show_score, show_span
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.base import Outcome, Result


class Decision(StrEnum):
    """What a person may decide on a row."""

    ACCEPT_CLAIM = "accept_claim"
    ACCEPT_RECALCULATION = "accept_recalculation"
    SET_SCORE = "set_score"

    @property
    def label(self) -> str:
        return {"accept_claim": "采纳自评", "accept_recalculation": "采纳重算", "set_score": "另定分"}[self.value]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's decision on a row: its ``score`` in points, why, who and when. ``cell`` is where it was typed."""

    decision: Decision
    score: Decimal
    reason: str
    name: str
    day: date
    cell: Cell | None = None

    def __str__(self) -> str:
        """采纳自评，得 1.00 分（理由；张三，2025-05-10）."""
        said = f"{self.decision.label}，得 {show_score(self.score)} 分"
        return f"{said}（{self.reason.rstrip('。；')}；{self.name}，{self.day.isoformat()}）"


@dataclass(frozen=True)
class IndicatorScore:
    """One row: the recalculated outcome, the unit's claim and what its workbook's formula showed (all in points).

    ``ruling`` is what a person decided. ``score`` stays the recalculated one; what counts is ``final``. A row that is
    ``excluded`` (不适用, in a scheme where such rows leave the base) has neither and needs none.
    """

    indicator: Indicator
    outcome: Outcome
    self_score: Decimal | None
    formula_score: Decimal | None
    notes: tuple[str, ...] = ()  # the rule's own notes, then 口径 notes where another reading would change the score
    ruling: Ruling | None = None

    @property
    def score(self) -> Decimal | None:
        return self.outcome.score

    @property
    def difference(self) -> Decimal | None:
        """Claim minus recalculation; None where either is unknown."""
        if self.self_score is None or self.score is None:
            return None
        return self.self_score - self.score

    @property
    def final(self) -> Decimal | None:
        """The score that counts: the ruled one where there is a ruling, else the recalculated one."""
        return self.score if self.ruling is None else self.ruling.score

    @property
    def excluded(self) -> bool:
        """Whether the row leaves the base of the total; a row that was ruled on counts."""
        return self.ruling is None and self.outcome.result is Result.NOT_APPLICABLE and self.outcome.score is None

    @property
    def open(self) -> bool:
        """Whether the row's score is still to be settled."""
        return self.final is None and not self.excluded

    def shown(self, score: Decimal) -> str:
        """``score``, one of this row, as printed."""
        return show_score(score, self.indicator.places)

    @property
    def final_text(self) -> str:
        """The score that counts as printed: its bounds while it is open, 不适用 where the row is excluded."""
        if self.excluded:
            return NOT_APPLICABLE
        return show_span(self.low, self.high, self.indicator.places) if self.final is None else self.shown(self.final)

    @property
    def low(self) -> Decimal:
        """The least that the row can come to."""
        return self.outcome.low if self.ruling is None else self.ruling.score

    @property
    def high(self) -> Decimal:
        """The most that the row can come to."""
        return self.outcome.high if self.ruling is None else self.ruling.score

    @property
    def final_difference(self) -> Decimal | None:
        """Claim minus the score that counts; None where either is unknown."""
        return None if self.self_score is None or self.final is None else self.self_score - self.final


@dataclass(frozen=True)
class ScoreCard:
    """A unit's whole score, rulings taken in.

    ``total`` is None unless every row is settled and one of them counts; ``total_min`` and ``total_max`` always bound it.
    Rows that are excluded are no part of it: what the others score is scaled from their points (``base``) up to the
    scheme's. ``grade`` stands only where both bounds fall into the same grade. ``findings`` are those of the scoring (not those of the reading).
    """

    scheme: Scheme = field(repr=False)
    rows: tuple[IndicatorScore, ...]
    findings: tuple[Finding, ...] = ()

    @cached_property
    def row(self) -> Mapping[str, IndicatorScore]:
        return {row.indicator.code: row for row in self.rows}

    @property
    def provisional(self) -> bool:
        return any(row.open for row in self.rows) or not self.base

    @cached_property
    def base(self) -> Decimal:
        """The points of the rows that count."""
        return sum((row.indicator.points for row in self.rows if not row.excluded), ZERO)

    @cached_property
    def ruled(self) -> tuple[IndicatorScore, ...]:
        """The rows on which a ruling decided, in the order of the form."""
        return tuple(row for row in self.rows if row.ruling is not None)

    @cached_property
    def total(self) -> Decimal | None:
        return None if self.provisional else self.total_min

    @cached_property
    def total_min(self) -> Decimal:
        return self.scheme.total_of(sum((row.low for row in self.rows if not row.excluded), ZERO), self.base)

    @cached_property
    def total_max(self) -> Decimal:
        if not self.base:
            return self.scheme.points
        return self.scheme.total_of(sum((row.high for row in self.rows if not row.excluded), ZERO), self.base)

    def shown(self, score: Decimal) -> str:
        """``score``, the total or a part of it, as printed."""
        return show_score(score, self.scheme.places)

    @property
    def total_text(self) -> str:
        """The total as printed; its bounds while it is open."""
        if self.total is None:
            return show_span(self.total_min, self.total_max, self.scheme.places)
        return self.shown(self.total)

    @cached_property
    def grade(self) -> str | None:
        low, high = self.scheme.grade_for(self.total_min), self.scheme.grade_for(self.total_max)
        return low if low == high else None

    @cached_property
    def self_total(self) -> Decimal | None:
        """What the unit's own scores come to, as the total does; None where one is missing."""
        rows = [row for row in self.rows if row.self_score is not None or not row.excluded]
        claims = [row.self_score for row in rows if row.self_score is not None]
        if not rows or len(claims) < len(rows):
            return None
        return self.scheme.total_of(sum(claims, ZERO), sum((row.indicator.points for row in rows), ZERO))

    def level_score(self, *path: str) -> Decimal | None:
        """The score of the level with these names (outermost first), not scaled; None where one of its rows is still
        open, or none counts."""
        rows = [row for row in self.rows if row.indicator.path[: len(path)] == path and not row.excluded]
        scores = [row.final for row in rows if row.final is not None]
        return sum(scores, ZERO) if rows and len(scores) == len(rows) else None
