"""A return's explanation for a machine: what ``perfeval explain --format json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.cells import Cell
from perfeval_xl.inquiry.causes import Cause
from perfeval_xl.inquiry.explain import AnnexLine, Explanation, Input, ReadingUsed, RowPaper
from perfeval_xl.report import finding_json, ruling_json, shown_or_none
from perfeval_xl.scheme.answers import Answer, Value


def explanation_json(explanation: Explanation, papers: Iterable[RowPaper]) -> dict[str, Any]:
    """What ``perfeval explain --format json`` prints, with the rows of ``papers``. Scores are strings of two decimals."""
    submission, card = explanation.submission, explanation.card
    return {
        "file": submission.source,
        "unit_code": submission.unit_code or None,
        "unit_name": submission.unit_name or None,
        "year": submission.year,
        "scheme": submission.scheme,
        "producer": submission.producer,
        "status": "provisional" if card.provisional else "scored",
        "total": shown_or_none(card.total),
        "total_min": shown_or_none(card.total_min),
        "total_max": shown_or_none(card.total_max),
        "self_total": shown_or_none(card.self_total),
        "grade": card.grade,
        "findings": [finding_json(each) for each in explanation.findings],
        "indicators": [_paper_json(paper) for paper in papers],
    }


def _paper_json(paper: RowPaper) -> dict[str, Any]:
    row, outcome = paper.row, paper.row.outcome
    return {
        "number": paper.number,
        "code": row.indicator.code,
        "name": row.indicator.name,
        "points": shown_or_none(row.indicator.points),
        "self_score": shown_or_none(row.self_score),
        "formula_score": shown_or_none(row.formula_score),
        "score": shown_or_none(row.score),
        "score_min": shown_or_none(outcome.low),
        "score_max": shown_or_none(outcome.high),
        "difference": shown_or_none(row.difference),
        "final": shown_or_none(row.final),
        "ruling": ruling_json(row.ruling) if row.ruling else None,
        "outcome": outcome.result.value,
        "clause": row.indicator.criteria,
        "rule": list(paper.rule),
        "inputs": [_input_json(each) for each in paper.inputs],
        "lines": [_line_json(line) for line in paper.lines],
        "basis": outcome.basis,
        "hits": list(paper.hits),
        "notes": list(outcome.notes),
        "readings": [_reading_json(each) for each in paper.readings],
        "claim": _claim_json(paper),
        "evidence": {"text": str(paper.evidence.value or ""), **_cell_json(paper.evidence.cell)},
        "findings": [finding_json(each) for each in paper.findings],
    }


def _cell_json(cell: Cell | None) -> dict[str, str | None]:
    return {"sheet": cell.sheet if cell else None, "cell": cell.ref if cell else None}


def _answer_json(answer: Answer) -> dict[str, Any]:
    value: Value | None = answer.value
    if isinstance(value, Decimal):
        value = f"{value.normalize():f}"
    elif isinstance(value, date):
        value = value.isoformat()
    return {"value": value, "raw": answer.raw, "problem": answer.problem, **_cell_json(answer.cell)}


def _input_json(each: Input) -> dict[str, Any]:
    field = each.field
    return {"field": field.id, "label": field.label, "unit": field.unit or None, **_answer_json(each.answer)}


def _line_json(line: AnnexLine) -> dict[str, Any]:
    return {
        "row": line.scored.row,
        "rate": None if line.scored.rate is None else str(line.scored.rate),
        "score": shown_or_none(line.scored.score),
        "hit": line.hit,
        "cells": {column: _answer_json(answer) for column, answer in line.answers.items()},
    }


def _reading_json(used: ReadingUsed) -> dict[str, Any]:
    reading = used.reading
    return {
        "id": reading.id,
        "clause": reading.clause,
        "text": reading.text,
        "chosen": reading.chosen or None,
        "why": reading.why,
        "source": reading.source,
        "others": [
            {
                "option": other.option.id,
                "text": other.option.text,
                "outcome": other.outcome.result.value,
                "score": shown_or_none(other.outcome.score),
                "differs": other.differs,
            }
            for other in used.others
        ],
    }


def _claim_json(paper: RowPaper) -> dict[str, Any]:
    claim = paper.claim
    return {
        "origin": claim.origin.value,
        "raw": claim.answer.raw,
        **_cell_json(claim.answer.cell),
        "formula": claim.cell.formula if claim.cell else None,
        "form_formula": _cell_json(claim.formula.cell if claim.formula else None),
        "form_formula_cause": None if claim.formula_cause is None else _cause_json(claim.formula_cause),
        "causes": [_cause_json(each) for each in claim.causes],
    }


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {"kind": cause.kind.value, "text": cause.text, "fields": list(cause.fields)}
