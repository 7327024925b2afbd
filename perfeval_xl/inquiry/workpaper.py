"""A return's explanation as a person reads it: a working paper in numbered rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.inquiry.causes import CauseKind
from perfeval_xl.inquiry.explain import AnnexLine, Explanation, Input, Origin, ReadingUsed, RowPaper
from perfeval_xl.numbers import show_number, show_percent, show_score
from perfeval_xl.report import RESULT_LABELS, finding_lines, total_text
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import FieldType, Table
from perfeval_xl.scheme.rules.base import Outcome, Result
from perfeval_xl.scheme.rules.inputs import bare_label
from perfeval_xl.scheme.scorecard import IndicatorScore

CAUSE_LABELS = {
    CauseKind.NOT_SAVED: "没有保存计算结果",
    CauseKind.STALE: "表格没有重新计算",
    CauseKind.CHANGED: "公式被改动",
    CauseKind.ROUNDING: "取位不同",
    CauseKind.READING: "口径不同",
    CauseKind.INPUT: "数据与自评不符",
    CauseKind.FULL: "按满分自评",
    CauseKind.OVERWRITTEN: "单位改填",
    CauseKind.UNKNOWN: "原因不明",
}
_ORIGINS = {
    Origin.BLANK: "未填",
    Origin.TYPED: "单位直接填写",
    Origin.FORMULA: "表中公式的结果",
    Origin.LEFT: "由表中公式计算，文件没有保存结果，按公式重算",
    Origin.CHANGED: "公式已不是下发时的",
    Origin.UNKNOWN: "",
}
_INDENT, _LABEL_COLUMNS = 3, 9
# What must not be torn apart: a run of Latin signs, and punctuation from what it belongs to.
_PIECES = re.compile(r"\s+|[（《“‘〔]*(?:[!-~]+|[^\s])[，。；：、）》”’？！〕…]*")
_LONGEST_QUOTE = 160  # characters of evidence that the paper quotes; the rest is in the cell
_SHORTEST_TAGGED = 4  # characters: a shorter number in the arithmetic may be any other number


@dataclass(frozen=True)
class Lines:
    """Labelled paragraphs; a label stands in front of the first line of what it names, '' in front of the others."""

    rows: tuple[tuple[str, str], ...]

    def render(self, width: int) -> Iterator[str]:
        """Lines of at most ``width`` columns: the labels in a column of their own, the texts wrapped beside it."""
        for label, text in self.rows:
            for number, line in enumerate(_wrapped(text, width - _LABEL_COLUMNS)):
                shown = "" if number else label
                yield f"{' ' * _INDENT}{shown}{' ' * (_LABEL_COLUMNS - _INDENT - _columns(shown))}{line}"


@dataclass(frozen=True)
class Grid:
    """A table: its headings and its rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = str | Lines | Grid
"""A heading, paragraphs, or a table."""


def unit_blocks(explanation: Explanation) -> Iterator[Block]:
    """The head of the papers: unit, total and grade, then all rows in a line each."""
    submission, card = explanation.submission, explanation.card
    scheme = card.scheme
    yield "核分工作底稿"
    total = total_text(card)
    if card.self_total is not None:
        total += f"；单位自评 {card.shown(card.self_total)} 分"
    saved = f"，由 {submission.producer} 保存" if submission.producer else ""
    standing = [_standing(row) for row in card.rows]
    counts = "，".join(f"{word} {standing.count(word)}" for word in dict.fromkeys(standing))
    yield _lines(
        ("单位", [f"{submission.unit_code} {submission.unit_name}".strip() or "（单位不明）"]),
        ("文件", [f"{submission.source}{saved}"]),
        ("方案", [f"{scheme.unit_title}（{scheme.year}年度），{scheme.id} {scheme.version}"]),
        ("总分", [total]),
        ("各行", [f"共 {len(standing)} 行：{counts}"]),
        ("问题", finding_lines(explanation.findings)),
        ("口径", [f"各项通用：{reading.text.rstrip('。')}。（{reading.source}）" for reading in explanation.general]),
    )
    head = ("序号", "编号", scheme.level_names[-1], "分值", "自评", "公式", "重算", "差异", "结论")
    yield Grid(head, tuple(_overview(paper) for paper in explanation.papers))


def _overview(paper: RowPaper) -> tuple[str, ...]:
    row = paper.row
    points, *scores = (row.indicator.points, row.self_score, row.formula_score, row.score)
    causes = "；".join(dict.fromkeys(CAUSE_LABELS[each.kind] for each in paper.claim.causes))
    return (
        str(paper.number),
        row.indicator.code,
        row.indicator.name,
        row.shown(points),
        *("" if score is None else row.shown(score) for score in scores),
        _difference(row),
        f"{_standing(row)}：{causes}" if causes else _standing(row),
    )


def _standing(row: IndicatorScore) -> str:
    if row.ruling is not None:
        return "已裁定"
    if row.score is None:
        return RESULT_LABELS[row.outcome.result.value]
    if row.self_score is None:
        return "自评未填"
    return "不一致" if row.difference else "一致"


def _difference(row: IndicatorScore) -> str:
    return f"{row.difference:+.2f}" if row.difference else ""


def paper_blocks(paper: RowPaper) -> Iterator[Block]:
    """One row's paper: clause, rule, data, arithmetic, readings, claim, evidence, findings."""
    row = paper.row
    yield f"{paper.number}. {row.indicator.name}（{row.indicator.code}，{show_number(row.indicator.points)} 分）"
    data = [_input(number, each, row.indicator.name) for number, each in enumerate(paper.inputs, start=1)]
    yield _lines(("条款", row.indicator.criteria.splitlines()), ("规则", paper.rule), ("数据", data))
    if paper.table is not None and paper.lines:
        places = {cell.sheet: None for line in paper.lines for each in line.answers.values() if (cell := each.cell)}
        where = f"，在{'、'.join(places)}，括号内为单元格" if places else ""
        yield _lines(("各行", [f"{paper.table.title}{where}："]))
        yield _annex(paper.table, paper.lines)
    yield _lines(
        ("计算", [_tagged(text, paper.inputs) for text in _arithmetic(row.outcome, paper.hits)]),
        ("口径", [text for each in paper.readings for text in _reading(each)]),
        ("结论", [_claim(paper)]),
        ("裁定", [str(row.ruling)] if row.ruling else []),
        ("原因", _causes(paper)),
        ("依据", [_evidence(paper.evidence)] if row.indicator.evidence else []),
        ("问题", finding_lines(paper.findings)),
    )


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for piece in _PIECES.findall(text):
        if line and _columns(line) + _columns(piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    yield line.rstrip()


def _columns(text: str) -> int:
    """How wide a terminal shows a text."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def _lines(*sections: tuple[str, Iterable[str]]) -> Lines:
    rows = []
    for label, texts in sections:
        rows += [("" if number else label, text) for number, text in enumerate(texts)]
    return Lines(tuple(rows))


def _input(number: int, each: Input, name: str) -> str:
    what = each.shown or ("未填" if each.answer.blank else "不能用")
    typed = f"，原文“{each.raw}”" if each.raw else ""
    return f"[{number}] {bare_label(each.field).removeprefix(f'{name}：')}：{what}{typed}{_at(each.answer.cell)}"


def _at(cell: Cell | None) -> str:
    return f"（{cell}）" if cell else ""


def _arithmetic(outcome: Outcome, hits: Sequence[str]) -> Iterator[str]:
    yield f"{outcome.basis.rstrip('。')}。"
    yield from hits
    yield from (f"{note.rstrip('。')}。" for note in outcome.notes)
    if outcome.score is None and outcome.result is not Result.NOT_APPLICABLE:
        low, high = show_score(outcome.low), show_score(outcome.high)
        yield f"{RESULT_LABELS[outcome.result.value]}，暂计 {low}～{high} 分。"


def _tagged(text: str, inputs: Sequence[Input]) -> str:
    """``text`` with the numbers of inputs marked by the input's number: 245,250,193.77[1]. Only where it is plain."""
    tokens = [_token(each) for each in inputs]
    for number, token in enumerate(tokens, start=1):
        if len(token) >= _SHORTEST_TAGGED and tokens.count(token) == 1:
            text = re.sub(rf"(?<![\d.,]){re.escape(token)}(?![\d%]|[.,]\d)", f"{token}[{number}]", text)
    return text


def _token(each: Input) -> str:
    value = each.answer.value
    if not isinstance(value, Decimal):
        return each.shown if each.field.type is FieldType.DATE else ""
    return show_percent(value) if each.field.type is FieldType.PERCENT else show_number(value)


def _annex(table: Table, lines: Iterable[AnnexLine]) -> Grid:
    """The annex rows; a number that stands in a cell has the cell's reference beside it."""
    name, target, actual, weight = (table.column[each].label for each in ("name", "target", "actual", "weight"))
    nature = [table.column["nature"].label] if "nature" in table.column else []
    judged = "judged_score" in table.column
    values = (f"{target}（档次）", f"{actual}（评分）") if judged else (target, actual)
    head = ("行", name, *nature, *values, "完成率", weight, "得分", "落在")
    return Grid(head, tuple(_annex_row(line) for line in lines))


def _annex_row(line: AnnexLine) -> tuple[str, ...]:
    cells, scored = line.answers, line.scored
    if "judged_score" in cells and cells["target"].blank and cells["actual"].blank:
        target, actual = _words(cells["tier"]), _number(cells["judged_score"], "分")
    else:
        unit = _words(cells["unit"]) if "unit" in cells else ""
        target, actual = (_number(cells[each], unit) for each in ("target", "actual"))
    return (
        str(scored.row),
        _words(cells["name"]),
        *([_words(cells["nature"])] if "nature" in cells else []),
        target,
        actual,
        "" if scored.rate is None else show_percent(scored.rate),
        _number(cells["weight"]),
        "" if scored.score is None else show_score(scored.score),
        line.hit,
    )


def _words(answer: Answer) -> str:
    return str(answer.value or "")


def _number(answer: Answer, unit: str = "") -> str:
    """A number with its unit and its cell's reference; what stands there where it is none."""
    text = show_number(answer.value) if isinstance(answer.value, Decimal) else answer.raw
    return f"{text} {unit}".rstrip() + (f"（{answer.cell.ref}）" if answer.cell and text else "")


def _reading(used: ReadingUsed) -> Iterator[str]:
    reading = used.reading
    differing = [other for other in used.others if other.differs]
    scored = any(other.outcome.score is not None for other in used.others)
    same = "换另一口径，得分不变。" if scored and not differing else ""
    clause = f"“{reading.clause.rstrip('。')}”——" if reading.clause else ""
    yield f"{clause}{reading.text.rstrip('。')}。理由：{reading.why.rstrip('。')}（{reading.source}）。{same}〔{reading.id}〕"
    for other in differing:
        outcome = other.outcome
        then = RESULT_LABELS[outcome.result.value] if outcome.score is None else f"{show_score(outcome.score)} 分"
        yield f"　另一口径：{other.option.text.rstrip('。')}——本项为 {then}。〔{reading.id}={other.option.id}〕"


def _claim(paper: RowPaper) -> str:
    row, claim = paper.row, paper.claim
    place = [str(claim.answer.cell)] if claim.answer.cell else []
    place += [_ORIGINS[claim.origin]] if _ORIGINS[claim.origin] else []
    where = f"（{'，'.join(place)}）" if place else ""
    raw = f"，原文“{claim.answer.raw}”" if claim.answer.problem else ""
    stated = f"自评 {row.shown(row.self_score)} 分" if row.self_score is not None else "自评没有分数"
    parts = [] if row.score is None else [f"重算 {row.shown(row.score)} 分"]
    parts.append(f"{stated}{raw}{where}")
    formula = "无结果" if row.formula_score is None else f" {row.shown(row.formula_score)} 分"
    parts.append(f"表中公式{formula}{_at(claim.formula.cell if claim.formula else None)}")
    if row.difference:
        parts.append(f"自评比重算{'多' if row.difference > 0 else '少'} {row.shown(abs(row.difference))} 分")
    elif row.difference is not None:
        parts.append("与重算一致")
    return f"{'；'.join(parts)}。"


def _causes(paper: RowPaper) -> list[str]:
    claim = paper.claim
    certain = len(claim.causes) == 1
    texts = [f"{'' if certain else f'可能之{number}：'}{each.text}。" for number, each in enumerate(claim.causes, 1)]
    own = claim.formula_cause
    if own is not None and own.kind not in {each.kind for each in claim.causes}:
        texts.append(f"表中公式：{own.text}。")
    return texts


def _evidence(answer: Answer) -> str:
    text = " ".join(str(answer.value or "").split())
    if not text:
        return f"评分依据未填{_at(answer.cell)}。"
    cut = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}……"
    return f"“{cut}”{_at(answer.cell)}"
