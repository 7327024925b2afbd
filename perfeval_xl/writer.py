"""Writing the review into a copy of a return: the block 区局复核 and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from perfeval_xl.cells import Cell
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import Content, Patch, patch_sheet
from perfeval_xl.findings import Finding, Severity, grouped
from perfeval_xl.numbers import show_score
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

NO_GRADE_YET = "待定"
_LONGEST = 1_000
"""Characters of an opinion; the rest is in the summary's list of findings."""
_CUT = "……（其余见汇总表的问题清单）"
_TOLD_ALREADY = {"score-differs", "self-score-missing", "needs-review", "missing"}
"""Findings that an opinion's first sentence says in its own words."""


def annotate(workbook: bytes, places: Mapping[str, Cell], card: ScoreCard, findings: Sequence[Finding]) -> bytes:
    """A copy of a return with its review block filled from ``card``; ``findings`` are all that were made of it.

    ``places`` are the cells of the block in this workbook by defined name (Submission.review_cells).

    Every cell of the block is written or cleared, so an earlier review leaves no trace. All else stays as it is, byte
    for byte. PatchRefused, saying why, where the block is not to be found or can't be written without harm.
    """
    package = Package.read(workbook)
    by_sheet: defaultdict[str, dict[str, Patch]] = defaultdict(dict)
    for name, content in _block(card, findings).items():
        cell = places.get(name)
        if cell is None:
            raise PatchRefused(f"{name} 的单元格已被删除")
        if cell.ref in by_sheet[cell.sheet]:
            raise PatchRefused(f"两项复核内容都指向 {cell}")
        by_sheet[cell.sheet][cell.ref] = Patch(content)
    changes = {}
    for sheet, patches in by_sheet.items():
        part = package.sheets.get(sheet)
        if part is None:
            raise PatchRefused(f"没有工作表“{sheet}”")
        changes[part] = patch_sheet(package.part(part), patches, sheet=sheet)
    return package.rewrite(changes)


def _block(card: ScoreCard, findings: Sequence[Finding]) -> dict[str, Content]:
    """What each cell of the block is to hold, by its defined name."""
    of_row: defaultdict[str | None, list[Finding]] = defaultdict(list)
    for each in findings:
        of_row[each.indicator].append(each)
    block: dict[str, Content] = {}
    for row in card.rows:
        code = row.indicator.code
        block[f"{code}_review_score"] = row.score
        block[f"{code}_review_difference"] = row.difference
        block[f"{code}_review_opinion"] = opinion(row, of_row[code])
    if card.total is None:
        block["review_total"] = f"{show_score(card.total_min)}～{show_score(card.total_max)}（暂定）"
    else:
        block["review_total"] = card.total
    block["review_grade"] = card.grade or NO_GRADE_YET
    return block


def opinion(row: IndicatorScore, findings: Iterable[Finding]) -> str:
    """The 复核意见 on one row: whether its score stands, else what differs and why; then notes and its findings.

    ``findings`` are those of this row; what is only for information is left out.
    """
    lines = [_verdict(row)]
    lines += [_sentence(note) for note in row.notes]
    telling = (each for each in findings if each.severity is not Severity.INFO and each.code not in _TOLD_ALREADY)
    for group in grouped(telling):
        message = str(group).replace(f"{row.indicator.name}：", "", 1)  # the row's name stands beside it
        lines.append(_sentence(message))
    text = "\n".join(lines)
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


def _verdict(row: IndicatorScore) -> str:
    """The first sentence of an opinion."""
    outcome, basis = row.outcome, row.outcome.basis.rstrip("。")
    if outcome.result is Result.NEEDS_REVIEW:
        return f"需人工核定：{basis}（{_range(row)}）。"
    if outcome.result is Result.MISSING:
        return f"数据不全：{basis}（{_range(row)}）。"
    if row.score is None or row.self_score is None:
        return f"自评分未填，按评分标准重算 {_score(row)} 分：{basis}。"
    if row.self_score == row.score:
        return f"一致：{basis}。" if outcome.result is Result.NOT_APPLICABLE else "一致。"
    way = "多" if row.self_score > row.score else "少"
    gap = show_score(abs(row.self_score - row.score))
    return f"自评 {show_score(row.self_score)} 分，按评分标准重算 {_score(row)} 分，自评{way} {gap} 分：{basis}。"


def _score(row: IndicatorScore) -> str:
    return "" if row.score is None else show_score(row.score)


def _range(row: IndicatorScore) -> str:
    return f"暂计 {show_score(row.outcome.low)}～{show_score(row.outcome.high)} 分"


def _sentence(text: str) -> str:
    return text if text.endswith(("。", "！", "？", "；")) else f"{text}。"
