"""What a working paper says of a return: each row's clause, inputs, arithmetic, readings and claim, with every cell.

Nothing is scored anew here but other readings: the rest is put together from the submission and its score card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.findings import Finding
from perfeval_xl.inquiry.causes import Cause, claim_causes, formula_cause
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.fields import NO, YES, Field, Table
from perfeval_xl.scheme.model import Indicator, Option, Reading, Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import LineScore, Outcome, Result
from perfeval_xl.scheme.rules.inputs import show_amount
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.scorer import inputs_of

_SAID_ABOVE = {"score-differs", "self-score-missing", "needs-review"}
"""Findings that a working paper says in its own words, with the cause."""


class Origin(StrEnum):
    """Where the number in the self-score cell comes from. LEFT: the form's formula, whose result was not saved."""

    BLANK = "blank"
    TYPED = "typed"
    FORMULA = "formula"
    LEFT = "left-to-formula"
    CHANGED = "changed-formula"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Input:
    """One answer that the row looks at. ``shown`` is its value in words with its unit ('' if blank or unusable);
    ``raw`` what stands in the cell where that reads differently, else ''."""

    field: Field
    answer: Answer
    shown: str
    raw: str


@dataclass(frozen=True)
class AnnexLine:
    """One annex row: its answers by column, how it scored, and where its rate falls (``hit``)."""

    answers: Mapping[str, Answer]
    scored: LineScore
    hit: str


@dataclass(frozen=True)
class OtherReading:
    """An option that is not in force and what the row would come to under it."""

    option: Option
    outcome: Outcome
    differs: bool


@dataclass(frozen=True)
class ReadingUsed:
    """A reading of the row's clause, in force; ``others`` only where this row's rule depends on the choice."""

    reading: Reading
    others: tuple[OtherReading, ...]


@dataclass(frozen=True)
class Claim:
    """The unit's own score, where it comes from, and why it differs. ``formula`` is the form's own score's cell."""

    answer: Answer
    origin: Origin
    cell: ScoreCell | None
    formula: ScoreCell | None
    formula_cause: Cause | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class RowPaper:
    """The working paper of one row; ``number`` is its place in the form, from 1."""

    number: int
    row: IndicatorScore
    rule: tuple[str, ...]
    inputs: tuple[Input, ...]
    table: Table | None
    lines: tuple[AnnexLine, ...]
    hits: tuple[str, ...]
    readings: tuple[ReadingUsed, ...]
    claim: Claim
    evidence: Answer
    findings: tuple[Finding, ...]

    @property
    def indicator(self) -> Indicator:
        return self.row.indicator


@dataclass(frozen=True)
class Explanation:
    """A return's working papers. ``findings`` are those of no row; ``general`` the readings that hold for all rows."""

    submission: Submission
    card: ScoreCard
    papers: tuple[RowPaper, ...]
    general: tuple[Reading, ...]
    findings: tuple[Finding, ...]


def explain(submission: Submission, card: ScoreCard, findings: tuple[Finding, ...]) -> Explanation:
    """The working papers of all rows. ``findings`` are all that were made of the return."""
    papers = tuple(_paper(number, row, submission, card.scheme, findings) for number, row in enumerate(card.rows, 1))
    general = tuple(reading for reading in card.scheme.readings if not reading.indicators)
    own = tuple(each for each in findings if each.indicator is None)
    return Explanation(submission, card, papers, general, own)


def _paper(
    number: int, row: IndicatorScore, submission: Submission, scheme: Scheme, findings: tuple[Finding, ...]
) -> RowPaper:
    indicator, answers = row.indicator, submission.answers
    rule = indicator.rule
    scored = row.outcome.result is Result.SCORED
    told = (each for each in findings if each.indicator == indicator.code and each.code not in _SAID_ABOVE)
    return RowPaper(
        number=number,
        row=row,
        rule=tuple(rule.explain(indicator.points)),
        inputs=tuple(_inputs(row, answers, scheme)),
        table=rule.table if isinstance(rule, AnnexRows) else None,
        lines=tuple(_lines(rule, row.outcome, answers)) if isinstance(rule, AnnexRows) else (),
        hits=tuple(rule.hits(answers, indicator.points)) if scored else (),
        readings=tuple(_readings(row, answers, scheme)),
        claim=_claim(row, submission, scheme),
        evidence=answers[indicator.evidence_id],
        findings=tuple(told),
    )


def _inputs(row: IndicatorScore, answers: Answers, scheme: Scheme) -> Iterator[Input]:
    """The row's answers outside the annex, in form order; blank ones only where they may be why it has no score."""
    for name in inputs_of(row.indicator):
        if name not in scheme.table_of:
            field, answer = scheme.fields[name], answers[name]
            if not answer.blank or (field.required and row.score is None):
                yield Input(field, answer, shown(field, answer.value), _raw(field, answer))


def shown(field: Field, value: Value | None) -> str:
    """An answer in words, a number with its unit: 364.75 万元, 98.25%, 是, 2024-03-15; '' for none."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return show_amount(field, value)
    return "" if value is None else str(value)


def _raw(field: Field, answer: Answer) -> str:
    """What stands in the cell, where it is not simply the value: such an answer has a problem, be it only its form."""
    raw = answer.raw.strip()
    return raw if answer.problem is not None and raw != shown(field, answer.value) else ""


def _lines(rule: AnnexRows, outcome: Outcome, answers: Answers) -> Iterator[AnnexLine]:
    for line in outcome.lines:
        cells = {column.id: answers[rule.table.field_id(line.row, column.id)] for column in rule.table.columns}
        yield AnnexLine(cells, line, rule.hit(answers, line.row))


def _readings(row: IndicatorScore, answers: Answers, scheme: Scheme) -> Iterator[ReadingUsed]:
    for reading in scheme.readings:
        if row.indicator.code in reading.indicators:
            alternatives = [each for each in row.indicator.alternatives if each.reading.id == reading.id]
            outcomes = [(each.option, applicability.score(row.indicator, answers, each.rule)) for each in alternatives]
            yield ReadingUsed(
                reading, tuple(OtherReading(option, other, other.score != row.score) for option, other in outcomes)
            )


def _claim(row: IndicatorScore, submission: Submission, scheme: Scheme) -> Claim:
    indicator = row.indicator
    answer = submission.answers[indicator.self_score_id]
    cell = submission.score_cells.get(indicator.self_score_id)
    return Claim(
        answer=answer,
        origin=_origin(answer, cell),
        cell=cell,
        formula=submission.score_cells.get(indicator.formula_score_id),
        formula_cause=formula_cause(row, submission, scheme),
        causes=claim_causes(row, submission, scheme),
    )


def _origin(answer: Answer, cell: ScoreCell | None) -> Origin:
    if cell is not None and cell.formula is not None:
        if not cell.issued:
            return Origin.CHANGED
        return Origin.FORMULA if cell.saved else Origin.LEFT
    if answer.blank:
        return Origin.BLANK
    return Origin.UNKNOWN if cell is None else Origin.TYPED
