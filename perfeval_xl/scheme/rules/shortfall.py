"""Kind "shortfall": a deduction for each thing that was due and not done; its size depends on how many were due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Self

from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.rules.bands import Band, band_of, bands_formula, lookup, read_bands
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, needs_review
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, full, half_up
from perfeval_xl.scheme.rules.inputs import exceeds_whole, read_field, show_points, stated
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Shortfall(Rule):
    """points − each × (due − done), not below 0. ``steps`` give ``each`` in points by the number due.

    ``all_missing`` "literal": nothing done is counted like any other number; "zero": it scores 0.
    """

    due: str
    done: str
    steps: tuple[Band[Decimal], ...]
    all_missing: str

    kind = "shortfall"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            due=read_field(spec, "due", context, FieldType.COUNT),
            done=read_field(spec, "done", context, FieldType.COUNT),
            steps=read_bands(spec, "steps", lambda each: each.not_negative("each")),
            all_missing=spec.choice("all_missing", ("literal", "zero"), "literal"),
        )
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return self.due, self.done

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return gap
        due, done = answers.number(self.due), answers.number(self.done)
        given = f"{stated(self.context, answers, self.due)}，{stated(self.context, answers, self.done)}"
        if done > due:
            found = exceeds_whole(self.context, answers, (self.done,), (self.due,))
            return needs_review(points, f"{given}，后者大于前者", findings=(found,))
        if due == ZERO:
            return self.context.not_applicable(points, f"{given}，没有应做的事项")
        absent = due - done
        if absent == due and self.all_missing == "zero":
            return self.context.scored(ZERO, f"{given}，一项未做，不得分")
        each = lookup(self.steps, due)
        left = points - each * absent
        if absent == ZERO:
            return self.context.scored(points, f"{given}，全部完成，得满分 {show_points(points)} 分")
        sum_ = f"{show_points(points)} − {show_points(each)} × {show_points(absent)} = {show_points(left)}"
        end = f" 分，扣完为止，得 {self.context.shown(ZERO)} 分" if left < ZERO else " 分"
        return self.context.scored(max(left, ZERO), f"{given}，差 {show_points(absent)} 项：{sum_}{end}")

    def formula(self, refs: Refs, points: Decimal) -> str:
        due, done = refs.number(self.due), refs.number(self.done)
        each = bands_formula(self.steps, due, None, constant)
        value = half_up(f"MAX(0,{constant(points)}-{each}*({due}-{done}))", self.context.places)
        if self.all_missing == "zero":
            value = choose(f"{done}=0", "0", value)
        counted = choose(f"{due}=0", full(points, self.context), value)
        return choose(refs.usable(self.due, self.done), choose(f"{done}<={due}", counted))

    def turns(self) -> Mapping[str, tuple[Decimal, ...]]:
        """Where one thing more that was due makes each that is lacking cost less."""
        return {self.due: tuple(after.low for before, after in pairwise(self.steps) if after.value < before.value)}

    def hits(self, answers: Answers, points: Decimal) -> list[str]:
        due, done = answers.number(self.due), answers.number(self.done)
        counted = done < due and not (done == ZERO and self.all_missing == "zero")
        return [self._step(band_of(self.steps, due))] if counted else []

    def _step(self, step: Band[Decimal]) -> str:
        return f"“{self.context.label(self.due)}”{step.describe()} 的，每项扣 {show_points(step.value)} 分。"

    def explain(self, points: Decimal) -> list[str]:
        due, done = self.context.label(self.due), self.context.label(self.done)
        lines = [f"满分 {show_points(points)} 分；“{done}”每比“{due}”少 1 项扣分，扣完为止："]
        lines += [self._step(step) for step in self.steps]
        if self.all_missing == "zero":
            lines.append("一项未做的，不得分。")
        lines.append(f"“{due}”为 0 的，{self.context.then}。")
        return lines
