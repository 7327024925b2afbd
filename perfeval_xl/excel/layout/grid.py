"""A grid of amounts in the head block: lines under common headings, with the score of a line that has an indicator."""

from __future__ import annotations

from functools import partial

from perfeval_xl.excel.layout.columns import Columns, Span
from perfeval_xl.excel.layout.model import Content, Formula, Label, Shown, View
from perfeval_xl.excel.layout.parts import Part, band, head_input, needed, self_score, tint
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.form import GridRow, HeadBlock
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.expr import BLANK, Refs, choose, text

_SIDE, _NONE = 1, "—"
_SHARES = {"label": 2.4, "amount": 1.5, "points": 0.8, "rate": 1.1, "score": 0.9}
_RATE = ("分值", "执行率", "得分")
_LINE = 26.0


def rate_name(indicator: Indicator) -> str:
    """The defined name of the cell that shows the rate by which ``indicator`` is scored."""
    return f"{indicator.code}_rate"


def grid(part: Part, row: int, block: HeadBlock, scheme: Scheme, columns: Columns) -> tuple[int, dict[int, Indicator]]:
    """Lay the grid from ``row`` on. The next free row, and its rows that carry an indicator's score."""
    sheet, scored = part.sheet, any(each.indicator for each in block.rows)
    first = 1
    if block.text:
        sheet.put(row, _SIDE, Label(block.text, "head"), to=(row + len(block.rows), _SIDE))
        first = _SIDE + 1
    shares = [_SHARES["label"], *[_SHARES["amount"]] * len(block.columns)]
    shares += [_SHARES["points"], _SHARES["rate"], _SHARES["score"]] if scored else []
    spans = columns.spans(shares, first)
    headings = ("", *block.columns, *(_RATE if scored else ()))
    for span, heading in zip(spans, headings, strict=True):
        band(sheet, row, *span, Label(heading, "head"))
    sheet.heights[row] = max(
        _LINE, *(needed(sheet, each, "head", *span) for span, each in zip(spans, headings, strict=True))
    )
    found: dict[int, Indicator] = {}
    for line, each in enumerate(block.rows, start=row + 1):
        band(sheet, line, *spans[0], Label(each.label, "head_left"))
        for span, field in zip(spans[1:], each.fields, strict=False):
            head_input(sheet, line, span, scheme.fields[field])
        if each.indicator:
            found[line] = scheme.indicator[each.indicator]
        if scored:
            _result(part, line, spans[-len(_RATE) :], each, scheme)
        sheet.heights[line] = max(_LINE, needed(sheet, each.label, "head_left", *spans[0]))
    return row + 1 + len(block.rows), found


def _result(part: Part, row: int, spans: list[Span], line: GridRow, scheme: Scheme) -> None:
    """分值, 执行率 and 得分 of one line; dashes where it has no score."""
    contents: tuple[Content, ...] = (Label(_NONE, "center"),) * len(spans)
    if line.indicator:
        indicator = scheme.indicator[line.indicator]
        contents = (Label(indicator.points, "points"), _rate(indicator, scheme), self_score(indicator, scheme))
    for span, content in zip(spans, contents, strict=True):
        cell = band(part.sheet, row, *span, content)
        if isinstance(content, Formula) and content.style == "rate":
            part.name(rate_name(scheme.indicator[line.indicator]), cell)
        elif isinstance(content, Formula):
            tint(part.sheet, row, span[0], f'{cell.ref}=""')


def _rate(indicator: Indicator, scheme: Scheme) -> Content:
    """The rate that the score follows from, not capped; a dash for a rule that knows of none."""
    expression = indicator.rule.ratio_formula(Refs(scheme.fields))
    if not expression:
        return Label(_NONE, "center")
    if indicator.may_be_not_applicable:
        expression = choose(f"{indicator.applicable_id}={text(NOT_APPLICABLE)}", BLANK, expression)
    return Formula(expression, partial(_rate_shown, indicator=indicator), "rate")


def _rate_shown(view: View, *, indicator: Indicator) -> Shown:
    return next(iter(view.card.row[indicator.code].outcome.rates.values()), "")
