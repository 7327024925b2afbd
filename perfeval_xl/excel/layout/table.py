"""自评表: the official table in its ten columns, with the head block above and the review block on its right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.formulas import box_text, grade_box, in_grade, total_of, total_shown
from perfeval_xl.excel.layout.head import head_block
from perfeval_xl.excel.layout.model import Formula, Highlight, Input, Label, PrintSetup, Review, Sheet, View
from perfeval_xl.excel.layout.parts import (
    TABLE,
    TITLE,
    Part,
    band,
    claimed,
    input_for,
    needed,
    note,
    page_height,
    title,
    titles,
)
from perfeval_xl.excel.layout.review import mark, mark_highlight
from perfeval_xl.excel.styles import MAX_HEIGHT
from perfeval_xl.scheme.model import Grade, Indicator, Scheme

WIDTHS = {1: 8, 2: 6, 3: 8, 4: 6, 5: 14, 6: 11.5, 7: 28, 8: 76, 9: 11.5, 10: 58, 11: 2, 12: 11, 13: 11, 14: 80}
HEADS = (
    "一级指标",
    "分值",
    "二级指标",
    "分值",
    "三级指标",
    "分值",
    "指标解释",
    "评分标准",
    "得分/自评分",
    "评分依据、未达标原因、改进措施",
)
TOTAL = "total_self_score"
_SCORE, _EVIDENCE, _LAST = 9, 10, 10
_REVIEW_SCORE, _DIFFERENCE, _OPINION = 12, 13, 14
_TOP = 3  # where the head block begins
_SMALLEST = 66.0  # points: room for some lines of evidence beside a short criterion
_WELL_FILLED = 0.75  # of a page: enough to end it
_SETUP = PrintSetup(paper=8, landscape=True)
_BOX_SPANS = ((3, 6), (7, 7), (8, 8), (9, 10))


def build(scheme: Scheme) -> Part:
    """The whole sheet; names the total of the self-scores."""
    sheet = Sheet(TABLE, widths=dict(WIDTHS))
    part = Part(sheet)
    title(sheet, titles(scheme, scheme.unit_title)[TITLE], _LAST, stamp=TITLE)
    band(sheet, 2, 1, _LAST, Label(f"（{scheme.year}年度）", "subtitle"))
    sheet.heights[2] = 22
    head = head_block(sheet, _TOP, scheme)
    for column, text in enumerate(HEADS, start=1):
        sheet.put(head, column, Label(text, "head"))
    sheet.heights[head] = 30
    first, last = head + 1, head + len(scheme.indicators)
    rows = dict(enumerate(scheme.indicators, start=first))
    for row, indicator in rows.items():
        _indicator(sheet, row, indicator, scheme)
    _shared_names(sheet, rows)
    _heights(sheet, rows)
    breaks = _page_breaks(sheet, head, rows)
    _levels(sheet, rows, breaks, scheme)
    bottom = _totals(part, first, last, scheme)
    _review(sheet, head, rows)
    sheet.highlights.append(Highlight(f"I{first}:J{last}", f'I{first}=""', "required"))
    area = f"A1:{to_ref(bottom, _LAST)}"
    sheet.setup = replace(_SETUP, area=area, repeat_rows=(head, head), page_breaks=breaks)
    return part


def _indicator(sheet: Sheet, row: int, indicator: Indicator, scheme: Scheme) -> None:
    """The cells of one scored row that no other row shares."""
    sheet.put(row, 6, Label(indicator.points, "points"))
    sheet.put(row, 8, Label(indicator.criteria, "text"))
    claim = scheme.fields[indicator.self_score_id]
    shows = partial(claimed, indicator=indicator)
    sheet.put(row, _SCORE, Formula(indicator.formula_score_id, shows, "input_score", claim))
    sheet.put(row, _EVIDENCE, input_for(scheme.fields[indicator.evidence_id]))


def _shared_names(sheet: Sheet, rows: dict[int, Indicator]) -> None:
    """Third-level names and interpretations; rows of one indicator share the name, and an interpretation given once."""
    for _, run in groupby(rows, key=lambda row: (rows[row].level1, rows[row].level2, rows[row].name)):
        shared = list(run)
        sheet.put(shared[0], 5, Label(rows[shared[0]].name, "center"), to=(shared[-1], 5))
        texts = [rows[row].interpretation for row in shared]
        if all(text in ("", texts[0]) for text in texts):
            sheet.put(shared[0], 7, Label(texts[0], "text"), to=(shared[-1], 7))
        else:
            for row, text in zip(shared, texts, strict=True):
                sheet.put(row, 7, Label(text, "text"))


def _heights(sheet: Sheet, rows: dict[int, Indicator]) -> None:
    for row, indicator in rows.items():
        wanted = max(
            _SMALLEST,
            needed(sheet, indicator.criteria, "text", 8),
            needed(sheet, indicator.interpretation, "text", 7),
            needed(sheet, indicator.name, "center", 5),
            needed(sheet, indicator.level2, "center", 3),
        )
        sheet.heights[row] = min(wanted, MAX_HEIGHT)


def _page_breaks(sheet: Sheet, head: int, rows: dict[int, Indicator]) -> tuple[int, ...]:
    """The rows after which a page ends: before a second-level indicator where that leaves the page well filled,
    else between third-level indicators."""
    page, top = page_height(sheet, _LAST, _SETUP), sheet.heights[head]
    breaks: list[int] = []
    used = sum(sheet.heights[row] for row in range(1, head + 1))
    for _, group in groupby(rows, key=lambda row: (rows[row].level1, rows[row].level2)):
        block = list(group)
        if used + _sum(sheet, block) > page and used > page * _WELL_FILLED:
            breaks.append(block[0] - 1)
            used = top
        for _, run in groupby(block, key=lambda row: rows[row].name):
            kept = list(run)
            if used + _sum(sheet, kept) > page:
                breaks.append(kept[0] - 1)
                used = top
            used += _sum(sheet, kept)
    return tuple(breaks)


def _sum(sheet: Sheet, rows: list[int]) -> float:
    return sum(sheet.heights[row] for row in rows)


def _levels(sheet: Sheet, rows: dict[int, Indicator], breaks: tuple[int, ...], scheme: Scheme) -> None:
    """Levels one and two with their points, merged downward within a page and named again on the next."""
    first_level = {level.name: level for level in scheme.levels}

    def page(row: int) -> int:
        return sum(row > last for last in breaks)

    for (name, _), run in groupby(rows, key=lambda row: (rows[row].level1, page(row))):
        _merged_down(sheet, list(run), 1, Label(name, "center"), Label(first_level[name].points, "points"))
    for (name, second, _), run in groupby(rows, key=lambda row: (rows[row].level1, rows[row].level2, page(row))):
        level = next(each for each in first_level[name].levels if each.name == second)
        _merged_down(sheet, list(run), 3, Label(second, "center"), Label(level.points, "points"))


def _merged_down(sheet: Sheet, rows: list[int], column: int, name: Label, points: Label) -> None:
    sheet.put(rows[0], column, name, to=(rows[-1], column))
    sheet.put(rows[0], column + 1, points, to=(rows[-1], column + 1))


def _totals(part: Part, first: int, last: int, scheme: Scheme) -> int:
    """总分, 评价等级 and 注 below the table; returns the last row."""
    sheet, row = part.sheet, last + 1
    scores = f"I{first}:I{last}"
    sheet.put(row, 1, Label("总分", "total"))
    sheet.put(row, 2, Label(scheme.points, "total"))
    band(sheet, row, 3, 8, Label("", "text"))
    total = Formula(total_of(scores, len(scheme.indicators)), _total, "total_score")
    part.name(TOTAL, sheet.put(row, _SCORE, total))
    sheet.put(row, _EVIDENCE, Label("", "text"))
    sheet.heights[row] = 30
    top = row + 1
    for number, (grade, (left, right)) in enumerate(_boxes(scheme)):
        row = top + number // len(_BOX_SPANS)
        best = grade.high == scheme.points
        box = Formula(grade_box(TOTAL, grade, best), partial(_box, grade=grade, best=best), "grade")
        band(sheet, row, left, right, box)
        sheet.heights[row] = 30
    sheet.put(top, 1, Label("评价等级", "total"), to=(row, 2))
    row += 1
    note(sheet, row, scheme.note, _LAST, "plain")
    return row


def _boxes(scheme: Scheme) -> Iterator[tuple[Grade, tuple[int, int]]]:
    for number, grade in enumerate(scheme.grades):
        yield grade, _BOX_SPANS[number % len(_BOX_SPANS)]


def _total(view: View) -> Decimal | str:
    claims = [claimed(view, indicator) for indicator in view.card.scheme.indicators]
    return total_shown(claim if isinstance(claim, Decimal) else None for claim in claims)


def _box(view: View, *, grade: Grade, best: bool) -> str:
    return box_text(grade, in_grade(grade, best, _total(view)))


def _review(sheet: Sheet, head: int, rows: dict[int, Indicator]) -> None:
    """区局复核: locked, empty when issued, no formula looks at it, outside the print area."""
    sheet.put(_TOP, _REVIEW_SCORE, Label("区局复核（由主管部门填写）", "review_head"), to=(_TOP, _OPINION))
    sheet.put(_TOP + 1, _REVIEW_SCORE, Label("复核提示", "review_head"), to=(head - 1, _REVIEW_SCORE))
    for row in range(_TOP + 1, head):
        inputs = (sheet.cells.get(to_ref(row, column)) for column in range(1, _LAST + 1))
        field = next((content.field.id for content in inputs if isinstance(content, Input)), None)
        if field is not None:
            mark(sheet, row, _DIFFERENCE, field, to=(row, _OPINION))
    mark_highlight(sheet, _DIFFERENCE, _TOP + 1, head - 1, right=_OPINION)
    for column, text in ((_REVIEW_SCORE, "复核得分"), (_DIFFERENCE, "差异"), (_OPINION, "复核意见")):
        sheet.put(head, column, Label(text, "review_head"))
    for row, indicator in rows.items():
        sheet.put(row, _REVIEW_SCORE, Review(f"{indicator.code}_review_score", "review_score"))
        sheet.put(row, _DIFFERENCE, Review(f"{indicator.code}_review_difference", "review_difference"))
        sheet.put(row, _OPINION, Review(f"{indicator.code}_review_opinion", "review_text"))
    first, last = min(rows), max(rows)
    for row, label, review in (
        (last + 1, "复核总分", Review("review_total", "review_total")),
        (last + 2, "审定等级", Review("review_grade", "review_grade")),
    ):
        sheet.put(row, _REVIEW_SCORE, Label(label, "review_head"))
        sheet.put(row, _DIFFERENCE, review, to=(row, _OPINION))
    differs = f"IF(COUNT($M{first})=1,$M{first}<>0,FALSE)"
    sheet.highlights.append(Highlight(f"L{first}:N{last}", differs, "differs"))
    unsettled = f'AND($L{first}="",$N{first}<>"")'
    sheet.highlights.append(Highlight(f"L{first}:N{last}", unsettled, "todo"))
