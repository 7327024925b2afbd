"""Kind "deductions": full points less so much for each thing found, and for each thing that is lacking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import NO, YES, FieldType
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, half_up, text
from perfeval_xl.scheme.rules.inputs import read_field, show_points
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Item:
    """One ground for a deduction of ``off`` points: each unit counted in ``field``, or, where ``when`` is set, that
    the yes/no ``field`` was answered so."""

    field: str
    off: Decimal
    when: bool | None = None

    @classmethod
    def read(cls, spec: Spec, context: Context) -> Self:
        """``{field, each}`` for counts, ``{field, when, off}`` for yes/no."""
        if "when" in spec:
            item = cls(read_field(spec, "field", context, FieldType.YESNO), spec.not_negative("off"), spec.flag("when"))
        else:
            item = cls(read_field(spec, "field", context, FieldType.COUNT), spec.not_negative("each"))
        spec.close()
        return item

    @property
    def word(self) -> str:
        return YES if self.when else NO

    def deducted(self, answers: Answers) -> Decimal:
        """Points to take off. TypeError where the answer cannot be used."""
        if self.when is None:
            return answers.number(self.field) * self.off
        return self.off if answers.yes(self.field) is self.when else ZERO


@dataclass(frozen=True)
class Deductions(Rule):
    """points − Σ deductions, not below 0."""

    items: tuple[Item, ...]

    kind = "deductions"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        tables = spec.tables("items")
        if not tables and "items" in spec:
            spec.problem("items", "至少要有一项")
        rule = cls(context, items=tuple(Item.read(each, context) for each in tables))
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return tuple(item.field for item in self.items)

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        known = [item for item in self.items if answers[item.field].value is not None]
        off = [(item, item.deducted(answers)) for item in known]
        left = max(points - sum((each for _, each in off), ZERO), ZERO)
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return replace(gap, high=self.context.rounded(left))
        reasons = [self._reason(item, answers) for item, each in off if each > ZERO]
        if not reasons:
            return self.context.scored(points, f"没有扣分事项，得满分 {show_points(points)} 分")
        return self.context.scored(left, f"{'；'.join(reasons)}；{show_points(points)} 分扣至 {show_points(left)} 分")

    def _reason(self, item: Item, answers: Answers) -> str:
        label = self.context.label(item.field)
        if item.when is not None:
            return f"{label}：{item.word}，扣 {show_points(item.off)} 分"
        count = show_points(answers.number(item.field))
        return f"{label} {count}，扣 {count} × {show_points(item.off)} = {show_points(item.deducted(answers))} 分"

    def formula(self, refs: Refs, points: Decimal) -> str:
        terms = [
            f"{constant(item.off)}*{refs.number(item.field)}"
            if item.when is None
            else choose(f"{refs(item.field)}={text(item.word)}", constant(item.off), "0")
            for item in self.items
        ]
        left = f"MAX(0,{constant(points)}-{'-'.join(terms)})"
        return choose(refs.usable(*self.fields()), half_up(left, self.context.places))

    def explain(self, points: Decimal) -> list[str]:
        lines = [f"满分 {show_points(points)} 分，按下列事项扣分，扣完为止："]
        for item in self.items:
            label = self.context.label(item.field)
            if item.when is None:
                lines.append(f"“{label}”每 1 项扣 {show_points(item.off)} 分。")
            else:
                lines.append(f"“{label}”为“{item.word}”的，扣 {show_points(item.off)} 分。")
        return lines
