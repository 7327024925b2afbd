"""Kinds "sum" and "at_most": a whole and its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.checks.base import NOTHING, Check, number, read_field, read_fields, same_unit
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount
from perfeval_xl.scheme.spec import Spec

_NUMERIC = tuple(each for each in FieldType if each.numeric)


@dataclass(frozen=True)
class Sum(Check):
    """``whole`` is the sum of ``parts``."""

    whole: Field
    parts: tuple[Field, ...]

    kind = "sum"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        whole = read_field(spec, "whole", fields, *_NUMERIC)
        parts = read_fields(spec, "parts", fields, *_NUMERIC)
        for place, part in enumerate(parts):
            same_unit(spec, f"parts[{place}]", part, whole)
        return cls(indicator, whole, parts)

    def fields(self) -> tuple[Field, ...]:
        return (self.whole, *self.parts)

    def find(self, answers: Answers) -> Iterator[Finding]:
        stated, values = number(answers, self.whole), [number(answers, part) for part in self.parts]
        known = [value for value in values if value is not None]
        total = sum(known, ZERO)
        if stated is not None and len(known) == len(values) and total != stated:
            actual, expected = show_amount(self.whole, stated), show_amount(self.whole, total)
            label = self.whole.label
            yield finding("sum-differs", actual=actual, expected=expected, label=label, **self.at(answers, self.whole))  # type: ignore[arg-type]

    def explain(self) -> str:
        return f"{self.whole.label} = {' + '.join(part.label for part in self.parts)}"


@dataclass(frozen=True)
class AtMost(Check):
    """Each of ``parts`` is at most ``whole``, a field or the sum of several."""

    whole: tuple[Field, ...]
    parts: tuple[Field, ...]

    kind = "at_most"

    @classmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        whole = read_fields(spec, "whole", fields, *_NUMERIC)
        parts = read_fields(spec, "parts", fields, *_NUMERIC)
        for key, listed in (("whole", whole), ("parts", parts)):
            for place, each in enumerate(listed):
                same_unit(spec, f"{key}[{place}]", each, whole[0] if whole else NOTHING)
        return cls(indicator, whole, parts)

    def fields(self) -> tuple[Field, ...]:
        return (*self.whole, *self.parts)

    def find(self, answers: Answers) -> Iterator[Finding]:
        known = [value for each in self.whole if (value := number(answers, each)) is not None]
        if len(known) < len(self.whole):
            return
        most = sum(known, ZERO)
        for part in self.parts:
            value = number(answers, part)
            if value is not None and value > most:
                yield finding(
                    "part-exceeds-whole",
                    part=bare_label(part),
                    whole=self._whole_label(),
                    actual=show_amount(part, value),
                    expected=show_amount(self.whole[0], most),
                    **self.at(answers, part),  # type: ignore[arg-type]
                )

    def explain(self) -> str:
        return f"{'、'.join(bare_label(part) for part in self.parts)} ≤ {self._whole_label()}"

    def _whole_label(self) -> str:
        return "＋".join(bare_label(each) for each in self.whole)
