"""Known figures in the units' blanks: where they come from, how they get there, and what a unit made of them.

What a blank was issued with is told by the copy in the outbox and by nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import sight
from perfeval_xl.entries.entry import as_text
from perfeval_xl.errors import PrefillError, WorkbookError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.prefilling import Prefilled, is_prefilled, prefill, prefilled_in
from perfeval_xl.excel.printed import label_text
from perfeval_xl.excel.wording import EMPTY, apart
from perfeval_xl.findings import Finding, finding
from perfeval_xl.generator import blank_view, submission_of
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.admit import admit, answer_finding, show
from perfeval_xl.scheme.answers import Answer, Answers, Submission, Value
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from perfeval_xl.storage import Place

Prefill = Mapping[str, Mapping[str, Prefilled]]
"""What is to be put into the blanks, by unit code and field id."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An answer of an earlier round that this form's field doesn't take: the unit's code, the field's label, why."""

    code: str
    label: str
    why: str


@dataclass(frozen=True)
class Taken:
    """What an earlier round gives.

    ``without_field`` counts the answers that this form has no field for, by what they were called there; ``refused`` are
    those that it has a field for and that can't be put there; ``this_year`` counts those that the scheme doesn't carry
    over. ``absent`` are the units (codes) that have no accepted return in that round.
    """

    prefill: Prefill
    without_field: Mapping[str, int]
    refused: tuple[NotTaken, ...]
    this_year: int
    absent: tuple[str, ...]


def taken_from(
    results: Iterable[UnitResult], scheme: Scheme, units: Iterable[Unit], only: Collection[str], *, locked: bool
) -> Taken:
    """The answers of an earlier round's ``results`` for ``units``, as far as ``scheme`` takes them; no self-scores.

    A unit is known by its code. ``only`` these fields (ids) are taken; if empty, those that the scheme carries over.
    PrefillError lists those that can't be.
    """
    claims = {each.self_score_id for each in scheme.indicators}
    unknown = [name for name in only if name not in scheme.fields or name in claims]
    if unknown:
        raise PrefillError(
            f"不能预填 {'、'.join(unknown)}：本方案没有这个填报项，或是自评分。编号见 perfeval scheme show。"
        )
    taking = _Taking(scheme, frozenset(only), locked)
    by_unit = {each.unit_code: each for each in results if each.card is not None}
    found: dict[str, Mapping[str, Prefilled]] = {}
    absent: list[str] = []
    for unit in units:
        result = by_unit.get(unit.code)
        if result is None:
            absent.append(unit.code)
        elif kept := taking.of(result):
            found[unit.code] = kept
    return Taken(found, taking.without_field, tuple(taking.refused), taking.this_year, tuple(absent))


class _Taking:
    """Takes answers return by return, and keeps count of what is not taken."""

    def __init__(self, scheme: Scheme, only: frozenset[str], locked: bool) -> None:
        self.without_field: Counter[str] = Counter()
        self.refused: list[NotTaken] = []
        self.this_year = 0
        self._scheme = scheme
        self._only = only
        self._locked = locked

    def of(self, result: UnitResult) -> dict[str, Prefilled]:
        """What is taken of a return, by field id now."""
        assert result.card is not None
        before, scheme = result.card.scheme, self._scheme
        another = (before.id, before.version, before.year) != (scheme.id, scheme.version, scheme.year)
        carry = scheme.carry if another else None
        found = {}
        for then, value in _answered(result).items():
            now = then if carry is None else carry.renamed.get(then, then)
            if self._only and now not in self._only:
                continue
            if now not in scheme.fields:
                self.without_field[before.full_label(then)] += 1
            elif carry is not None and now == then and now not in (self._only or carry.fields):
                self.this_year += 1
            elif (answer := self._admitted(result.unit_code, now, value)) is not None:
                found[now] = Prefilled(answer, self._locked)
        return found

    def _admitted(self, code: str, name: str, value: Value) -> Answer | None:
        field = self._scheme.fields[name]
        answer = admit(field, value, value if isinstance(value, str) else as_text(value), None)
        if answer.value is None:
            why = answer_finding(field, answer, None).message
            self.refused.append(NotTaken(code, self._scheme.full_label(name), why))
            return None
        return answer


def _answered(result: UnitResult) -> dict[str, Value]:
    """What a return answers, by field id: no self-scores, nothing that every blank is issued with."""
    if result.card is None or result.submission is None:
        return {}
    scheme = result.card.scheme
    claims = {each.self_score_id for each in scheme.indicators}
    return {
        answer.field: answer.value
        for answer in result.submission.answers.values()
        if answer.value is not None and answer.field not in claims and answer.field not in scheme.constants
        if answer.value != scheme.fields[answer.field].issued_value
    }


def merged(first: Prefill, second: Prefill) -> Prefill:
    """Both together; where they meet, ``second`` counts."""
    codes = dict.fromkeys((*first, *second))
    return {code: {**first.get(code, {}), **second.get(code, {})} for code in codes}


def prefilled_blank(blank: bytes, scheme: Scheme, given: Mapping[str, Prefilled]) -> bytes:
    """A unit's blank with ``given`` in it. PatchRefused where it is no blank of ``scheme``."""
    answers = dict(blank_view(scheme).answers)
    answers |= {name: each.answer for name, each in given.items()}
    held = Answers(answers.values())
    view = View(held, score(scheme, submission_of(scheme, held)))
    return prefill(blank, build_layout(scheme), given, view)


def losing(campaign: Campaign, units: Iterable[Unit], given: Prefill) -> list[Unit]:
    """The units whose blanks in the outbox hold known figures that issuing them again, with ``given``, would lose."""
    return [each for each in units if each.code not in given and _is_prefilled(campaign.outbox / each.file_name)]


def _is_prefilled(path: Place) -> bool:
    try:
        return is_prefilled(path.read_bytes())
    except (OSError, WorkbookError):
        return False


def issued_with(blank: Place, scheme: Scheme) -> dict[str, Prefilled]:
    """What the blank at ``blank`` was prefilled with, by field id; nothing where it is gone or can't be read."""
    try:
        return prefilled_in(sight.read(blank), build_layout(scheme))
    except OSError:
        return {}


def unchanged(given: Mapping[str, Prefilled], submission: Submission) -> frozenset[str]:
    """The prefilled fields that hold the same in a return."""
    return frozenset(name for name, each in given.items() if _same(each.answer, submission.answers[name]))


def changes(given: Mapping[str, Prefilled], submission: Submission, scheme: Scheme) -> list[Finding]:
    """What of the prefilled figures is otherwise in a return, in the order of the form; cells that are gone left out."""
    found = []
    same = unchanged(given, submission)
    for name, each in given.items():
        answer, field = submission.answers[name], scheme.fields[name]
        if name in same or answer.cell is None:
            continue
        row = scheme.row_of.get(name)
        expected, actual = apart(_shown(field, each.answer), _shown(field, answer))
        code = "issued-data-changed" if each.locked else "prefill-changed"
        words = {"expected": expected, "actual": actual, "label": scheme.full_label(name)}
        found.append(finding(code, cell=answer.cell, indicator=row.code if row else None, **words))
    return found


def _same(issued: Answer, returned: Answer) -> bool:
    """Whether a cell still holds what it was issued with; programs may change the white space of a text."""
    if isinstance(issued.value, str) and isinstance(returned.value, str):
        return label_text(issued.value) == label_text(returned.value)
    return type(issued.value) is type(returned.value) and issued.value == returned.value


def _shown(field: Field, answer: Answer) -> str:
    if answer.value is None:
        return answer.raw if answer.problem else EMPTY
    return show(field, answer.value)
