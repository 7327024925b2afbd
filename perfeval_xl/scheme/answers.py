"""Answers: what a unit filled in, by field id, each with its raw text and its cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding

Value = Decimal | bool | date | str
"""Decimal for numbers (percent as the fraction), bool for yes/no, date for dates, str for text and choices."""

_RESPELLED = frozenset({
    "number-as-text", "unit-converted", "percent-read", "percent-as-fraction", "date-read", "choice-read", "word-as-zero",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One field's answer.

    ``value`` is None where the cell is blank or what stands there cannot be used. ``raw`` is what stood in the cell, as
    text. ``problem`` is the code of the finding about it, or None: a blank has no problem of its own, a value that
    cannot be used always has one, and a value that could be used may have one (a number typed as text). ``why`` are
    words for that finding: what was converted, or why the value is not clear.
    """

    field: str
    value: Value | None
    raw: str = ""
    cell: Cell | None = None
    problem: str | None = None
    why: str = ""

    @property
    def blank(self) -> bool:
        return self.value is None and self.problem is None

    @property
    def respelled(self) -> bool:
        """Whether the value was read out of something that a formula in the workbook takes for something else."""
        return self.problem in _RESPELLED


class Answers(Mapping[str, Answer]):
    """All answers of one return. Every field of the scheme has an entry; one that was not filled in is blank."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._by_field = {answer.field: answer for answer in answers}

    def __getitem__(self, field: str) -> Answer:
        found = self._by_field.get(field)
        return found if found is not None else Answer(field, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_field)

    def __len__(self) -> int:
        return len(self._by_field)

    def __contains__(self, field: object) -> bool:
        return field in self._by_field

    def blank_among(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Those of ``fields`` that were not filled in."""
        return tuple(field for field in fields if self[field].blank)

    def all_blank(self, fields: Iterable[str]) -> bool:
        """Whether none of ``fields`` was filled in."""
        known = self._by_field
        return all(known[field].blank for field in fields if field in known)

    def unusable_among(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Those of ``fields`` in which something stands that cannot be used."""
        return tuple(field for field in fields if self[field].value is None and self[field].problem)

    def number(self, field: str) -> Decimal:
        """The number in ``field``. TypeError where there is none: ask blank_among and unusable_among first."""
        value = self[field].value
        if not isinstance(value, Decimal):
            raise TypeError(f"{field} holds no number: {value!r}")
        return value

    def yes(self, field: str) -> bool:
        """True for 是, False for 否. TypeError where neither was answered."""
        value = self[field].value
        if not isinstance(value, bool):
            raise TypeError(f"{field} holds neither yes nor no: {value!r}")
        return value

    def day(self, field: str) -> date | None:
        """The date in ``field``; None where the unit stated that it never took place (the field's ``never`` word)."""
        value = self[field].value
        if isinstance(value, date):
            return value
        if isinstance(value, str):
            return None
        raise TypeError(f"{field} holds no date: {value!r}")

    def text(self, field: str) -> str:
        """The text in ``field``, '' where blank."""
        value = self[field].value
        return value if isinstance(value, str) else ""

    def cell(self, field: str) -> Cell | None:
        return self[field].cell


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """What stands in the cell of a self-score, or of the form's own score.

    ``formula`` (without '=') is None where a value was typed, or nothing stands there; ``issued`` says whether it is the
    formula that the form was issued with, ``saved`` whether the file holds the formula's result.
    """

    cell: Cell
    formula: str | None = None
    issued: bool = False
    saved: bool = True


@dataclass(frozen=True)
class Submission:
    """One return as read: who, which form, every answer with its cell, and what was noticed while reading.

    ``formula_scores`` is what the workbook's own formulas showed, by indicator code (points; None where blank); it is
    only ever compared, never trusted. ``modified`` is the last save as the file itself tells it (ISO, '' if unknown).
    ``score_cells`` are the cells of the self-scores and of those formulas by defined name; empty where formulas can't be
    read. ``review_cells`` are the cells of the review block by defined name, as far as they are there.
    """

    source: str
    unit_code: str
    unit_name: str
    scheme: str
    version: str
    year: int | None
    producer: str
    answers: Answers
    formula_scores: Mapping[str, Decimal | None]
    findings: tuple[Finding, ...] = ()
    sha256: str = ""
    modified: str = ""
    score_cells: Mapping[str, ScoreCell] = field(default_factory=dict)
    review_cells: Mapping[str, Cell] = field(default_factory=dict)
