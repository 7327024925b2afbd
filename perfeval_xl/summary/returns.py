"""What the sheets of answers share: what an accepted return says, and how an answer is put into a cell."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.excel.book import Styled, Value
from perfeval_xl.findings import KINDS
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer, Submission
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType

STYLE = {
    FieldType.YESNO: "centre",
    FieldType.COUNT: "count",
    FieldType.AMOUNT: "amount",
    FieldType.PERCENT: "rate",
    FieldType.NUMBER: "number",
    FieldType.SCORE: "score",
    FieldType.DATE: "date",
    FieldType.TEXT: "text",
    FieldType.CHOICE: "centre",
}
"""The style of a column of answers, by their type."""
_LONGEST = 28  # characters of a text; whoever wants the rest follows the link


def accepted(result: UnitResult) -> Submission | None:
    """What an accepted return says; None of a file that was set aside."""
    return result.submission if result.card is not None else None


def answer_cell(field: Field, answer: Answer, longest: int = _LONGEST) -> Value | Styled:
    """An answer as a cell shows it: blank where blank, a text cut off after ``longest`` characters, and what can't be
    used as it was typed, marked."""
    value = answer.value
    if value is None:
        return (
            Styled(shortened(answer.raw, longest) or f"（{KINDS[answer.problem].meaning}）", "unusable")
            if answer.problem
            else None
        )
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal) and field.type is FieldType.COUNT and value != value.to_integral_value():
        return Styled(value, "number")
    return shortened(value, longest) if isinstance(value, str) else value


def shortened(text: str, longest: int = _LONGEST) -> str:
    """The text, cut off after ``longest`` characters."""
    text = text.strip()
    return text if len(text) <= longest else f"{text[:longest]}……"
