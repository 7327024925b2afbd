"""What the sheets share: titles, input cells, addresses for defined names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import pairwise

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.excel.formulas import typed_number, unfilled
from perfeval_xl.excel.layout.model import (
    MARGINS,
    Content,
    Formula,
    Highlight,
    Input,
    Label,
    PrintSetup,
    Sheet,
    Shown,
    Stamp,
    View,
)
from perfeval_xl.excel.styles import STYLES, text_height
from perfeval_xl.numbers import show_number
from perfeval_xl.scheme.fields import NOT_APPLICABLE, Field, FieldType
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Result

GUIDE, TABLE, ANNEX, DATA, NARRATIVE, CHECK, RESULT, HIDDEN = (
    "填报说明",
    "自评表",
    "指标完成情况表",
    "基础数据",
    "自评说明",
    "填报检查",
    "审核结果",
    "_pe",
)


FIGURES, BY_UNIT = "基础数据汇总", "各单位基础数据"
"""Sheets that the department's form has beside those of the form, where it is filled from its units."""

TITLE, GUIDE_TITLE, NARRATIVE_TITLE = "form_title", "guide_title", "narrative_title"
"""Stamps of the titles that name the form."""


@dataclass
class Part:
    """A sheet and the defined names of what is neither input, stamp nor review: its formulas and ranges."""

    sheet: Sheet
    names: dict[str, str] = field(default_factory=dict)

    def name(self, name: str, first: Cell, last: Cell | None = None) -> None:
        self.names[name] = absolute(first, last)


def absolute(first: Cell, last: Cell | None = None) -> str:
    """A cell or range as a defined name holds it: '基础数据'!$C$5."""
    place = _fixed(first.ref) if last is None else f"{_fixed(first.ref)}:{_fixed(last.ref)}"
    return f"'{first.sheet}'!{place}"


def _fixed(ref: str) -> str:
    row, column = from_ref(ref)
    return f"${to_ref(row, column).rstrip('0123456789')}${row}"


def title(sheet: Sheet, text: str, last: int, row: int = 1, *, stamp: str = "") -> None:
    """A title over the columns up to ``last``; with ``stamp``, its key, one that is issued in other words too."""
    sheet.put(row, 1, Stamp(stamp, "title", text) if stamp else Label(text, "title"), to=(row, last))
    sheet.heights[row] = 32


def titles(scheme: Scheme, name: str) -> dict[str, str]:
    """The titles in which the form's ``name`` stands, by stamp: it is another on the department's own form."""
    return {
        TITLE: name,
        GUIDE_TITLE: f"{name}（{scheme.year}年度）填报说明",
        NARRATIVE_TITLE: f"{name}说明（{scheme.year}年度）",
    }


def span_width(sheet: Sheet, first: int, last: int) -> float:
    """The width of some columns together, in characters."""
    return sum(sheet.widths[column] for column in range(first, last + 1))


def needed(sheet: Sheet, text: str, style: str, first: int, last: int | None = None) -> float:
    """The row height that shows ``text`` whole over the columns ``first`` to ``last``."""
    return text_height(text, span_width(sheet, first, last or first), STYLES[style])


_PLAIN_ROW = 15.0  # points: a row that no height was set for
_SIDES = {8: (297.0, 420.0), 9: (210.0, 297.0)}  # of A3 and A4 in millimetres


def page_height(sheet: Sheet, last: int, setup: PrintSetup) -> float:
    """The points of rows that one page takes at the scale that fits the columns up to ``last``."""
    across, down = (side / 25.4 * 72 for side in _SIDES[setup.paper][:: -1 if setup.landscape else 1])
    width = sum(sheet.widths[column] * 7 + 5 for column in range(1, last + 1)) * 0.75
    scale = min(1.0, (across - (MARGINS["left"] + MARGINS["right"]) * 72) / width)
    return (down - (MARGINS["top"] + MARGINS["bottom"]) * 72) / scale * 0.99  # printers differ a little


def page_ends(sheet: Sheet, last: int, starts: Sequence[int], top: int = 1) -> tuple[int, ...]:
    """The rows after which an upright page of the columns up to ``last`` ends. ``starts`` are the rows that one may begin
    with, and the row after the last; the first page begins with row ``top``."""
    page = page_height(sheet, last, PrintSetup())
    breaks: list[int] = []
    used = _heights(sheet, top, starts[0])
    for first, following in pairwise(starts):
        height = _heights(sheet, first, following)
        if used + height > page:
            breaks.append(first - 1)
            used = 0
        used += height
    return tuple(breaks)


def _heights(sheet: Sheet, first: int, end: int) -> float:
    return sum(sheet.heights.get(row, _PLAIN_ROW) for row in range(first, end))


def note(sheet: Sheet, row: int, text: str, last: int, style: str = "note") -> None:
    """Running text over the columns up to ``last``, its row as high as it needs."""
    sheet.put(row, 1, Label(text, style), to=(row, last))
    sheet.heights[row] = needed(sheet, text, style, 1, last)


_INPUT_STYLES = {
    FieldType.YESNO: "input_center",
    FieldType.CHOICE: "input_center",
    FieldType.COUNT: "input_count",
    FieldType.AMOUNT: "input_amount",
    FieldType.PERCENT: "input_percent",
    FieldType.NUMBER: "input_number",
    FieldType.SCORE: "input_points",
    FieldType.DATE: "input_date",
    FieldType.TEXT: "input_text",
}


_HEAD_STYLES = {FieldType.COUNT: "input_head_count", FieldType.AMOUNT: "input_head_amount"}


def input_for(wanted: Field, style: str | None = None) -> Input:
    """An input cell in the style of its field's type."""
    return Input(wanted, style or _INPUT_STYLES[wanted.type])


def tint(sheet: Sheet, row: int, column: int, condition: str, style: str = "required") -> None:
    ref = to_ref(row, column)
    sheet.highlights.append(Highlight(ref, condition, style))


def band(sheet: Sheet, row: int, first: int, last: int, content: Content) -> Cell:
    """``content`` merged over the columns ``first`` to ``last`` of one row."""
    return sheet.put(row, first, content, to=(row, last))


def head_input(sheet: Sheet, row: int, span: tuple[int, int], field: Field) -> None:
    """An input of the head block over the columns of ``span``, tinted while it is asked for and empty."""
    band(sheet, row, *span, input_for(field, _HEAD_STYLES.get(field.type)))
    if field.required:
        tint(sheet, row, span[0], unfilled(field, None, to_ref(row, span[0])))


def self_score(indicator: Indicator, scheme: Scheme) -> Formula:
    """The cell of a self-score: it starts as the live score."""
    claim = scheme.fields[indicator.self_score_id]
    return Formula(indicator.formula_score_id, partial(claimed, indicator=indicator), "input_score", claim)


def points_text(points: Decimal) -> str:
    return f"{show_number(points)} 分"


def heading(indicator: Indicator, number: int) -> str:
    return f"{number}　{indicator.name}（{points_text(indicator.points)}）"


def claimed(view: View, indicator: Indicator) -> Shown:
    """What the self-score cell shows: the unit's own claim, else the live score."""
    answer = view.answers[indicator.self_score_id]
    if answer.blank:
        return live_score(view, indicator)
    number = typed_number(answer)
    return answer.raw if number is None else number


def live_score(view: View, indicator: Indicator) -> Shown:
    """What the formula score shows: a word where the row leaves the total's base."""
    row = view.card.row[indicator.code]
    if row.score is not None:
        return row.score
    return NOT_APPLICABLE if row.outcome.result is Result.NOT_APPLICABLE else ""


def annex_rule(indicator: Indicator) -> AnnexRows | None:
    """The rule of an indicator that is scored from an annex table; None for the others."""
    return indicator.rule if isinstance(indicator.rule, AnnexRows) else None
