"""What a machine or a terminal gets to read: JSON (a public contract, design section 2), CSV rows, and plain texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from perfeval_xl.excel.layout.model import Layout
from perfeval_xl.excel.seal import locked_digest
from perfeval_xl.findings import Finding, Severity, grouped
from perfeval_xl.numbers import show_score
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import Reading
from perfeval_xl.scheme.scorecard import IndicatorScore, Ruling, ScoreCard

RESULT_LABELS = {"scored": "已计分", "not_applicable": "不适用", "needs_review": "需人工核定", "missing": "数据未填"}
SCORE_CSV_COLUMNS = (
    "file",
    "unit_code",
    "unit_name",
    "status",
    "indicator",
    "name",
    "points",
    "self_score",
    "formula_score",
    "score",
    "outcome",
    "basis",
    "final",
    "ruling",
)


def result_status(result: UnitResult) -> str:
    """scored, provisional or rejected."""
    if result.card is None:
        return "rejected"
    return "provisional" if result.card.provisional else "scored"


def score_json(results: Iterable[UnitResult]) -> list[dict[str, Any]]:
    """The list that ``perfeval score --format json`` prints. Scores are strings of two decimals, or None."""
    return [_result_json(result) for result in results]


def _result_json(result: UnitResult) -> dict[str, Any]:
    submission, card = result.submission, result.card
    return {
        "file": result.file,
        "unit_code": result.unit_code or None,
        "unit_name": result.unit_name or None,
        "year": submission.year if submission else None,
        "scheme": submission.scheme if submission else None,
        "producer": submission.producer if submission else None,
        "status": result_status(result),
        "total": shown_or_none(card.total) if card else None,
        "total_min": shown_or_none(card.total_min) if card else None,
        "total_max": shown_or_none(card.total_max) if card else None,
        "grade": card.grade if card else None,
        "indicators": [_row_json(row) for row in card.rows] if card else [],
        "findings": [finding_json(each) for each in result.findings],
    }


def _row_json(row: IndicatorScore) -> dict[str, Any]:
    return {
        "code": row.indicator.code,
        "points": shown_or_none(row.indicator.points),
        "self_score": shown_or_none(row.self_score),
        "formula_score": shown_or_none(row.formula_score),
        "score": shown_or_none(row.score),
        "outcome": row.outcome.result.value,
        "basis": row.outcome.basis,
        "notes": list(row.notes),
        "final": shown_or_none(row.final),
        "ruling": ruling_json(row.ruling) if row.ruling else None,
    }


def ruling_json(ruling: Ruling) -> dict[str, Any]:
    """A person's decision on a row, as machines read it."""
    return {
        "decision": ruling.decision.value,
        "score": shown_or_none(ruling.score),
        "reason": ruling.reason,
        "name": ruling.name,
        "day": ruling.day.isoformat(),
        "cell": str(ruling.cell) if ruling.cell else None,
    }


def finding_json(each: Finding) -> dict[str, Any]:
    return {
        "code": each.code,
        "severity": each.severity.value,
        "sheet": each.cell.sheet if each.cell else None,
        "cell": each.cell.ref if each.cell else None,
        "indicator": each.indicator,
        "message": each.message,
        "expected": each.expected,
        "actual": each.actual,
    }


def shown_or_none(value: Decimal | None) -> str | None:
    """A score as machines read it: two decimals, or None."""
    return None if value is None else show_score(value)


def score_csv(results: Iterable[UnitResult]) -> list[tuple[str, ...]]:
    """One row an indicator and file, after a head row; a rejected file has one row without an indicator."""
    rows: list[tuple[str, ...]] = [SCORE_CSV_COLUMNS]
    for result in results:
        head = (result.file, result.unit_code, result.unit_name, result_status(result))
        if result.card is None:
            rows.append((*head, *[""] * (len(SCORE_CSV_COLUMNS) - len(head))))
            continue
        for row in result.card.rows:
            scores = (row.indicator.points, row.self_score, row.formula_score, row.score)
            shown = tuple(shown_or_none(score) or "" for score in scores)
            outcome = row.outcome.result.value, row.outcome.basis
            final = shown_or_none(row.final) or "", str(row.ruling or "")
            rows.append((*head, row.indicator.code, row.indicator.name, *shown, *outcome, *final))
    return rows


def csv_safe(values: Sequence[str]) -> tuple[str, ...]:
    """``values`` with each made safe (formula_safe)."""
    return tuple(map(formula_safe, values))


def formula_safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets a leading apostrophe (OWASP)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def total_text(card: ScoreCard) -> str:
    """The total and grade in words: '99.97 分，优' or '85.00～92.50 分（暂定），等级待定'."""
    if card.total is not None:
        return f"{card.total_text} 分，{card.grade}"
    grade = card.grade or "等级待定"
    return f"{card.total_text} 分（暂定），{grade}"


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Findings as lines, equal ones once with their cells, errors first."""
    order = list(Severity)
    groups = sorted(grouped(findings), key=lambda group: order.index(group.first.severity))
    return [f"{group.first.severity.label}：{group}" for group in groups]


def needs_attention(findings: Iterable[Finding]) -> bool:
    """Whether anything is more than an explanation: what makes `score` and `status` exit with 1."""
    return any(each.severity is not Severity.INFO for each in findings)


def scheme_json(layout: Layout) -> dict[str, Any]:
    """A scheme as ``perfeval scheme show --format json`` prints it: indicators and fields with cells and defined names."""
    scheme = layout.scheme
    return {
        "id": scheme.id,
        "version": scheme.version,
        "year": scheme.year,
        "title": scheme.title,
        "points": shown_or_none(scheme.points),
        "locked_digest": locked_digest(layout),
        "grades": [{"name": each.name, "low": str(each.low), "high": str(each.high)} for each in scheme.grades],
        "indicators": [
            {
                "code": each.code,
                **{f"level{number}": name for number, name in enumerate(each.path, start=1)},
                "name": each.name,
                "points": shown_or_none(each.points),
                "rule": each.rule.kind,
                "fields": [field.id for field in each.fields],
                "self_score": _place(layout, each.self_score_id),
                "formula_score": _place(layout, each.formula_score_id),
                "evidence": _place(layout, each.evidence_id) if each.evidence else None,
                "applicable": _place(layout, each.applicable_id) if each.may_be_not_applicable else None,
            }
            for each in scheme.indicators
        ],
        "fields": [_field_json(layout, each) for each in scheme.fields.values()],
        "readings": [_reading_json(each) for each in scheme.readings],
    }


def reading_rows(shown: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The readings of a ``scheme_json``, a row each: id, clause, and its options with the one in force marked."""
    rows: list[tuple[str, ...]] = []
    for each in shown["readings"]:
        options = [
            f"{option['id']}：{option['text']}{'（现行）' if option['id'] == each['chosen'] else ''}"
            for option in each["options"]
        ]
        rows.append((each["id"], each["clause"], "\n".join(options or [each["text"]])))
    return rows


def _field_json(layout: Layout, field: Field) -> dict[str, Any]:
    return {
        "id": field.id,
        "label": field.label,
        "type": field.type.value,
        "unit": field.unit or None,
        "required": field.required,
        "options": list(field.choices),
        "never": field.never,
        "low": None if field.low is None else str(field.low),
        "high": None if field.high is None else str(field.high),
        "roll_up": field.roll_up.value,
        **_place(layout, field.id),
    }


def _place(layout: Layout, name: str) -> dict[str, str]:
    cell = layout.place(name)
    return {"name": name, "sheet": cell.sheet, "cell": cell.ref}


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "id": reading.id,
        "indicators": list(reading.indicators),
        "clause": reading.clause,
        "text": reading.text,
        "chosen": reading.chosen or None,
        "options": [{"id": each.id, "text": each.text} for each in reading.options],
    }
