"""What a round came to: one result a returned file, the units still awaited, and the figures of the whole district.

Pure: no workbook, no file. Arithmetic is Decimal; a total that could not be worked out is left out of every average.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from perfeval_xl.findings import Finding, FindingGroup, grouped
from perfeval_xl.numbers import ZERO, half_up
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.scorecard import ScoreCard


@dataclass(frozen=True)
class UnitResult:
    """One returned file. A rejected one has no ``card``, and perhaps no unit either (``unit_code`` '').

    ``file`` is its name in the inbox; ``reviewed`` the annotated copy's path from the round's folder, with forward
    slashes (reviewed/S001.xlsx; its URL where it lies at one), or None. ``findings`` are all of them: those of reading,
    of the checks and of scoring. ``passed_over`` are the other files of the unit that could be read and do not count beside this one; ``earlier`` are
    the returns in them, one a content, the oldest first, each with its own copies as ``passed_over``. ``prefilled`` are
    the fields (ids) that still hold what the blank was issued with. ``sha256`` (hex) is of the file as it was received,
    '' where it could not be read.
    """

    unit_code: str
    unit_name: str
    unit_type: str
    file: str
    reviewed: str | None
    submission: Submission | None = field(repr=False)  # a round's repr would be gigabytes
    card: ScoreCard | None = field(repr=False)
    findings: tuple[Finding, ...] = ()
    passed_over: tuple[str, ...] = ()
    earlier: tuple[UnitResult, ...] = ()
    prefilled: frozenset[str] = frozenset()
    sha256: str = ""

    @cached_property
    def issues(self) -> list[FindingGroup]:
        """The findings as they are listed and counted: equal messages once."""
        return grouped(self.findings)


def unsettled(card: ScoreCard | None, findings: Iterable[Finding]) -> list[Finding]:
    """``findings`` but for differences of score on which a person ruled."""
    ruled = {row.indicator.code for row in card.ruled} if card else set()
    return [each for each in findings if not (each.code == "score-differs" and each.indicator in ruled)]


@dataclass(frozen=True)
class MissingUnit:
    """A unit of the roster without an accepted return."""

    code: str
    name: str
    type: str
    contact: str


@dataclass(frozen=True)
class Rulings:
    """What came of rulings.xlsx: ``waiting`` counts the rows that are still to be ruled on; ``findings`` are about the
    file and its rows, their cells in it."""

    waiting: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Filing:
    """Whose a workbook is: the unit (its own code, its name and type) and the project's name."""

    owner: str
    unit: str
    type: str
    project: str


@dataclass(frozen=True)
class District:
    """A whole round.

    ``results`` holds at most one accepted file a unit, and every rejected file. ``missing`` are the units of the roster
    that have no accepted return; a unit whose file was rejected is among them. ``own`` is the department's own return,
    which is no unit's and counts in no figure of the district. ``contact`` is whom the units ask, ``contacts`` who
    answers for each unit (by code). ``filings`` says whose each workbook is (by code, in the roster's order) where a
    unit files one a project; else it is empty.
    """

    name: str
    department: str
    year: int
    deadline: date | None
    scheme: Scheme = field(repr=False)
    results: Sequence[UnitResult]
    missing: Sequence[MissingUnit]
    rulings: Rulings = Rulings()
    own: UnitResult | None = field(default=None, repr=False)
    contact: str = ""
    contacts: Mapping[str, str] = field(default_factory=dict, repr=False)
    filings: Mapping[str, Filing] = field(default_factory=dict, repr=False)

    @cached_property
    def rejected(self) -> list[UnitResult]:
        return [result for result in self.results if result.card is None]


@dataclass(frozen=True)
class Spread:
    """How totals lie, in points; mean and median half-up to 0.01."""

    count: int
    mean: Decimal
    median: Decimal
    lowest: Decimal
    highest: Decimal


def spread(totals: Iterable[Decimal]) -> Spread | None:
    """Mean, median and range of ``totals``; None where there are none."""
    ordered = sorted(totals)
    if not ordered:
        return None
    count = len(ordered)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Spread(count, half_up(sum(ordered, ZERO) / count), half_up(middle), ordered[0], ordered[-1])
