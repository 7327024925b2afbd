"""Rows that are scored in parts: what one part earns, and how the parts make the row's outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.findings import Finding
from perfeval_xl.numbers import ZERO, show_number
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.base import Context, Outcome, missing, needs_review
from perfeval_xl.scheme.rules.inputs import show_points
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class PartScore:
    """What a part earns, in points, not rounded: between ``low`` and ``high``, known where both are equal.

    ``review`` says that a person must settle it (otherwise an unknown part waits for the inputs in ``missing``).
    """

    low: Decimal
    high: Decimal
    basis: str
    known: bool = True
    review: bool = False
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()


def earns(score: Decimal, basis: str, *notes: str) -> PartScore:
    """A part that could be scored."""
    return PartScore(score, score, basis, notes=notes)


def earned(score: Decimal, basis: str, *notes: str) -> PartScore:
    """The same, its points added to the words."""
    return earns(score, f"{basis}，得 {show_points(score)} 分" if score else f"{basis}，不得分", *notes)


def open_part(points: Decimal, why: str, *findings: Finding) -> PartScore:
    """A part that a person must settle, worth up to ``points``."""
    return PartScore(ZERO, points, why, known=False, review=True, findings=findings)


def part_gap(context: Context, answers: Answers, fields: tuple[str, ...], points: Decimal) -> PartScore | None:
    """The part that missing or unusable inputs leave open, or None when all ``fields`` can be used."""
    blank = answers.blank_among(fields)
    unusable = answers.unusable_among(fields)
    if unusable:
        why = f"{context.labels(unusable)}填报有误，改正后才能计分"
        return PartScore(ZERO, points, why, known=False, review=True, missing=blank)
    if blank:
        return PartScore(ZERO, points, f"{context.labels(blank)}未填", known=False, missing=blank)
    return None


def combined(parts: Sequence[PartScore], points: Decimal, context: Context) -> Outcome:
    """The row's outcome: the parts' exact sum, rounded once; without a score while one part has none."""
    low, high = (
        context.rounded(sum(ends, ZERO)) for ends in ([each.low for each in parts], [each.high for each in parts])
    )
    notes = tuple(note for each in parts for note in each.notes)
    findings = tuple(found for each in parts for found in each.findings)
    lacking = unique(field for each in parts for field in each.missing)
    unknown = [each for each in parts if not each.known]
    if not unknown:
        basis = "；".join(each.basis for each in parts)
        total = f"；合计 {show_points(low)} 分" if len(parts) > 1 else ""
        return context.scored(low, basis + total, notes=notes)
    why = "；".join(dict.fromkeys(each.basis for each in unknown))
    if any(each.review for each in unknown):
        return needs_review(points, why, low=low, high=high, notes=notes, findings=findings, missing=lacking)
    return missing(points, lacking, why, low=low, high=high, notes=notes)


def unique(fields: Iterable[str]) -> tuple[str, ...]:
    """Each field once, in the order of first appearance."""
    return tuple(dict.fromkeys(fields))


def read_worth(spec: Spec, points: Decimal) -> Decimal:
    """A part's worth in points: given as ``points``, or as ``share`` of the row's points."""
    if ("share" in spec) == ("points" in spec):
        spec.problem("share", "share（占比）和 points（分值）须写且只能写一个")
    worth = spec.not_negative("points", ZERO)
    return spec.not_negative("share") * points if "share" in spec else worth


def check_worths(spec: Spec, key: str, worths: Sequence[Decimal], points: Decimal) -> None:
    """Report parts that do not add up to the row's points."""
    if not worths:
        if key in spec:
            spec.problem(key, "至少要有一部分")
    elif sum(worths, ZERO) != points:
        spec.problem(key, f"各部分合计 {show_number(sum(worths, ZERO))} 分，应为 {show_number(points)} 分")
