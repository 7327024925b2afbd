"""基础数据汇总: every figure of the department's form with its rule, its result and who is missing from it; and what the
gaps may still change."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.district.rollup.bounds import RowBounds
from perfeval_xl.district.rollup.by_unit import ACCEPTED, ByUnit, figure_style, shown_value
from perfeval_xl.district.rollup.combine import RolledUp
from perfeval_xl.district.rollup.shares import NOT_RETURNED, SET_ASIDE, RolledField
from perfeval_xl.district.rollup.wording import (
    came_text,
    gaps,
    lacking_figures,
    method,
    own_text,
    span_and_grade,
    span_text,
)
from perfeval_xl.excel.layout.model import Formula, Highlight, Label, PrintSetup, Sheet
from perfeval_xl.excel.layout.parts import FIGURES, band, needed, note, title
from perfeval_xl.excel.sheetpatch import clean_text
from perfeval_xl.report import total_text
from perfeval_xl.scheme.fields import Field, RollUp
from perfeval_xl.scheme.rules.expr import choose, text
from perfeval_xl.scheme.rules.inputs import bare_label

_COLUMNS = (
    ("序号", 6),
    ("指标", 22),
    ("填报项目", 36),
    ("计量\n单位", 8),
    ("汇总办法", 23),
    ("汇总结果", 18),
    ("计入\n单位数", 9),
    ("没有此类\n事项", 10),
    ("缺数据\n单位数", 9),
    ("缺数据的单位", 52),
    ("与表中\n一致", 8),
    ("逐单位\n查看", 8),
)
_STATED = ("主管部门\n自填（未采用）", 18)
_NUMBER, _ROW, _ITEM, _UNIT, _METHOD, _RESULT, _COUNTED, _WITHOUT, _LACKING, _WHO, _SAME, _LINK, _OWN = range(1, 14)
_LINE = 22.0
_HEAD_HEIGHT = 34.0
_AGREES, _DIFFERS = "✓", "不符"
_NEAR = "0.0000005"  # half of the last decimal of any amount
_HEAD = "基本情况"
_NOTE = (
    "本表列出由所属单位数据汇总得出的每一个数，各单位的数见后一张表。只合计各单位填报的原始数据，比率在汇总后计算一次，"
    "不取各单位比率或得分的平均。没有交表或没有填的，没有计入，也没有当作 0。"
)
_BOUNDS_NOTE = (
    "缺的数补齐以后，得分可能变化。“不论缺的数有多大”：每个缺的数，从 0 到该项允许填写的最大数都算在内。"
    "“不超过已交单位的最大数”：每个缺的数，从 0 到已交单位中同一项的最大数。得分按评分标准逐项重算，取两端；"
    "缺数据的单位自己的数也要合得上（如按时的不多于应有的）。总分的两端是各项两端之和。"
)
_EFFECTS = (
    ("指标", _ROW, _ITEM),
    ("分值", _UNIT, _UNIT),
    ("现得分", _METHOD, _METHOD),
    ("不论缺的数有多大", _RESULT, _RESULT),
    ("不超过已交单位的最大数", _COUNTED, _LACKING),
    ("缺的数", _WHO, _LINK),
)
_ABSENT = (("单位代码", _ROW, _ROW), ("单位名称", _ITEM, _ITEM), ("情况", _UNIT, _METHOD))


def figures_sheet(rolled: RolledUp, by_unit: ByUnit) -> Sheet:
    """What is missing and what that may change, then every figure, linked to the units' values."""
    columns = (*_COLUMNS, _STATED) if any(each.stated is not None for each in rolled.figures) else _COLUMNS
    last = len(columns)
    sheet = Sheet(FIGURES, widths={column: width for column, (_, width) in enumerate(columns, start=1)})
    scheme = rolled.card.scheme
    title(sheet, f"{scheme.title.removesuffix('自评表')}{FIGURES}（{scheme.year}年度）", last)
    note(sheet, 2, _NOTE, last)
    row = _state(sheet, 3, rolled)
    row = _absent(sheet, row, rolled)
    row = _effects(sheet, row, rolled, last)
    head = _section(sheet, row, "各项汇总数", last)
    for column, (name, _) in enumerate(columns, start=1):
        sheet.put(head, column, Label(name, "head"))
    sheet.heights[head] = _HEAD_HEIGHT
    for number, figure in enumerate(rolled.figures, start=1):
        _figure(sheet, head + number, number, figure, rolled, by_unit)
        if last == _OWN:
            stated = Label(shown_value(figure.field, figure.stated), _plain_style(figure.field))
            sheet.put(head + number, _OWN, stated)
    end = head + len(rolled.figures)
    first = to_ref(head + 1, _SAME)
    sheet.highlights.append(Highlight(f"{first}:{to_ref(end, _SAME)}", f"{first}={text(_DIFFERS)}", "differs"))
    sheet.setup = PrintSetup(landscape=True, area=f"A1:{to_ref(end, last)}", repeat_rows=(head, head))
    return sheet


def _section(sheet: Sheet, row: int, name: str, last: int) -> int:
    band(sheet, row, 1, last, Label(name, "section"))
    sheet.heights[row] = 30
    return row + 1


def _state(sheet: Sheet, row: int, rolled: RolledUp) -> int:
    """The roll-up at a glance, facts in pairs; returns the next row."""
    bounds = rolled.bounds
    facts = [
        (("名册中的单位", f"{len(rolled.units)} 个"), ("交表情况", came_text(rolled))),
        (("汇总后得分", total_text(rolled.card)), ("主管部门自填表", own_text(rolled))),
    ]
    if any(each.touched for each in bounds.rows):
        spans = (span_and_grade(bounds, bounds.possible), span_and_grade(bounds, bounds.likely))
        facts.append((("补齐后：不论缺的数有多大", spans[0]), ("补齐后：不超过已交单位的最大数", spans[1])))
    for left, right in facts:
        places = (((_NUMBER, _ROW), (_ITEM, _UNIT)), ((_METHOD, _RESULT), (_COUNTED, _WHO)))
        height = _LINE
        for (name, value), (names, values) in zip((left, right), places, strict=True):
            band(sheet, row, *names, Label(name, "head"))
            band(sheet, row, *values, Label(clean_text(value), "stamp_left"))
            height = max(height, needed(sheet, value, "stamp_left", *values))
        sheet.heights[row] = height
        row += 1
    return row


def _absent(sheet: Sheet, row: int, rolled: RolledUp) -> int:
    """The units without an accepted return; returns the next row."""
    absent = [(unit, rolled.absent[unit.code]) for unit in rolled.units if unit.code in rolled.absent]
    if not absent:
        return row
    row = _section(sheet, row, "没有交表或未受理的单位", len(sheet.widths))
    sheet.put(row, _NUMBER, Label("序号", "head"))
    for name, first, last in _ABSENT:
        band(sheet, row, first, last, Label(name, "head"))
    sheet.heights[row] = _LINE
    for number, (unit, why) in enumerate(absent, start=1):
        row += 1
        sheet.put(row, _NUMBER, Label(str(number), "center"))
        for value, (_, first, last) in zip((unit.code, unit.name, why), _ABSENT, strict=True):
            band(sheet, row, first, last, Label(clean_text(value), "text"))
        sheet.heights[row] = max(_LINE, needed(sheet, unit.name, "text", _ITEM))
    return row + 1


def _effects(sheet: Sheet, row: int, rolled: RolledUp, last: int) -> int:
    """The rows that the gaps touch, and between which scores they and the total lie; returns the next row."""
    touched = [each for each in rolled.bounds.rows if each.touched]
    if not touched:
        return row
    row = _section(sheet, row, "缺的数对得分的影响", last)
    note(sheet, row, _BOUNDS_NOTE, last)
    row += 1
    sheet.put(row, _NUMBER, Label("序号", "head"))
    for name, first, end in _EFFECTS:
        band(sheet, row, first, end, Label(name, "head"))
    sheet.heights[row] = _HEAD_HEIGHT
    row += 1
    _total_effect(sheet, row, rolled)
    for number, each in enumerate(touched, start=1):
        row += 1
        sheet.put(row, _NUMBER, Label(str(number), "center"))
        _effect(sheet, row, each, rolled)
    return row + 1


def _total_effect(sheet: Sheet, row: int, rolled: RolledUp) -> None:
    """The whole form's line; it comes first, so that no page has it alone."""
    bounds = rolled.bounds
    totals: tuple[str | Decimal, ...] = (
        "全表总分",
        rolled.card.scheme.points,
        total_text(rolled.card),
        span_and_grade(bounds, bounds.possible),
        span_and_grade(bounds, bounds.likely),
        "",
    )
    sheet.put(row, _NUMBER, Label("", "figure_word"))
    for value, (_, first, end) in zip(totals, _EFFECTS, strict=True):
        band(sheet, row, first, end, Label(value, "figure_word"))
    sheet.heights[row] = max(
        needed(sheet, str(totals[place]), "figure_word", *_EFFECTS[place][1:]) for place in (2, 3, 4)
    )


def _effect(sheet: Sheet, row: int, each: RowBounds, rolled: RolledUp) -> None:
    indicator = each.indicator
    scored = rolled.card.row[indicator.code]
    now = "待定" if scored.open else scored.final_text
    lacking = lacking_figures(rolled, indicator)
    values: tuple[str | Decimal, ...] = (
        indicator.name,
        indicator.points,
        now,
        span_text(each.possible, rolled.card.scheme),
        span_text(each.likely, rolled.card.scheme),
        lacking,
    )
    styles = ("text", "points", "center", "center", "center", "text")
    for value, style, (_, first, end) in zip(values, styles, _EFFECTS, strict=True):
        band(sheet, row, first, end, Label(value, style))
    sheet.heights[row] = max(_LINE, needed(sheet, lacking, "text", *_EFFECTS[-1][1:]))


def _figure(sheet: Sheet, row: int, number: int, figure: RolledField, rolled: RolledUp, by_unit: ByUnit) -> None:
    field = figure.field
    name = figure.indicator.name if figure.indicator else _HEAD
    label = "是否适用" if figure.applicability else bare_label(field)
    who = clean_text(gaps(figure, rolled.absent))
    sheet.put(row, _NUMBER, Label(str(number), "center"))
    sheet.put(row, _ROW, Label(name, "text"))
    sheet.put(row, _ITEM, Label(label, "text"))
    sheet.put(row, _UNIT, Label(field.unit, "center"))
    sheet.put(row, _METHOD, Label(method(figure), "text"))
    value = shown_value(field, figure.value)
    sheet.put(row, _RESULT, Formula(_result(figure, by_unit), lambda _: value, figure_style(field)))
    counts = _counts(figure, by_unit)
    for column, counted in zip((_COUNTED, _WITHOUT, _LACKING), counts, strict=True):
        sheet.put(row, column, counted)
    sheet.put(row, _WHO, Label(who, "text"))
    sheet.put(row, _SAME, Formula(_same(field, to_ref(row, _RESULT)), lambda _: _AGREES, "center"))
    target = by_unit.figures.get(field.id)
    sheet.put(row, _LINK, Label("查看", "link", target) if target else Label("", "center"))
    texts = ((name, _ROW), (label, _ITEM), (method(figure), _METHOD), (who, _WHO))
    sheet.heights[row] = max(_LINE, *(needed(sheet, words, "text", column) for words, column in texts))


def _result(figure: RolledField, by_unit: ByUnit) -> str:
    """The figure, from the sheet with the units' values."""
    place = by_unit.figures.get(figure.field.id)
    if place is not None:
        return _elsewhere(place)
    words = [ACCEPTED] if figure.field.roll_up is RollUp.RETURNED else [ACCEPTED, NOT_RETURNED, SET_ASIDE]
    return "+".join(f"COUNTIF({by_unit.states},{text(word)})" for word in words)


def _elsewhere(place: Cell) -> str:
    return f"'{place.sheet}'!{place.ref}"


def _counts(figure: RolledField, by_unit: ByUnit) -> tuple[Formula | Label, ...]:
    """How many units are in a figure (live), have no such thing, are missing."""
    place = by_unit.counts.get(figure.field.id)
    counted = Decimal(len(figure.counted))
    first: Formula | Label = Label(counted, "count")
    if place is not None:
        first = Formula(_elsewhere(place), lambda _: counted, "count")
    return first, Label(Decimal(len(figure.without)), "count"), Label(Decimal(len(figure.lacking)), "count")


def _same(field: Field, result: str) -> str:
    """Whether the form holds the figure: numbers but for what a program makes of a long sum, words to the letter."""
    near = choose(f"ABS({field.id}-{result})<{_NEAR}", text(_AGREES), text(_DIFFERS))
    numbers = choose(f"COUNT({field.id})=1", near, text(_DIFFERS))
    words = choose(f"{field.id}={result}", text(_AGREES), text(_DIFFERS))
    return choose(f"COUNT({result})=1", numbers, words)


def _plain_style(field: Field) -> str:
    return figure_style(field).replace("figure_", "part_")
