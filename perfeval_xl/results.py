"""What a round came to: one result a returned file, the units still awaited, and the figures of the whole district.

Pure: no workbook, no file. Arithmetic is Decimal; a total that could not be worked out is left out of every average.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from perfeval_xl.filings import Filing
from perfeval_xl.findings import KINDS, Finding, FindingGroup, Severity, grouped
from perfeval_xl.numbers import ZERO, half_up
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.scorecard import ScoreCard


@dataclass(frozen=True)
class UnitResult:
    """One returned file. A rejected one has no ``card``, and perhaps no unit either (``unit_code`` '').

    ``file`` is its name in the inbox; ``reviewed`` the annotated copy's path from the round's folder, with forward
    slashes (reviewed/S001.xlsx), or None. ``findings`` are all of them: those of reading, of the checks and of scoring.
    ``passed_over`` are the other files of the unit that could be read and do not count beside this one; ``earlier`` are
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


@dataclass(frozen=True)
class District:
    """A whole round.

    ``results`` holds at most one accepted file a unit, and every rejected file. ``missing`` are the units of the roster
    that have no accepted return; a unit whose file was rejected is among them. ``own`` is the department's own return,
    which is no unit's and counts in no figure of the district. ``contact`` is whom the units ask, ``contacts`` who
    answers for each unit (by code). ``filings`` says whose
    each workbook is (by code, in the roster's order) where a unit files one a project; else it is empty.
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
class Ranked:
    """An accepted return, its place in the district and among the units of its type.

    Both are None while its total is provisional; a unit without a type has no place among its like.
    """

    place: int | None
    result: UnitResult
    card: ScoreCard
    place_in_type: int | None = None


def ranking(results: Iterable[UnitResult]) -> list[Ranked]:
    """Accepted returns, best total first; equal totals share a place and the next one is skipped (1, 2, 2, 4).

    Provisional ones follow without a place, by their lowest possible total. Within equal totals: by unit code.
    """
    accepted = [(result, result.card) for result in results if result.card is not None]
    accepted.sort(key=lambda pair: (pair[1].provisional, -pair[1].total_min, -pair[1].total_max, pair[0].unit_code))
    whole, types = _Places(), defaultdict[str, _Places](_Places)
    ranked: list[Ranked] = []
    for result, card in accepted:
        if card.total is None:
            ranked.append(Ranked(None, result, card))
            continue
        in_type = types[result.unit_type].of(card.total) if result.unit_type else None
        ranked.append(Ranked(whole.of(card.total), result, card, in_type))
    return ranked


class _Places:
    """Gives out places to totals that come best first."""

    def __init__(self) -> None:
        self._taken = self._place = 0
        self._last: Decimal | None = None

    def of(self, total: Decimal) -> int:
        self._taken += 1
        if total != self._last:
            self._place, self._last = self._taken, total
        return self._place


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


@dataclass(frozen=True)
class CommonIssue:
    """A finding code, how often it occurs and in how many files."""

    code: str
    severity: Severity
    meaning: str
    times: int
    files: int


@dataclass(frozen=True)
class Overview:
    """The round at a glance. due = accepted + set_aside + awaited, counted in units; ``unplaced`` counts rejected files
    that belong to no awaited unit: it is unknown, or another file of it was accepted."""

    due: int
    accepted: int
    provisional: int
    set_aside: int
    awaited: int
    unplaced: int
    disagreeing: int  # units whose own total differs from the recalculated one
    grades: tuple[tuple[str, int], ...]  # best first; units by the grade that stands
    ungraded: int  # accepted, but the grade is still open
    totals: Spread | None
    severities: tuple[tuple[Severity, int, int], ...]  # severity, findings, files
    common: tuple[CommonIssue, ...]


def overview(district: District, most_common: int = 10) -> Overview:
    """All figures of the overview from the round's results."""
    cards = [result.card for result in district.results if result.card is not None]
    waited_for = {unit.code for unit in district.missing}
    set_aside = {result.unit_code for result in district.rejected} & waited_for
    by_grade = Counter(card.grade for card in cards)
    return Overview(
        due=len(cards) + len(waited_for),
        accepted=len(cards),
        provisional=sum(card.provisional for card in cards),
        set_aside=len(set_aside),
        awaited=len(waited_for) - len(set_aside),
        unplaced=sum(result.unit_code not in waited_for for result in district.rejected),
        disagreeing=sum(
            card.total is not None and card.self_total is not None and card.total != card.self_total for card in cards
        ),
        grades=tuple((grade.name, by_grade[grade.name]) for grade in district.scheme.grades),
        ungraded=by_grade[None],
        totals=spread(card.total for card in cards if card.total is not None),
        severities=_by_severity(district.results),
        common=tuple(common_issues([each.issues for each in district.results])[:most_common]),
    )


def _by_severity(results: Sequence[UnitResult]) -> tuple[tuple[Severity, int, int], ...]:
    found: Counter[Severity] = Counter()
    files: Counter[Severity] = Counter()
    for result in results:
        here = Counter(issue.first.severity for issue in result.issues)
        found.update(here)
        files.update(here.keys())
    return tuple((severity, found[severity], files[severity]) for severity in Severity)


def common_issues(files: Iterable[Sequence[FindingGroup]]) -> list[CommonIssue]:
    """The codes among the findings of ``files``, the most frequent first; ties by severity, then code."""
    firsts: defaultdict[str, list[Finding]] = defaultdict(list)
    concerned: Counter[str] = Counter()
    for groups in files:
        for group in groups:
            firsts[group.first.code].append(group.first)
        concerned.update({group.first.code for group in groups})
    issues = [
        CommonIssue(code, found[0].severity, KINDS[code].meaning, len(found), concerned[code])
        for code, found in firsts.items()
    ]
    issues.sort(key=lambda issue: (-issue.times, list(Severity).index(issue.severity), issue.code))
    return issues
