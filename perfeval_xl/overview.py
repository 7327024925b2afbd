"""The figures of a whole round, from compact facts that one pass over its results collects.

A round's results may lie on disk and take time to go through; everything that needs all of them at once is made from
``Facts``: codes, totals and counts, nothing of what a return says. Arithmetic is Decimal; a total that could not be worked
out is left out of every average.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.analysis import IndicatorFigures, Tally, TypeFigures
from perfeval_xl.findings import KINDS, FindingGroup, Severity
from perfeval_xl.results import District, Spread, UnitResult, spread

Watcher = Callable[[UnitResult], None]
"""Looks at each result on the way, in the order of the round."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is compared of an accepted return: its unit, the bounds of its total in points, its grade (None: still open).

    ``number`` is its place among the accepted returns, in the round's order.
    """

    number: int
    unit_code: str
    unit_type: str
    low: Decimal
    high: Decimal
    provisional: bool
    grade: str | None

    @property
    def total(self) -> Decimal | None:
        """None while it is provisional."""
        return None if self.provisional else self.low


@dataclass(frozen=True, slots=True)
class CommonIssue:
    """A finding code, how often it occurs and in how many files."""

    code: str
    severity: Severity
    meaning: str
    times: int
    files: int


class IssueTally:
    """Counts findings as they are listed, equal messages of a file once."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._files: Counter[str] = Counter()
        self._severity: dict[str, Severity] = {}

    def take(self, groups: Sequence[FindingGroup]) -> None:
        """The findings of one file."""
        for group in groups:
            self._times[group.first.code] += 1
            self._severity.setdefault(group.first.code, group.first.severity)
        self._files.update({group.first.code for group in groups})

    def listed(self) -> list[CommonIssue]:
        """The codes, the most frequent first; ties by severity, then code."""
        issues = [
            CommonIssue(code, self._severity[code], KINDS[code].meaning, times, self._files[code])
            for code, times in self._times.items()
        ]
        issues.sort(key=lambda issue: (-issue.times, list(Severity).index(issue.severity), issue.code))
        return issues


def common_issues(files: Iterable[Sequence[FindingGroup]]) -> list[CommonIssue]:
    """The codes among the findings of ``files``, as ``IssueTally.listed``."""
    tally = IssueTally()
    for groups in files:
        tally.take(groups)
    return tally.listed()


class Facts:
    """What is known of a round's results when they have gone by; see ``facts_of``.

    ``rejected`` are the unit codes of the files that were set aside ('' for a file of no unit), with their number.
    """

    def __init__(self, district: District) -> None:
        self.district = district
        self.accepted: list[Accepted] = []
        self.rejected: Counter[str] = Counter()
        self.disagreeing = 0
        self.issues = IssueTally()
        self.severities: Counter[Severity] = Counter()
        self.severity_files: Counter[Severity] = Counter()
        self._rows = {each.code: Tally() for each in district.scheme.indicators}
        self._known: dict[Decimal, Decimal] = {}

    def take(self, result: UnitResult) -> None:
        """The next result."""
        self._take_issues(result.issues)
        card = result.card
        if card is None:
            self.rejected[result.unit_code] += 1
            return
        # many units have the same total: one number stands for all
        low, high = (self._known.setdefault(each, each) for each in (card.total_min, card.total_max))
        number, provisional = len(self.accepted), card.provisional
        self.accepted.append(Accepted(number, result.unit_code, result.unit_type, low, high, provisional, card.grade))
        self.disagreeing += not provisional and card.self_total is not None and card.self_total != low
        for row in card.rows:
            self._rows[row.indicator.code].take(row)

    def _take_issues(self, groups: Sequence[FindingGroup]) -> None:
        self.issues.take(groups)
        here = Counter(issue.first.severity for issue in groups)
        self.severities.update(here)
        self.severity_files.update(here.keys())

    @property
    def indicators(self) -> list[IndicatorFigures]:
        """Figures of each row, in the order of the form."""
        return [self._rows[each.code].figures(each) for each in self.district.scheme.indicators]


def facts_of(district: District, watchers: Iterable[Watcher] = ()) -> Facts:
    """Go through the round's results once; ``watchers`` see each of them too."""
    facts, watching = Facts(district), tuple(watchers)
    for result in district.results:
        facts.take(result)
        for watch in watching:
            watch(result)
    return facts


@dataclass(frozen=True, slots=True)
class Ranked:
    """An accepted return, its place in the district and among the units of its type.

    Both are None while its total is provisional; a unit without a type has no place among its like.
    """

    place: int | None
    unit: Accepted
    place_in_type: int | None = None


def ranking(facts: Facts) -> list[Ranked]:
    """Accepted returns, best total first; equal totals share a place and the next one is skipped (1, 2, 2, 4).

    Provisional ones follow without a place, by their lowest possible total. Within equal totals: by unit code.
    """
    in_order = sorted(facts.accepted, key=lambda each: (each.provisional, -each.low, -each.high, each.unit_code))
    whole, types = _Places(), defaultdict[str, _Places](_Places)
    ranked: list[Ranked] = []
    for unit in in_order:
        if unit.total is None:
            ranked.append(Ranked(None, unit))
            continue
        in_type = types[unit.unit_type].of(unit.total) if unit.unit_type else None
        ranked.append(Ranked(whole.of(unit.total), unit, in_type))
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


def overview(facts: Facts, most_common: int = 10) -> Overview:
    """All figures of the overview."""
    accepted = facts.accepted
    waited_for = {unit.code for unit in facts.district.missing}
    set_aside = facts.rejected.keys() & waited_for
    by_grade = Counter(each.grade for each in accepted)
    return Overview(
        due=len(accepted) + len(waited_for),
        accepted=len(accepted),
        provisional=sum(each.provisional for each in accepted),
        set_aside=len(set_aside),
        awaited=len(waited_for) - len(set_aside),
        unplaced=sum(files for code, files in facts.rejected.items() if code not in waited_for),
        disagreeing=facts.disagreeing,
        grades=tuple((grade.name, by_grade[grade.name]) for grade in facts.district.scheme.grades),
        ungraded=by_grade[None],
        totals=_spread(accepted),
        severities=tuple((each, facts.severities[each], facts.severity_files[each]) for each in Severity),
        common=tuple(facts.issues.listed()[:most_common]),
    )


def _spread(accepted: Iterable[Accepted]) -> Spread | None:
    return spread(each.total for each in accepted if each.total is not None)


def by_type(facts: Facts) -> list[TypeFigures]:
    """Figures of each type, the one with the most units first; units without a type last."""
    units: defaultdict[str, list[Accepted]] = defaultdict(list)
    due: Counter[str] = Counter(unit.type for unit in facts.district.missing)
    for each in facts.accepted:
        units[each.unit_type].append(each)
        due[each.unit_type] += 1
    names = [grade.name for grade in facts.district.scheme.grades]
    figures = [_type_figures(type_, count, units[type_], names) for type_, count in due.items()]
    return sorted(figures, key=lambda each: (not each.type, -each.due, each.type))


def _type_figures(type_: str, due: int, units: Sequence[Accepted], names: Sequence[str]) -> TypeFigures:
    found = Counter(each.grade for each in units)
    grades = tuple((name, found[name]) for name in names)
    return TypeFigures(type_, due, len(units), _spread(units), grades, found[None])
