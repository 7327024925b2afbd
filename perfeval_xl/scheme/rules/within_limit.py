"""Kind "within_limit": full points as long as the actual amount does not exceed the budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule
from perfeval_xl.scheme.rules.expr import Refs, choose, constant
from perfeval_xl.scheme.rules.inputs import QUANTITY, read_field, show_points, stated
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class WithinLimit(Rule):
    """``actual`` ≤ ``budget`` scores the points, else 0."""

    actual: str
    budget: str

    kind = "within_limit"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            actual=read_field(spec, "actual", context, *QUANTITY),
            budget=read_field(spec, "budget", context, *QUANTITY),
        )
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return self.actual, self.budget

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return gap
        within = answers.number(self.actual) <= answers.number(self.budget)
        given = f"{stated(self.context, answers, self.actual)}{'，不超过' if within else '，超过'}"
        result = f"得满分 {show_points(points)} 分" if within else "不得分"
        return self.context.scored(
            points if within else ZERO, f"{given}{stated(self.context, answers, self.budget)}，{result}"
        )

    def formula(self, refs: Refs, points: Decimal) -> str:
        actual, budget = refs.units(self.actual, self.budget)
        value = choose(f"{actual}<={budget}", constant(points), "0")
        return choose(refs.usable(self.actual, self.budget), value)

    def explain(self, points: Decimal) -> list[str]:
        actual, budget = self.context.label(self.actual), self.context.label(self.budget)
        return [f"“{actual}”不超过“{budget}”的，得 {show_points(points)} 分，否则不得分。"]
