"""Kind "overrun_steps": a deduction for each step by which the actual amount exceeds the budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from math import lcm
from typing import Self

from perfeval_xl.numbers import ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.bands import short_percent
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, half_up, half_up_quotient, share_passed, share_reached
from perfeval_xl.scheme.rules.inputs import QUANTITY, read_field, show_points
from perfeval_xl.scheme.spec import Spec

_WORDS = {
    "whole": "每满 {step} 扣 {each} 分，不满 {step} 的部分不扣",
    "started": "每超 {step} 扣 {each} 分，不足 {step} 按 {step} 计",
    "linear": "按比例扣分，每 {step} 扣 {each} 分",
}
_ROUNDING = {"whole": ROUND_FLOOR, "started": ROUND_CEILING}


@dataclass(frozen=True)
class OverrunSteps(Rule):
    """rate = (``actual`` − ``budget``) ÷ ``budget``: up to 0 the full points, above it ``each`` points less a ``step``.

    ``steps``: "whole" counts full steps, "started" every step begun, "linear" fractions of a step too. Steps are
    counted from exact amounts, never from a rounded rate.
    """

    actual: str
    budget: str
    step: Decimal
    each: Decimal
    steps: str

    kind = "overrun_steps"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            actual=read_field(spec, "actual", context, *QUANTITY),
            budget=read_field(spec, "budget", context, *QUANTITY),
            step=spec.number("step"),
            each=spec.number("each"),
            steps=spec.choice("steps", tuple(_WORDS), "whole"),
        )
        for key, value in (("step", rule.step), ("each", rule.each)):
            if value <= ZERO and key in spec:
                spec.problem(key, f"应大于 0，现为 {show_number(value)}")
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return self.actual, self.budget

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return gap
        actual, budget = answers.number(self.actual), answers.number(self.budget)
        over = actual - budget
        if budget == ZERO:
            if actual == ZERO:
                return self.context.scored(points, f"预算和实际支出均为 0，没有超支，得满分 {show_points(points)} 分")
            return self.context.scored(ZERO, f"预算为 0，实际支出 {show_number(actual)}，不得分")
        rate = divide(over, budget)
        given = f"（{show_number(actual)} − {show_number(budget)}）÷ {show_number(budget)} = {show_percent(rate)}"
        rates = {self.context.name: rate}
        if over <= ZERO:
            return self.context.scored(points, f"{given}，不超过 0，得满分 {show_points(points)} 分", rates=rates)
        unit = self.step * budget
        count = divide(over, unit)
        lost = divide(self.each * over, unit)
        if self.steps != "linear":
            count = count.to_integral_value(_ROUNDING[self.steps])
            lost = self.each * count
        left = max(points - lost, ZERO)
        basis = f"{given}，扣 {show_points(count)} × {show_points(self.each)} 分，得 {show_points(left)} 分"
        return self.context.scored(left, basis, rates=rates)

    def formula(self, refs: Refs, points: Decimal) -> str:
        actual, budget = refs.units(self.actual, self.budget)
        over = f"({actual}-{budget})"
        if self.steps == "linear":
            left = self._linear(over, budget, points)
        else:
            left = half_up(
                f"MAX(0,{constant(points)}-{constant(self.each)}*({self._count(over, budget, points)}))",
                self.context.places,
            )
        value = choose(f"{actual}>{budget}", left, constant(points))
        no_budget = choose(f"{actual}=0", constant(points), "0")
        return choose(refs.usable(self.actual, self.budget), choose(f"{budget}>0", value, no_budget))

    def _count(self, over: str, budget: str, points: Decimal) -> str:
        """The steps, one comparison each: whole numbers do not mistake 4.9999999 for 5."""
        most = int((points / self.each).to_integral_value(ROUND_CEILING))
        compare, first = (share_reached, 1) if self.steps == "whole" else (share_passed, 0)
        reached = (compare(over, budget, self.step * k) for k in range(first, first + most))
        return "+".join(choose(each, "1", "0") for each in reached)

    def hits(self, answers: Answers, points: Decimal) -> list[str]:
        actual, budget = answers.number(self.actual), answers.number(self.budget)
        return [f"超过 0 的，{self._how()}，减至 0 分为止。"] if actual > budget > ZERO else []

    def _how(self) -> str:
        return _WORDS[self.steps].format(step=short_percent(self.step), each=show_points(self.each))

    def _linear(self, over: str, budget: str, points: Decimal) -> str:
        """points − each × over ÷ (step × budget), as one quotient of whole numbers."""
        units = 10**self.context.places
        full, lost = Fraction(points) * units, Fraction(self.each) * units / Fraction(self.step)
        by = lcm(full.denominator, lost.denominator)
        left = f"MAX(0,{full * by}*{budget}-{lost * by}*{over})"
        return half_up_quotient(left, f"({by}*{budget})", self.context.places)

    def explain(self, points: Decimal) -> list[str]:
        actual, budget = self.context.label(self.actual), self.context.label(self.budget)
        return [
            f"{self.context.name} =（{actual} − {budget}）÷ {budget}，不作四舍五入。",
            f"不超过 0 的，得满分 {show_points(points)} 分；超过 0 的，{self._how()}，减至 0 分为止。",
            f"“{budget}”为 0 的：没有支出得满分，有支出不得分。",
        ]
