"""From answers to a score card: every row recalculated and compared with the claim, and all there is to say about it.

Nothing that the workbook computed is trusted; its formulas' results are only carried along to be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal

from perfeval_xl.checks import check_findings
from perfeval_xl.evidence import evidence_findings
from perfeval_xl.findings import Finding, Severity, finding
from perfeval_xl.numbers import ZERO, half_up, read_number, show_number, show_score, step
from perfeval_xl.scheme.admit import answer_finding
from perfeval_xl.scheme.answers import Answer, Answers, Submission
from perfeval_xl.scheme.fields import NO, NOT_APPLICABLE, YES, Field, FieldType
from perfeval_xl.scheme.model import Indicator, Scheme, narrative_fields
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.base import Outcome, Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

_LABELS_NAMED = 6  # a message names so many blank fields and counts the rest


def score(scheme: Scheme, submission: Submission, *, elsewhere: Collection[str] = ()) -> ScoreCard:
    """The score card of one return, with every finding about its answers, in the order of the form.

    ``elsewhere`` are fields (ids) that whoever fills in this form need not answer: a blank in them is no lack to tell of.
    """
    return _Scoring(scheme, submission, elsewhere).card()


class _Scoring:
    """One return being scored. Rows may share a field: ``_told`` and ``_missed`` are those already spoken of."""

    def __init__(self, scheme: Scheme, submission: Submission, elsewhere: Collection[str]) -> None:
        self._scheme = scheme
        self._elsewhere = elsewhere
        self._answers: Answers = submission.answers
        self._submission = submission
        self._place = {field: place for place, field in enumerate(scheme.fields)}
        self._tables = scheme.table_of
        self._told: set[str] = set()
        self._missed: set[str] = set()

    def card(self) -> ScoreCard:
        findings = [*self._texts(self._scheme.head, "表头")]
        findings += check_findings(self._scheme, self._answers, indicator=None, told=findings)
        rows = []
        for indicator in self._scheme.indicators:
            row = self._row(indicator)
            rows.append(row)
            findings += self._row_findings(row)
        findings += self._texts(tuple(narrative_fields(self._scheme.narrative)), "自评说明")
        findings += self._problems(self._place, None)  # of fields that no row looks at
        return ScoreCard(self._scheme, tuple(rows), (*self._not_recalculated(rows), *findings))

    # ---- scores

    def _row(self, indicator: Indicator) -> IndicatorScore:
        outcome = applicability.score(indicator, self._answers)
        claim = _claim(self._answers[indicator.self_score_id], indicator.places)
        return IndicatorScore(
            indicator=indicator,
            outcome=outcome,
            self_score=outcome.score if self._left_to_formula(indicator) else claim,
            formula_score=self._submission.formula_scores.get(indicator.code),
            notes=(*outcome.notes, *self._other_readings(indicator, outcome)),
        )

    def _left_to_formula(self, indicator: Indicator) -> bool:
        """Whether the unit left its claim to the form, and the file lacks only the result.

        The form's own formula gives the recalculated score: that is known as long as both formulas are as issued, and
        nothing was typed in a way that only a person, no formula, reads.
        """
        cells = self._submission.score_cells
        names = (indicator.self_score_id, indicator.formula_score_id)
        left = all(name in cells and cells[name].issued and not cells[name].saved for name in names)
        return left and not any(self._answers[each].respelled for each in inputs_of(indicator))

    def _other_readings(self, indicator: Indicator, outcome: Outcome) -> Iterator[str]:
        """A note for every reading that would change this row's score, and for no other."""
        for alternative in indicator.alternatives:
            other = applicability.score(indicator, self._answers, alternative.rule)
            then = _then(other, indicator.places)
            if other.score == outcome.score and (other.score is not None or then == _then(outcome, indicator.places)):
                continue
            reading, option = (each.text.rstrip("。") for each in (alternative.reading, alternative.option))
            yield f"口径：{reading}；若{option}，本项{then}"

    # ---- findings

    def _not_recalculated(self, rows: Sequence[IndicatorScore]) -> Iterator[Finding]:
        """One finding for the whole file in place of a missing self-score for every row that the form can score."""
        count = sum(row.score is not None and self._left_to_formula(row.indicator) for row in rows)
        if count:
            yield finding("not-recalculated", count=str(count))

    def _row_findings(self, row: IndicatorScore) -> list[Finding]:
        indicator, outcome = row.indicator, row.outcome
        problems = list(self._problems(inputs_of(indicator), indicator.code))
        lacking = self._missing(self._needed(indicator, outcome), indicator.name, indicator)
        findings = [*problems, *lacking, *outcome.findings]
        if outcome.result is Result.NEEDS_REVIEW and not _corrects([*problems, *outcome.findings]):
            findings.append(self._of(row, "needs-review", why=outcome.basis))
        findings += self._claim_findings(row)
        findings += self._problems([indicator.self_score_id, indicator.evidence_id], indicator.code)
        if indicator.evidence and self._answers[indicator.evidence_id].blank and not self._untouched(row):
            code = "not-applicable-no-reason" if self._waived(indicator) else "evidence-missing"
            findings.append(self._of(row, code, indicator.evidence_id))
        findings += evidence_findings(self._scheme, indicator, outcome, self._answers)
        findings += check_findings(self._scheme, self._answers, indicator=indicator.code, told=findings)
        return findings

    def _of(self, row: IndicatorScore, code: str, field: str | None = None, **words: str) -> Finding:
        """A finding about a row, at its self-score unless told otherwise."""
        cell = self._answers.cell(field or row.indicator.self_score_id)
        return finding(code, cell=cell, indicator=row.indicator.code, name=row.indicator.name, **words)

    def _claim_findings(self, row: IndicatorScore) -> Iterator[Finding]:
        """The unit's own score against the points and the recalculation."""
        claim, points = row.self_score, row.indicator.points
        if claim is not None and claim > points:
            self._told.add(row.indicator.self_score_id)  # says more than that it is out of range
            shown = show_number(points)
            yield self._of(row, "self-score-over-points", actual=row.shown(claim), expected=shown)
        if row.excluded and claim is not None:
            yield self._of(row, "not-applicable-scored", actual=row.shown(claim))
        if row.score is None:
            return
        expected = row.shown(row.score)
        if row.self_score is None and self._answers[row.indicator.self_score_id].blank:
            yield self._of(row, "self-score-missing", expected=expected)
        elif row.difference:
            actual = row.shown(row.score + row.difference)
            yield self._of(row, "score-differs", actual=actual, expected=expected, basis=row.outcome.basis)

    def _problems(self, fields: Iterable[str], indicator: str | None) -> Iterator[Finding]:
        """What is wrong with the answers to ``fields``, each told once."""
        for each in fields:
            if each not in self._told:
                self._told.add(each)
                if self._answers[each].problem is not None:
                    yield answer_finding(self._scheme.fields[each], self._answers[each], indicator)

    def _texts(self, fields: Sequence[Field], where: str) -> Iterator[Finding]:
        """Problems and blanks of fields that belong to no row."""
        yield from self._problems([field.id for field in fields], None)
        yield from self._missing([field.id for field in fields if self._asked(field)], where, None)

    def _missing(self, needed: Sequence[str], where: str, row: Indicator | None) -> Iterator[Finding]:
        """A finding for each of ``needed`` that is blank, all in the same words, so that they can be shown as one.

        What an earlier row told is not told again, unless this row would then not say at all why it has no score.
        """
        blank = self._answers.blank_among(each for each in needed if each not in self._elsewhere)
        blank = tuple(each for each in blank if each not in self._missed) or blank
        self._missed.update(blank)
        texts = [each for each in blank if self._is_text(each)]
        for code, group in (("missing", [each for each in blank if each not in texts]), ("text-missing", texts)):
            labels = [self._label(each).removeprefix(f"{where}：") for each in group]
            named = "、".join(labels[:_LABELS_NAMED])
            named = named if len(labels) <= _LABELS_NAMED else f"{named}等 {len(labels)} 项"
            words = {"label": f"{where}：{named}", "advice": self._advice(group, row)}
            for each in group:
                yield finding(code, cell=self._answers.cell(each), indicator=row.code if row else None, **words)

    def _advice(self, fields: Sequence[str], row: Indicator | None) -> str:
        """What may be answered where there is nothing to fill in."""
        advice = ""
        if any(self._scheme.fields[each].type in (FieldType.COUNT, FieldType.AMOUNT) for each in fields):
            advice = "；确实没有的填 0"
        if row is not None and row.may_be_not_applicable:
            advice += "；不适用的在“是否适用”中选“不适用”"
        return advice

    def _is_text(self, field: str) -> bool:
        return self._scheme.fields[field].type is FieldType.TEXT and field not in self._tables

    def _label(self, field: str) -> str:
        return self._tables[field].title if field in self._tables else self._scheme.fields[field].label

    def _needed(self, indicator: Indicator, outcome: Outcome) -> list[str]:
        """The fields that the row still needs, in form order: what its rule lacks, and required ones it never looks at.

        An annex table in which nothing stands is needed as a whole and shown by its first cell; of a table that was
        begun the rule itself says what is lacking.
        """
        needed = {each for each in outcome.missing if each not in self._tables}
        tables = {self._tables[each].id: self._tables[each] for each in outcome.missing if each in self._tables}
        needed |= {table.open_cells[0] for table in tables.values() if self._blank(table.fields())}
        if not self._waived(indicator):
            asked = [each.id for each in indicator.fields if self._asked(each)]
            needed |= set(asked) - set(indicator.rule.fields())
        return sorted(needed, key=self._place.__getitem__)

    # ---- questions about the answers

    def _asked(self, field: Field) -> bool:
        """Whether a blank in ``field`` is a lack: it is required, and its condition, if any, holds."""
        return field.required and asked_for(field, self._answers)

    def _waived(self, indicator: Indicator) -> bool:
        return self._answers[indicator.applicable_id].value == NOT_APPLICABLE

    def _untouched(self, row: IndicatorScore) -> bool:
        """A row in which nothing was filled in yet: that its inputs are missing says it all."""
        fields = [self._scheme.fields[each] for each in inputs_of(row.indicator)]
        return row.outcome.result is Result.MISSING and self._blank(fields)

    def _blank(self, fields: Iterable[Field]) -> bool:
        """Whether all ``fields`` are blank or as they were issued."""
        given = self._scheme.constants
        answers = ((field, self._answers[field.id]) for field in fields)
        return all(answer.blank or answer.raw == field.issued or field.id in given for field, answer in answers)


_YES_NO = {True: YES, False: NO}


def asked_for(field: Field, answers: Answers) -> bool:
    """Whether ``field`` has no condition, or its condition holds."""
    condition = field.when
    if condition is None:
        return True
    value = answers[condition.field].value
    if condition.positive:
        return isinstance(value, Decimal) and value > ZERO
    return (_YES_NO[value] if isinstance(value, bool) else value) == condition.equals


def inputs_of(indicator: Indicator) -> list[str]:
    """The ids of everything that a row is scored from, the annex cells too; each once."""
    own = [indicator.applicable_id] if indicator.may_be_not_applicable else []
    own += [field.id for field in indicator.fields]
    return list(dict.fromkeys([*own, *indicator.rule.fields()]))


def _corrects(findings: Iterable[Finding]) -> bool:
    """Whether ``findings`` already say what the unit must correct: then there is nothing to settle by hand yet."""
    return any(each.severity is Severity.ERROR or each.code == "not-applicable-with-data" for each in findings)


def _claim(answer: Answer, places: int) -> Decimal | None:
    """The unit's own score in points, rounded. A claim beyond the row's points is a claim all the same."""
    if isinstance(answer.value, Decimal):
        return half_up(answer.value, step(places))
    number = read_number(answer.raw) if answer.problem == "out-of-range" else None
    return None if number is None else half_up(number, step(places))


def _then(outcome: Outcome, places: int) -> str:
    """What a row comes to under another reading."""
    if outcome.score is not None:
        return f"为 {show_score(outcome.score, places)} 分"
    words = {Result.MISSING: "缺少数据，不能计分", Result.NOT_APPLICABLE: "不计入总分"}
    return words.get(outcome.result, "须人工核定")
