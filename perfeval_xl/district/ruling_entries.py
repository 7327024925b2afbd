"""What a person typed into a row of rulings.xlsx, read as any return is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.district.ruling_book import Line
from perfeval_xl.entries import read_entry
from perfeval_xl.findings import Finding, Severity, finding
from perfeval_xl.numbers import ZERO, show_number, show_score
from perfeval_xl.scheme.admit import answer_finding
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.scorecard import Decision, IndicatorScore, Ruling

_LABELS = {"decision": "裁定", "score": "裁定得分", "reason": "理由", "name": "裁定人", "day": "日期"}
_BY_LABEL = {each.label: each for each in Decision}
_FIELDS = (
    Field("decision", "裁定", FieldType.CHOICE, options=tuple(_BY_LABEL)),
    Field("score", "裁定得分", FieldType.SCORE, low=ZERO),
    Field("reason", "理由", FieldType.TEXT, max_length=500),
    Field("name", "裁定人", FieldType.TEXT, max_length=50),
    Field("day", "日期", FieldType.DATE),
)
_OF_FORMULAS = frozenset({"formula-in-input", "formula-not-calculated", "external-value"})


@dataclass(frozen=True)
class Typed:
    """A complete decision as typed; ``score`` in points, None where it was left blank. ``who`` names the row in messages."""

    who: str
    decision: Decision
    score: Decimal | None
    reason: str
    name: str
    day: date
    cell: Cell
    score_cell: Cell

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it this ruling and no other, as texts: decision, set score, reason, name, day."""
        set_score = self.decision is Decision.SET_SCORE and self.score is not None
        score = f"{self.score.normalize() + ZERO:f}" if set_score and self.score is not None else ""
        return self.decision.label, score, self.reason, self.name, self.day.isoformat()

    def ruling(self, row: IndicatorScore) -> Ruling | Finding:
        """The ruling on ``row``, or why there can be none."""
        words = {"indicator": row.indicator.code, "who": self.who}
        score = self._score_of(row)
        if score is None:
            lacks = "重算没有得出分数" if self.decision is Decision.ACCEPT_RECALCULATION else "自评分未填"
            return finding("ruling-impossible", cell=self.cell, actual=self.decision.label, why=lacks, **words)
        if score > row.indicator.points:
            over = f"自评 {row.shown(score)} 分超过分值 {show_number(row.indicator.points)} 分"
            return finding("ruling-impossible", cell=self.cell, actual=self.decision.label, why=over, **words)
        if self.score is not None and self.score != score:
            shown = {"expected": show_score(score), "actual": show_score(self.score)}
            label = self.decision.label
            return finding("ruling-score-differs", cell=self.score_cell, decision=label, **shown, **words)
        return Ruling(self.decision, score, self.reason, self.name, self.day, self.cell)

    def _score_of(self, row: IndicatorScore) -> Decimal | None:
        if self.decision is Decision.SET_SCORE:
            return self.score
        return row.self_score if self.decision is Decision.ACCEPT_CLAIM else row.score


def read_typed(line: Line, indicator: Indicator, who: str) -> tuple[Typed | None, list[Finding]]:
    """The decision that a row holds, if it is complete and every entry of it can be used; else what is wrong, all of it.

    A row with neither decision, score nor reason is still to be ruled on, though somebody has put name and date there.
    """
    answers = {field.id: _answer(field, line, indicator, who) for field in _FIELDS}
    if all(answers[key][0].blank for key in ("decision", "score", "reason")):
        return None, []
    findings = [each for _, found in answers.values() for each in found]
    values = {key: answer.value for key, (answer, _) in answers.items()}
    findings += _lacking(values, {key: answer for key, (answer, _) in answers.items()}, line, indicator, who)
    if any(each.severity is Severity.ERROR for each in findings):
        return None, findings
    score, day = values["score"], values["day"]
    assert isinstance(day, date)
    return (
        Typed(
            who,
            _BY_LABEL[str(values["decision"])],
            score if isinstance(score, Decimal) else None,
            str(values["reason"]),
            str(values["name"]),
            day,
            line.cells["decision"],
            line.cells["score"],
        ),
        [each for each in findings if each.severity is Severity.WARNING],
    )


def _answer(field: Field, line: Line, indicator: Indicator, who: str) -> tuple[Answer, list[Finding]]:
    """A cell's answer, and what is wrong with it. A formula may give something else tomorrow: none is taken."""
    asked = replace(field, label=f"{who}：{field.label}")
    if field.type is FieldType.SCORE:
        asked = replace(asked, high=indicator.points)
    answer = read_entry(asked, line.typed[field.id], line.cells[field.id])
    if answer.problem is None:
        return answer, []
    if answer.problem in _OF_FORMULAS:
        words = {"who": who, "what": field.label, "actual": answer.raw}
        told = finding("ruling-formula", cell=answer.cell, indicator=indicator.code, **words)
        return replace(answer, value=None), [told]
    told = answer_finding(asked, answer, indicator.code)
    return answer, [] if told.severity is Severity.INFO else [told]


def _lacking(
    values: Mapping[str, object], answers: Mapping[str, Answer], line: Line, indicator: Indicator, who: str
) -> list[Finding]:
    """A finding for each cell that must be filled in, and is not."""
    needed = ["decision", "reason", "name", "day"]
    if values["decision"] == Decision.SET_SCORE.label:
        needed.insert(1, "score")
    return [
        finding("ruling-incomplete", cell=line.cells[key], indicator=indicator.code, who=who, actual=_LABELS[key])
        for key in needed
        if answers[key].blank
    ]
