"""The head block of the official table (部门基本情况): who, the year's goals, the year's budget.

The scheme's head fields come in any number; counts stand beside the unit's name, texts side by side under their
labels, amounts in one table under their headings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.formulas import unfilled
from perfeval_xl.excel.layout.model import Label, Sheet, Stamp
from perfeval_xl.excel.layout.parts import band, input_for, needed, tint
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.model import Scheme

_LAST = 10
_LABEL, _NAME, _SECOND_LABEL, _SECOND = (1, 3), (4, 7), (8, 8), (9, 10)
_TEXT_SPANS = ((1, 7), (8, 8), (9, 10))
_AMOUNT_SPANS = ((2, 3), (4, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10))
_TEXT_HEIGHT = 165.0  # points: about ten lines
_LINE = 26.0


def head_block(sheet: Sheet, row: int, scheme: Scheme) -> int:
    """Lay the block from ``row`` on; returns the next free row."""
    band(sheet, row, 1, _LAST, Label("部门（单位）基本情况", "head"))
    sheet.heights[row] = _LINE
    facts = [field for field in scheme.head if field.type not in (FieldType.TEXT, FieldType.AMOUNT)]
    texts = [field for field in scheme.head if field.type is FieldType.TEXT]
    amounts = [field for field in scheme.head if field.type is FieldType.AMOUNT]
    row = _facts(sheet, row + 1, facts)
    for chunk in _chunks(texts, len(_TEXT_SPANS)):
        row = _texts(sheet, row, chunk)
    for chunk in _chunks(amounts, len(_AMOUNT_SPANS)):
        row = _amounts(sheet, row, chunk)
    return row


def _chunks(fields: Sequence[Field], size: int) -> list[Sequence[Field]]:
    return [fields[start : start + size] for start in range(0, len(fields), size)]


def _input(sheet: Sheet, row: int, span: tuple[int, int], field: Field, style: str | None) -> None:
    band(sheet, row, *span, input_for(field, style))
    if field.required:
        tint(sheet, row, span[0], unfilled(field, None, to_ref(row, span[0])))


def _facts(sheet: Sheet, row: int, facts: Sequence[Field]) -> int:
    """The unit's name and the first fact in one row, further facts two by two."""
    band(sheet, row, *_LABEL, Label("部门（单位）名称", "head"))
    band(sheet, row, *_NAME, Stamp("unit_name", "stamp_left"))
    places = [(row, _SECOND_LABEL, _SECOND)]
    for extra in range(1, len(facts) // 2 + 1):
        places += [(row + extra, _LABEL, _NAME), (row + extra, _SECOND_LABEL, _SECOND)]
    for (line, label, value), field in zip(places, facts, strict=False):
        band(sheet, line, *label, Label(field.label, "head"))
        _input(sheet, line, value, field, "input_head_count" if field.type is FieldType.COUNT else None)
    last = row + len(facts) // 2
    for line in range(row, last + 1):
        sheet.heights[line] = _LINE
    return last + 1


def _texts(sheet: Sheet, row: int, fields: Sequence[Field]) -> int:
    """Up to three texts side by side, each under its label."""
    for span, field in zip(_TEXT_SPANS, fields, strict=False):
        band(sheet, row, *span, Label(field.label, "head"))
        _input(sheet, row + 1, span, field, None)
    sheet.heights[row], sheet.heights[row + 1] = _LINE, _TEXT_HEIGHT
    return row + 2


def _amounts(sheet: Sheet, row: int, fields: Sequence[Field]) -> int:
    """Amounts side by side; equal headings are merged over their amounts, as in the official form."""
    depth = max(len(field.headings) for field in fields)
    spans = dict(zip(fields, _AMOUNT_SPANS, strict=False))
    value_row = row + depth + 1
    band_label = Label("年度部门预算情况", "head")
    sheet.put(row, 1, band_label, to=(value_row, 1))
    for level in range(depth):
        for path, run in groupby(fields, key=lambda field: field.headings[: level + 1]):
            under = list(run)
            if len(path) == level + 1:
                band(sheet, row + level, spans[under[0]][0], spans[under[-1]][1], Label(path[-1], "head"))
    for field in fields:
        left, right = spans[field]
        sheet.put(row + len(field.headings), left, Label(field.label, "head"), to=(row + depth, right))
        _input(sheet, value_row, (left, right), field, "input_head_amount")
    for line in range(row, value_row + 1):
        sheet.heights[line] = _LINE
    labels = max(needed(sheet, field.label, "head", *spans[field]) for field in fields)
    sheet.heights[row + depth] = max(_LINE, labels)
    return value_row + 1
