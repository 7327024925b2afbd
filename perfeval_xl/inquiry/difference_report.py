"""What differs between two returns, as a machine or a person gets to read it: JSON, lines and table rows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from perfeval_xl.excel.wording import apart
from perfeval_xl.inquiry.difference import BLANK, CellChange, Difference, RowChange, recalculated
from perfeval_xl.numbers import show_score, show_span
from perfeval_xl.report import finding_json, finding_lines, shown_or_none
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore

CELL_COLUMNS = ("位置", "项目", "原为", "现为")
_ROW_COLUMNS = ("自评", "重算")
_OPEN = "待定"


def difference_json(found: Difference) -> dict[str, Any]:
    """What ``perfeval diff --format json`` prints. Scores are strings of two decimals, or None."""
    return {
        "before": _return_json(found.old),
        "after": _return_json(found.new),
        "same_unit": found.same_unit,
        "cells": [_cell_json(each) for each in found.cells],
        "indicators": [
            {
                "code": each.indicator.code,
                "name": each.indicator.name,
                "before": _row_json(each.before),
                "after": _row_json(each.after),
            }
            for each in found.rows
        ],
        "findings": {
            "settled": [finding_json(each) for each in found.settled],
            "arisen": [finding_json(each) for each in found.arisen],
            "remaining": [finding_json(each) for each in found.remaining],
        },
    }


def _return_json(result: UnitResult) -> dict[str, Any]:
    submission, card = result.submission, result.card
    assert submission is not None and card is not None  # Difference is of accepted returns
    total = recalculated(card)
    return {
        "file": result.file,
        "unit_code": result.unit_code or None,
        "unit_name": result.unit_name or None,
        "year": submission.year,
        "scheme": submission.scheme,
        "version": submission.version,
        "total": show_score(total.low) if total.settled else None,
        "total_min": show_score(total.low),
        "total_max": show_score(total.high),
        "grade": total.grade,
    }


def _cell_json(change: CellChange) -> dict[str, Any]:
    return {
        "field": change.field,
        "kind": change.kind.value,
        "label": change.label,
        "indicator": change.indicator.code if change.indicator else None,
        "by_formula": change.followed,
        "before": {**_answer_json(change.before), "shown": change.shown_before},
        "after": {**_answer_json(change.after), "shown": change.shown_after},
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    value = answer.value
    plain = f"{value:f}" if isinstance(value, Decimal) else value
    return {
        "sheet": answer.cell.sheet if answer.cell else None,
        "cell": answer.cell.ref if answer.cell else None,
        "value": plain if plain is None or isinstance(plain, bool | str) else plain.isoformat(),
        "raw": answer.raw,
        "problem": answer.problem,
    }


def _row_json(row: IndicatorScore | None) -> dict[str, str | None] | None:
    if row is None:
        return None
    return {
        "self_score": shown_or_none(row.self_score),
        "score": shown_or_none(row.outcome.score),
        "score_min": show_score(row.outcome.low),
        "score_max": show_score(row.outcome.high),
        "outcome": row.outcome.result.value,
    }


def head_lines(found: Difference) -> Iterator[str]:
    """Which returns are compared, and how many cells differ."""
    for word, result in (("原来", found.old), ("现在", found.new)):
        yield f"{word}　{result.file}　{f'{result.unit_code} {result.unit_name}'.strip() or '（单位不明）'}"
    if not found.same_unit:
        yield "请注意：两份表不是同一单位的。"
    yield ""
    if not found.cells:
        yield "填报内容没有不同。"
        return
    followed = len(found.cells) - len(found.typed)
    more = f"；另有 {followed} 项自评分随表中公式变化" if followed else ""
    yield f"改动 {len(found.typed)} 格{more}。"


def cell_rows(found: Difference) -> list[tuple[str, ...]]:
    """The cells that differ, a row each, under CELL_COLUMNS; of long texts the piece where they part."""
    return [(each.place, each.label, *apart(each.shown_before, each.shown_after)) for each in found.cells]


def change_text(change: CellChange) -> str:
    """A change on one line: 公用经费实际支出：364.75 → 3,647,500."""
    before, after = apart(change.shown_before, change.shown_after)
    return f"{change.label}：{before} → {after}"


def row_columns(found: Difference) -> tuple[str, ...]:
    """The headings of row_rows."""
    assert found.new.card is not None
    return (found.new.card.scheme.level_names[-1], *_ROW_COLUMNS)


def row_rows(found: Difference) -> list[tuple[str, ...]]:
    """The rows whose scores differ, a row each, under row_columns."""
    return [(each.indicator.name, _claims(each), _scores(each)) for each in found.rows]


def _claims(change: RowChange) -> str:
    return _arrow(*(_claim(each) for each in (change.before, change.after)))


def _claim(row: IndicatorScore | None) -> str:
    return BLANK if row is None or row.self_score is None else row.shown(row.self_score)


def _scores(change: RowChange) -> str:
    return _arrow(*(_score(each) for each in (change.before, change.after)))


def _score(row: IndicatorScore | None) -> str:
    if row is None:
        return "（无此项）"
    outcome = row.outcome
    if outcome.score is None and outcome.result is Result.NOT_APPLICABLE:
        return NOT_APPLICABLE
    if outcome.score is None:
        return show_span(outcome.low, outcome.high, row.indicator.places)
    return row.shown(outcome.score)


def total_line(found: Difference) -> str:
    """The totals and grades: 重算总分 85.00 → 88.00，等级 良 → 良。"""
    cards = found.old.card, found.new.card
    before, after = (recalculated(each) for each in cards if each is not None)
    grades = _arrow(before.grade or _OPEN, after.grade or _OPEN)
    return f"重算总分 {_arrow(str(before), str(after))}，等级 {grades}。"


def finding_block(found: Difference) -> Iterator[str]:
    """What became of the errors and warnings: the counts, then each group line by line."""
    groups = (("已解决", found.settled), ("新出现", found.arisen), ("仍存在", found.remaining))
    yield f"错误和提醒：{'，'.join(f'{word} {len(findings)} 处' for word, findings in groups)}。"
    for word, findings in groups:
        if findings:
            yield f"{word}："
            yield from (f"  {line}" for line in finding_lines(findings))


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
