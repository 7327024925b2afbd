"""What differs between two returns: cell by cell what was filled in, and what that comes to in scores and findings.

Pure: no workbook, no file. Two returns may be of different versions, even of different years: cells are compared by field
id. Rulings play no part here; scores are the recalculated ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from perfeval_xl.errors import PerfevalError
from perfeval_xl.findings import Finding, Severity
from perfeval_xl.numbers import show_score
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.admit import show
from perfeval_xl.scheme.answers import Answer, Submission
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

BLANK = "（空）"
BY_FORMULA = "（按表中公式）"
_AMONG_OTHERS = {"duplicate-return", "same-answers"}
"""Findings about a return's place among the others, not about what is in it."""


class Kind(StrEnum):
    """What a cell is for: an answer that is counted with, running text, or a self-score."""

    ANSWER = "answer"
    TEXT = "text"
    CLAIM = "claim"


@dataclass(frozen=True)
class CellChange:
    """A cell that holds something else. ``shown_before`` and ``shown_after`` are what a clerk sees there.

    ``followed``: a self-score that was left to the form's own formula both times, so that nobody typed the change.
    ``indicator`` is None for the head and the narrative.
    """

    field: str
    kind: Kind
    label: str
    indicator: Indicator | None
    before: Answer
    after: Answer
    shown_before: str
    shown_after: str
    followed: bool = False

    @property
    def place(self) -> str:
        """Where it stands: in the newer return, else in the older one; '' where neither has the cell."""
        return str(self.after.cell or self.before.cell or "")


@dataclass(frozen=True)
class RowChange:
    """A row whose recalculated score, bounds, outcome or claim differ; None where a return's form has no such row."""

    indicator: Indicator
    before: IndicatorScore | None
    after: IndicatorScore | None


@dataclass(frozen=True)
class Recalculated:
    """A return's total in points as it was recalculated; bounds where a row has no score, the grade where both agree."""

    low: Decimal
    high: Decimal
    settled: bool
    grade: str | None
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Difference:
    """What differs between an older and a newer return, in the order of the form.

    ``settled`` are the older one's errors and warnings that the newer one no longer has, ``arisen`` those that are new,
    ``remaining`` those that both have; told by code, row and cell.
    """

    old: UnitResult
    new: UnitResult
    cells: tuple[CellChange, ...]
    rows: tuple[RowChange, ...]
    settled: tuple[Finding, ...]
    arisen: tuple[Finding, ...]
    remaining: tuple[Finding, ...]

    @cached_property
    def typed(self) -> tuple[CellChange, ...]:
        """The cells that a person changed."""
        return tuple(each for each in self.cells if not each.followed)

    @property
    def same_unit(self) -> bool:
        return self.old.unit_code == self.new.unit_code


def between(old: UnitResult, new: UnitResult) -> Difference:
    """Two accepted returns compared. PerfevalError, naming the file, where one of them was set aside."""
    before, after = _accepted(old), _accepted(new)
    gone, come = _by_place(old.findings), _by_place(new.findings)
    return Difference(
        old,
        new,
        tuple(_cells(before, after)),
        tuple(_rows(before[1], after[1])),
        settled=tuple(each for key, each in gone.items() if key not in come),
        arisen=tuple(each for key, each in come.items() if key not in gone),
        remaining=tuple(each for key, each in come.items() if key in gone),
    )


def chain(returns: Sequence[UnitResult]) -> list[Difference]:
    """Each of ``returns`` (the oldest first, all accepted) against the one before it."""
    return [between(old, new) for old, new in pairwise(returns)]


def recalculated(card: ScoreCard) -> Recalculated:
    """The total of a card without regard to rulings."""
    plain = ScoreCard(card.scheme, tuple(replace(row, ruling=None) for row in card.rows))
    return Recalculated(plain.total_min, plain.total_max, not plain.provisional, plain.grade, plain.total_text)


_Scored = tuple[Submission, ScoreCard]


def _accepted(result: UnitResult) -> _Scored:
    if result.submission is None or result.card is None:
        raise PerfevalError(f"{result.file}：{result.findings[0].message}")
    return result.submission, result.card


def _cells(old: _Scored, new: _Scored) -> Iterator[CellChange]:
    """Every cell that differs: those of the newer form in its order, then those that only the older one has."""
    schemes = new[1].scheme, old[1].scheme
    for name in dict.fromkeys((*schemes[0].fields, *schemes[1].fields)):
        scheme = next(each for each in schemes if name in each.fields)
        row = scheme.row_of.get(name)
        before, after = old[0].answers[name], new[0].answers[name]
        if row is not None and name == row.self_score_id:
            change = _claim(scheme, row, old, new)
            if change is not None:
                yield change
        elif _differ(before, after):
            kind = Kind.TEXT if scheme.fields[name].type is FieldType.TEXT else Kind.ANSWER
            first, second = _shown(scheme, before), _shown(scheme, after)
            yield CellChange(name, kind, scheme.full_label(name), row, before, after, first, second)


def _differ(before: Answer, after: Answer) -> bool:
    """Whether the cells differ; of equal values whether they were typed otherwise (364.75万元 and 364.75)."""
    if before.value is None and after.value is None:
        return (before.problem, before.raw if before.problem else "") != (
            after.problem,
            after.raw if after.problem else "",
        )
    same = type(before.value) is type(after.value) and before.value == after.value
    return not same or before.problem != after.problem


def _shown(scheme: Scheme, answer: Answer) -> str:
    if answer.value is None:
        return answer.raw if answer.problem else BLANK
    shown = show(scheme.fields[answer.field], answer.value)
    if answer.respelled or answer.problem == "formula-in-input":
        return f"{answer.raw.strip()}（读作 {shown}）"
    return shown


def _claim(scheme: Scheme, row: Indicator, old: _Scored, new: _Scored) -> CellChange | None:
    """A self-score: its number as the score cards have it, and whether it was left to the form's formula."""
    name = row.self_score_id
    answers = old[0].answers[name], new[0].answers[name]
    cards = old[1].row.get(row.code), new[1].row.get(row.code)
    claims = [None if each is None else each.self_score for each in cards]
    left = [_left_to_formula(submission, name) for submission in (old[0], new[0])]
    unusable = [
        answer.raw if answer.problem and claim is None else "" for answer, claim in zip(answers, claims, strict=True)
    ]
    same_hand = None in left or left[0] == left[1]
    if claims[0] == claims[1] and unusable[0] == unusable[1] and same_hand:
        return None
    shown = [
        raw or (BLANK if claim is None else f"{show_score(claim)}{BY_FORMULA if by_formula else ''}")
        for raw, claim, by_formula in zip(unusable, claims, left, strict=True)
    ]
    followed = left == [True, True]
    return CellChange(name, Kind.CLAIM, scheme.full_label(name), row, *answers, shown[0], shown[1], followed)


def _left_to_formula(submission: Submission, name: str) -> bool | None:
    """Whether the cell still has the issued formula; None where the file's format doesn't tell."""
    cell = submission.score_cells.get(name)
    return None if cell is None else cell.issued


def _rows(old: ScoreCard, new: ScoreCard) -> Iterator[RowChange]:
    for code in dict.fromkeys((*new.row, *old.row)):
        before, after = old.row.get(code), new.row.get(code)
        if _known(before) != _known(after):
            row = after or before
            assert row is not None
            yield RowChange(row.indicator, before, after)


def _known(row: IndicatorScore | None) -> tuple[object, ...] | None:
    if row is None:
        return None
    return row.outcome.score, row.outcome.low, row.outcome.high, row.outcome.result, row.self_score


def _by_place(findings: Sequence[Finding]) -> dict[tuple[str, str, str], Finding]:
    """Errors and warnings by what they are about."""
    telling = (each for each in findings if each.severity is not Severity.INFO and each.code not in _AMONG_OTHERS)
    return {(each.code, each.indicator or "", str(each.cell or "")): each for each in telling}
