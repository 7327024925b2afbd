"""Kinds "not_before" and "window": dates in their order, and in the time in which such things happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.checks.base import Check, read_field, read_fields
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class NotBefore(Check):
    """The date ``later`` is not before the date ``earlier``."""

    earlier: Field
    later: Field

    kind = "not_before"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        earlier, later = (read_field(spec, key, fields, FieldType.DATE) for key in ("earlier", "later"))
        return cls(indicator, earlier, later)

    def fields(self) -> tuple[Field, ...]:
        return (self.earlier, self.later)

    def find(self, answers: Answers) -> Iterator[Finding]:
        first, second = answers[self.earlier.id].value, answers[self.later.id].value
        if isinstance(first, date) and isinstance(second, date) and second < first:
            yield finding(
                "not-before",
                label=self.later.label,
                other=self.earlier.label,
                actual=second.isoformat(),
                expected=first.isoformat(),
                **self.at(answers, self.later),  # type: ignore[arg-type]
            )

    def explain(self) -> str:
        return f"{self.later.label} 不早于 {self.earlier.label}"


@dataclass(frozen=True)
class Window(Check):
    """Each of ``dates`` lies from ``first`` to ``last``, both included: outside of it the year is most likely mistyped."""

    dates: tuple[Field, ...]
    first: date
    last: date

    kind = "window"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        check = cls(indicator, read_fields(spec, "fields", fields, FieldType.DATE), spec.day("first"), spec.day("last"))
        if check.last < check.first:
            spec.problem("last", f"应不早于 first（{check.first}），现为 {check.last}")
        return check

    def fields(self) -> tuple[Field, ...]:
        return self.dates

    def find(self, answers: Answers) -> Iterator[Finding]:
        for each in self.dates:
            day = answers[each.id].value
            if isinstance(day, date) and not self.first <= day <= self.last:
                yield finding(
                    "date-outside-window",
                    label=each.label,
                    actual=day.isoformat(),
                    expected=f"{self.first} 至 {self.last}",
                    **self.at(answers, each),  # type: ignore[arg-type]
                )

    def explain(self) -> str:
        return f"{'、'.join(each.label for each in self.dates)} 一般在 {self.first} 至 {self.last} 之间"
