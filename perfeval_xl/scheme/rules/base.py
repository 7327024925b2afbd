"""What every rule kind has: parameters, a Decimal score, a live formula, an explanation. The kinds: rules/__init__.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from perfeval_xl.findings import Finding
from perfeval_xl.numbers import MOST_PLACES, ZERO, half_up, show_score, step
from perfeval_xl.scheme.fields import Field, Table

if TYPE_CHECKING:
    from perfeval_xl.scheme.answers import Answers
    from perfeval_xl.scheme.rules.expr import Refs
    from perfeval_xl.scheme.spec import Spec


class Result(StrEnum):
    """How a row came out. The first carries a score; the second too, unless such rows leave the base."""

    SCORED = "scored"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_REVIEW = "needs_review"
    MISSING = "missing"


@dataclass(frozen=True)
class LineScore:
    """One annex row: ``rate`` (completion, a fraction; None if judged) and ``score``; None where not to be worked out."""

    row: int
    rate: Decimal | None
    score: Decimal | None


@dataclass(frozen=True)
class Outcome:
    """A row's score and how it came about.

    ``score`` is in points, rounded half-up to the scheme's decimals (an annex indicator: the exact sum of its rounded
    rows), or None. ``low`` and ``high`` bound what the score can still become; both equal the score where there is one.
    ``basis`` says in Chinese, with the numbers, how the score came about. ``rates`` are the fractions computed on the
    way (by name), for checks of what the unit wrote about them. ``exact`` is the score before it was rounded, where the
    rule rounds one value; otherwise None.
    """

    result: Result
    score: Decimal | None
    low: Decimal
    high: Decimal
    basis: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    lines: tuple[LineScore, ...] = ()
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    exact: Decimal | None = field(default=None, compare=False)


def scored(score: Decimal, basis: str, places: int = MOST_PLACES, **more: object) -> Outcome:
    """A row that could be scored; ``score`` is rounded here."""
    rounded = half_up(score, step(places))
    return Outcome(Result.SCORED, rounded, rounded, rounded, basis, exact=score, **more)  # type: ignore[arg-type]


def not_applicable(points: Decimal, basis: str, *, excludes: bool = False, **more: object) -> Outcome:
    """Nothing to count, noted: full points, or, where the scheme ``excludes`` such rows, none and no score."""
    if excludes:
        return Outcome(Result.NOT_APPLICABLE, None, ZERO, ZERO, f"{basis}，不计入总分", **more)  # type: ignore[arg-type]
    return Outcome(Result.NOT_APPLICABLE, points, points, points, f"{basis}，按满分计", **more)  # type: ignore[arg-type]


def needs_review(
    points: Decimal, why: str, *, low: Decimal = ZERO, high: Decimal | None = None, **more: object
) -> Outcome:
    """A person must settle it; until then the score lies from ``low`` to ``high`` (0 and the points unless told)."""
    upper = points if high is None else high
    return Outcome(Result.NEEDS_REVIEW, None, low, upper, why, **more)  # type: ignore[arg-type]


def missing(
    points: Decimal,
    fields: tuple[str, ...],
    basis: str,
    *,
    low: Decimal = ZERO,
    high: Decimal | None = None,
    **more: object,
) -> Outcome:
    """Inputs that were not filled in. Never 0."""
    upper = points if high is None else high
    return Outcome(Result.MISSING, None, low, upper, basis, missing=fields, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Context:
    """A rule's surroundings: its row's code and name, the fields that it may name, the annex tables, the calendar.

    Scores have ``places`` decimals. The scheme ``excludes`` rows that are 不适用, or gives them their full points.
    """

    code: str
    name: str
    fields: Mapping[str, Field]
    tables: Mapping[str, Table]
    closed_days: tuple[date, ...] = ()
    places: int = MOST_PLACES
    excludes: bool = False

    def rounded(self, score: Decimal) -> Decimal:
        """``score`` with the scheme's decimals, half-up."""
        return half_up(score, step(self.places))

    def shown(self, score: Decimal) -> str:
        """``score`` as printed."""
        return show_score(score, self.places)

    def scored(self, score: Decimal, basis: str, **more: object) -> Outcome:
        """A row that could be scored; ``score`` is rounded here."""
        return scored(score, basis, self.places, **more)

    def not_applicable(self, points: Decimal, basis: str, **more: object) -> Outcome:
        """Nothing to count: what the scheme makes of that is added to ``basis``."""
        return not_applicable(points, basis, excludes=self.excludes, **more)

    @property
    def then(self) -> str:
        """What becomes of a row that has nothing to count, in words."""
        return "按不适用不计入总分" if self.excludes else "按不适用计满分"

    def label(self, field_id: str) -> str:
        return self.fields[field_id].label

    def labels(self, field_ids: tuple[str, ...]) -> str:
        return "、".join(self.label(each) for each in field_ids)


@dataclass(frozen=True)
class Rule(ABC):
    """One way to score a row. Immutable; built from the scheme's TOML by ``read``.

    ``score`` and ``formula`` are two implementations of the same rule; neither may call the other.
    """

    context: Context

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        """Build from a scheme's ``rule`` table; problems (unknown keys, gaps between bands) go to ``spec``, located."""

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """The ids of all fields that the rule looks at (of an annex table: its columns' ids in every row)."""

    @abstractmethod
    def score(self, answers: Answers, points: Decimal) -> Outcome:
        """The score in points, from the answers alone."""

    @abstractmethod
    def formula(self, refs: Refs, points: Decimal) -> str:
        """The same as an Excel expression, without '='; '' (empty text) where score() gives None."""

    def ratio_formula(self, refs: Refs) -> str:
        """The ratio that the score follows from, the first of the outcome's ``rates``, as an Excel expression: a fraction
        or ''. '' itself for a rule that follows from no ratio, or from one that it does not show."""
        return ""

    @abstractmethod
    def explain(self, points: Decimal) -> list[str]:
        """The rule in Chinese, a line a clause, fields by their labels: for the rule book."""

    def hits(self, answers: Answers, points: Decimal) -> list[str]:
        """The bands and steps that the answers fall into, and the sums that ``basis`` gives as one number, in Chinese.

        Only for answers to which this rule gives a score; empty where ``basis`` says it all.
        """
        return []

    def turns(self) -> Mapping[str, tuple[Decimal, ...]] | None:
        """Where the score may turn as one input grows and the others stay, by field id. On either side of these values,
        and in fields without any, it only rises or only falls. None: that can't be said of this rule."""
        return {}

    def gap(self, answers: Answers, fields: tuple[str, ...], points: Decimal) -> Outcome | None:
        """The outcome that unusable or missing inputs force, or None when all ``fields`` can be used."""
        blank = answers.blank_among(fields)
        unusable = answers.unusable_among(fields)
        if unusable:
            return needs_review(points, f"{self.context.labels(unusable)}填报有误，改正后才能计分", missing=blank)
        if blank:
            return missing(points, blank, f"{self.context.labels(blank)}未填")
        return None
