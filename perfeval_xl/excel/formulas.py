"""Expressions that belong to the workbook rather than to a rule: totals, grades, and whether an input is settled.

Each comes with the Python that says, independently, what it shows. Only the functions that expr.py allows are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from perfeval_xl.numbers import MOST_PLACES, ZERO, read_number
from perfeval_xl.scheme.answers import Answer, Answers
from perfeval_xl.scheme.fields import NO, NOT_APPLICABLE, YES, Condition, Field
from perfeval_xl.scheme.model import Grade, Indicator
from perfeval_xl.scheme.rules.expr import (
    BLANK,
    any_of,
    choose,
    constant,
    every,
    half_up_quotient,
    text,
    usable,
)

MISSING, WRONG, DONE = "未填", "超出范围或格式不对", "✓"
ROW_WRONG, WEIGHTS_WRONG, POINTS_WRONG = "未填全或有误", "权重合计不等于分值", "分值合计不等于该项分值"
PROBLEMS = (WRONG, ROW_WRONG, WEIGHTS_WRONG, POINTS_WRONG)
TICKED, UNTICKED = "☑", "☐"


def total_of(area: str, count: int, places: int = MOST_PLACES) -> str:
    """The sum of the scores in ``area``, nothing until all ``count`` of them are there."""
    return choose(f"COUNT({area})={count}", f"ROUND(SUM({area}),{places})")


def total_shown(scores: Iterable[Decimal | None]) -> Decimal | str:
    """What total_of shows for these scores."""
    found = list(scores)
    return "" if None in found else sum((score for score in found if score is not None), ZERO)


def scaled_total(scores: str, points: str, base: Sequence[Decimal], places: int) -> str:
    """As total_of, where the rows in the area ``scores`` that say 不适用 leave the base and what the others score is
    scaled up to the whole. ``points`` is the area with the rows' points, which are ``base``; both areas alike."""
    word = text(NOT_APPLICABLE)
    finest = 10 ** max(0, *(-int(each.normalize().as_tuple().exponent) for each in base))
    whole = sum(base, ZERO)
    counted = f"ROUND(SUMPRODUCT(({scores}<>{word})*{points}){_times(finest)},0)"
    earned = f"ROUND(SUM({scores}){_times(10**places)},0){_times(int(whole * finest))}"
    settled = f"COUNT({scores})+COUNTIF({scores},{word})={len(base)}"
    value = half_up_quotient(earned, counted, places)
    return choose(f"AND({settled},COUNT({scores})>0)", value)


def _times(factor: int) -> str:
    return "" if factor == 1 else f"*{factor}"


def grade_of(total: str, grades: Sequence[Grade]) -> str:
    """The grade's name for the total in the cell ``total``; nothing while there is no total."""
    ordered = sorted(grades, key=lambda grade: grade.low)
    word = text(ordered[0].name)
    for grade in ordered[1:]:
        word = choose(f"{total}>={constant(grade.low)}", text(grade.name), word)
    return choose(f"COUNT({total})=1", word)


def grade_box(total: str, grade: Grade, best: bool) -> str:
    """A box before the grade's name and range, ticked when the total falls into it."""
    upper = f"{total}<={constant(grade.high)}" if best else f"{total}<{constant(grade.high)}"
    inside = every([f"{total}>={constant(grade.low)}", upper])
    ticked = choose(f"COUNT({total})=1", inside, "FALSE")
    return choose(ticked, text(box_text(grade, True)), text(box_text(grade, False)))


def box_text(grade: Grade, ticked: bool) -> str:
    return f"{TICKED if ticked else UNTICKED} {grade.name}　{grade.text}"


def in_grade(grade: Grade, best: bool, total: Decimal | str) -> bool:
    """Whether ``total`` falls into ``grade``; '' is no total."""
    if isinstance(total, str):
        return False
    return grade.low <= total <= grade.high if best else grade.low <= total < grade.high


def difference(claim: str, score: str) -> str:
    """Claim minus score, where both are numbers."""
    return choose(f"COUNT({claim},{score})=2", f"ROUND({claim}-{score},2)")


def asked(field: Field, indicator: Indicator | None) -> list[str]:
    """The conditions under which a required field is asked for: none means always."""
    conditions = []
    if field.when is not None:
        conditions.append(_holds(field.when))
    if indicator is not None and indicator.may_be_not_applicable and field.id != indicator.applicable_id:
        conditions.append(f"{indicator.applicable_id}<>{text(NOT_APPLICABLE)}")
    return conditions


def _holds(condition: Condition) -> str:
    if condition.positive:
        return choose(f"COUNT({condition.field})=1", f"{condition.field}>0", "FALSE")
    return f"{condition.field}={text(condition.equals or '')}"


def is_asked(field: Field, indicator: Indicator | None, answers: Answers) -> bool:
    """What the conditions of ``asked`` come to."""
    if field.when is not None and not _is_met(field.when, answers[field.when.field]):
        return False
    if indicator is None or not indicator.may_be_not_applicable or field.id == indicator.applicable_id:
        return True
    return answers.text(indicator.applicable_id) != NOT_APPLICABLE


def _is_met(condition: Condition, answer: Answer) -> bool:
    if condition.positive:
        number = typed_number(answer)
        return number is not None and number > 0
    word = (YES if answer.value else NO) if isinstance(answer.value, bool) else answer.value
    return word == condition.equals


def typed_number(answer: Answer) -> Decimal | None:
    """The number that stands in the answer's cell, be it outside its bounds: formulas see it all the same."""
    if isinstance(answer.value, Decimal):
        return answer.value
    return read_number(answer.raw) if answer.problem == "out-of-range" else None


def unfilled(field: Field, indicator: Indicator | None, ref: str) -> str:
    """True while the cell ``ref`` is empty and asked for: the cell is then tinted."""
    return every([f"{ref}={BLANK}", *asked(field, indicator)])


def status(field: Field, indicator: Indicator | None, ref: str) -> str:
    """未填, 超出范围或格式不对, ✓, or nothing for a blank that is not asked for."""
    blank = BLANK
    if field.required:
        conditions = asked(field, indicator)
        blank = choose(every(conditions), text(MISSING)) if conditions else text(MISSING)
    return choose(usable(field, ref), text(DONE), choose(f"{ref}={BLANK}", blank, text(WRONG)))


def status_shown(field: Field, indicator: Indicator | None, answers: Answers) -> str:
    """What ``status`` shows."""
    answer = answers[field.id]
    if answer.value is not None:
        return DONE
    if not answer.blank:
        return WRONG
    return MISSING if field.required and is_asked(field, indicator, answers) else ""


def self_score_status(field: Field, ref: str, inputs: str, problems: Sequence[str], waivable: bool) -> str:
    """As ``status``; a blank is only called missing once none of the statuses in ``inputs`` is missing or one of
    ``problems``. ``waivable``: the score may be 不适用."""
    unsettled = "+".join(f"COUNTIF({inputs},{text(word)})" for word in (MISSING, *problems))
    blank = choose(f"{unsettled}=0", text(MISSING)) if inputs else text(MISSING)
    settled = any_of([usable(field, ref), f"{ref}={text(NOT_APPLICABLE)}"]) if waivable else usable(field, ref)
    return choose(settled, text(DONE), choose(f"{ref}={BLANK}", blank, text(WRONG)))


def live_row(refs: Sequence[str]) -> str:
    """True when any of the cells of an annex row is filled."""
    return any_of(f"{ref}<>{BLANK}" for ref in refs)
