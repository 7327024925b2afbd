"""填报检查: live total and grade, every indicator's score, and whether each input is settled, with a link to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import (
    DONE,
    MISSING,
    PROBLEMS,
    difference,
    grade_of,
)
from perfeval_xl.excel.layout.items import Group, groups, problems_of
from perfeval_xl.excel.layout.model import Formula, Highlight, Label, PrintSetup, Sheet, Shown, View
from perfeval_xl.excel.layout.parts import CHECK, Part, band, claimed, live_score, needed, note, page_ends, title
from perfeval_xl.excel.layout.totals import (
    ROW_CLAIMS,
    ROW_POINTS,
    leaves_out,
    scores_shown,
    total_of_scores,
)
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.expr import BLANK, Refs, choose, text

_COLUMNS = (
    ("序号", 6),
    ("指标", 36),
    ("分值", 9),
    ("系统计算得分", 14),
    ("自评分", 10),
    ("差异", 10),
    ("未填项数", 10),
    ("情况", 26),
    ("去填写", 22),
)
_LAST, _POINTS, _SCORE, _CLAIM, _DIFFERENCE, _MISSING, _STATUS, _LINK = 9, 3, 4, 5, 6, 7, 8, 9
_TOP = 7  # the first indicator's row
_MANY = 12  # more indicators than these have a page to themselves
_INCOMPLETE, _FAULTY, _UNDECIDED = "未填全", "有误，请更正", "数据不全，或须人工核定"
_NOTE = (
    "本表随填报自动更新，不用填写。“状态”为“未填”或写明有误的，点右边的链接前往填写；全部为 ✓ 或空白即可上报。"
    "空白的状态表示该项可以不填。"
)


def build(scheme: Scheme, cells: Mapping[str, Cell]) -> Part:
    """Names every live score, their total and the grade. ``cells`` says where each field stands."""
    sheet = Sheet(CHECK, widths={column: width for column, (_, width) in enumerate(_COLUMNS, start=1)})
    part = Part(sheet)
    title(sheet, f"填报检查（{scheme.year}年度）", _LAST)
    note(sheet, 2, _NOTE, _LAST)
    listed = list(groups(scheme, cells))
    start = _TOP + len(scheme.indicators) + 2
    tops = _tops(listed, start + 1)
    last = tops[-1] + len(listed[-1].items)
    _indicators(part, scheme, listed, tops)
    _list(sheet, start, listed, tops)
    _tiles(part, scheme, listed, f"{to_ref(start + 1, _STATUS)}:{to_ref(last, _STATUS)}")
    _colours(sheet, start, last, problems_of(scheme))
    apart = len(scheme.indicators) > _MANY
    ends = page_ends(sheet, _LAST, _starts(listed, start, tops), top=start if apart else 1)
    breaks = (start - 1, *ends) if apart else ends
    sheet.setup = PrintSetup(area=f"A1:{to_ref(last, _LAST)}", page_breaks=breaks)
    return part


def _tops(listed: Sequence[Group], row: int) -> list[int]:
    """The row of each group's heading."""
    rows = []
    for group in listed:
        rows.append(row)
        row += len(group.items) + 1
    return rows


def _starts(listed: Sequence[Group], start: int, tops: Sequence[int]) -> list[int]:
    """The rows that a page may begin with, and the row after the last: a heading stays with its first item."""
    rows = [row for group, top in zip(listed, tops, strict=True) for row in (top, *_below(top, len(group.items)))]
    return [start, *rows[1:], tops[-1] + len(listed[-1].items) + 1]


def _below(top: int, count: int) -> range:
    """The rows of a group's items but the first."""
    return range(top + 2, top + count + 1)


def _statuses(top: int, count: int) -> str:
    """The range of a group's first ``count`` statuses; '' for none."""
    return f"{to_ref(top + 1, _STATUS)}:{to_ref(top + count, _STATUS)}" if count else ""


def _count(area: str, *words: str) -> str:
    return "+".join(f"COUNTIF({area},{text(word)})" for word in words)


def _counted(view: View, listed: Sequence[Group], *words: str) -> int:
    return sum(item.shows(view) in words for group in listed for item in group.items)


def _indicators(part: Part, scheme: Scheme, listed: Sequence[Group], tops: Sequence[int]) -> None:
    sheet, refs = part.sheet, Refs(scheme.fields)
    for column, (head, _) in enumerate(_COLUMNS, start=1):
        sheet.put(_TOP - 1, column, Label(head, "head"))
    sheet.heights[_TOP - 1] = 26
    scored = [(group, top) for group, top in zip(listed, tops, strict=True) if group.indicator is not None]
    for row, (group, top) in enumerate(scored, start=_TOP):
        indicator = group.indicator
        assert indicator is not None
        sheet.put(row, 1, Label(str(row - _TOP + 1), "center"))
        sheet.put(row, 2, Label(indicator.name, "text"))
        sheet.put(row, 3, Label(indicator.points, "points"))
        live = Formula(applicability.formula(indicator, refs), partial(live_score, indicator=indicator), "score")
        part.name(indicator.formula_score_id, sheet.put(row, _SCORE, live))
        sheet.put(row, _CLAIM, Formula(indicator.self_score_id, partial(claimed, indicator=indicator), "score"))
        gap = difference(indicator.self_score_id, indicator.formula_score_id)
        sheet.put(row, _DIFFERENCE, Formula(gap, partial(_gap, indicator=indicator), "difference"))
        inputs = _statuses(top, len(group.items))
        sheet.put(row, _MISSING, Formula(_count(inputs, MISSING), partial(_missing, group=group), "count"))
        state = _state(indicator, to_ref(row, _MISSING), _count(inputs, *problems_of(scheme)))
        sheet.put(row, _STATUS, Formula(state, partial(_state_shown, group=group), "status"))
        sheet.put(row, _LINK, Label("去填写", "link", group.items[0].cell))
        sheet.heights[row] = max(22, needed(sheet, indicator.name, "text", 2))


def _gap(view: View, *, indicator: Indicator) -> Shown:
    claim, score = claimed(view, indicator), live_score(view, indicator)
    return claim - score if isinstance(claim, Decimal) and isinstance(score, Decimal) else ""


def _missing(view: View, *, group: Group) -> Decimal:
    return Decimal(_counted(view, [group], MISSING))


def _state(indicator: Indicator, missing: str, problems: str) -> str:
    settled = choose(f"{indicator.formula_score_id}={BLANK}", text(_UNDECIDED), text(DONE))
    return choose(f"{missing}>0", text(_INCOMPLETE), choose(f"{problems}>0", text(_FAULTY), settled))


def _state_shown(view: View, *, group: Group) -> str:
    assert group.indicator is not None
    if _counted(view, [group], MISSING):
        return _INCOMPLETE
    if _counted(view, [group], *PROBLEMS):
        return _FAULTY
    return _UNDECIDED if live_score(view, group.indicator) == "" else DONE


def _list(sheet: Sheet, start: int, listed: Sequence[Group], tops: Sequence[int]) -> None:
    """Every input's status under its indicator."""
    sheet.put(start, 1, Label("序号", "head"))
    band(sheet, start, 2, _STATUS - 1, Label("填报项目", "head"))
    sheet.put(start, _STATUS, Label("状态", "head"))
    sheet.put(start, _LINK, Label("去填写", "head"))
    sheet.heights[start] = 26
    for group, top in zip(listed, tops, strict=True):
        band(sheet, top, 1, _LAST, Label(group.heading, "group"))
        sheet.heights[top] = 22
        inputs = _statuses(top, group.inputs)
        for number, item in enumerate(group.items, start=1):
            row = top + number
            sheet.put(row, 1, Label(str(number), "center"))
            band(sheet, row, 2, _STATUS - 1, Label(item.label, "text"))
            sheet.put(row, _STATUS, Formula(item.expression(inputs), item.shows, "status"))
            sheet.put(row, _LINK, Label(str(item.cell), "link", item.cell))
            sheet.heights[row] = 20


def _tiles(part: Part, scheme: Scheme, listed: Sequence[Group], statuses: str) -> None:
    """Total, grade and what is left to do, large, at the top."""
    sheet = part.sheet
    last = _TOP + len(scheme.indicators) - 1
    scores, points = (f"{to_ref(_TOP, column)}:{to_ref(last, column)}" for column in (_SCORE, _POINTS))
    total = Formula(total_of_scores(scheme, scores, points), scores_shown, "big_score")
    if leaves_out(scheme):
        for name, column in ((ROW_POINTS, _POINTS), (ROW_CLAIMS, _CLAIM)):
            part.name(name, Cell(sheet.name, to_ref(_TOP, column)), Cell(sheet.name, to_ref(last, column)))
    grade = Formula(grade_of("total_formula_score", scheme.grades), _grade, "big_grade")
    problems = problems_of(scheme)
    missing = Formula(_count(statuses, MISSING), lambda view: Decimal(_counted(view, listed, MISSING)), "big_count")
    faulty = Formula(_count(statuses, *problems), lambda view: Decimal(_counted(view, listed, *PROBLEMS)), "big_count")
    tiles = (
        ("系统计算总分", total, 1, 2, "total_formula_score"),
        ("评价等级", grade, 3, 4, "grade_formula"),
        ("未填项数", missing, 5, 7, "count_missing"),
        ("有误项数", faulty, 8, 9, "count_faulty"),
    )
    for label, content, left, right, name in tiles:
        band(sheet, 3, left, right, Label(label, "big_label"))
        part.name(name, band(sheet, 4, left, right, content))
    sheet.heights[3], sheet.heights[4], sheet.heights[5] = 24, 42, 8


def _grade(view: View) -> str:
    total = scores_shown(view)
    return view.card.scheme.grade_for(total) if isinstance(total, Decimal) else ""


def _colours(sheet: Sheet, start: int, last: int, problems: Sequence[str]) -> None:
    column = f"{to_ref(_TOP, _STATUS)}:{to_ref(last, _STATUS)}"
    first = to_ref(_TOP, _STATUS)
    sheet.highlights.append(Highlight(column, f"{first}={text(DONE)}", "good"))
    for word in (MISSING, _INCOMPLETE, _UNDECIDED):
        sheet.highlights.append(Highlight(column, f"{first}={text(word)}", "todo"))
    for word in (*problems, _FAULTY):
        sheet.highlights.append(Highlight(column, f"{first}={text(word)}", "bad"))
    gaps = f"{to_ref(_TOP, _DIFFERENCE)}:{to_ref(start - 2, _DIFFERENCE)}"
    cell = to_ref(_TOP, _DIFFERENCE)
    sheet.highlights.append(Highlight(gaps, f"IF(COUNT({cell})=1,{cell}<>0,FALSE)", "differs"))
