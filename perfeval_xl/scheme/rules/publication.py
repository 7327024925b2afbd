"""Kind "publication": documents that must be published within so many days of their approval, without faults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule
from perfeval_xl.scheme.rules.expr import (
    CLOSED_DAYS,
    Refs,
    any_of,
    choose,
    constant,
    every,
    full,
    half_up,
    no,
    text,
    yes,
)
from perfeval_xl.scheme.rules.inputs import read_day, read_field, show_points
from perfeval_xl.scheme.rules.parts import (
    PartScore,
    check_worths,
    combined,
    earned,
    earns,
    open_part,
    part_gap,
    read_worth,
)
from perfeval_xl.scheme.spec import Spec

_HALF = Decimal("0.5")


@dataclass(frozen=True)
class Document:
    """One document: half of ``worth`` (points) for being published in time, half for no problem found.

    ``never`` is the word that stands in place of the date of publication when there was none.
    """

    label: str
    approved: str
    published: str
    problem: str
    worth: Decimal
    never: str

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        published = read_field(spec, "published", context, FieldType.DATE)
        field = context.fields.get(published)
        if field is not None and field.never is None:
            spec.problem("published", f"字段 {published!r} 须写明 never（未公开时填的词）")
        document = cls(
            label=spec.text("label"),
            approved=read_day(spec, "approved", context),
            published=published,
            problem=read_field(spec, "problem", context, FieldType.YESNO),
            worth=read_worth(spec, points),
            never=(field.never if field is not None else None) or "",
        )
        spec.close()
        return document


@dataclass(frozen=True)
class Publication(Rule):
    """Timely: published at most ``days`` calendar days after approval, the day of approval not counted.

    ``rolls``: a last day that is no working day moves on to the next working day (context.closed_days). ``unpublished``
    "row": one document not published at all scores the row 0; "half": only its own part. ``classified`` 是: exempt.
    """

    classified: str
    days: int
    rolls: bool
    unpublished: str
    parts: tuple[Document, ...]

    kind = "publication"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            classified=read_field(spec, "classified", context, FieldType.YESNO),
            days=spec.whole("days"),
            rolls=spec.flag("rolls", True),
            unpublished=spec.choice("unpublished", ("row", "half"), "row"),
            parts=tuple(Document.read(each, context, points) for each in spec.tables("parts")),
        )
        check_worths(spec, "parts", [part.worth for part in rule.parts], points)
        if rule.days < 0:
            spec.problem("days", f"不能是负数，现为 {rule.days}")
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        documents = (field for part in self.parts for field in (part.approved, part.published, part.problem))
        return (self.classified, *documents)

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.classified,), points)
        if gap is not None:
            return gap
        if answers.yes(self.classified):
            label = self.context.label(self.classified)
            return self.context.not_applicable(points, f"{label}：是，依法不公开")
        withheld = [part.label for part in self.parts if self._never(part, answers)]
        if withheld and self.unpublished == "row":
            return self.context.scored(ZERO, f"{'、'.join(withheld)}未公开，本项不得分")
        outcome = combined([half for part in self.parts for half in self._halves(part, answers)], points, self.context)
        if outcome.score is None and self.unpublished == "row":
            unsure = [part for part in self.parts if answers[part.published].value is None]
            return replace(outcome, low=ZERO) if unsure else outcome
        return outcome

    @staticmethod
    def _never(part: Document, answers: Answers) -> bool:
        return answers[part.published].value is not None and answers.day(part.published) is None

    def _halves(self, part: Document, answers: Answers) -> list[PartScore]:
        """The two halves of a document: published in time, and without a problem found."""
        if self._never(part, answers):
            return [earns(ZERO, f"{part.label}未公开，不得分")]
        half = part.worth * _HALF
        clean = part_gap(self.context, answers, (part.problem,), half)
        if clean is None:
            found = answers.yes(part.problem)
            clean = earned(ZERO if found else half, f"{part.label}公开{'检查发现问题' if found else '检查未发现问题'}")
        return [self._timely(part, answers, half), clean]

    def _timely(self, part: Document, answers: Answers, half: Decimal) -> PartScore:
        gap = part_gap(self.context, answers, (part.approved, part.published), half)
        if gap is not None:
            return gap
        approved, published = answers.day(part.approved), answers.day(part.published)
        if approved is None or published is None:
            raise TypeError(f"{part.label}: no dates to compare")  # unpublished documents are settled before
        if published < approved:
            found = finding(
                "not-before",
                cell=answers.cell(part.published),
                indicator=self.context.code,
                label=self.context.label(part.published),
                other=self.context.label(part.approved),
                actual=published.isoformat(),
                expected=approved.isoformat(),
            )
            return open_part(half, f"{part.label}公开日期早于批复日期", found)
        last = self.last_day(approved)
        took = f"{part.label}批复后 {(published - approved).days} 日公开"
        moved = f"，期限顺延至 {last.isoformat()}" if (last - approved).days > self.days else ""
        if published <= last:
            return earned(half, f"{took}（{self.days} 日内{moved}）")
        return earned(ZERO, f"{took}（超过 {self.days} 日{moved}）")

    def last_day(self, approved: date) -> date:
        """The last day on which publication is in time."""
        last = approved + timedelta(days=self.days)
        if self.rolls:
            closed = frozenset(self.context.closed_days)
            while last in closed:
                last += timedelta(days=1)
        return last

    def formula(self, refs: Refs, points: Decimal) -> str:
        ready = every(self._ready(part, refs) for part in self.parts)
        total = "+".join(self._earned(part, refs) for part in self.parts)
        value = choose(ready, half_up(f"({total})", self.context.places))
        if self.unpublished == "row":
            never = any_of(f"{refs(part.published)}={text(part.never)}" for part in self.parts)
            value = choose(never, "0", value)
        word = refs(self.classified)
        return choose(yes(word), full(points, self.context), choose(no(word), value))

    @staticmethod
    def _ready(part: Document, refs: Refs) -> str:
        """The part's inputs suffice and its dates are in order; comparisons only where both dates are numbers."""
        published = refs(part.published)
        in_order = choose(f"COUNT({published})=1", f"{refs.day(part.published)}>={refs.day(part.approved)}", "FALSE")
        dated = choose(refs.usable(part.approved, part.published, part.problem), in_order, "FALSE")
        return choose(f"{published}={text(part.never)}", "TRUE", dated)

    def _earned(self, part: Document, refs: Refs) -> str:
        published, half = refs.day(part.published), constant(part.worth * _HALF)
        due = f"{refs.day(part.approved)}+{self.days}"
        timely = f"{published}<={due}"
        if self.rolls:
            closed = f"SUMPRODUCT(({CLOSED_DAYS}>={due})*({CLOSED_DAYS}<{published}))"
            timely = any_of((timely, f"{closed}={published}-({due})"))
        halves = f"{choose(timely, half, '0')}+{choose(no(refs(part.problem)), half, '0')}"
        return choose(f"{refs(part.published)}={text(part.never)}", "0", halves)

    def explain(self, points: Decimal) -> list[str]:
        lines = [f"“{self.context.label(self.classified)}”为“是”的，{self.context.then}。"]
        if self.unpublished == "row":
            lines.append(f"{'、'.join(part.label for part in self.parts)}有一项未公开的，本项 0 分。")
        else:
            lines.append("未公开的，该部分 0 分。")
        rolls = "，期限末日为休息日的顺延至下一工作日" if self.rolls else ""
        for part in self.parts:
            half = show_points(part.worth * _HALF)
            lines.append(
                f"{part.label}（{show_points(part.worth)} 分）：批复之日起 {self.days} 日内公开（批复当日不计{rolls}）"
                f"得 {half} 分；“{self.context.label(part.problem)}”为“否”得 {half} 分。"
            )
        return lines
