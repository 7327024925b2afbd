"""Kind "proportion": the points in proportion to actual ÷ reserved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.numbers import ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, needs_review
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, full, half_up_quotient
from perfeval_xl.scheme.rules.inputs import QUANTITY, check_size, read_field, show_points, zero_base
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Proportion(Rule):
    """``actual`` ÷ ``reserved`` × points. ``cap`` "points": never above the points; "none": as it comes out."""

    actual: str
    reserved: str
    cap: str
    ratio: str

    kind = "proportion"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            actual=read_field(spec, "actual", context, *QUANTITY),
            reserved=read_field(spec, "reserved", context, *QUANTITY),
            cap=spec.choice("cap", ("points", "none"), "points"),
            ratio=spec.text("ratio"),
        )
        check_size(spec, context, points, "actual", "reserved")
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return self.actual, self.reserved

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return gap
        actual, reserved = answers.number(self.actual), answers.number(self.reserved)
        given = f"{show_number(actual)} ÷ {show_number(reserved)}"
        if reserved == ZERO:
            if actual == ZERO:
                return self.context.not_applicable(points, f"{self.ratio}：两项均为 0")
            found = zero_base(self.context, answers, (self.actual,), (self.reserved,))
            return needs_review(points, f"{self.ratio}：{given}，分母为 0，无法计算", findings=(found,))
        rate = divide(actual, reserved)
        score = divide(actual * points, reserved)
        basis = f"{given} = {show_percent(rate)}，× {show_points(points)} 分 = {self.context.shown(score)} 分"
        if self.cap == "points" and score > points:
            score = points
            basis = f"{given} = {show_percent(rate)}，超过 100%，得满分 {show_points(points)} 分"
        return self.context.scored(score, basis, rates={self.ratio: rate})

    def formula(self, refs: Refs, points: Decimal) -> str:
        actual, reserved = refs.units(self.actual, self.reserved)
        value = half_up_quotient(
            f"{actual}*{constant(points * 10**self.context.places)}", reserved, self.context.places
        )
        if self.cap == "points":
            value = f"MIN({constant(points)},{value})"
        counted = choose(f"{reserved}>0", value, choose(f"{actual}=0", full(points, self.context)))
        return choose(refs.usable(self.actual, self.reserved), counted)

    def ratio_formula(self, refs: Refs) -> str:
        actual, reserved = refs.units(self.actual, self.reserved)
        return choose(refs.usable(self.actual, self.reserved), choose(f"{reserved}>0", f"{actual}/{reserved}"))

    def explain(self, points: Decimal) -> list[str]:
        actual, reserved = self.context.label(self.actual), self.context.label(self.reserved)
        capped = f"，最高 {show_points(points)} 分" if self.cap == "points" else ""
        return [
            f"{self.ratio} = {actual} ÷ {reserved}，不作四舍五入。",
            f"得分 = {self.ratio} × {show_points(points)} 分{capped}。",
            f"两项均为 0 的，{self.context.then}；仅分母为 0 的，由人工核定。",
        ]
