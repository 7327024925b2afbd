"""Kind "annual_against_months": the year's rate of spending beside the mean of the notified months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO, divide, half_up, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.checks.base import Check, number, read_field, read_fields, same_unit
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class AnnualAgainstMonths(Check):
    """``spent`` ÷ ``budget`` is within ``points`` percentage points of the mean of those ``months`` that are filled in."""

    months: tuple[Field, ...]
    spent: Field
    budget: Field
    points: Decimal = Decimal(5)

    kind = "annual_against_months"
    echoes = frozenset({"annual-rate-beside-months"})

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        check = cls(
            indicator,
            months=read_fields(spec, "months", fields, FieldType.PERCENT),
            spent=read_field(spec, "spent", fields, FieldType.AMOUNT),
            budget=read_field(spec, "budget", fields, FieldType.AMOUNT),
            points=spec.number("points", cls.points),
        )
        same_unit(spec, "spent", check.spent, check.budget)
        if check.points <= ZERO:
            spec.problem("points", f"应大于 0，现为 {show_number(check.points)}")
        return check

    def fields(self) -> tuple[Field, ...]:
        return (*self.months, self.spent, self.budget)

    def find(self, answers: Answers) -> Iterator[Finding]:
        spent, budget = number(answers, self.spent), number(answers, self.budget)
        rates = [rate for month in self.months if (rate := number(answers, month)) is not None]
        if spent is None or not budget or not rates or answers.unusable_among(month.id for month in self.months):
            return
        annual, mean = divide(spent, budget), divide(sum(rates, ZERO), Decimal(len(rates)))
        gap = abs(annual - mean) * 100
        if gap > self.points:
            yield finding(
                "annual-rate-off-months",
                count=str(len(rates)),
                gap=show_number(half_up(gap)),
                actual=show_percent(annual),
                expected=show_percent(mean),
                **self.at(answers, self.spent),  # type: ignore[arg-type]
            )

    def explain(self) -> str:
        return (
            f"{self.spent.label} ÷ {self.budget.label} 与各月通报执行率的平均数"
            f"相差不超过 {show_number(self.points)} 个百分点"
        )
