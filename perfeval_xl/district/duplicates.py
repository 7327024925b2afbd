"""Several returns of one unit, of which one counts; and units whose answers are the same.

Which return counts follows from what the files hold, never from when they arrived, nor from the order they are read in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any

from perfeval_xl.district.filenames import Lateness, lateness
from perfeval_xl.findings import Finding, finding
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer, Submission, Value
from perfeval_xl.scheme.fields import FieldType

LEAST_TELLING = 5
"""Equal answers prove something from so many numbers (other than 0 and 1) and dates on: small units have much in common."""
_MOST_NAMED = 3  # of the units with the same answers
_LAST_YEAR = 9998  # of a time that can be compared in every time zone


def one_a_unit(results: Iterable[UnitResult]) -> list[UnitResult]:
    """Keep one return a unit, and tell of the others in its findings; in the order of ``results``.

    Files with the same bytes are one. Files that were set aside, or that name no unit, are all kept. Of different
    ones a blank never counts before a filled one, and one that goes by another's name never before one that doesn't:
    somebody filled a copy of it in for the other; then the one saved last counts, then the one with more answers, then
    the one whose file name claims to be later.
    """
    given = list(results)
    by_unit: defaultdict[str, list[UnitResult]] = defaultdict(list)
    for result in given:
        if result.card is not None and result.submission is not None and result.unit_code:
            by_unit[result.unit_code].append(result)
    told: dict[int, UnitResult | None] = {}
    for same in by_unit.values():
        counting, with_findings = the_one_that_counts(same)
        told |= {id(each): None for each in same} | {id(counting): with_findings}
    return [kept for each in given if (kept := told.get(id(each), each)) is not None]


class _Version:
    """One content that a unit handed in, in one file or several."""

    def __init__(self, copies: Sequence[UnitResult]) -> None:
        # Of equal files the one in the inbox itself stands for all (one in a zip can't be annotated beside it), then
        # the one with the plainest name.
        self.result, *self.copies = sorted(copies, key=lambda each: (each.file.count("/"), len(each.file), each.file))
        assert self.result.submission is not None
        self.submission: Submission = self.result.submission

    def __str__(self) -> str:
        """Its files, for people."""
        same = "、".join(each.file for each in self.copies)
        return f"{self.result.file}（与 {same} 相同）" if same else self.result.file

    @cached_property
    def filled(self) -> int:
        """How many answers a person gave."""
        return len(typed(self.result))

    @cached_property
    def saved(self) -> datetime | None:
        """When it was last saved, as the file tells; None where it doesn't, or the computer's clock was plainly wrong."""
        try:
            time = datetime.fromisoformat(self.submission.modified)
        except ValueError:
            return None
        earliest = self.submission.year or datetime.min.year + 1
        if not earliest <= time.year <= _LAST_YEAR:
            return None
        return time if time.tzinfo else time.replace(tzinfo=UTC)

    @cached_property
    def goes_by_another(self) -> bool:
        """Whether all its files go by the name of another unit or project, whose answers it then most likely holds."""
        files = (self.result, *self.copies)
        return all(any(found.code == "file-name-other-unit" for found in each.findings) for each in files)

    @cached_property
    def lateness(self) -> Lateness:
        return max(lateness(each.file) for each in (self.result, *self.copies))


_CRITERIA: tuple[tuple[str, Callable[[_Version], Any]], ...] = (
    ("是否填写", lambda each: each.filled > 0),
    ("文件名是否写了别的单位或项目", lambda each: not each.goes_by_another),
    ("保存时间", lambda each: each.saved),
    ("填写多少", lambda each: each.filled),
    ("文件名所标的版本", lambda each: each.lateness),
    ("文件名", lambda each: (each.result.file, each.submission.sha256)),
)
"""What decides, in this order: the greatest counts. None is neither greater nor less than anything."""


def the_one_that_counts(same: Sequence[UnitResult]) -> tuple[UnitResult, UnitResult]:
    """The one of a unit's accepted returns that counts, and the same with what there is to tell of the others."""
    contents: defaultdict[str, list[UnitResult]] = defaultdict(list)
    for each in same:
        assert each.submission is not None
        contents[each.submission.sha256].append(each)
    versions = [_Version(copies) for copies in contents.values()]
    counting, decided_by = _last(versions)
    findings: list[Finding] = []
    if len(versions) > 1:
        others = "、".join(sorted(str(each) for each in versions if each is not counting))
        told = f"{others}（按{'、'.join(decided_by)}取舍）"
        findings.append(finding("duplicate-return", actual=counting.result.file, count=str(len(versions)), others=told))
    if counting.copies:
        findings.append(finding("identical-return", others="、".join(each.file for each in counting.copies)))
    return counting.result, replace(
        counting.result,
        findings=(*findings, *counting.result.findings),
        passed_over=tuple(sorted(each.file for each in same if each is not counting.result)),
        earlier=_in_order([each for each in versions if each is not counting]),
    )


def _last(versions: Sequence[_Version]) -> tuple[_Version, list[str]]:
    """The one that counts, and which criteria decided that."""
    left: Sequence[_Version] = versions
    decided_by: list[str] = []
    for label, value in _CRITERIA:
        greatest = max((found for each in left if (found := value(each)) is not None), default=None)
        kept = [each for each in left if value(each) in (None, greatest)]
        if len(kept) < len(left):
            left, decided_by = kept, [*decided_by, label]
    return left[0], decided_by


def _in_order(versions: Sequence[_Version]) -> tuple[UnitResult, ...]:
    """The oldest first: each is the one that would count if those after it had never come."""
    left, found = list(versions), []
    while left:
        last, _ = _last(left)
        left.remove(last)
        found.append(replace(last.result, passed_over=tuple(sorted(each.file for each in last.copies))))
    return tuple(reversed(found))


def typed(result: UnitResult) -> Mapping[str, Answer]:
    """What a person filled in, by field id: without self-scores, which start as formulas, and without what the form, or
    the unit's own blank, was issued with. Nothing for a file that was set aside."""
    if result.card is None or result.submission is None:
        return {}
    scheme, answers = result.card.scheme, result.submission.answers
    claims = {each.self_score_id for each in scheme.indicators}
    return {
        name: answer
        for name, field in scheme.fields.items()
        if name not in claims and name not in result.prefilled
        if not (answer := answers[name]).blank and (answer.value is None or answer.value != field.issued_value)
    }


def same_answers(units: Iterable[tuple[str, str]]) -> Callable[[str], Finding | None]:
    """``units`` (codes and names) have the same answers (``comparable``): what to tell of that of each, by its code.

    Answers are what was filled in as number, date or choice; texts are passed over: who copies a form changes the
    words.
    """
    known = sorted(set(units))
    own = Counter(code for code, _ in known)

    def told(unit: str) -> Finding | None:
        count = len(known) - own[unit]
        if not count:
            return None
        first = islice((each for each in known if each[0] != unit), _MOST_NAMED)
        named = "、".join(f"{code}（{name}）" for code, name in first)
        return finding("same-answers", others=f"{named}等 {count} 个单位" if count > _MOST_NAMED else named)

    return told


Comparable = frozenset[tuple[str, Value | str]]
"""Answers by field id."""


def comparable(result: UnitResult) -> Comparable:
    """The answers of an accepted return that other units' are compared with; nothing where they prove nothing: it takes
    LEAST_TELLING numbers and dates."""
    if result.card is None or not result.unit_code:
        return frozenset()
    fields = result.card.scheme.fields
    found = frozenset(
        (name, answer.raw if answer.value is None else answer.value)
        for name, answer in typed(result).items()
        if fields[name].type is not FieldType.TEXT
    )
    return found if sum(_telling(value) for _, value in found) >= LEAST_TELLING else frozenset()


def _telling(value: Value | str) -> bool:
    """Whether two units are unlikely to share the answer by chance."""
    return not isinstance(value, bool | str) and value not in (0, 1)
