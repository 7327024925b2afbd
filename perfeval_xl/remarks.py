"""What the review has to say of a return, in words: an opinion a row, marks beside inputs, the list of all findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.excel.layout.review import LIST_ROWS, MARK, NO_PLACE, list_name
from perfeval_xl.excel.sheetpatch import Content
from perfeval_xl.findings import Finding, FindingGroup, Severity, grouped, places
from perfeval_xl.numbers import show_span
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

NO_GRADE_YET = "待定"
NOTHING_FOUND = "没有发现问题。"
_TOLD_ALREADY = {"score-differs", "self-score-missing", "needs-review", "missing"}
"""Findings that an opinion's first sentence says in its own words."""
_SHOWN = 12  # cells named in one line of the list
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass
class Remarks:
    """What goes into the cells for the review by their names; a name that is not there: nothing.

    ``links``: the names of cells that lead to another cell of the return.
    """

    contents: dict[str, Content] = field(default_factory=dict)
    links: dict[str, Cell] = field(default_factory=dict)


def remarks(card: ScoreCard, findings: Sequence[Finding], where: Mapping[str, Cell]) -> Remarks:
    """All that is to be said. ``where`` are the cells for the review in the return by name, the findings' cells being
    those of the same return."""
    said = Remarks(_block(card, findings) | _marks(findings, where))
    _list(said, card, findings)
    return said


def _block(card: ScoreCard, findings: Sequence[Finding]) -> dict[str, Content]:
    """The block beside the official table."""
    of_row: defaultdict[str | None, list[Finding]] = defaultdict(list)
    for each in findings:
        of_row[each.indicator].append(each)
    block: dict[str, Content] = {}
    for row in card.rows:
        code = row.indicator.code
        block[f"{code}_review_score"] = NOT_APPLICABLE if row.excluded else row.final
        block[f"{code}_review_difference"] = row.final_difference
        block[f"{code}_review_opinion"] = opinion(row, of_row[code])
    return block | {"review_total": _total(card), "review_grade": card.grade or NO_GRADE_YET}


def _total(card: ScoreCard) -> Decimal | str:
    if card.total is not None:
        return card.total
    return f"{card.total_text}（暂定）"


def _marks(findings: Iterable[Finding], where: Mapping[str, Cell]) -> dict[str, Content]:
    """Beside the inputs of a row, the errors and warnings that its cells have."""
    mark_of = {(cell.sheet, from_ref(cell.ref)[0]): name for name, cell in where.items() if name.endswith(MARK)}
    marked: defaultdict[str, list[Finding]] = defaultdict(list)
    for each in findings:
        if each.cell is not None and each.severity is not Severity.INFO:
            name = mark_of.get((each.cell.sheet, from_ref(each.cell.ref)[0]))
            if name is not None:
                marked[name].append(each)
    return {name: "\n".join(_mark(group) for group in _by_severity(found)) for name, found in marked.items()}


def _mark(group: FindingGroup) -> str:
    refs = "、".join(cell.ref for cell in group.cells)
    return f"{group.first.severity.label}（{refs}）：{_sentence(group.first.message)}"


def _by_severity(findings: Iterable[Finding]) -> list[FindingGroup]:
    return sorted(grouped(findings), key=lambda group: _ORDER.index(group.first.severity))


def _list(said: Remarks, card: ScoreCard, findings: Iterable[Finding]) -> None:
    """The list 审核结果: the most serious first, with links to the first of each one's cells."""
    groups = _by_severity(findings)
    said.contents |= {
        "review_list_total": _total(card),
        "review_list_grade": card.grade or NO_GRADE_YET,
        "review_list_count": _count(groups),
    }
    shown = groups if len(groups) <= LIST_ROWS else groups[: LIST_ROWS - 1]
    for line, group in enumerate(shown, start=1):
        said.contents |= {
            list_name(line, "number"): Decimal(line),
            list_name(line, "severity"): group.first.severity.label,
            list_name(line, "place"): _place(group.cells),
            list_name(line, "message"): _message(group),
        }
        if group.cells:
            said.links[list_name(line, "place")] = group.cells[0]
    if len(shown) < len(groups):
        rest = f"另有 {len(groups) - len(shown)} 条，请见汇总表的问题清单。"
        said.contents[list_name(LIST_ROWS, "severity")] = "……"
        said.contents[list_name(LIST_ROWS, "message")] = rest


def _count(groups: Sequence[FindingGroup]) -> str:
    if not groups:
        return NOTHING_FOUND
    counts = [(each.label, sum(group.first.severity is each for group in groups)) for each in _ORDER]
    return f"共 {len(groups)} 条：" + "，".join(f"{label} {count} 条" for label, count in counts if count)


def _place(cells: Sequence[Cell]) -> str:
    if not cells:
        return NO_PLACE
    return str(cells[0]) if len(cells) == 1 else f"{cells[0]} 等 {len(cells)} 格"


def _message(group: FindingGroup) -> str:
    if len(group.cells) < 2:
        return group.first.message
    more = "等" if len(group.cells) > _SHOWN else ""
    return f"{_sentence(group.first.message)}（{places(group.cells[:_SHOWN])}{more}）"


def opinion(row: IndicatorScore, findings: Iterable[Finding]) -> str:
    """The 复核意见 on one row: what was ruled; whether its score stands, else what differs and why; notes and findings.

    ``findings`` are those of this row; what is only for information is left out.
    """
    lines = [f"区局裁定：{_sentence(str(row.ruling))}"] if row.ruling is not None else []
    lines.append(_verdict(row))
    lines += [_sentence(note) for note in row.notes]
    telling = (each for each in findings if each.severity is not Severity.INFO and each.code not in _TOLD_ALREADY)
    for group in grouped(telling):
        message = str(group).replace(f"{row.indicator.name}：", "", 1)  # the row's name stands beside it
        lines.append(_sentence(message))
    return "\n".join(lines)


def _verdict(row: IndicatorScore) -> str:
    """Whether the recalculated score is what the unit claims."""
    outcome, basis = row.outcome, row.outcome.basis.rstrip("。")
    if outcome.result is Result.NEEDS_REVIEW:
        return f"需人工核定：{basis}{_range(row)}。"
    if outcome.result is Result.MISSING:
        return f"数据不全：{basis}{_range(row)}。"
    if row.score is None:
        return f"{basis}。"
    if row.self_score is None:
        return f"自评分未填，按评分标准重算 {row.shown(row.score)} 分：{basis}。"
    if row.self_score == row.score:
        return f"一致：{basis}。" if outcome.result is Result.NOT_APPLICABLE else "一致。"
    way = "多" if row.self_score > row.score else "少"
    gap = row.shown(abs(row.self_score - row.score))
    return (
        f"自评 {row.shown(row.self_score)} 分，按评分标准重算 {row.shown(row.score)} 分，自评{way} {gap} 分：{basis}。"
    )


def _range(row: IndicatorScore) -> str:
    """What an open row counts for the time being; '' where a ruling has settled it."""
    return "" if row.ruling else f"（暂计 {show_span(row.low, row.high, row.indicator.places)} 分）"


def _sentence(text: str) -> str:
    return text if text.endswith(("。", "！", "？", "；")) else f"{text}。"
