"""Cross-checks between fields, as the scheme declares them: sums, parts within wholes, dates in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import Check, Scheme
from perfeval_xl.scheme.rules.inputs import show_amount


def check_findings(
    scheme: Scheme, answers: Answers, *, indicator: str | None, told: Collection[Finding]
) -> list[Finding]:
    """What the checks of one row (``indicator`` None: those of no row) find. Blank and unusable fields are left alone.

    ``told`` are findings already made; what one of them says of the same cell is not said twice.
    """
    known = {_place(each) for each in told}
    checks = [check for check in scheme.checks if check.indicator == indicator]
    return [each for check in checks for each in _run(check, scheme, answers) if _place(each) not in known]


def _place(told: Finding) -> tuple[str, Cell | None, str | None, str | None]:
    return told.code, told.cell, told.actual, told.expected


def _run(check: Check, scheme: Scheme, answers: Answers) -> Iterator[Finding]:
    whole, parts = scheme.fields[check.whole], [scheme.fields[part] for part in check.parts]
    if check.kind == "sum":
        yield from _sum(check, whole, parts, answers)
    elif check.kind == "at_most":
        for part in parts:
            yield from _at_most(check, whole, part, answers)
    else:
        yield from _not_before(check, whole, parts[0], answers)


def _sum(check: Check, whole: Field, parts: list[Field], answers: Answers) -> Iterator[Finding]:
    stated, values = answers[whole.id].value, [answers[part.id].value for part in parts]
    numbers = [value for value in values if isinstance(value, Decimal)]
    if not isinstance(stated, Decimal) or len(numbers) < len(parts):
        return
    total = sum(numbers, ZERO)
    if total != stated:
        yield finding(
            "sum-differs",
            cell=answers.cell(whole.id),
            indicator=check.indicator,
            label=whole.label,
            actual=show_amount(whole, stated),
            expected=show_amount(whole, total),
        )


def _at_most(check: Check, whole: Field, part: Field, answers: Answers) -> Iterator[Finding]:
    most, value = answers[whole.id].value, answers[part.id].value
    if isinstance(most, Decimal) and isinstance(value, Decimal) and value > most:
        yield finding(
            "part-exceeds-whole",
            cell=answers.cell(part.id),
            indicator=check.indicator,
            part=part.label,
            whole=whole.label,
            actual=show_amount(part, value),
            expected=show_amount(whole, most),
        )


def _not_before(check: Check, earlier: Field, later: Field, answers: Answers) -> Iterator[Finding]:
    first, second = answers[earlier.id].value, answers[later.id].value
    if isinstance(first, date) and isinstance(second, date) and second < first:
        yield finding(
            "not-before",
            cell=answers.cell(later.id),
            indicator=check.indicator,
            label=later.label,
            other=earlier.label,
            actual=second.isoformat(),
            expected=first.isoformat(),
        )
