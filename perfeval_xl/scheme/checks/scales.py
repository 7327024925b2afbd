"""Kinds "magnitude" and "not_a_rate": amounts that look as if they were typed in another unit, or were no amounts at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.mentions import MONEY, percentages, plain
from perfeval_xl.numbers import ONE, ZERO, show_number
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.checks.base import Check, number, read_fields, read_pair
from perfeval_xl.scheme.fields import Field, FieldType, evidence_id
from perfeval_xl.scheme.rules.bands import short_percent
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Magnitude(Check):
    """Two amounts of which the first is usually about ``usual`` times the second.

    Where they are ``low`` to ``high`` times further apart than that (a slip between 元 and 万元 makes it 10,000), or nearer
    by as much, one of them was most likely typed in the other unit.
    """

    one: Field
    other: Field
    usual: Decimal = ONE
    low: Decimal = Decimal(1000)
    high: Decimal = Decimal(100_000)

    kind = "magnitude"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        one, other = read_pair(spec, fields)
        check = cls(
            indicator,
            one,
            other,
            usual=spec.number("usual", cls.usual),
            low=spec.number("low", cls.low),
            high=spec.number("high", cls.high),
        )
        if check.usual <= ZERO:
            spec.problem("usual", f"应大于 0，现为 {show_number(check.usual)}")
        if not ONE < check.low <= check.high:
            spec.problem("low", f"应大于 1，且不大于 high（{show_number(check.high)}），现为 {show_number(check.low)}")
        return check

    def fields(self) -> tuple[Field, ...]:
        return (self.one, self.other)

    def find(self, answers: Answers) -> Iterator[Finding]:
        one, other = number(answers, self.one), number(answers, self.other)
        if one is not None and other is not None and self.slipped(_yuan(self.one, one), _yuan(self.other, other)):
            yield finding(
                "magnitude-off",
                label=bare_label(self.one),
                other=bare_label(self.other),
                actual=show_amount(self.one, one),
                expected=show_amount(self.other, other),
                **self.at(answers, self.one),  # type: ignore[arg-type]
            )

    def slipped(self, amount: Decimal, reference: Decimal) -> bool:
        """Whether ``amount`` looks like a slip beside ``reference``, in the same unit, wherever that comes from."""
        small, large = sorted((amount, reference * self.usual))
        return small > ZERO and self.low * small <= large <= self.high * small

    def explain(self) -> str:
        usual = "" if self.usual == ONE else f"（前者通常约为后者的 {short_percent(self.usual)}）"
        return (
            f"{self.one.label} 与 {self.other.label}{usual} 不应相差 {show_number(self.low)} 倍以上：多半是元和万元填混"
        )


def _yuan(field: Field, value: Decimal) -> Decimal:
    return value * MONEY[field.unit]


@dataclass(frozen=True)
class NotARate(Check):
    """Two amounts, neither of which was typed as the rate that they make: 98.58 or 0.9858 in place of 245,250,193.77.

    An amount is taken for a rate where the other one is at least ``sibling`` and it is itself above 0 and at most ``most``,
    or equals, as a fraction or times 100, a percentage of the row: one of ``rates`` (percent fields) or one in its
    evidence. An amount that truly is that share of the other one is none.
    """

    pair: tuple[Field, Field]
    rates: tuple[Field, ...] = ()
    most: Decimal = Decimal("1.5")
    sibling: Decimal = Decimal(100)

    kind = "not_a_rate"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        pair = read_pair(spec, fields)
        check = cls(
            indicator,
            pair,
            rates=read_fields(spec, "rates", fields, FieldType.PERCENT) if "rates" in spec else (),
            most=spec.number("most", cls.most),
            sibling=spec.number("sibling", cls.sibling),
        )
        if not ZERO <= check.most < check.sibling:
            spec.problem("most", f"应不小于 0，且小于 sibling（{show_number(check.sibling)}），现为 {check.most}")
        return check

    def fields(self) -> tuple[Field, ...]:
        return (*self.pair, *self.rates)

    def find(self, answers: Answers) -> Iterator[Finding]:
        one, other = self.pair
        for field, sibling in ((one, other), (other, one)):
            value, beside = number(answers, field), number(answers, sibling)
            if value is None or beside is None or beside < self.sibling or value <= ZERO:
                continue
            if value <= self.most or self._is_rate(value, beside, answers):
                yield finding(
                    "amount-like-rate",
                    label=bare_label(field),
                    other=bare_label(sibling),
                    actual=show_amount(field, value),
                    expected=show_amount(sibling, beside),
                    **self.at(answers, field),  # type: ignore[arg-type]
                )

    def _is_rate(self, value: Decimal, beside: Decimal, answers: Answers) -> bool:
        rates = [rate for each in self.rates if (rate := number(answers, each)) is not None]
        if self.indicator is not None:
            rates += [each.value for each in percentages(plain(answers.text(evidence_id(self.indicator))))]
        return any(value in (rate, rate * 100) and value != rate * beside for rate in rates)

    def explain(self) -> str:
        return f"{self.pair[0].label}、{self.pair[1].label} 填金额，不填比率"
