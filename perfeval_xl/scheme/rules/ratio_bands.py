"""Kind "ratio_bands": a ratio of two sums, scored by the band that it falls into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.numbers import ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.bands import Band, band_of, bands_formula, lookup, read_bands, short_percent
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, needs_review
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, full
from perfeval_xl.scheme.rules.expr import total as sum_of
from perfeval_xl.scheme.rules.inputs import (
    QUANTITY,
    exceeds_whole,
    read_fields,
    show_points,
    sum_label,
    total,
    zero_base,
)
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class RatioBands(Rule):
    """Σ ``numerator`` ÷ Σ ``denominator``, on exact amounts. ``bands`` give points by the ratio (a fraction).

    ``part_of_whole``: the numerator is a part of the denominator and cannot exceed it. ``ratio`` is the ratio's name.
    """

    ratio: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    part_of_whole: bool
    bands: tuple[Band[Decimal], ...]

    kind = "ratio_bands"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            ratio=spec.text("ratio"),
            numerator=read_fields(spec, "numerator", context, *QUANTITY),
            denominator=read_fields(spec, "denominator", context, *QUANTITY),
            part_of_whole=spec.flag("part_of_whole", False),
            bands=read_bands(spec, "bands", lambda each: each.not_negative("score")),
        )
        best = max((band.value for band in rule.bands), default=points)
        if best != points:
            spec.problem("bands", f"最高一档 {show_number(best)} 分，应等于分值 {show_number(points)} 分")
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.numerator + self.denominator))

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, self.fields(), points)
        if gap is not None:
            return gap
        part, whole = total(answers, self.numerator), total(answers, self.denominator)
        given = f"{show_number(part)} ÷ {show_number(whole)}"
        if whole == ZERO:
            if part == ZERO:
                return self.context.not_applicable(points, f"{self.ratio}：分子、分母均为 0")
            found = zero_base(self.context, answers, self.numerator, self.denominator)
            return needs_review(points, f"{self.ratio}：{given}，分母为 0，无法计算", findings=(found,))
        if self.part_of_whole and part > whole:
            found = exceeds_whole(self.context, answers, self.numerator, self.denominator)
            return needs_review(points, f"{self.ratio}：{given}，部分大于总数", findings=(found,))
        rate = divide(part, whole)
        score = lookup(self.bands, part, whole)
        basis = f"{given} = {show_percent(rate)}，得 {show_points(score)} 分"
        return self.context.scored(score, basis, rates={self.ratio: rate})

    def formula(self, refs: Refs, points: Decimal) -> str:
        units = dict(zip(self.fields(), refs.units(*self.fields()), strict=True))
        part, whole = (sum_of(units[each] for each in side) for side in (self.numerator, self.denominator))
        value = bands_formula(self.bands, part, whole, lambda score: constant(self.context.rounded(score)))
        if self.part_of_whole:
            value = choose(f"{part}<={whole}", value)
        counted = choose(f"{whole}>0", value, choose(f"{part}=0", full(points, self.context)))
        return choose(refs.usable(*self.fields()), counted)

    def turns(self) -> Mapping[str, tuple[Decimal, ...]] | None:
        """None where the score doesn't follow the ratio one way."""
        values = [band.value for band in self.bands]
        return {} if sorted(values) in (values, values[::-1]) else None

    def hits(self, answers: Answers, points: Decimal) -> list[str]:
        lines = []
        for name, fields in (("分子", self.numerator), ("分母", self.denominator)):
            if len(fields) > 1:
                parts = " + ".join(show_number(answers.number(each)) for each in fields)
                lines.append(f"{name} {show_number(total(answers, fields))} = {parts}。")
        band = band_of(self.bands, total(answers, self.numerator), total(answers, self.denominator))
        return [*lines, self._band(band)]

    def _band(self, band: Band[Decimal]) -> str:
        return f"{self.ratio}{band.describe(short_percent)} 的，得 {show_points(band.value)} 分。"

    def explain(self, points: Decimal) -> list[str]:
        over, under = sum_label(self.context, self.numerator), sum_label(self.context, self.denominator)
        lines = [f"{self.ratio} = {over} ÷ {f'（{under}）' if len(self.denominator) > 1 else under}，不作四舍五入。"]
        lines += [self._band(band) for band in self.bands]
        lines.append(f"分子、分母均为 0 的，{self.context.then}；仅分母为 0 的，由人工核定。")
        return lines
