"""Claims that a row does not apply: a wrapper around the row's rule, as a score and as a formula.

不适用 scores the full points, or takes the row out of the total, as long as the row's numbers are blank or 0; with data
beside the claim a person must settle it. Anything but 不适用 leaves the row to its rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfeval_xl.findings import finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.rules.base import Outcome, Rule, needs_review
from perfeval_xl.scheme.rules.expr import BLANK, Refs, choose, every, full, text
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount

if TYPE_CHECKING:
    from perfeval_xl.scheme.model import Indicator


def score(indicator: Indicator, answers: Answers, rule: Rule | None = None) -> Outcome:
    """The row's outcome under its own rule, or under ``rule`` (another reading of it)."""
    claimed = indicator.may_be_not_applicable and answers.text(indicator.applicable_id) == NOT_APPLICABLE
    if not claimed:
        return (rule or indicator.rule).score(answers, indicator.points)
    numeric = [field for field in indicator.fields if field.type.numeric]
    unusable = answers.unusable_among(field.id for field in numeric)
    filled = []
    for field in numeric:
        value = answers[field.id].value
        if field.id in unusable:
            filled.append((field, f"{bare_label(field)}“{answers[field.id].raw}”"))
        elif value is not None and answers.number(field.id) != ZERO:
            filled.append((field, f"{bare_label(field)} {show_amount(field, answers.number(field.id))}"))
    if not filled:
        return indicator.rule.context.not_applicable(indicator.points, f"选“{NOT_APPLICABLE}”")
    shown = "、".join(words for _, words in filled)
    found = finding(
        "not-applicable-with-data",
        cell=answers.cell(filled[0][0].id),
        indicator=indicator.code,
        name=indicator.name,
        actual=shown,
    )
    return needs_review(indicator.points, f"选“{NOT_APPLICABLE}”，但填有{shown}", findings=(found,))


def formula(indicator: Indicator, refs: Refs) -> str:
    """The row's live score, without '='."""
    own = indicator.rule.formula(refs, indicator.points)
    if not indicator.may_be_not_applicable:
        return own
    word = full(indicator.points, indicator.rule.context)
    numeric = [field.id for field in indicator.fields if field.type.numeric]
    nothing = [
        choose(f"{refs(each)}={BLANK}", "TRUE", choose(refs.usable(each), f"{refs.number(each)}=0", "FALSE"))
        for each in numeric
    ]
    waived = choose(every(nothing), word) if nothing else word
    return choose(f"{refs(indicator.applicable_id)}={text(NOT_APPLICABLE)}", waived, own)
