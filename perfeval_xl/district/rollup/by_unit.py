"""各单位基础数据: what every unit put into every figure, a row a unit and a column a figure, with the figure above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.district.rollup.combine import RolledUp
from perfeval_xl.district.rollup.shares import Contribution, RolledField, Share
from perfeval_xl.district.rollup.wording import method
from perfeval_xl.excel.layout.model import Formula, Label, PrintSetup, Sheet, Shown
from perfeval_xl.excel.layout.parts import BY_UNIT, band, needed, note, title
from perfeval_xl.excel.sheetpatch import clean_text
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.admit import show
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import APPLICABLE, NO, NOT_APPLICABLE, YES, Field, FieldType, RollUp
from perfeval_xl.scheme.rules.expr import choose, text

ACCEPTED = "已受理"
_CODE, _NAME, _STATE, _FIRST = 1, 2, 3, 4  # columns
_WIDTHS = {_CODE: 14, _NAME: 30, _STATE: 10}
_WIDTH, _PER_PAGE = 14, 11
_INDICATOR, _LABEL, _METHOD, _FIGURE, _COUNT, _TOP = 3, 4, 5, 6, 7, 8  # rows
_LINE = 20.0
_NOTE = (
    "每行一个单位，每列一个汇总数；汇总结果由本表各单位的数算出。“不适用”“不需填”的单位没有这类事项，不计数；"
    "黄底的单位应有数而没有，没有计入，也没有当作 0。"
)
_HEAD = "部门（单位）基本情况"


@dataclass(frozen=True)
class ByUnit:
    """The sheet; ``figures`` says where each figure stands on it, ``counts`` how many units are in it, by field id.
    ``states`` is the range with every unit's state."""

    sheet: Sheet
    figures: dict[str, Cell]
    counts: dict[str, Cell]
    states: str


def by_unit_sheet(rolled: RolledUp) -> ByUnit:
    """A column for each figure that is made of what the units answered."""
    shown = [each for each in rolled.figures if not each.field.roll_up.counts_units]
    last_column, last_row = _FIRST + len(shown) - 1, _TOP + len(rolled.units) - 1
    widest = max(last_column, _FIRST + _PER_PAGE)  # the note above takes a page's width, however few figures there are
    sheet = Sheet(BY_UNIT, widths={**_WIDTHS, **dict.fromkeys(range(_FIRST, widest + 1), _WIDTH)})
    scheme = rolled.card.scheme
    title(sheet, f"{scheme.title.removesuffix('自评表')}{BY_UNIT}（{scheme.year}年度）", _FIRST + _PER_PAGE)
    note(sheet, 2, _NOTE, _FIRST + _PER_PAGE)
    _heads(sheet, shown)
    part = ByUnit(sheet, {}, {}, f"'{BY_UNIT}'!${to_ref(_TOP, _STATE)[0]}${_TOP}:${to_ref(_TOP, _STATE)[0]}${last_row}")
    for column, figure in enumerate(shown, start=_FIRST):
        area = f"{to_ref(_TOP, column)}:{to_ref(last_row, column)}"
        part.figures[figure.field.id] = sheet.put(_FIGURE, column, _figure(figure, area))
        part.counts[figure.field.id] = sheet.put(_COUNT, column, _counted(figure, area))
    for number, unit in enumerate(rolled.units):
        row = _TOP + number
        state = rolled.absent.get(unit.code, ACCEPTED)
        sheet.put(row, _CODE, Label(clean_text(unit.code), "center"))
        sheet.put(row, _NAME, Label(clean_text(unit.name), "text"))
        sheet.put(row, _STATE, Label(state, "part_gap" if unit.code in rolled.absent else "part_word"))
        heights = [_cell(sheet, row, column, each, number) for column, each in enumerate(shown, start=_FIRST)]
        sheet.heights[row] = max(_LINE, needed(sheet, unit.name, "text", _NAME), *heights)
    sheet.freeze = to_ref(_TOP, _FIRST)
    sheet.setup = PrintSetup(
        paper=8,
        landscape=True,
        area=f"A1:{to_ref(last_row, last_column)}",
        repeat_rows=(_INDICATOR, _COUNT),
        repeat_columns=(_CODE, _STATE),
        pages_wide=max(1, ceil(len(shown) / _PER_PAGE)),
    )
    return part


def _heads(sheet: Sheet, shown: Sequence[RolledField]) -> None:
    """Indicators over their figures, what each figure is, how it is made."""
    for column, text_ in ((_CODE, "单位代码"), (_NAME, "单位名称"), (_STATE, "交表情况")):
        sheet.put(_INDICATOR, column, Label(text_, "head"), to=(_METHOD, column))
    band(sheet, _FIGURE, _CODE, _STATE, Label("汇总结果", "figure_word"))
    band(sheet, _COUNT, _CODE, _STATE, Label("计入单位数", "figure_word"))
    places = list(enumerate(shown, start=_FIRST))
    for name, run in groupby(places, key=_group):
        members = [column for column, _ in run]
        band(sheet, _INDICATOR, members[0], members[-1], Label(name[1], "head"))
        _raise(sheet, _INDICATOR, needed(sheet, name[1], "head", members[0], members[-1]))
    for column, each in places:
        for row, text_ in ((_LABEL, _title(each)), (_METHOD, method(each))):
            sheet.put(row, column, Label(text_, "head"))
            _raise(sheet, row, needed(sheet, text_, "head", column))
    sheet.heights[_FIGURE] = sheet.heights[_COUNT] = 22


def _group(place: tuple[int, RolledField]) -> tuple[int, str, str]:
    """What figures stand under one heading: those of a row, on one page."""
    column, figure = place
    row = figure.indicator
    return (column - _FIRST) // _PER_PAGE, row.name if row else _HEAD, row.code if row else ""


def _raise(sheet: Sheet, row: int, height: float) -> None:
    sheet.heights[row] = max(sheet.heights.get(row, _LINE), height)


def _title(figure: RolledField) -> str:
    """A figure's label with its unit; of whether a row applies, just that: the row stands above it."""
    if figure.applicability:
        return "是否适用"
    field = figure.field
    return field.label if not field.unit or field.unit in field.label else f"{field.label}（{field.unit}）"


def figure_style(field: Field) -> str:
    """The style of a figure, by the type of its field."""
    return {FieldType.AMOUNT: "figure_amount", FieldType.COUNT: "figure_count"}.get(field.type, "figure_word")


def shown_value(field: Field, value: Value | None) -> Shown:
    """A value as its cell shows it; '' for none."""
    if value is None or isinstance(value, bool | str):
        return "" if value is None else show(field, value)
    return value


def _figure(figure: RolledField, area: str) -> Formula:
    """The figure, live."""
    value = shown_value(figure.field, figure.value)
    return Formula(_expression(figure, area), lambda _: value, figure_style(figure.field))


def _expression(figure: RolledField, area: str) -> str:
    if figure.applicability:
        first, second = APPLICABLE, NOT_APPLICABLE
        return choose(f"COUNTIF({area},{text(first)})>0", text(first), _if_any(area, second, first))
    if figure.field.roll_up is RollUp.SUM:
        return choose(f"COUNT({area})>0", f"ROUND(SUM({area}),{figure.field.places})")
    first, second = (NO, YES) if figure.field.roll_up is RollUp.ALL else (YES, NO)
    return choose(f"COUNTIF({area},{text(first)})>0", text(first), _if_any(area, second, ""))


def _if_any(area: str, word: str, otherwise: str) -> str:
    return choose(f"COUNTIF({area},{text(word)})>0", text(word), text(otherwise))


def _counted(figure: RolledField, area: str) -> Formula:
    if figure.field.type.numeric:
        expression = f"COUNT({area})"
    else:
        words = (APPLICABLE, NOT_APPLICABLE) if figure.applicability else (YES, NO)
        expression = "+".join(f"COUNTIF({area},{text(word)})" for word in words)
    count = ZERO + len(figure.counted)
    return Formula(expression, lambda _: count, "figure_count")


def _cell(sheet: Sheet, row: int, column: int, figure: RolledField, number: int) -> float:
    """Put what the ``number``-th unit contributes; the height that it needs."""
    part = figure.contributions[number]
    content = _content(figure.field, part)
    sheet.put(row, column, content)
    if part.share is not Share.LACKING:
        return _LINE
    return needed(sheet, str(content.value), content.style, column)


def _content(field: Field, part: Contribution) -> Label:
    if part.share is Share.COUNTED:
        style = {FieldType.AMOUNT: "part_amount", FieldType.COUNT: "part_count"}.get(field.type, "part_word")
        return Label(shown_value(field, part.value), style)
    style = "part_gap" if part.share is Share.LACKING else "part_none"
    return Label(" ".join(clean_text(part.why).split()), style)
