"""Kind "discretionary_score": full points where a condition holds, else a score that a person gives with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import finding
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, needs_review
from perfeval_xl.scheme.rules.expr import Refs, at_least, choose, constant, half_up, no, yes
from perfeval_xl.scheme.rules.inputs import QUANTITY, read_field, show_points
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class DiscretionaryScore(Rule):
    """``full_if`` 是: the points. 否: the ``score`` field (0 to the points), if its ``reason`` is given."""

    full_if: str
    given: str
    reason: str

    kind = "discretionary_score"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            full_if=read_field(spec, "full_if", context, FieldType.YESNO),
            given=read_field(spec, "score", context, FieldType.SCORE, *QUANTITY),
            reason=read_field(spec, "reason", context, FieldType.TEXT),
        )
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return self.full_if, self.given, self.reason

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.full_if,), points)
        if gap is not None:
            return gap
        label = self.context.label(self.full_if)
        if answers.yes(self.full_if):
            return self.context.scored(points, f"{label}：是，得满分 {show_points(points)} 分")
        gap = self.gap(answers, (self.given,), points)
        if gap is not None:
            return gap
        given = answers.number(self.given)
        wants = [f"酌情得分 {show_points(given)} 分超过分值 {show_points(points)} 分"] if given > points else []
        findings = []
        reason = answers.text(self.reason)
        if not reason:
            wants.append(f"酌情得分须填写“{self.context.label(self.reason)}”")
            cell = answers.cell(self.reason)
            name = self.context.name
            findings.append(finding("deduction-no-reason", cell=cell, indicator=self.context.code, name=name))
        if wants:
            return needs_review(points, "；".join(wants), findings=tuple(findings))
        return self.context.scored(given, f"{label}：否，酌情给 {self.context.shown(given)} 分（{reason}）")

    def formula(self, refs: Refs, points: Decimal) -> str:
        word, given = refs(self.full_if), refs.number(self.given)
        allowed = choose(at_least(constant(points), given), half_up(given, self.context.places))
        by_hand = choose(refs.usable(self.given, self.reason), allowed)
        return choose(yes(word), constant(points), choose(no(word), by_hand))

    def explain(self, points: Decimal) -> list[str]:
        label, given, reason = (self.context.label(each) for each in self.fields())
        return [
            f"“{label}”为“是”的，得满分 {show_points(points)} 分。",
            f"为“否”的，取“{given}”（0 至 {show_points(points)} 分），须填写“{reason}”；没有理由的，由人工核定。",
        ]
