"""自评说明: the narrative's headings and its text inputs."""

from __future__ import annotations

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.formulas import unfilled
from perfeval_xl.excel.layout.model import Label, PrintSetup, Sheet
from perfeval_xl.excel.layout.parts import (
    NARRATIVE,
    NARRATIVE_TITLE,
    Part,
    band,
    input_for,
    needed,
    note,
    page_ends,
    tint,
    title,
    titles,
)
from perfeval_xl.excel.layout.review import mark, mark_heading, mark_highlight
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import NarrativeSection, Scheme

_LAST, _MARK = 2, 4
_LONG = 2500  # characters: a field that takes more gets a tall area
_LINE = 26.0
_TALL, _SHORT = 320.0, 170.0
_NOTE = (
    "各栏可直接粘贴文字；同一格内换行按 Alt+Enter。地方不够时，可以把行拉高，打印时随之变长。"
    "带“（可不填）”的项目没有内容就留空。"
)


def build(scheme: Scheme) -> Part | None:
    """A row a title, two merged rows a text: one row alone could not be made tall enough for a long text. None for a
    form without a narrative."""
    if not scheme.narrative:
        return None
    sheet = Sheet(NARRATIVE, widths={1: 20, 2: 92, 3: 2})
    title(sheet, titles(scheme, scheme.unit_title)[NARRATIVE_TITLE], _LAST, stamp=NARRATIVE_TITLE)
    note(sheet, 2, _NOTE, _LAST)
    mark_heading(sheet, 2, _MARK)
    starts: list[int] = []
    row = _sections(sheet, 3, scheme.narrative, 1, starts)
    mark_highlight(sheet, _MARK, 3, row - 1)
    area = f"A1:{to_ref(row - 1, _LAST)}"
    sheet.setup = PrintSetup(area=area, page_breaks=page_ends(sheet, _LAST, [*starts, row]))
    return Part(sheet)


def _sections(
    sheet: Sheet, row: int, sections: tuple[NarrativeSection, ...], depth: int, starts: list[int], fresh: bool = True
) -> int:
    """Lay the sections out; a heading stays with what follows it, so only the first of a run of headings is a start."""
    for section in sections:
        if fresh:
            starts.append(row)
        band(sheet, row, 1, _LAST, Label(section.heading, "section" if depth == 1 else "subsection"))
        sheet.heights[row] = 30 if depth == 1 else 24
        row += 1
        for number, field in enumerate(section.fields):
            if number and _is_long(section.fields[number - 1]):  # a title stays with its text
                starts.append(row)
            row = _field(sheet, row, field)
        row = _sections(sheet, row, section.sections, depth + 1, starts, fresh=bool(section.fields))
        fresh = True
    return row


def _is_long(field: Field) -> bool:
    return field.max_length is None or field.max_length >= _LONG


def _field(sheet: Sheet, row: int, field: Field) -> int:
    label = field.label if field.required else f"{field.label}\n（可不填）"
    long = _is_long(field)
    if long:
        sheet.put(row, 1, Label(label, "text"), to=(row + 1, 1))
        sheet.put(row, 2, input_for(field), to=(row + 1, 2))
        mark(sheet, row, _MARK, field.id, to=(row + 1, _MARK))
        sheet.heights[row] = sheet.heights[row + 1] = (_TALL if field.required else _SHORT) / 2
    else:
        sheet.put(row, 1, Label(label, "text"))
        sheet.put(row, 2, input_for(field, "input_line"))
        mark(sheet, row, _MARK, field.id)
        sheet.heights[row] = max(_LINE, needed(sheet, label, "text", 1))
    if field.required:
        tint(sheet, row, 2, unfilled(field, None, to_ref(row, 2)))
    return row + (2 if long else 1)
