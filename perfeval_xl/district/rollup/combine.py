"""The department's form from those of its units: raw inputs combined by each field's rule, every ratio computed once.

Pure: no file is read or written. The same scorer scores it; a score that can't be worked out stays open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.district.rollup.bounds import Bounds, bounds_of
from perfeval_xl.district.rollup.shares import RolledField, Sources
from perfeval_xl.district.rollup.wording import OPENING, evidence
from perfeval_xl.district.ruling_rows import fingerprint
from perfeval_xl.entries.entry import as_text
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.generator import blank_view
from perfeval_xl.results import District, UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.fields import NO, YES, Field, RollUp
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import inputs_of, score


@dataclass(frozen=True)
class RolledUp:
    """The department's form, filled and scored.

    ``submission`` has an answer for every field, at the cell where it stands in the workbook. ``figures`` are those that
    come from the units, in the order of the form, each with what every unit contributed. ``units`` is the roster;
    ``absent`` says of the units without an accepted return why (未交, 未受理), by code. ``own`` is the department's own
    return, None where it handed in none that could be accepted. ``bounds`` tell what the gaps may still change.
    """

    campaign: Campaign = field(repr=False)
    submission: Submission = field(repr=False)
    card: ScoreCard = field(repr=False)
    figures: tuple[RolledField, ...] = field(repr=False)
    units: tuple[Unit, ...] = field(repr=False)
    absent: Mapping[str, str]
    bounds: Bounds = field(repr=False)
    own: UnitResult | None = field(default=None, repr=False)


def roll_up(campaign: Campaign, district: District) -> RolledUp:
    """Fill the department's form from ``district``, the round's results."""
    scheme = campaign.scheme
    own = district.own if district.own is not None and district.own.card is not None else None
    stated = own.submission.answers if own is not None and own.submission is not None else Answers(())
    sources = Sources.of(campaign.roster, district)
    figures = tuple(_figures(scheme, sources, stated))
    answers = _answers(scheme, figures, own, sources)
    submission = _submission(campaign, answers)
    card = _with_rulings(score(scheme, submission, elsewhere=scheme.rolled_up), submission, own)
    bounds = bounds_of(card, submission.answers, figures)
    return RolledUp(campaign, submission, card, figures, sources.units, sources.absent, bounds, own)


def _figures(scheme: Scheme, sources: Sources, stated: Answers) -> Iterator[RolledField]:
    """Every figure that comes from the units, in the order of the form; whether a row applies before what is in it."""
    for each in scheme.head:
        if each.roll_up is not RollUp.OWN:
            yield sources.figure(each, None, _stated(each, stated))
    for indicator in scheme.indicators:
        rolled = [each for each in indicator.fields if each.roll_up is not RollUp.OWN]
        if indicator.may_be_not_applicable and any(not each.roll_up.counts_units for each in rolled):
            yield sources.applies(scheme, indicator, _stated(scheme.fields[indicator.applicable_id], stated))
        for each in rolled:
            yield sources.figure(each, indicator, _stated(each, stated))


def _stated(field: Field, stated: Answers) -> Value | None:
    """What the department itself filled in, None where it left the form as it was issued."""
    value = stated[field.id].value
    return None if value == field.issued_value else value


def _answers(
    scheme: Scheme, figures: tuple[RolledField, ...], own: UnitResult | None, sources: Sources
) -> dict[str, Answer]:
    """The answers but for the claims that are left to the form: the department's own, then what comes from the units."""
    answers = {each.field: each for each in blank_view(scheme).answers.values()}
    if own is not None and own.submission is not None:
        answers |= {name: own.submission.answers[name] for name in answers}
    for figure in figures:
        answers[figure.field.id] = Answer(figure.field.id, figure.value)
    for indicator in scheme.indicators:
        of_row = [each for each in figures if each.field.id in inputs_of(indicator)]
        if of_row:
            answers[indicator.self_score_id] = Answer(indicator.self_score_id, None)
            written = answers[indicator.evidence_id] if indicator.evidence else None
            if written is not None and (written.blank or written.raw.startswith(OPENING)):
                text = evidence(of_row, sources.absent)[: scheme.fields[indicator.evidence_id].max_length]
                answers[indicator.evidence_id] = Answer(indicator.evidence_id, text)
        elif own is not None and _left_to_the_form(own, indicator):
            answers[indicator.self_score_id] = Answer(indicator.self_score_id, None)
    return answers


def _left_to_the_form(own: UnitResult, indicator: Indicator) -> bool:
    """Whether the department claims what the form itself works out."""
    assert own.submission is not None and own.card is not None
    cell = own.submission.score_cells.get(indicator.self_score_id)
    claim = own.submission.answers[indicator.self_score_id].value
    return (cell is not None and cell.issued) or claim == own.card.row[indicator.code].score


def _submission(campaign: Campaign, given: Mapping[str, Answer]) -> Submission:
    """The answers as a return of the department, each at its cell; what is left to the form claims what it works out."""
    scheme = campaign.scheme
    layout = build_layout(scheme)
    unit = campaign.department_unit
    answers = {name: _at_its_cell(scheme, each, layout.place(name)) for name, each in given.items()}
    submission = Submission(
        source="",
        unit_code=unit.code,
        unit_name=unit.name,
        scheme=scheme.id,
        version=scheme.version,
        year=scheme.year,
        producer="",
        answers=Answers(answers.values()),
        formula_scores={},
        review_cells=layout.review,
    )
    live = score(scheme, submission).rows
    left = {}
    for row in live:
        name = row.indicator.self_score_id
        if answers[name].blank:
            left[name] = ScoreCell(layout.inputs[name], row.indicator.formula_score_id, issued=True)
            answers[name] = _at_its_cell(scheme, Answer(name, row.score), layout.inputs[name])
    scores = {row.indicator.code: row.score for row in live}
    return replace(submission, answers=Answers(answers.values()), formula_scores=scores, score_cells=left)


def _at_its_cell(scheme: Scheme, answer: Answer, cell: Cell) -> Answer:
    """An answer as it reads in our own workbook: a value plainly, however it was spelled; what was of no use as it is."""
    if answer.value is None:
        return replace(answer, cell=cell)
    return admit(scheme.fields[answer.field], answer.value, _raw(answer.value), cell)


def _raw(value: Value) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return f"{value:f}" if isinstance(value, Decimal) else as_text(value)


def _with_rulings(card: ScoreCard, submission: Submission, own: UnitResult | None) -> ScoreCard:
    """``card`` with the rulings on the department's own return that were made on the same data."""
    if own is None or own.card is None or own.submission is None:
        return card
    ruled = {row.indicator.code: row for row in own.card.ruled}
    rows = []
    for row in card.rows:
        before = ruled.get(row.indicator.code)
        if before is not None and fingerprint(before, own.submission) == fingerprint(row, submission):
            row = replace(row, ruling=before.ruling)
        rows.append(row)
    return replace(card, rows=tuple(rows))
