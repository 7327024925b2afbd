"""Small schemes built by hand, for tests of what stands above the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.cells import Cell
from perfeval_xl.numbers import ONE
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answers, Submission, Value
from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.model import Alternative, Grade, Indicator, NarrativeSection, Scheme
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, missing, scored
from perfeval_xl.scheme.rules.expr import Refs
from perfeval_xl.scheme.spec import Spec

D = Decimal
TEN = D(10)
GRADES = (
    Grade("优", D(90), D(100), ""),
    Grade("良", D(80), D(90), ""),
    Grade("中", D(60), D(80), ""),
    Grade("差", D(0), D(60), ""),
)


@dataclass(frozen=True)
class Sum(Rule):
    """The sum of its fields, or ``forced`` whatever the answers are."""

    inputs: tuple[str, ...] = ()
    forced: Outcome | None = None
    times: Decimal = ONE

    kind = "test_sum"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        return cls(context)

    def fields(self) -> tuple[str, ...]:
        return self.inputs

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, tuple(each for each in self.inputs if each in self.context.fields), points)
        if self.forced is not None or gap is not None:
            return self.forced or gap or missing(points, (), "")
        total = sum((answers.number(each) for each in self.inputs), D(0)) * self.times
        return scored(total, f"合计 {total}")

    def formula(self, refs: Refs, points: Decimal) -> str:
        return ""

    def explain(self, points: Decimal) -> list[str]:
        return []


def amount(field_id: str, unit: str = "万元", **more: object) -> Field:
    return Field(field_id, f"{field_id}金额", FieldType.AMOUNT, unit=unit, low=D(0), **more)  # type: ignore[arg-type]


def indicator(
    code: str,
    *fields: Field,
    points: Decimal = TEN,
    forced: Outcome | None = None,
    inputs: tuple[str, ...] | None = None,
    alternatives: tuple[Alternative, ...] = (),
    may_be_not_applicable: bool = False,
    criteria: str = "",
) -> Indicator:
    """A row named <code>项目 that scores the sum of ``fields`` (or of ``inputs``)."""
    return Indicator(
        code=code,
        path=("一级", "二级"),
        name=f"{code}项目",
        points=points,
        interpretation="",
        criteria=criteria,
        may_be_not_applicable=may_be_not_applicable,
        fields=fields,
        rule=sum_rule(code, fields, inputs, forced),
        alternatives=alternatives,
    )


def sum_rule(
    code: str,
    fields: tuple[Field, ...],
    inputs: tuple[str, ...] | None = None,
    forced: Outcome | None = None,
    times: Decimal = ONE,
) -> Sum:
    context = Context(code, f"{code}项目", {field.id: field for field in fields}, {})
    return Sum(context, tuple(field.id for field in fields) if inputs is None else inputs, forced, times)


def small_scheme(
    *indicators: Indicator,
    tables: tuple[Table, ...] = (),
    head: tuple[Field, ...] = (),
    narrative: tuple[NarrativeSection, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Scheme:
    return Scheme(
        id="small",
        version="1",
        year=2024,
        title="小表",
        unit_title="小表",
        authority="",
        source="",
        note="",
        legal_basis=(),
        levels=(),
        indicators=indicators,
        tables=tables,
        head=head,
        narrative=narrative,
        grades=GRADES,
        readings=(),
        corrections=(),
        checks=checks,
        closed_days=(),
    )


def given(scheme: Scheme, values: Mapping[str, Value | None], *, with_cells: bool = True) -> Submission:
    """A submission with ``values`` admitted as a reader would, each field in a cell of its own."""
    known = {field: number for number, field in enumerate(scheme.fields, start=1)}
    assert set(values) <= set(known)
    answers = [
        admit(field, values.get(name), _raw(values.get(name)), Cell("表", f"A{known[name]}") if with_cells else None)
        for name, field in scheme.fields.items()
    ]
    return submission(scheme, Answers(answers))


def submission(
    scheme: Scheme, answers: Answers, formula_scores: Mapping[str, Decimal | None] | None = None
) -> Submission:
    return Submission(
        source="答卷.xlsx",
        unit_code="001",
        unit_name="某校",
        scheme=scheme.id,
        version=scheme.version,
        year=scheme.year,
        producer="",
        answers=answers,
        formula_scores=formula_scores or {},
    )


def _raw(value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
