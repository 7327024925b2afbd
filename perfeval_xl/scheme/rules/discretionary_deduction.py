"""Kind "discretionary_deduction": parts that count when they exist; a person takes something off for their gaps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import finding
from perfeval_xl.numbers import ZERO, show_number
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, missing, needs_review
from perfeval_xl.scheme.rules.expr import BLANK, Refs, at_least, choose, constant, every, half_up, no, yes
from perfeval_xl.scheme.rules.inputs import QUANTITY, read_field, show_points
from perfeval_xl.scheme.rules.parts import check_worths, read_worth
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Section:
    """``worth`` points where the yes/no field ``exists`` is 是. ``aspects`` counts what it covers, ``full`` is all."""

    label: str
    worth: Decimal
    exists: str
    aspects: str | None
    full: Decimal

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        counted = "aspects" in spec
        section = cls(
            label=spec.text("label"),
            worth=read_worth(spec, points),
            exists=read_field(spec, "exists", context, FieldType.YESNO),
            aspects=read_field(spec, "aspects", context, FieldType.COUNT) if counted else None,
            full=spec.number("full") if counted else ZERO,
        )
        spec.close()
        return section

    def gaps(self, answers: Answers) -> bool:
        """Whether it exists and does not cover everything."""
        return answers.yes(self.exists) and self.aspects is not None and answers.number(self.aspects) < self.full


@dataclass(frozen=True)
class DiscretionaryDeduction(Rule):
    """Σ of the existing parts − ``deduction`` (points, by hand).

    A deduction needs a ``reason``; a part with gaps needs a deduction. Without them a person must settle the row.
    """

    parts: tuple[Section, ...]
    deduction: str
    reason: str

    kind = "discretionary_deduction"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            parts=tuple(Section.read(each, context, points) for each in spec.tables("parts")),
            deduction=read_field(spec, "deduction", context, FieldType.SCORE, *QUANTITY),
            reason=read_field(spec, "reason", context, FieldType.TEXT),
        )
        check_worths(spec, "parts", [part.worth for part in rule.parts], points)
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        parts = (field for part in self.parts for field in (part.exists, part.aspects) if field is not None)
        return (*parts, self.deduction, self.reason)

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self._gap(answers, points)
        if gap is not None:
            return gap
        earned = sum((part.worth for part in self.parts if answers.yes(part.exists)), ZERO)
        given = "；".join(self._stated(part, answers) for part in self.parts)
        off = ZERO if answers[self.deduction].blank else answers.number(self.deduction)
        gaps = [part.label for part in self.parts if part.gaps(answers)]
        if off == ZERO and not gaps:
            return self.context.scored(earned, f"{given}；合计 {show_points(earned)} 分")
        reason = answers.text(self.reason)
        wants = [] if off > ZERO else [f"{'、'.join(gaps)}内容有缺漏，须填写“{self.context.label(self.deduction)}”"]
        findings = []
        if not reason:
            wants.append(f"须填写“{self.context.label(self.reason)}”")
        if not reason and off > ZERO:  # without a deduction there is more to say than that its reason lacks
            cell = answers.cell(self.reason)
            name = self.context.name
            findings.append(finding("deduction-no-reason", cell=cell, indicator=self.context.code, name=name))
        if off > earned:
            wants.append(f"扣分 {show_points(off)} 分超过已得的 {show_points(earned)} 分")
        if wants:
            return needs_review(points, "；".join(wants), high=self.context.rounded(earned), findings=tuple(findings))
        left = earned - off
        result = f"酌情扣 {show_points(off)} 分（{reason}），得 {show_points(left)} 分"
        return self.context.scored(left, f"{given}；合计 {show_points(earned)} 分，{result}")

    def _gap(self, answers: Answers, points: Decimal) -> Outcome | None:
        """The outcome that inputs missing or unusable force; what does not exist has no aspects to state."""
        needed = [part.exists for part in self.parts]
        high = ZERO
        for part in self.parts:
            exists = answers[part.exists].value
            if exists is True and part.aspects is not None:
                needed.append(part.aspects)
            if exists is not False:
                high += part.worth
        blank = answers.blank_among(needed)
        unusable = answers.unusable_among((*needed, self.deduction))
        if unusable:
            why = f"{self.context.labels(unusable)}填报有误，改正后才能计分"
            return needs_review(points, why, high=self.context.rounded(high), missing=blank)
        if blank:
            return missing(points, blank, f"{self.context.labels(blank)}未填", high=self.context.rounded(high))
        return None

    def _stated(self, part: Section, answers: Answers) -> str:
        if not answers.yes(part.exists):
            return f"{part.label}：没有，0 分"
        if part.aspects is None:
            return f"{part.label}：有，{show_points(part.worth)} 分"
        count = show_number(answers.number(part.aspects))
        return f"{part.label}：有，{count} 个方面（应有 {show_number(part.full)} 个），{show_points(part.worth)} 分"

    def formula(self, refs: Refs, points: Decimal) -> str:
        off, blank = refs.number(self.deduction), f"{refs(self.deduction)}={BLANK}"
        ready, complete = [choose(blank, "TRUE", refs.usable(self.deduction))], []
        for part in self.parts:
            exists = refs(part.exists)
            if part.aspects is None:
                ready.append(refs.usable(part.exists))
            else:
                ready.append(choose(yes(exists), refs.usable(part.aspects), no(exists)))
                complete.append(choose(yes(exists), f"{refs.number(part.aspects)}>={constant(part.full)}", "TRUE"))
        earned = "+".join(choose(yes(refs(part.exists)), constant(part.worth), "0") for part in self.parts)
        nothing_off = choose(blank, "TRUE", f"{off}=0")
        reduced = choose(at_least(f"({earned})", off), half_up(f"MAX(0,{earned}-{off})", self.context.places))
        allowed = choose(nothing_off, BLANK, choose(refs.usable(self.reason), reduced))
        value = choose(every((nothing_off, *complete)), half_up(f"({earned})", self.context.places), allowed)
        return choose(every(ready), value)

    def explain(self, points: Decimal) -> list[str]:
        lines = []
        for part in self.parts:
            lines.append(f"“{self.context.label(part.exists)}”为“是”的，得 {show_points(part.worth)} 分，否则不得分。")
            if part.aspects is not None:
                lines.append(
                    f"“{self.context.label(part.aspects)}”不足 {show_number(part.full)} 的为内容有缺漏，须酌情扣分。"
                )
        lines.append(
            f"酌情扣分填在“{self.context.label(self.deduction)}”，并在“{self.context.label(self.reason)}”写明理由；"
            "缺扣分或理由的，由人工核定。扣分不超过已得的分。"
        )
        return lines
