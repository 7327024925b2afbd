"""自评表: the official table in its columns, with the head block above and the review block on its right."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import accumulate

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import box_text, grade_box, in_grade
from perfeval_xl.excel.layout.columns import GAP, Columns, fill_line, paper_setup
from perfeval_xl.excel.layout.head import head_block
from perfeval_xl.excel.layout.indicator_lines import indicator_lines
from perfeval_xl.excel.layout.levels import Rows
from perfeval_xl.excel.layout.model import Content, Formula, Label, Sheet, View
from perfeval_xl.excel.layout.parts import TABLE, TITLE, Part, band, needed, note, title, titles
from perfeval_xl.excel.layout.review_block import ReviewBlock
from perfeval_xl.excel.layout.row_lines import STATUS_WIDTH, row_lines
from perfeval_xl.excel.layout.totals import claims_shown, total_of_self_scores
from perfeval_xl.scheme.form import Body
from perfeval_xl.scheme.model import Grade, Scheme

TOTAL = "total_self_score"
_TOP = 3  # where the head block begins
_LINE = 30.0
_GRADE_LABEL = 10.0  # characters that 评价等级 takes
_BOXES = 4  # the most grades in a line


def build(scheme: Scheme) -> Part:
    """The whole sheet; names the total of the self-scores."""
    form, columns = scheme.form, Columns(scheme.form)
    rows_inside = form.body is Body.ROWS
    in_head = any(row.indicator for block in form.head for row in block.rows)
    review = ReviewBlock(columns.outer + (1 if rows_inside else 0), beside=rows_inside or in_head)
    sheet = Sheet(TABLE, widths={**columns.widths, columns.outer + 1: GAP, **review.widths()}, setup=paper_setup(form))
    part = Part(sheet)
    title(sheet, titles(scheme, scheme.unit_title)[TITLE], columns.last, stamp=TITLE)
    band(sheet, 2, 1, columns.last, Label(f"（{scheme.year}年度）", "subtitle"))
    sheet.heights[2] = 22
    heading, in_grid = head_block(part, _TOP, scheme, columns)
    headings = heading, columns.headings(sheet, heading)
    scored: Rows
    if rows_inside:
        sheet.widths[columns.outer + 1] = STATUS_WIDTH
        body = row_lines(part, headings, scheme, columns, review)
        rows, scored, breaks = body.rows, body.scored, body.breaks
    else:
        listed = (each for each in scheme.indicators if each not in in_grid.values())
        rows = scored = dict(enumerate(listed, start=headings[1] + 1))
        breaks = indicator_lines(sheet, headings, scheme, columns, rows)
    score = columns.place["score"]
    together = not rows_inside and not in_grid
    scores = f"{to_ref(min(rows), score)}:{to_ref(max(rows), score)}" if together else ""
    bottom = _totals(part, max(rows) + 1, scheme, columns, scores)
    _review(sheet, review, headings, in_grid, scored, max(rows) + 1)
    area = f"A1:{to_ref(bottom, columns.last)}"
    sheet.setup = replace(sheet.setup, area=area, repeat_rows=headings, page_breaks=breaks)
    return part


def _totals(part: Part, row: int, scheme: Scheme, columns: Columns, scores: str) -> int:
    """总分, 评价等级 and 注 below the table; returns the last row. ``scores`` is the area of the self-scores, '' for none."""
    sheet, place = part.sheet, columns.place
    points = next((place[each] for each in ("points1", "points", "weight") if each in columns), None)
    total = Formula(total_of_self_scores(scheme, scores), claims_shown, "total_score")
    contents: dict[int, Content] = {place["score"]: total}
    if points is not None:
        contents[points] = Label(scheme.points, "total")
    fill_line(sheet, row, (1, columns.last), contents, label=Label("总分", "total"))
    part.name(TOTAL, Cell(sheet.name, to_ref(row, place["score"])))
    sheet.heights[row] = _LINE
    row = _grades(sheet, row + 1, scheme, columns)
    note(sheet, row, scheme.note, columns.last, "plain")
    return row


def _grades(sheet: Sheet, row: int, scheme: Scheme, columns: Columns) -> int:
    """A box for each grade beside 评价等级; returns the next free row."""
    widths = accumulate(columns.widths[each] for each in range(1, columns.last))
    label = next((number for number, width in enumerate(widths, start=1) if width >= _GRADE_LABEL), columns.last - 1)
    most = min(_BOXES, columns.last - label)
    lines = [scheme.grades[start : start + most] for start in range(0, len(scheme.grades), most)]
    for line, grades in enumerate(lines, start=row):
        texts = [box_text(grade, False) for grade in grades]
        spans = columns.spans([float(len(each)) for each in texts], label + 1)
        for grade, span in zip(grades, spans, strict=True):
            best = grade.high == scheme.points
            box = Formula(grade_box(TOTAL, grade, best), partial(_box, grade=grade, best=best), "grade")
            band(sheet, line, *span, box)
        sheet.heights[line] = max(
            _LINE, *(needed(sheet, each, "grade", *span) for each, span in zip(texts, spans, strict=True))
        )
    sheet.put(row, 1, Label("评价等级", "total"), to=(row + len(lines) - 1, label))
    return row + len(lines)


def _box(view: View, *, grade: Grade, best: bool) -> str:
    return box_text(grade, in_grade(grade, best, claims_shown(view)))


def _review(
    sheet: Sheet, review: ReviewBlock, headings: tuple[int, int], in_grid: Rows, scored: Rows, total: int
) -> None:
    """The block beside head and body; ``total`` is the row with the total."""
    review.head(sheet, _TOP, *headings, in_grid)
    review.marks(sheet, range(_TOP, headings[0]), review.after)
    review.marks_stand_out(sheet, _TOP + 1, total - 1 if review.beside else headings[0] - 1)
    review.lines(sheet, {**in_grid, **scored})
    review.total(sheet, total)
    for rows in filter(None, (in_grid, scored)):
        review.lines_stand_out(sheet, min(rows), max(rows))
